//! One of the categories the model knows, or not known.

use leptos::prelude::*;

use crate::form::Entry;
use crate::lead::desk::Desk;

#[component]
pub fn Choice(desk: Desk, name: String, choices: Vec<String>, required: bool, note: String, bad: Signal<bool>) -> impl IntoView {
    let field = StoredValue::new(name.clone());
    let text = Signal::derive(move || desk.draft.with(|draft| field.with_value(|f| draft.text(f))));
    // A value the model has never seen is kept and shown as what it is.
    let known = choices.clone();
    let stranger = move || Some(text.get()).filter(|t| !t.is_empty() && !known.contains(t));
    let options = choices.into_iter().map(|choice| {
        let (value, chosen) = (choice.clone(), choice.clone());
        view! { <option value=value prop:selected=move || text.get() == chosen>{choice}</option> }
    });
    view! {
        <select
            id=name.clone()
            name=name
            aria-describedby=note
            aria-invalid=move || bad.get().then_some("true")
            on:change:target=move |event| field.with_value(|f| desk.set(f, Entry::typed(&event.target().value())))
        >
            <option value="" prop:selected=move || text.get().is_empty()>{if required { "Choose …" } else { "Not known" }}</option>
            {options.collect_view()}
            {move || stranger().map(|t| view! { <option value=t.clone() selected>{format!("{t} (new to the model)")}</option> })}
        </select>
    }
}
