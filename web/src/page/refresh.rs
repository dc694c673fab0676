//! Refreshes: the report is asked for every few seconds while the page is seen, less often while the service does not answer.

use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::draw::{document, soon, window};
use super::{take, with};
use crate::text::moment;
use crate::ui::State;

/// The longest pause between two tries, in seconds.
const LONGEST_S: u32 = 120;
/// Failed tries after which the report counts as old.
const STALE_AFTER: u32 = 2;

/// Asks for the report now, and again after its pause. A loop that runs already goes on alone.
pub(super) fn run() {
    thread_local! {
        static RUN: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }
    let own = RUN.get() + 1;
    RUN.set(own);
    spawn_local(async move {
        while RUN.get() == own {
            let is_seen = document().is_none_or(|document| !document.hidden());
            let is_live = with(|app| app.ui.state != State::Saved && !app.ui.paused).unwrap_or_default();
            if is_seen && is_live {
                ask().await;
            }
            let pause = with(|app| (app.report.refresh_s.clamp(5, 60) << app.failed.min(4)).min(LONGEST_S)).unwrap_or(15);
            TimeoutFuture::new(pause * 1_000).await;
        }
    });
}

/// Asks for the report once.
pub(super) async fn ask() {
    let (key, tag) = with(|app| (app.key.clone(), app.tag.clone())).unwrap_or_default();
    let mut request = Request::get("v1/report");
    if let Some(key) = &key {
        request = request.header("authorization", &format!("Bearer {key}"));
    }
    if let Some(tag) = &tag {
        request = request.header("if-none-match", tag);
    }
    let answer = request.send().await;
    match answer {
        Ok(answer) if answer.status() == 304 => reached(),
        Ok(answer) if answer.ok() => {
            let tag = answer.headers().get("etag");
            if let Ok(text) = answer.text().await {
                reached();
                take(&text);
                with(|app| app.tag = tag);
            }
        }
        Ok(answer) if matches!(answer.status(), 401 | 403) => {
            let words = if answer.status() == 401 { "state.no_key" } else { "state.forbidden" };
            with(|app| {
                app.ui.said = app.ui.text.of(words).to_owned();
                soon(app);
            });
        }
        _ => missed(),
    }
}

fn reached() {
    with(|app| {
        app.failed = 0;
        if app.ui.state != State::Live && app.ui.state != State::Saved {
            app.ui.state = State::Live;
            soon(app);
        }
    });
}

fn missed() {
    let is_offline = window().is_some_and(|window| !window.navigator().on_line());
    with(|app| {
        app.failed += 1;
        let state = match is_offline {
            true => State::Offline,
            false if app.failed >= STALE_AFTER => State::Stale(moment(&app.report.generated_at)),
            false => return,
        };
        if app.ui.state != state && app.ui.state != State::Saved {
            app.ui.state = state;
            soon(app);
        }
    });
}
