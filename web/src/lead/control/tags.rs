//! Several texts: added with Enter, each taken away with its own button, or the last with Backspace.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::form::Entry;
use crate::host::document;
use crate::lead::desk::Desk;
use crate::part::{Icon, Sign};

#[component]
pub fn Tags(desk: Desk, name: String, label: String, known: Vec<String>, note: String, bad: Signal<bool>) -> impl IntoView {
    let field = StoredValue::new(name.clone());
    let tags = Memo::new(move |_| match desk.draft.with(|draft| field.with_value(|f| draft.entry(f).clone())) {
        Entry::Tags(tags) => tags,
        Entry::Text(text) => vec![text],
        _ => Vec::new(),
    });
    let typed = RwSignal::new(String::new());
    let put = move |tags: Vec<String>| field.with_value(|f| desk.set(f, Entry::Tags(tags)));
    let add = move || {
        let tag = typed.get_untracked().trim().to_owned();
        let mut all = tags.get_untracked();
        if !tag.is_empty() && !all.contains(&tag) {
            all.push(tag);
            put(all);
        }
        typed.set(String::new());
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" | "," => {
            event.prevent_default();
            add();
        }
        "Backspace" if typed.with_untracked(String::is_empty) => {
            let mut all = tags.get_untracked();
            if all.pop().is_some() {
                put(all);
            }
        }
        _ => {}
    };
    let remove = move |tag: &str| {
        put(tags.get_untracked().into_iter().filter(|t| t != tag).collect());
        field.with_value(|f| document::focus(f));
    };
    let chip = move |tag: String| {
        let (gone, words) = (tag.clone(), format!("Remove {tag}"));
        view! {
            <li class="chip">
                {tag}
                <button type="button" aria-label=words on:click=move |_| remove(&gone)>
                    <Icon sign=Sign::Cross size=12 />
                </button>
            </li>
        }
    };
    let list = format!("{name}-known");
    let suggestions = known.into_iter().map(|tag| view! { <option value=tag /> }).collect_view();
    view! {
        <div class="tags">
            <ul class="chips" aria-label=format!("{label}, chosen")>
                <For each=move || tags.get() key=|tag| tag.clone() children=chip />
            </ul>
            <input
                id=name.clone()
                name=name
                type="text"
                list=list.clone()
                autocomplete="off"
                placeholder="Add …"
                prop:value=typed
                aria-describedby=note
                aria-invalid=move || bad.get().then_some("true")
                on:input:target=move |event| typed.set(event.target().value())
                on:keydown=key
                on:change=move |_| add()
            />
            <datalist id=list>{suggestions}</datalist>
        </div>
    }
}
