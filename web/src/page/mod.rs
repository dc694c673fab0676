//! The browser's side: events by delegation, one draw a frame, the report's refresh, and actions.

mod act;
mod draw;
mod listen;
mod refresh;

use std::cell::RefCell;

use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use crate::read::Report;
use crate::text::{Locale, Text};
use crate::ui::{State, Ui};
use crate::view::Piece;

/// What the page holds between events.
struct App {
    report: Report,
    /// The report's text: the same text draws nothing.
    text: String,
    /// Its ETag.
    tag: Option<String>,
    ui: Ui,
    /// What was drawn last.
    last: Vec<Piece>,
    /// Whether a frame is asked for.
    due: bool,
    frame: Closure<dyn FnMut()>,
    /// The key in use; it is in memory alone.
    key: Option<String>,
    /// Failed refreshes in a row.
    failed: u32,
}

thread_local! {
    static APP: RefCell<Option<App>> = const { RefCell::new(None) };
}

/// Runs `change` on the page's state, if the page has started and nothing else holds it.
fn with<T>(change: impl FnOnce(&mut App) -> T) -> Option<T> {
    APP.with(|app| app.try_borrow_mut().ok()?.as_mut().map(change))
}

/// Starts the page: `words` is the language's file, empty for English; then the separators of the reader's locale.
#[wasm_bindgen]
pub fn start(words: &str, decimal: String, group: String, percent: String, saved: Option<String>) {
    let locale = Locale { decimal, group, percent };
    let text = Text::new(words, locale);
    let mut ui = Ui { text, ..Ui::new(&Report::default()) };
    ui.theme = draw::theme();
    ui.seen = draw::seen();
    ui.width = draw::width();
    if let Some(hash) = draw::hash() {
        ui.go(&hash);
    }
    let frame = Closure::new(draw::draw);
    APP.set(Some(App { report: Report::default(), text: String::new(), tag: None, ui, last: Vec::new(), due: false, frame, key: None, failed: 0 }));
    listen::listen();
    match saved {
        Some(report) => {
            with(|app| app.ui.state = State::Saved);
            take(&report);
        }
        None => refresh::run(),
    }
}

/// Shows the report in `text`; the reason in words where it is none.
#[wasm_bindgen]
pub fn take(text: &str) -> Option<String> {
    with(|app| {
        if app.text == text {
            return None;
        }
        match Report::read(text) {
            Ok(report) => {
                let is_first = app.text.is_empty();
                app.ui.served = Ui::new(&report).served;
                if is_first && app.ui.threshold == 50 {
                    app.ui.threshold = app.ui.served;
                }
                app.report = report;
                app.text = text.to_owned();
                draw::soon(app);
                None
            }
            Err(refused) => {
                app.ui.said = refused.words(&app.ui.text);
                draw::soon(app);
                Some(app.ui.said.clone())
            }
        }
    })
    .flatten()
}

/// Shows a saved report; the reason in words where it is none.
#[wasm_bindgen]
pub fn open_saved(text: &str) -> Option<String> {
    let refused = take(text);
    if refused.is_none() {
        with(|app| {
            app.ui.state = State::Saved;
            draw::soon(app);
        });
    }
    refused
}

/// The markup of the page as it stands, for tests.
#[wasm_bindgen]
pub fn markup() -> String {
    with(|app| crate::view::join(&crate::view::pieces(&app.report, &app.ui)).into_string()).unwrap_or_default()
}
