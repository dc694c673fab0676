//! Leads: what did this lead get, why, from which version?

use maud::{Markup, html};

use super::{Piece, heading};
use crate::text::Safe;
use crate::ui::{State, Ui};

/// The search for a lead.
pub fn pieces(ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.leads", "leads.question")));
    out.push(Piece::Part("find", find(ui)));
}

fn find(ui: &Ui) -> Markup {
    let text = &ui.text;
    if ui.state == State::Saved || ui.printed {
        return html! { section.card { p.soft { (text.of("leads.saved")) } } };
    }
    html! {
        section.card {
            label.field { span { (text.of("leads.find")) } input #lead type="search" autocomplete="off" spellcheck="false" value=(ui.input("lead")) data-do="input" data-arg="lead"; }
            button.button type="button" data-do="find-lead" { (text.of("leads.go")) }
        }
    }
}

/// One lead.
pub fn lead(id: &str, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", html! { header.page-head { h1 { (Safe(id)) } } }));
    out.push(Piece::Part("find", find(ui)));
}
