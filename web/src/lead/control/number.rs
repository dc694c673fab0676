//! A number: typed, or stepped with the arrow keys and two buttons. What is typed stays as typed, right or wrong.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::form::{Entry, number};
use crate::lead::desk::Desk;

#[component]
pub fn Number(
    desk: Desk,
    name: String,
    unit: String,
    min: Option<f64>,
    max: Option<f64>,
    note: String,
    bad: Signal<bool>,
) -> impl IntoView {
    let field = StoredValue::new(name.clone());
    let text = Signal::derive(move || desk.draft.with(|draft| field.with_value(|f| draft.text(f))));
    let put = move |text: &str| field.with_value(|f| desk.set(f, Entry::typed(text)));
    let step = move |by: f64| {
        let now = number(&text.get_untracked()).unwrap_or(0.0);
        let next = (now + by).max(min.unwrap_or(f64::NEG_INFINITY)).min(max.unwrap_or(f64::INFINITY));
        put(&tidy(next));
    };
    let key = move |event: KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowUp" => 1.0,
            "ArrowDown" => -1.0,
            "PageUp" => 10.0,
            "PageDown" => -10.0,
            _ => return,
        };
        event.prevent_default();
        step(by);
    };
    view! {
        <div class="number-control">
            <input
                id=name.clone()
                name=name
                type="text"
                inputmode="decimal"
                autocomplete="off"
                spellcheck="false"
                placeholder="not known"
                prop:value=text
                aria-describedby=note
                aria-invalid=move || bad.get().then_some("true")
                on:input:target=move |event| put(&event.target().value())
                on:keydown=key
            />
            <span class="unit soft small">{unit}</span>
            <button type="button" tabindex="-1" aria-hidden="true" on:click=move |_| step(-1.0)>"\u{2212}"</button>
            <button type="button" tabindex="-1" aria-hidden="true" on:click=move |_| step(1.0)>"+"</button>
        </div>
    }
}

/// `x` without the dust of repeated decimal steps.
fn tidy(x: f64) -> String {
    ((x * 1e6).round() / 1e6).to_string()
}
