//! Cards and charts of measures, as the four views of the monitor show them.

use maud::{Markup, html};
use plumbline_core::report::{Measure, MeasureId};

use super::currency;
use crate::chart::{Band, Line, band, spark};
use crate::part::{icon, of_status, status};
use crate::read::Report;
use crate::text::{Unit, id_of};
use crate::ui::Ui;

/// The cards of `ids`.
pub fn cards(report: &Report, ids: &[MeasureId], ui: &Ui) -> Markup {
    html! { div.cards { @for measure in ids.iter().filter_map(|id| report.measure(*id)) { (card(report, measure, ui)) } } }
}

fn card(report: &Report, measure: &Measure, ui: &Ui) -> Markup {
    let text = &ui.text;
    let (unit, money, id) = (Unit::of(measure.id), currency(report), id_of(measure.id));
    let estimated = report.performance.as_ref().map(|performance| performance.estimated.auc);
    let expected = estimated.filter(|estimate| measure.id == MeasureId::Auc && estimate.value.is_some());
    html! {
        section.card.figure id=(format!("card-{id}")) {
            header { h2 { (text.measure(measure)) } (spark(measure)) }
            p.big { (text.value(measure.estimate.value, unit, money)) }
            p.small {
                @if let (Some(low), Some(high)) = (measure.estimate.low, measure.estimate.high) { (text.fill("interval", &[("low", &text.value(Some(low), unit, money)), ("high", &text.value(Some(high), unit, money))])) }
                @if let Some(n) = measure.estimate.n { span.soft { @if measure.estimate.low.is_some() { ", " } (text.count("measure.n", n, &[])) } }
            }
            // What the scores promise, while their outcomes are awaited.
            @if let Some(expected) = expected { p.small #expected { (text.fill("performance.expected", &[("auc", &text.estimate(&expected, unit, money))])) } }
            p.small.measured { @if let Some(target) = &measure.target { span { (text.target(target, unit, money)) } " " } (status(text, of_status(measure.status))) }
            p.small.soft { (text.of(&format!("definition.{id}"))) }
        }
    }
}

/// The chart over days of one of `ids`: the one that was chosen, else the first; with a choice.
pub fn chosen(report: &Report, ids: &[MeasureId], ui: &Ui) -> Markup {
    let text = &ui.text;
    let measures: Vec<&Measure> = ids.iter().filter_map(|id| report.measure(*id)).collect();
    let Some(measure) = measures.iter().find(|measure| id_of(measure.id) == ui.measure).or(measures.first()) else {
        return html! {};
    };
    html! {
        section.card {
            @if !ui.printed {
                header {
                    label.pick { span.small { (text.of("measure.pick")) }
                        select id="pick" data-do="measure" { @for one in &measures { option value=(id_of(one.id)) selected[one.id == measure.id] { (text.measure(one)) } } }
                    }
                    span.choices role="group" aria-label=(text.of("measure.days")) {
                        @for days in [7, 30, 90] {
                            button.button type="button" data-do="days" data-arg=(days) aria-pressed=(if ui.days == days { "true" } else { "false" }) { (text.count("days", days as u64, &[])) }
                        }
                    }
                }
            }
            (chart(report, measure, "by-day", super::whole(ui), ui))
        }
    }
}

/// The chart of a measure over the days that are shown.
pub fn chart(report: &Report, measure: &Measure, id: &str, width: f64, ui: &Ui) -> Markup {
    let text = &ui.text;
    let name_of = |role: &str| {
        let serving = report.rollout.as_ref().map(|rollout| rollout.serving.as_slice()).unwrap_or_default();
        serving
            .iter()
            .find(|serving| serving.role == role)
            .map_or_else(|| text.of(&format!("role.{role}")).to_owned(), |serving| serving.version.clone())
    };
    let last = |series: &plumbline_core::report::Series| newest(series, ui.days);
    let champion = last(&measure.champion);
    let challenger = measure.challenger.as_ref().map(last);
    let mut lines = vec![Line { name: name_of("champion"), class: "champion", series: &champion }];
    if let Some(series) = &challenger {
        lines.push(Line { name: name_of("challenger"), class: "challenger", series });
    }
    let stages = report.rollout.as_ref().map(|rollout| rollout.stages.as_slice()).unwrap_or_default();
    let mut marks: Vec<(String, String)> = stages
        .iter()
        .filter_map(|stage| Some((stage.from.clone()?, text.of(&format!("stage.{}", stage.id)).to_owned())))
        .collect();
    marks.extend(
        ui.aside
            .notes
            .iter()
            .take(super::NOTES)
            .map(|note| (note.at.clone(), text.fill("notes.mark", &[("text", &cut(&note.text))]))),
    );
    band(
        &Band {
            id,
            finding: crate::text::shown(&text.measured(measure, currency(report))).0,
            below: text.fill("measure.below", &[("name", &text.measure(measure)), ("days", &ui.days.to_string())]),
            unit: Unit::of(measure.id),
            currency: currency(report),
            lines,
            target: measure.target.as_ref().map(|target| target.value),
            is_floor: measure.target.as_ref().is_some_and(|target| target.op.starts_with('>')),
            marks,
            width,
        },
        ui,
    )
}

/// The beginning of a note, as it fits beside a mark.
fn cut(text: &str) -> String {
    const MOST: usize = 24;
    let shown = crate::text::shown(text).0;
    if shown.chars().count() <= MOST { shown } else { format!("{}…", shown.chars().take(MOST).collect::<String>()) }
}

/// The last `count` steps of a series.
pub fn newest(series: &plumbline_core::report::Series, count: usize) -> plumbline_core::report::Series {
    let skipped = series.value.len().saturating_sub(count);
    let tail = |values: &[Option<f64>]| values.get(skipped.min(values.len())..).unwrap_or_default().to_vec();
    let start = crate::text::day_of(&series.start).map(|day| {
        let day = day + i64::try_from(skipped).unwrap_or_default();
        plumbline_core::report::time_text(day * 86_400_000)
    });
    plumbline_core::report::Series {
        start: start.filter(|_| series.step_s == 86_400 && skipped > 0).unwrap_or_else(|| series.start.clone()),
        step_s: series.step_s,
        value: tail(&series.value),
        low: tail(&series.low),
        high: tail(&series.high),
    }
}

/// A sentence of a measure, for views that show no card of it. The sentence itself begins with the status.
pub fn said(report: &Report, measure: &Measure, ui: &Ui) -> Markup {
    let level = of_status(measure.status);
    html! { p { span.status.(level.class) { (icon(level.icon)) } " " (ui.text.measured_markup(measure, currency(report))) } }
}
