//! Experiment: did it help, are we allowed to say so, and whom did it hurt?

use maud::{Markup, html};
use plumbline_core::report::{ChangePart, ExperimentPart, SegmentPart};

use super::{Piece, currency, fault, heading};
use crate::chart::{Forest, forest, lift};
use crate::part::{of_status, status};
use crate::read::Report;
use crate::text::Unit;
use crate::ui::Ui;

/// Below this chance of the split, results are not to be read.
const SPLIT: f64 = 0.001;

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.experiment", "experiment.question")));
    let Some(test) = &report.experiment else {
        let empty = html! { section.card { p.soft { (ui.text.of("experiment.empty")) } } };
        out.push(Piece::Part("verdict", fault(report, "experiment", ui).unwrap_or(empty)));
        planner(report, ui, out);
        return;
    };
    out.push(Piece::Part("verdict", verdict(test, ui)));
    let is_split = test.srm.as_ref().is_none_or(|split| split.p >= SPLIT);
    if !is_split && !ui.is_open("split") {
        out.push(Piece::Part(
            "folded",
            html! { button.button type="button" data-do="open" data-arg="split" { (ui.text.of("experiment.unfold")) } },
        ));
        planner(report, ui, out);
        return;
    }
    out.push(Piece::Part("measures", measures(report, test, ui)));
    out.push(Piece::Part("looks", looks(report, test, ui)));
    out.push(Piece::Part("segments", segments(test, ui)));
    planner(report, ui, out);
}

fn planner(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    if !ui.printed {
        out.push(Piece::Part("plan", super::plan::plan(report, ui)));
    }
}

fn verdict(test: &ExperimentPart, ui: &Ui) -> Markup {
    let text = &ui.text;
    let level = test.measures.first().map(|measure| of_status(measure.status));
    html! {
        section.card.hero.(level.map_or("wait", |level| level.class)) {
            @if let Some(level) = level { (status(text, level)) }
            h2 { (text.said(&test.sentence)) }
            @if let Some(split) = &test.srm {
                @let sides: Vec<String> = split.observed.iter().map(|n| text.locale.whole(*n)).collect();
                @let slots = [("sides", sides.join(" / ")), ("p", if split.p < 0.001 { "< 0.001".to_owned() } else { format!("= {}", text.locale.fixed(split.p, 3)) })];
                p.small { (text.fill(if split.p < SPLIT { "experiment.split_bad" } else { "experiment.split" }, &[(slots[0].0, &slots[0].1), (slots[1].0, &slots[1].1)])) }
            }
            p.small.soft { (text.of(if test.status == "running" { "experiment.running" } else { "experiment.finished" })) " · " code { (test.rollout) } }
        }
    }
}

/// The unit of a metric of the test, by its name.
fn unit_of(name: &str) -> Unit {
    match name {
        "conversion" => Unit::Percent,
        "deal_size" | "deal size" => Unit::Money,
        "sales cycle" | "cycle" => Unit::Days,
        _ => Unit::Distance,
    }
}

fn row(change: &ChangePart, money: &str, ui: &Ui) -> Forest {
    let text = &ui.text;
    let unit = unit_of(&change.id);
    // A sales cycle changes by days, which have no place on the axis of relative changes.
    let is_days = unit == Unit::Days;
    let words = text.estimate(&change.change, if is_days { Unit::Days } else { Unit::Change }, money);
    Forest {
        name: text.named("metric.", &change.id),
        control: text.value(change.control.value, unit, money),
        treatment: text.value(change.treatment.value, unit, money),
        change: if is_days { plumbline_core::report::Estimate::default() } else { change.change },
        words: if is_days { text.fill("experiment.days", &[("days", &words)]) } else { words },
        status: change.status,
    }
}

fn arms(ui: &Ui) -> [&str; 2] {
    [ui.text.of("role.champion"), ui.text.of("role.challenger")]
}

fn measures(report: &Report, test: &ExperimentPart, ui: &Ui) -> Markup {
    let rows: Vec<Forest> = test.measures.iter().map(|change| row(change, currency(report), ui)).collect();
    html! {
        section.card {
            header { h2 { (ui.text.of("experiment.measures")) } }
            (forest("measures", ui.text.of("experiment.measures"), arms(ui), &rows, ui))
            @for change in test.measures.iter().filter(|change| !change.sentence.text.is_empty()) { p.small { (ui.text.said(&change.sentence)) } }
        }
    }
}

fn looks(report: &Report, test: &ExperimentPart, ui: &Ui) -> Markup {
    let wanted = report.goals.iter().find(|goal| goal.id == "lift").and_then(|goal| goal.sentence.values.get("wanted")?.as_f64());
    html! { section.card { (lift("looks", &test.looks, test.looks_planned, wanted.unwrap_or(0.05), super::whole(ui), ui)) } }
}

pub fn segments(test: &ExperimentPart, ui: &Ui) -> Markup {
    let text = &ui.text;
    if test.segments.is_empty() {
        return html! {};
    }
    let row = |segment: &SegmentPart| Forest {
        name: format!("{}: {}", segment.by, segment.value),
        control: text.value(segment.control.value, Unit::Percent, ""),
        treatment: text.value(segment.treatment.value, Unit::Percent, ""),
        change: segment.change,
        words: text.estimate(&segment.change, Unit::Change, ""),
        status: segment.status,
    };
    let rows: Vec<Forest> = test.segments.iter().map(row).collect();
    html! {
        section.card {
            header { h2 { (text.of("experiment.segments")) } p.small.soft { (text.count("experiment.segments_total", u64::from(test.segments_total), &[("shown", &rows.len().to_string())])) } }
            (forest("segments", text.of("experiment.segments"), arms(ui), &rows, ui))
        }
    }
}
