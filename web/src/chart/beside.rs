//! Two estimates of the same figure, one above the other, in a cell of a table.

use maud::{Markup, html};
use plumbline_core::report::Estimate;

use super::Scale;
use crate::text::coordinate;

/// The width of the drawing.
pub const WIDTH: f64 = 160.0;
/// On paper all columns have to fit beside one another.
pub const NARROW: f64 = 96.0;
const HEIGHT: f64 = 28.0;

/// A point and its interval for each of `pair` on the scale `x` of `width` pixels: the first of the class `reference`, the second of `champion`.
pub fn beside(pair: [&Estimate; 2], x: &Scale, width: f64) -> Markup {
    let rows = pair.into_iter().zip([("reference", HEIGHT / 3.0), ("champion", HEIGHT * 2.0 / 3.0)]);
    html! {
        svg.pair width=(coordinate(width)) height=(coordinate(HEIGHT)) aria-hidden="true" {
            @for (estimate, (class, y)) in rows {
                @if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
                    line.whisker.(class) x1=(x.px(low)) x2=(x.px(high)) y1=(coordinate(y)) y2=(coordinate(y)) {}
                }
                @if let Some(value) = estimate.value { circle.(class) cx=(x.px(value)) cy=(coordinate(y)) r="4" {} }
            }
        }
    }
}
