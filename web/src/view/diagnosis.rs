//! Diagnosis: what is wrong, and what is the next step?

use maud::{Markup, html};
use plumbline_core::report::Status;

use super::{Piece, heading, measure};
use crate::read::Report;
use crate::ui::Ui;

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.diagnosis", "diagnosis.question")));
    out.push(Piece::Part("off", off(report, ui)));
}

/// The measures that are off target, in words.
fn off(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let off: Vec<_> = report.measures.iter().filter(|measure| measure.status == Status::Fail).collect();
    html! {
        section.card {
            header { h2 { (text.of("diagnosis.off")) } }
            @if off.is_empty() { p.soft { (text.of("diagnosis.none")) } }
            @for one in off { (measure::said(one, ui)) }
        }
    }
}
