//! The controls of the form, each a small view over one field of the draft.

mod choice;
mod flag;
mod number;
mod tags;
mod text;

use leptos::prelude::*;

use super::desk::Desk;
use crate::form::{Control, Item};

/// The control of `item`. `note` is the id of the words that describe it; `bad` says whether its value is refused.
pub fn control(desk: Desk, item: &Item, note: String, bad: Signal<bool>) -> AnyView {
    let (name, unit) = (item.name.clone(), item.unit.clone());
    match &item.control {
        Control::Number { min, max } => view! { <number::Number desk name unit min=*min max=*max note bad /> }.into_any(),
        Control::Choice(choices) => {
            view! { <choice::Choice desk name choices=choices.clone() required=item.required note bad /> }.into_any()
        }
        Control::Flag => view! { <flag::Flag desk name required=item.required note /> }.into_any(),
        Control::Day => view! { <text::Line desk name kind="date" note bad /> }.into_any(),
        Control::Text => view! { <text::Line desk name kind="text" note bad /> }.into_any(),
        Control::Tags(known) => {
            view! { <tags::Tags desk name label=item.label.clone() known=known.clone() note bad /> }.into_any()
        }
    }
}
