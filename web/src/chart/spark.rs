//! C1: a line of 30 points in the size of a word; words beside it say the same.

use maud::{Markup, html};
use plumbline_core::report::{Measure, Status};

use super::Scale;
use super::scale::line;
use crate::text::coordinate;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 32.0;
const POINTS: usize = 30;

/// The champion's last 30 days of a measure, with its target; nothing where fewer than two days are known.
pub fn spark(measure: &Measure) -> Markup {
    let values = &measure.champion.value;
    let values = values.get(values.len().saturating_sub(POINTS)..).unwrap_or_default();
    let known: Vec<f64> = values.iter().flatten().copied().filter(|x| x.is_finite()).collect();
    if known.len() < 2 {
        return html! {};
    }
    let target = measure.target.as_ref().map(|target| target.value).filter(|x| x.is_finite());
    let all = known.iter().copied().chain(target);
    let (low, high) = all.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    let y = Scale { from: low, to: if high > low { high } else { low + 1.0 }, start: HEIGHT - 4.0, end: 4.0 };
    let last = values.len().saturating_sub(1).max(1) as f64;
    let x = |place: usize| 2.0 + place as f64 / last * (WIDTH - 6.0);
    let end = values.iter().rposition(Option::is_some).and_then(|place| Some((x(place), values.get(place).copied().flatten()?)));
    html! {
        svg.spark width=(coordinate(WIDTH)) height=(coordinate(HEIGHT)) viewBox="0 0 120 32" preserveAspectRatio="none" aria-hidden="true" {
            @if let Some(target) = target { line.target x1="0" x2=(coordinate(WIDTH)) y1=(y.px(target)) y2=(y.px(target)) {} }
            path.line.champion d=(line(values, x, &y)) {}
            @if let Some((x, value)) = end {
                circle.champion.off[measure.status == Status::Fail] cx=(coordinate(x)) cy=(y.px(value)) r="2.5" {}
            }
        }
    }
}
