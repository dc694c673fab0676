//! System health: is the service quick and up?

use maud::{Markup, html};
use plumbline_core::report::MeasureId;

use super::{Piece, fault, heading, measure};
use crate::chart::{Band, Line, band};
use crate::read::Report;
use crate::text::Unit;
use crate::ui::Ui;

const CARDS: [MeasureId; 5] =
    [MeasureId::P99Ms, MeasureId::P50Ms, MeasureId::Throughput, MeasureId::ErrorRate, MeasureId::Uptime];

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.health", "health.question")));
    out.push(Piece::Part("cards", measure::cards(report, &CARDS, ui)));
    out.push(Piece::Part("load", load(report, ui)));
    out.push(Piece::Part("hours", hours(report, ui)));
    let by_day = [MeasureId::P99Ms, MeasureId::P50Ms, MeasureId::ErrorRate, MeasureId::Throughput];
    out.push(Piece::Part("chosen", measure::chosen(report, &by_day, ui)));
}

/// What was asked for, and what was proven by load test.
fn load(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(health) = &report.health else { return html! {} };
    let words = match &health.load_test {
        Some(test) => text.fill(
            "health.load_test",
            &[("rate", &text.value(Some(test.req_per_s), Unit::PerSecond, "")), ("at", &ui.text.moment(&test.at))],
        ),
        None => text.of("health.not_tested").to_owned(),
    };
    html! { p.remark { (words) } }
}

fn hours(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(health) = &report.health else { return fault(report, "health", ui).unwrap_or_default() };
    let target = |id: MeasureId| report.measure(id).and_then(|measure| measure.target.as_ref()).map(|target| target.value);
    let chart = |id: &'static str, finding: &str, names: &[(&str, &'static str)], unit: Unit, target: Option<f64>, width: f64| {
        let lines: Vec<Line<'_>> = names
            .iter()
            .filter_map(|(name, class)| {
                let series = health.hourly.get(*name)?;
                Some(Line { name: text.of(&format!("hourly.{name}")).to_owned(), class, series })
            })
            .collect();
        let below = text.of("health.below").to_owned();
        let finding = text.of(finding).to_owned();
        band(&Band { id, finding, below, unit, currency: "", lines, target, is_floor: false, marks: Vec::new(), width }, ui)
    };
    if health.hourly.is_empty() {
        return html! { section.card { p.soft { (text.of("health.empty")) } } };
    }
    html! {
        section.card { (chart("latency", "health.latency", &[("p99_ms", "champion"), ("p50_ms", "reference")], Unit::Ms, target(MeasureId::P99Ms), super::whole(ui))) }
        div.two {
            section.card { (chart("requests", "health.requests", &[("requests", "champion")], Unit::Count, None, super::half(ui))) }
            section.card { (chart("errors", "health.errors", &[("errors", "champion")], Unit::Count, None, super::half(ui))) }
        }
    }
}
