//! The lead view: edit a lead, see what the page and the edge make of it.

mod asking;
mod card;
mod changes;
mod compare;
mod control;
mod desk;
mod form;
mod reasons;
mod samples;
mod timing;
mod verdict;

use std::sync::Arc;

use leptos::prelude::*;

use self::card::ModelCard;
use self::changes::Changes;
use self::compare::Compare;
use self::desk::{Desk, Edge};
use self::form::FormCard;
use self::reasons::Reasons;
use self::samples::Samples;
use self::timing::Timing;
use self::verdict::Verdict;
use crate::part::{Icon, Sign};
use crate::session::Session;

/// The view of one lead.
#[component]
pub fn LeadView(session: Arc<Session>) -> impl IntoView {
    let desk = Desk::new(session);
    asking::start(desk);
    view! {
        <div class="page-head">
            <div>
                <h1>"Lead score"</h1>
                <p>"Change any field. This page and the edge both score the lead, and their results are compared bit for bit."</p>
            </div>
            <button type="button" class="button no-print" on:click=|_| crate::host::document::print()>
                <Icon sign=Sign::Print />
                "Print"
            </button>
        </div>
        <Alone desk />
        <div class="lead-view">
            <div class="column">
                <Samples desk />
                <FormCard desk />
            </div>
            <div class="column results">
                <Verdict desk />
                <Compare desk />
                <Reasons desk />
                <Changes desk />
                <Timing desk />
                <ModelCard desk />
            </div>
        </div>
        <p class="hidden-words" role="status" aria-live="polite">{move || desk.spoken.get()}</p>
    }
}

/// Says that the edge is silent, and that this page goes on.
#[component]
fn Alone(desk: Desk) -> impl IntoView {
    let why = move || match desk.edge.get() {
        Edge::Silent(why) => Some(why),
        _ => None,
    };
    let note = move |why| {
        view! {
            <div class="note" role="alert">
                <Icon sign=Sign::Alone size=20 />
                <p>{why} " This page continues on its own: the score below is computed here and is not compared until the edge answers."</p>
                <button type="button" class="button" on:click=move |_| desk.ask_again()>
                    "Try again"
                </button>
            </div>
        }
    };
    move || why().map(note)
}
