//! C11: from the average lead to this one's score, reason by reason; the steps close.

use maud::{Markup, html};

use super::Scale;
use crate::lead::Score;
use crate::text::{Safe, coordinate};
use crate::ui::Ui;

/// Reasons that have a row of their own; the others share one.
const TOP: usize = 7;
const WIDTH: f64 = 220.0;
const HEIGHT: f64 = 18.0;

/// The rows of a score with reasons; nothing where the scorer gave no base.
pub fn waterfall(score: &Score, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(base) = score.base else { return html! {} };
    let (shown, others) = score.reasons.split_at(score.reasons.len().min(TOP));
    let other_points: f64 = others.iter().map(|reason| reason.points).sum::<f64>() + score.rest.unwrap_or_default();
    let mut steps: Vec<(String, f64)> = shown.iter().map(|reason| (reason.said().to_owned(), reason.points)).collect();
    if !others.is_empty() || other_points != 0.0 {
        steps.push((text.count("why.others", others.len() as u64, &[]), other_points));
    }
    let x = Scale { from: 0.0, to: 100.0, start: 1.0, end: WIDTH - 1.0 };
    let mut at = base;
    let rows: Vec<(String, f64, f64, f64)> = steps
        .into_iter()
        .map(|(name, points)| {
            let from = at;
            at += points;
            (name, points, from, at)
        })
        .collect();
    let mark = |value: f64| {
        html! { svg.step width="220" height="18" aria-hidden="true" {
            line.grid x1=(x.px(0.0)) x2=(x.px(100.0)) y1="9" y2="9" {}
            rect.end x=(coordinate(x.at(value) - 2.0)) y="2" width="4" height="14" {}
        } }
    };
    html! {
        div.scroll role="region" aria-label=(text.of("why.title")) tabindex="0" {
            table.plain-table.why #why-table {
                thead { tr { th scope="col" { (text.of("why.reason")) } th.number scope="col" { (text.of("why.points")) } th scope="col" { (text.of("why.scale")) } } }
                tbody {
                    tr { th scope="row" { (text.of("why.average")) } td.number { (text.locale.fixed(base, 0)) } td { (mark(base)) } }
                    @for (name, points, from, to) in rows {
                        tr {
                            th scope="row" { (Safe(&name)) }
                            td.number { (text.locale.signed(points)) }
                            td { svg.step width="220" height="18" aria-hidden="true" {
                                line.grid x1=(x.px(0.0)) x2=(x.px(100.0)) y1=(coordinate(HEIGHT / 2.0)) y2=(coordinate(HEIGHT / 2.0)) {}
                                rect.(if points < 0.0 { "lowers" } else { "raises" }) x=(x.px(from.min(to))) y="4" width=(coordinate((x.at(from.max(to)) - x.at(from.min(to))).max(1.0))) height="10" {}
                            } }
                        }
                    }
                    tr.sum { th scope="row" { (text.of("why.score")) } td.number #why-score { (text.locale.fixed(score.score, 0)) } td { (mark(score.score)) } }
                }
            }
        }
    }
}
