//! C3: changes with their intervals as a table whose last column is drawn on one shared axis.

use maud::{Markup, html};
use plumbline_core::report::{Estimate, Status};

use super::Scale;
use crate::part::{of_status, status};
use crate::text::Safe;
use crate::text::coordinate;
use crate::ui::Ui;

const WIDTH: f64 = 200.0;
/// On paper all columns have to fit beside one another.
const NARROW: f64 = 96.0;
const HEIGHT: f64 = 24.0;

/// A row of the plot.
#[derive(Debug)]
pub struct Forest {
    /// Its name.
    pub name: String,
    /// The control's figure in words.
    pub control: String,
    /// The treatment's figure in words.
    pub treatment: String,
    /// The relative change.
    pub change: Estimate,
    /// The change in words.
    pub words: String,
    /// What it says.
    pub status: Status,
}

/// The plot of `rows`, under the names of both arms.
pub fn forest(id: &str, label: &str, arms: [&str; 2], rows: &[Forest], ui: &Ui) -> Markup {
    let text = &ui.text;
    let reach = rows.iter().flat_map(|row| [row.change.value, row.change.low, row.change.high]).flatten().map(f64::abs);
    let reach = reach.filter(|x| x.is_finite()).fold(0.02, f64::max).min(0.6);
    let width = if ui.printed { NARROW } else { WIDTH };
    let x = Scale { from: -reach, to: reach, start: 6.0, end: width - 6.0 };
    let tick = (reach * 100.0).round() / 100.0;
    let excluded = |row: &Forest| row.change.low.is_some_and(|low| low > 0.0) || row.change.high.is_some_and(|high| high < 0.0);
    let caption = text.fill(
        "forest.words",
        &[
            ("control", arms[0]),
            ("treatment", arms[1]),
            ("shown", &rows.iter().filter(|row| excluded(row)).count().to_string()),
            ("all", &rows.len().to_string()),
        ],
    );
    html! {
        div.scroll role="region" aria-label=(label) tabindex="0" {
            table.plain-table.forest.narrow[ui.printed] id=(id) {
                caption.small.soft { (caption) }
                thead { tr {
                    th scope="col" { (text.of("forest.name")) }
                    th.number scope="col" { (arms[0]) }
                    th.number scope="col" { (arms[1]) }
                    th.number scope="col" { (text.of("forest.change")) }
                    th scope="col" { span.axis { span { (text.locale.percent_tick(-tick)) } span { "0" } span { (text.locale.percent_tick(tick)) } } }
                    th scope="col" { (text.of("forest.verdict")) }
                } }
                tbody { @for row in rows { tr {
                    th scope="row" { (Safe(&row.name)) }
                    td.number data-label=(arms[0]) { (row.control) }
                    td.number data-label=(arms[1]) { (row.treatment) }
                    td.number data-label=(text.of("forest.change")) { (row.words) }
                    td { (drawn(&row.change, &x, width)) }
                    td { (status(text, of_status(row.status))) }
                } } }
            }
        }
    }
}

fn drawn(change: &Estimate, x: &Scale, width: f64) -> Markup {
    let middle = HEIGHT / 2.0;
    html! {
        svg width=(coordinate(width)) height=(coordinate(HEIGHT)) aria-hidden="true" {
            line.reference x1=(x.px(0.0)) x2=(x.px(0.0)) y1="0" y2=(coordinate(HEIGHT)) {}
            @if let (Some(low), Some(high)) = (change.low, change.high) {
                line.whisker.challenger x1=(x.px(low)) x2=(x.px(high)) y1=(coordinate(middle)) y2=(coordinate(middle)) {}
            }
            @if let Some(value) = change.value { circle.challenger cx=(x.px(value)) cy=(coordinate(middle)) r="4.5" {} }
        }
    }
}
