//! A line of text, or a day.

use leptos::prelude::*;

use crate::form::Entry;
use crate::lead::desk::Desk;

#[component]
pub fn Line(desk: Desk, name: String, kind: &'static str, note: String, bad: Signal<bool>) -> impl IntoView {
    let field = StoredValue::new(name.clone());
    // The browser's date input knows days only; an instant shows as its day.
    let text = move || {
        let text = desk.draft.with(|draft| field.with_value(|f| draft.text(f)));
        if kind == "date" { text.chars().take(10).collect() } else { text }
    };
    view! {
        <input
            id=name.clone()
            name=name
            type=kind
            autocomplete="off"
            spellcheck="false"
            placeholder="not known"
            prop:value=text
            aria-describedby=note
            aria-invalid=move || bad.get().then_some("true")
            on:input:target=move |event| field.with_value(|f| desk.set(f, Entry::typed(&event.target().value())))
        />
    }
}
