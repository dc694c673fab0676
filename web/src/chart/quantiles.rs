//! C12: percentiles of the scores, one row a time: a line from the lowest tenth to the highest, a box round the middle half, a mark at the median.

use maud::{Markup, html};
use plumbline_core::report::PredictionDrift;

use super::frame::Frame;
use super::scale::Scale;
use crate::text::{Unit, coordinate};
use crate::ui::Ui;

const ROW: f64 = 34.0;
const LEFT: f64 = 108.0;

/// The scores of now beside those of the week before and of training.
pub fn quantiles(id: &str, drift: &PredictionDrift, width: f64, ui: &Ui) -> Markup {
    let text = &ui.text;
    let all = [
        ("scores.now", "champion", &drift.now),
        ("scores.week_before", "reference", &drift.week_before),
        ("scores.training", "reference", &drift.training),
    ];
    let known: Vec<(&str, &str, &Vec<f64>)> =
        all.into_iter().filter(|(.., scores)| scores.len() == drift.percentiles.len() && !scores.is_empty()).collect();
    if known.is_empty() {
        return html! { p.soft { (text.of("chart.no_data")) } };
    }
    let height = ROW * known.len() as f64 + 26.0;
    let x = Scale { from: 0.0, to: 1.0, start: LEFT, end: width - 12.0 };
    let px = |value: f64| x.px(if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 });
    let inside = html! {
        @for tenths in [0.0, 0.25, 0.5, 0.75, 1.0] {
            line.grid x1=(px(tenths)) x2=(px(tenths)) y1="4" y2=(coordinate(height - 22.0)) {}
            text.tick x=(px(tenths)) y=(coordinate(height - 6.0)) text-anchor="middle" { (text.locale.fixed(tenths, 2)) }
        }
        @for (place, (key, class, scores)) in known.iter().enumerate() {
            @let middle = ROW * (place as f64 + 0.5) + 2.0;
            @let at = |part: f64| drift.percentiles.iter().position(|own| (own - part).abs() < 1e-9).and_then(|at| scores.get(at)).copied();
            text.tick x="0" y=(coordinate(middle + 4.0)) { (text.of(key)) }
            @if let (Some(first), Some(last)) = (scores.first(), scores.last()) {
                line.whisker.(class) x1=(px(*first)) x2=(px(*last)) y1=(coordinate(middle)) y2=(coordinate(middle)) {}
            }
            @if let (Some(low), Some(high)) = (at(0.25), at(0.75)) {
                @let wide = (high - low).clamp(0.0, 1.0) * (width - 12.0 - LEFT);
                rect.box.(class) x=(px(low)) y=(coordinate(middle - 8.0)) width=(coordinate(wide)) height="16" {}
            }
            @if let Some(median) = at(0.5) { line.median.(class) x1=(px(median)) x2=(px(median)) y1=(coordinate(middle - 10.0)) y2=(coordinate(middle + 10.0)) {} }
        }
    };
    let score = |x: Option<f64>| text.value(x, Unit::Part, "");
    let median =
        |scores: &[f64]| drift.percentiles.iter().position(|own| (own - 0.5).abs() < 1e-9).and_then(|at| scores.get(at)).copied();
    let slots = [
        ("ks", text.value(drift.ks, Unit::Distance, "")),
        ("now", score(median(&drift.now))),
        ("training", score(median(&drift.training))),
    ];
    let slots: Vec<(&str, &str)> = slots.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let words = text.fill("scores.words", &slots);
    let mut head = vec![text.of("scores.part").to_owned()];
    head.extend(known.iter().map(|(key, ..)| text.of(key).to_owned()));
    let row = |place: usize| {
        let part = drift.percentiles.get(place).copied().unwrap_or_default();
        let mut row = vec![text.locale.percent_tick(part)];
        row.extend(known.iter().map(|(.., scores)| score(scores.get(place).copied())));
        row
    };
    let under = html! { p.small { (words) } };
    let frame = Frame { id, finding: text.of("scores.title"), below: text.of("scores.below"), description: &words };
    frame.figure(ui, (width, height), &inside, &under, &head, (drift.percentiles.len(), &row))
}
