//! Yes, no, or not known: three are not two, and the model tells them apart.

use leptos::prelude::*;

use crate::form::Entry;
use crate::lead::desk::Desk;

#[component]
pub fn Flag(desk: Desk, name: String, required: bool, note: String) -> impl IntoView {
    let field = StoredValue::new(name.clone());
    let entry = Memo::new(move |_| desk.draft.with(|draft| field.with_value(|f| draft.entry(f).clone())));
    let answers = [("yes", "Yes", Entry::Flag(true)), ("no", "No", Entry::Flag(false)), ("unknown", "Not known", Entry::Unknown)];
    let buttons = answers.into_iter().filter(|(key, ..)| !required || *key != "unknown").map(|(key, word, answer)| {
        let (id, chosen) = (format!("{name}-{key}"), answer.clone());
        let target = id.clone();
        view! {
            <label for=target>
                <input
                    id=id
                    type="radio"
                    name=name.clone()
                    value=key
                    aria-describedby=note.clone()
                    prop:checked=move || entry.get() == chosen
                    on:change=move |_| field.with_value(|f| desk.set(f, answer.clone()))
                />
                <span>{word}</span>
            </label>
        }
    });
    view! { <div class="switch">{buttons.collect_view()}</div> }
}
