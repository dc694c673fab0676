//! What the last edit did to the score.

use leptos::prelude::*;

use super::desk::{Desk, Edit};

/// The last edit and its effect.
#[component]
pub fn Changes(desk: Desk) -> impl IntoView {
    let body = move || match desk.edit.get() {
        None => view! { <p class="soft">"Change a field to see its effect here."</p> }.into_any(),
        Some(edit) => shown(desk, &edit).into_any(),
    };
    view! {
        <section class="card" aria-labelledby="changes-title">
            <header><h2 id="changes-title">"What your last edit changed"</h2></header>
            <div id="changes">{body}</div>
        </section>
    }
}

fn shown(desk: Desk, edit: &Edit) -> impl IntoView {
    let session = desk.session();
    let before = edit.before.lead(&session.form);
    match session.change(&before, &desk.lead(), desk.at.get()) {
        Ok(change) => {
            let reasons = change.reasons.into_iter().map(|reason| view! { <li>{reason.text}</li> }).collect_view();
            view! {
                <p class="change-effect">{change.text}</p>
                <ul class="change-reasons">{reasons}</ul>
            }
            .into_any()
        }
        Err(_) if desk.here.with(Result::is_err) => {
            view! { <p class="change-effect">{session.label(&edit.field)} " is not valid, so the lead has no score now."</p> }
                .into_any()
        }
        Err(_) => view! { <p class="change-effect">"The lead has a score again."</p> }.into_any(),
    }
}
