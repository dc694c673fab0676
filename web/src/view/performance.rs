//! Model performance: does the score still rank and tell the truth?

use maud::{Markup, html};
use plumbline_core::report::MeasureId;

use super::{Piece, fault, heading, measure};
use crate::chart::{Curve, Histogram, curve, gain, quantiles, reliability};
use crate::order::order;
use crate::part::table;
use crate::read::Report;
use crate::text::{Safe, Unit};
use crate::ui::Ui;

const CARDS: [MeasureId; 4] = [MeasureId::Auc, MeasureId::Precision, MeasureId::Recall, MeasureId::CalibrationError];

/// A version's name, class and histogram.
pub type Version<'a> = (String, &'static str, Histogram<'a>);

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.performance", "performance.question")));
    out.push(Piece::Part("cards", measure::cards(report, &CARDS, ui)));
    out.push(Piece::Part("note", note(report, ui)));
    out.push(Piece::Part("chosen", measure::chosen(report, &CARDS, ui)));
    let versions = versions(report);
    if versions.is_empty() {
        let empty = html! { section.card { p.soft { (ui.text.of("performance.empty")) } } };
        out.push(Piece::Part("curves", fault(report, "performance", ui).unwrap_or(empty)));
        return;
    }
    out.push(Piece::Part("curves", curves(&versions, ui)));
    out.push(Piece::Part("score-drift", drift(report, ui)));
    let a_day = report.measure(MeasureId::ScoresPerDay).and_then(|measure| measure.estimate.value);
    out.push(Piece::Part("what-if", what_if(&versions, a_day, ui)));
}

/// The histograms of champion and challenger.
pub fn versions(report: &Report) -> Vec<Version<'_>> {
    let Some(performance) = &report.performance else { return Vec::new() };
    let serving = report.rollout.as_ref().map(|rollout| rollout.serving.as_slice()).unwrap_or_default();
    let champion = serving.iter().find(|serving| serving.role == "champion").map(|serving| serving.version.as_str());
    let mut versions: Vec<Version<'_>> = performance
        .score_histogram
        .iter()
        .filter_map(|(version, counts)| {
            let is_champion = champion.is_none_or(|champion| champion == version);
            Some((version.clone(), if is_champion { "champion" } else { "challenger" }, Histogram::new(counts)?))
        })
        .collect();
    order(&mut versions, |a, b| a.1 == "champion" && b.1 != "champion");
    versions.truncate(2);
    versions
}

fn note(report: &Report, ui: &Ui) -> Markup {
    let Some(performance) = &report.performance else { return html! {} };
    html! {
        p.remark { (ui.text.count("performance.delay", u64::from(performance.outcome_delay_days), &[])) }
    }
}

/// The champion's scores of now beside those of before and of training.
fn drift(report: &Report, ui: &Ui) -> Markup {
    let Some(drift) = report.performance.as_ref().and_then(|performance| performance.prediction_drift.as_ref()) else {
        return html! {};
    };
    html! { section.card { (quantiles("score-drift", drift, super::whole(ui), ui)) } }
}

pub fn curves(versions: &[Version<'_>], ui: &Ui) -> Markup {
    let which = if ui.input("curve") == "pr" { Curve::PrecisionRecall } else { Curve::Roc };
    let text = &ui.text;
    html! {
        div.three {
            section.card { (reliability("reliability", versions, super::third(ui), ui)) }
            section.card {
                @if !ui.printed {
                    header { label.pick { span.small { (text.of("curve.pick")) }
                        select id="curve-pick" data-do="input" data-arg="curve" {
                            option value="roc" selected[which == Curve::Roc] { (text.of("curve.roc")) }
                            option value="pr" selected[which == Curve::PrecisionRecall] { (text.of("curve.pr")) }
                        }
                    } }
                }
                (curve("curve", which, versions, super::third(ui), ui))
            }
            section.card { (gain("gain", versions, super::third(ui), ui)) }
        }
    }
}

/// What another threshold would do, from the same histogram.
pub fn what_if(versions: &[Version<'_>], a_day: Option<f64>, ui: &Ui) -> Markup {
    let text = &ui.text;
    let at = format!("0.{:02}", ui.threshold);
    let served = text.locale.fixed(f64::from(ui.served) / 100.0, 2);
    let part = |x: Option<f64>| text.value(x, Unit::Part, "");
    let hot = |histogram: &Histogram<'_>, at: u32| Some(histogram.at(at).called? * a_day?);
    let head = html! {
        th scope="col" { (text.of("what_if.version")) }
        th.number scope="col" { (text.of("what_if.precision")) } th.number scope="col" { (text.of("what_if.now")) }
        th.number scope="col" { (text.of("what_if.recall")) } th.number scope="col" { (text.of("what_if.now")) }
        @if a_day.is_some() { th.number scope="col" { (text.of("what_if.hot")) } }
    };
    let rows = html! {
        @for (version, _, histogram) in versions {
            @let (tried, served) = (histogram.at(ui.threshold), histogram.at(ui.served));
            tr id=(format!("what-if-{version}")) {
                th scope="row" { (Safe(version)) }
                td.number { (part(tried.precision)) } td.number.soft { (part(served.precision)) }
                td.number { (part(tried.recall)) } td.number.soft { (part(served.recall)) }
                @if a_day.is_some() { td.number { (text.value(hot(histogram, ui.threshold), Unit::Count, "")) } }
            }
        }
    };
    let reps = ui.number("reps");
    let per_rep = versions.first().and_then(|(_, _, histogram)| Some(hot(histogram, ui.threshold)? / reps?));
    let capacity = ui.number("capacity");
    let judged = per_rep.map(|leads| {
        let shown = text.value(Some(leads), Unit::Score, "");
        match capacity {
            Some(most) if leads > most => {
                text.fill("what_if.too_many", &[("leads", &shown), ("most", &text.value(Some(most), Unit::Count, ""))])
            }
            _ => text.fill("what_if.per_rep", &[("leads", &shown)]),
        }
    });
    html! {
        section.card #what-if {
            header { h2 { (text.of("what_if.title")) } @if !ui.printed { button.button type="button" data-do="reset" { (text.of("what_if.reset")) } } }
            @if !ui.printed {
                label.slide {
                    span { (text.fill("what_if.threshold", &[("at", &text.locale.fixed(f64::from(ui.threshold) / 100.0, 2)), ("served", &served)])) }
                    input #threshold type="range" dir="ltr" min="0.01" max="0.99" step="0.01" value=(at) aria-valuetext=(at) data-do="threshold";
                }
            }
            (table("what-if-table", text.of("what_if.title"), &head, &rows))
            @if !ui.printed && a_day.is_some() {
                div.fields {
                    label.field { span { (text.of("what_if.reps")) } input #reps type="number" min="1" value=(ui.input("reps")) data-do="input" data-arg="reps"; }
                    label.field { span { (text.of("what_if.capacity")) } input #capacity type="number" min="1" value=(ui.input("capacity")) data-do="input" data-arg="capacity"; }
                }
            }
            @if let Some(judged) = judged { p { (judged) } }
            @if a_day.is_some() {
                p.small.soft { (text.of("what_if.nothing")) }
                @if !ui.printed { p.small { code { "threshold = " (at) } " " (super::copy(&format!("threshold = {at}"), ui)) } }
            }
        }
    }
}
