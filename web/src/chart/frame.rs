//! The frame of every chart: a finding, the drawing with its description, what a reader moves, and the same numbers as a table.

use maud::{Markup, html};

use crate::text::{Text, coordinate};

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

impl Frame<'_> {
    /// The figure of a drawing of `size` with `inside`, `under` it what a reader moves, and a table of `head` and `rows`.
    pub fn figure(
        &self,
        text: &Text,
        (width, height): (f64, f64),
        inside: &Markup,
        under: &Markup,
        (head, rows): (&[String], &[Vec<String>]),
    ) -> Markup {
        let (title, words) = (format!("{}-t", self.id), format!("{}-d", self.id));
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
                @if !rows.is_empty() {
                    details data-open=(format!("{}-table", self.id)) {
                        summary.small { (text.of("chart.table")) }
                        div.scroll role="region" aria-label=(self.finding) tabindex="0" {
                            table.plain-table id=(format!("{}-table", self.id)) {
                                thead { tr { @for name in head { th scope="col" { (name) } } } }
                                tbody { @for row in rows { tr { @for (place, cell) in row.iter().enumerate() {
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
