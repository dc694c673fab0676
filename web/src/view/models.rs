//! Models: which versions exist, and which is better on the same leads?

use maud::{Markup, html};
use plumbline_core::report::{ChangePart, MeasureId};

use super::{Piece, fault, heading};
use crate::chart::{Forest, forest};
use crate::part::table;
use crate::read::Report;
use crate::text::{Safe, Unit};
use crate::ui::{Ui, encoded};

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.models", "models.question")));
    out.push(Piece::Part("models", models(report, ui)));
    out.push(Piece::Part("retraining", retraining(report, ui)));
    out.push(Piece::Part("comparison", comparison(report, ui)));
    if !ui.printed {
        out.push(Piece::Part("sheet", super::sheet::offer(ui)));
    }
}

fn models(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    if report.models.is_empty() {
        return fault(report, "models", ui).unwrap_or_else(|| html! { section.card { p.soft { (text.of("models.empty")) } } });
    }
    let head = html! {
        th scope="col" { (text.of("models.version")) } th scope="col" { (text.of("models.status")) } th scope="col" { (text.of("models.alias")) }
        th scope="col" { (text.of("models.registered")) } th scope="col" { span.hidden-words { (text.of("actions.title")) } } th scope="col" { (text.of("models.digest")) }
    };
    let champion = report.models.iter().find(|model| model.aliases.iter().any(|alias| alias == "champion"));
    let beside = |version: &str| {
        let champion = champion.filter(|champion| champion.version != version)?;
        Some(format!("#/models/{}/{}", encoded(&champion.version), encoded(version)))
    };
    let rows = html! { @for model in &report.models { tr {
        th scope="row" { a href=(format!("#/models/{}", encoded(&model.version))) { (Safe(&model.version)) } }
        td { (text.named("model.", &model.status)) }
        td { @for (place, alias) in model.aliases.iter().enumerate() { @if place > 0 { ", " } (Safe(&text.named("role.", alias))) } }
        td { time datetime=(model.registered_at) { (text.moment(&model.registered_at)) } }
        td { @if let Some(route) = beside(&model.version) { a href=(route) { (text.of("models.compare")) } }
            " " @if ui.may("approve") && report.rollout.as_ref().is_none_or(|rollout| rollout.stage == "idle") && matches!(model.status.as_str(), "registered" | "queued" | "retired") {
            button.button type="button" data-do="ask" data-arg=(format!("start:{}", model.version)) { (text.of("action.start")) }
        } }
        td { code { (model.digest.chars().take(12).collect::<String>()) } }
    } } };
    html! { section.card { header { h2 { (text.of("models.all")) } } (table("models-table", text.of("models.all"), &head, &rows)) } }
}

/// When the model is retrained next, what became of the last retrainings, and the button that asks for one.
fn retraining(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    // A report of before there were any has none.
    let Some(part) = &report.retraining else { return fault(report, "retraining", ui).unwrap_or_default() };
    let is_under_way = part.runs.iter().any(|run| run.state != "ended");
    let head = html! {
        th scope="col" { (text.of("retrain.due")) } th scope="col" { (text.of("retrain.trigger")) } th scope="col" { (text.of("retrain.result")) }
        th.number scope="col" { (text.of("retrain.leads")) } th.number scope="col" { (text.of("measure.auc")) } th.number scope="col" { (text.of("retrain.today")) }
        th scope="col" { (text.of("retrain.version")) }
    };
    let rows = html! { @for run in &part.runs {
        tr {
            th scope="row" { time datetime=(run.at) { (text.moment(&run.at)) } }
            td { (text.named("trigger.", &run.trigger)) }
            td { (text.named("result.", run.result.as_deref().unwrap_or("running"))) }
            td.number { @if let Some(rows) = run.rows { (text.locale.whole(rows)) } }
            td.number { @if run.estimate.value.is_some() { (text.estimate(&run.estimate, Unit::Part, "")) } }
            td.number { @if run.champion_auc.is_some() { (text.value(run.champion_auc, Unit::Part, "")) } }
            td { @if let Some(version) = &run.version { a href=(format!("#/models/{}", encoded(version))) { (Safe(version)) } } }
        }
        tr.more { td colspan="7" { (text.said(&run.sentence)) } }
    } };
    html! {
        section.card {
            header {
                h2 { (text.of("retrain.title")) }
                p.small.soft { @match &part.next_at { Some(at) => (text.fill("retrain.next", &[("at", &text.moment(at))])), None => (text.of("retrain.no_schedule")) } }
            }
            @if part.runs.is_empty() { p.soft { (text.of("retrain.none")) } }
            @else { (table("retraining-table", text.of("retrain.title"), &head, &rows)) }
            @if ui.may("operate") && !ui.printed {
                p { button.button type="button" data-do="ask" data-arg="retrain" disabled[is_under_way] { (text.of("action.retrain")) } }
            }
        }
    }
}

pub fn comparison(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(comparison) = &report.comparison else {
        return fault(report, "comparison", ui)
            .unwrap_or_else(|| html! { section.card { p.soft { (text.of("models.alone")) } } });
    };
    let row = |change: &ChangePart| {
        let name = MeasureId::ALL.into_iter().find(|id| crate::text::id_of(*id) == change.id);
        let unit = name.map_or(Unit::Part, Unit::of);
        Forest {
            name: text.of(&format!("measure.{}", change.id)).to_owned(),
            control: text.value(change.control.value, unit, ""),
            treatment: text.value(change.treatment.value, unit, ""),
            change: change.change,
            words: text.estimate(&change.change, Unit::Change, ""),
            status: change.status,
        }
    };
    let rows: Vec<Forest> = comparison.differences.iter().map(row).collect();
    let [a, b] = &comparison.versions;
    html! {
        section.card {
            header { h2 { (text.of("models.same_leads")) } p.small.soft { (text.count("models.n", comparison.n, &[])) } }
            (forest("differences", text.of("models.same_leads"), [a.as_str(), b.as_str()], &rows, ui))
        }
    }
}
