//! The frame of every chart: a finding, the drawing with its description, what a reader moves, and the same numbers as a table.

use maud::{Markup, html};

use crate::text::coordinate;
use crate::ui::Ui;

/// A chart's frame.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Names its parts.
    pub id: &'a str,
    /// What the chart shows, as its heading.
    pub finding: &'a str,
    /// Measure, unit, window.
    pub below: &'a str,
    /// The chart in words.
    pub description: &'a str,
}

/// Rows of a table that is always in the document; a longer one is put there when it is opened, so that a chart that is drawn anew in each
/// frame does not carry it along.
const ROWS: usize = 24;

impl Frame<'_> {
    /// The figure of a drawing of `size` with `inside`, `under` it what a reader moves, and a table of `head` and `count` rows.
    pub fn figure(
        &self,
        ui: &Ui,
        (width, height): (f64, f64),
        inside: &Markup,
        under: &Markup,
        head: &[String],
        (count, row): (usize, &dyn Fn(usize) -> Vec<String>),
    ) -> Markup {
        let text = &ui.text;
        let (title, words, table) = (format!("{}-t", self.id), format!("{}-d", self.id), format!("{}-table", self.id));
        let shown = if count <= ROWS || ui.is_open(&table) { count } else { 0 };
        html! {
            figure.chart id=(self.id) {
                figcaption {
                    h2 { (self.finding) }
                    @if !self.below.is_empty() { p.small.soft { (self.below) } }
                }
                svg width=(coordinate(width)) height=(coordinate(height)) role="img" aria-labelledby=(title) aria-describedby=(words) {
                    title id=(title) { (self.finding) }
                    desc id=(words) { (self.description) }
                    (inside)
                }
                (under)
                @if !ui.printed {
                    p.exports { @for (kind, name) in [("csv", "CSV"), ("png", "PNG"), ("svg", "SVG")] {
                        button.button type="button" data-do="export" data-arg=(kind) aria-label=(text.fill("chart.export", &[("kind", name), ("name", self.finding)])) { (name) }
                    } }
                }
                // On paper nothing opens, so a long table would only be carried along.
                @if count > 0 && (count <= ROWS || !ui.printed) {
                    details data-open=(table) {
                        summary.small { (text.of("chart.table")) }
                        div.scroll role="region" aria-label=(self.finding) tabindex="0" {
                            table.plain-table id=(table) {
                                thead { tr { @for name in head { th scope="col" { (name) } } } }
                                tbody { @for place in 0..shown { tr { @for (place, cell) in row(place).iter().enumerate() {
                                    @if place == 0 { th scope="row" { (cell) } } @else { td.number { (cell) } }
                                } } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
