//! The frame: bar, the one view there is, foot.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::host::document;
use crate::host::theme::Theme;
use crate::lead::LeadView;
use crate::part::{Icon, Sign};
use crate::session::Session;

/// Starts the page.
#[wasm_bindgen(start)]
pub fn start() {
    Theme::current().apply();
    mount_to_body(Loader);
}

/// Loads the model, then shows it, or says why not; until then the words of `index.html` stand.
#[component]
fn Loader() -> impl IntoView {
    let loaded = RwSignal::new(None);
    spawn_local(async move {
        let session = Session::load().await.map(Arc::new);
        document::end_start();
        loaded.set(Some(session));
    });
    move || loaded.get().map(|loaded| view! { <App loaded /> })
}

/// The page.
#[component]
fn App(loaded: Result<Arc<Session>, String>) -> impl IntoView {
    let theme = RwSignal::new(Theme::current());
    let turn = move |_| {
        let next = theme.get_untracked().other();
        next.apply();
        next.keep();
        theme.set(next);
    };
    let words = move || format!("Switch to the {} theme", theme.get().other().name());
    let sign = move || match theme.get() {
        Theme::Light => view! { <Icon sign=Sign::Moon size=20 /> },
        Theme::Dark => view! { <Icon sign=Sign::Sun size=20 /> },
    };
    let body = match loaded {
        Ok(session) => view! { <LeadView session /> }.into_any(),
        Err(why) => view! { <Failed why /> }.into_any(),
    };
    view! {
        <a class="skip" href="#main">"Skip to the lead"</a>
        <header class="bar">
            <div class="bar-inner">
                <span class="brand"><img src="icon.svg" alt="" width="28" height="28" />"Plumbline"</span>
                <div class="bar-end">
                    <a class="small" href="/openapi.json">"API"</a>
                    <button type="button" class="icon-button" aria-label=words on:click=turn>{sign}</button>
                </div>
            </div>
        </header>
        <main class="page" id="main" tabindex="-1">{body}</main>
        <footer class="foot">
            <span>"Plumbline: lead scoring that proves itself."</span>
            <span>"The lead never leaves this browser and its own edge."</span>
        </footer>
    }
}

/// The model could not be loaded.
#[component]
fn Failed(why: String) -> impl IntoView {
    view! {
        <h1>"The model could not be loaded"</h1>
        <div class="note bad" role="alert">
            <Icon sign=Sign::Warning size=20 />
            <p>{why}</p>
            <a class="button" href="/">"Try again"</a>
        </div>
    }
}
