//! Leads to start from, each with the score this page gives it.

use leptos::prelude::*;

use super::desk::Desk;
use crate::words;

/// The samples: a choice of one.
#[component]
pub fn Samples(desk: Desk) -> impl IntoView {
    let session = desk.session();
    let samples = session.samples.iter().enumerate().map(|(i, sample)| {
        let (title, lead) = (sample.title.clone(), sample.lead.clone());
        let session = session.clone();
        let score = move || match session.judge(&lead, desk.at.get()) {
            Ok(score) => format!("{} {}", words::whole(score.probability), score.band),
            Err(_) => "no score".to_owned(),
        };
        let picked = move || desk.sample.get() == i;
        view! {
            <button type="button" class="sample" aria-pressed=move || picked().to_string() on:click=move |_| desk.pick(i)>
                <span>{title}</span>
                <span class="soft small">{score}</span>
            </button>
        }
    });
    let samples = samples.collect_view();
    let undo = move || desk.edit.with(Option::is_some);
    view! {
        <section class="card samples-card" aria-labelledby="samples-title">
            <header>
                <h2 id="samples-title">"Start from"</h2>
                <span>
                    <button type="button" class="button plain small" disabled=move || !undo() on:click=move |_| desk.undo()>
                        "Undo"
                    </button>
                    <button type="button" class="button plain small" on:click=move |_| desk.pick(desk.sample.get_untracked())>
                        "Reset"
                    </button>
                </span>
            </header>
            <div class="samples" role="group" aria-labelledby="samples-title">{samples}</div>
        </section>
    }
}
