//! One model, and two models on the same leads: which is better, and for whom?

use maud::{Markup, html};
use plumbline_core::report::{MeasureId, Model};

use super::performance::{Version, curves};
use super::{Piece, business, experiment, models};
use crate::chart::{Histogram, Pair, pair_of};
use crate::part::table;
use crate::read::Report;
use crate::text::{Safe, Unit, id_of, shown};
use crate::ui::{Ui, encoded};

fn model<'a>(report: &'a Report, version: &str) -> Option<&'a Model> {
    report.models.iter().find(|model| model.version == version)
}

fn unknown(version: &str, ui: &Ui) -> Piece {
    Piece::Part(
        "model",
        html! { section.card { p { (ui.text.fill("models.unknown", &[("version", &shown(version).0)])) } p { a href="#/models" { (ui.text.of("view.models")) } } } },
    )
}

/// The pieces of the version `of`.
pub fn one(report: &Report, of: &str, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", html! { header.page-head { h1 { (Safe(of)) } p { (ui.text.of("models.one")) } } }));
    match model(report, of) {
        Some(model) => out.push(Piece::Part("model", card(report, model, ui))),
        None => out.push(unknown(of, ui)),
    }
}

fn card(report: &Report, model: &Model, ui: &Ui) -> Markup {
    let text = &ui.text;
    let others = report.models.iter().filter(|other| other.version != model.version);
    html! {
        section.card {
            dl.facts {
                dt { (text.of("models.status")) } dd { (text.named("model.", &model.status)) @if !model.aliases.is_empty() { " · " (model.aliases.join(", ")) } }
                dt { (text.of("models.registered")) } dd { time datetime=(model.registered_at) { (text.moment(&model.registered_at)) } }
                @if let Some(rows) = model.rows { dt { (text.of("models.rows")) } dd { (text.locale.whole(rows)) } }
                @for (id, estimate) in &model.estimates { dt { (name_of(id, ui)) } dd { (text.estimate(estimate, unit_of(id), "")) } }
                dt { (text.of("models.digest")) } dd { code { (Safe(&model.digest)) } }
            }
            p.links { @for other in others { a href=(format!("#/models/{}/{}", encoded(&other.version), encoded(&model.version))) { (text.fill("models.with", &[("version", &shown(&other.version).0)])) } } }
        }
        (importance(&[model], ui))
    }
}

/// The name of a figure of training.
fn name_of(id: &str, ui: &Ui) -> String {
    let key = match id {
        "average_precision" => "sheet.average_precision",
        "brier" => "sheet.brier",
        "log_loss" => "sheet.log_loss",
        id => return ui.text.named("measure.", id),
    };
    ui.text.of(key).to_owned()
}

fn unit_of(id: &str) -> Unit {
    MeasureId::ALL.into_iter().find(|own| id_of(*own) == id).map_or(Unit::Part, Unit::of)
}

/// Which fields weigh most, by version.
fn importance(models: &[&Model], ui: &Ui) -> Markup {
    let text = &ui.text;
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in models.iter().flat_map(|model| &model.importance) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return html! { section.card { h2 { (text.of("models.importance")) } p.soft { (text.of("models.no_importance")) } } };
    }
    let of = |model: &Model, name: &str| model.importance.iter().find(|(own, _)| own == name).map(|(_, share)| *share);
    let head = html! { th scope="col" { (text.of("quality.name")) } @for model in models { th.number scope="col" { (Safe(&model.version)) } } };
    let rows = html! { @for name in names { tr { th scope="row" { (Safe(name)) } @for model in models { td.number { (text.value(of(model, name), Unit::Percent, "")) } } } } };
    html! { section.card { header { h2 { (text.of("models.importance")) } } (table("importance", text.of("models.importance"), &head, &rows)) } }
}

/// The pieces of `a` beside `b`.
pub fn two(report: &Report, a: &str, b: &str, ui: &Ui, out: &mut Vec<Piece>) {
    let text = &ui.text;
    out.push(Piece::Part(
        "head",
        html! { header.page-head { h1 { (Safe(a)) " " (text.of("models.and")) " " (Safe(b)) } p { (text.of("models.which")) } } },
    ));
    let (Some(first), Some(second)) = (model(report, a), model(report, b)) else {
        out.push(unknown(if model(report, a).is_none() { a } else { b }, ui));
        return;
    };
    let is_pair = report.comparison.as_ref().is_some_and(|pair| pair.versions.iter().all(|version| version == a || version == b));
    out.push(Piece::Part("comparison", if is_pair { models::comparison(report, ui) } else { apart(ui) }));
    let counts = report.performance.as_ref().map(|performance| &performance.score_histogram);
    let version = |name: &str, class: &'static str| -> Option<Version<'_>> {
        Some((name.to_owned(), class, Histogram::new(counts?.get(name)?)?))
    };
    let versions: Vec<Version<'_>> = [version(a, "champion"), version(b, "challenger")].into_iter().flatten().collect();
    if versions.is_empty() {
        out.push(Piece::Part("curves", html! { section.card { p.soft { (text.of("performance.empty")) } } }));
    } else {
        out.push(Piece::Part("curves", curves(&versions, ui)));
    }
    if let [(_, _, x), (_, _, y)] = versions.as_slice() {
        out.push(Piece::Part("scores", scores([a, b], [x.tenths(), y.tenths()], ui)));
    }
    out.push(Piece::Part("importance", importance(&[first, second], ui)));
    if is_pair {
        if let Some(test) = &report.experiment {
            out.push(Piece::Part("segments", experiment::segments(test, ui)));
        }
        out.push(Piece::Part("human", business::human(report, ui)));
    }
}

fn apart(ui: &Ui) -> Markup {
    html! { section.card { p { (ui.text.of("models.apart")) } } }
}

/// How both versions spread their scores.
fn scores(names: [&str; 2], parts: [Vec<f64>; 2], ui: &Ui) -> Markup {
    let text = &ui.text;
    let edges: Vec<f64> = (1..10).map(|tenth| f64::from(tenth) / 10.0).collect();
    let [reference, current] = names.map(|name| shown(name).0);
    let pair = Pair {
        name: text.of("models.scores"),
        edges: &edges,
        categories: &[],
        reference: (&reference, &parts[0]),
        current: (&current, &parts[1]),
        below: text.of("models.scores_below"),
        words: "models.scores_words",
    };
    html! { section.card { (pair_of("scores", &pair, super::whole(ui), ui)) } }
}
