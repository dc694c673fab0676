//! The browser's side: events by delegation, one draw a frame, requests and their answers, actions.

mod act;
mod ask;
mod draw;
mod glue;
mod heard;
mod lead;
mod listen;
mod review;
mod tool;

use std::cell::RefCell;

use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use crate::aside::{Aside, annotated};
use crate::file::{Assets, document, inline, packed};
use crate::read::{BYTES, Refused, Report};
use crate::text::{Locale, Text};
use crate::ui::{Route, State, Ui};
use crate::view::Piece;

/// What the page holds between events.
struct App {
    report: Report,
    /// The report's text: the same text draws nothing.
    text: String,
    /// Its ETag.
    tag: String,
    ui: Ui,
    /// What was drawn last.
    last: Vec<Piece>,
    /// What the next frame adds to a new view, of which the last one showed the first parts.
    rest: Option<Vec<Piece>>,
    /// The view that was drawn last, and whether it had no report.
    drawn: Option<(Route, bool)>,
    /// The markup of the first view, where another module drew it and this one did not yet.
    begun: String,
    /// Whether a frame is asked for.
    due: bool,
    frame: Closure<dyn FnMut()>,
    /// The key in use; it is in memory alone. Empty without one.
    key: String,
    /// The key whose owner is asked for.
    tried: String,
    /// When the report is asked for next.
    next_ms: f64,
    /// Failed refreshes in a row.
    failed: u32,
    /// Verifications of the ledger that were begun.
    runs: u32,
}

/// Inputs that are kept on this device.
const KEPT: [&str; 2] = ["reps", "capacity"];

thread_local! {
    static APP: RefCell<Option<App>> = const { RefCell::new(None) };
}

/// Runs `change` on the page's state, if the page has started and nothing else holds it.
fn with<T>(change: impl FnOnce(&mut App) -> T) -> Option<T> {
    APP.with(|app| app.try_borrow_mut().ok()?.as_mut().map(change))
}

/// Starts the page: `words` is the language's file, empty for English; `locale` says how the reader writes numbers and times; `begun` is the
/// markup that another module drew, empty without one.
#[wasm_bindgen]
pub fn start(words: &str, locale: &str, now_ms: f64, saved: Option<String>, begun: String) {
    let mut ui = Ui {
        text: Text::new(words, Locale::read(locale)),
        state: State::Waiting,
        now_ms: now_ms as i64,
        heard_ms: now_ms as i64,
        ..Ui::new(&Report::default())
    };
    ui.theme = draw::theme();
    ui.seen = draw::seen();
    ui.keys = draw::keys();
    ui.width = draw::width();
    for name in KEPT {
        ui.inputs.insert(name.to_owned(), draw::remembered(name));
    }
    if let Some(hash) = draw::hash() {
        ui.go(&hash);
    }
    let frame = Closure::new(draw::draw);
    let app = App {
        report: Report::default(),
        text: String::new(),
        tag: String::new(),
        ui,
        last: Vec::new(),
        rest: None,
        drawn: None,
        begun,
        due: false,
        frame,
        key: String::new(),
        tried: String::new(),
        next_ms: 0.0,
        failed: 0,
        runs: 0,
    };
    APP.set(Some(app));
    listen::listen();
    match saved {
        Some(report) => drop(open_saved(&report, report.len() as f64)),
        None => with(|app| {
            ask::me(app);
            ask::report(app, now_ms);
            lead::opened(app);
            review::opened(app);
        })
        .unwrap_or_default(),
    }
}

/// Takes a second of the reader's clock: asks for the report when it is due, and lets what was shown grow old.
#[wasm_bindgen]
pub fn tick(now_ms: f64, is_hidden: bool, is_online: bool) {
    with(|app| ask::tick(app, now_ms, is_hidden, is_online));
}

/// Takes the answer to what was asked as `what`; status 0 where there is none.
#[wasm_bindgen]
pub fn heard(what: &str, status: u16, tag: String, text: &str) {
    with(|app| heard::heard(app, what, status, tag, text));
}

impl App {
    /// The text of the shown report with the notes on it; a saved one has them already.
    fn whole(&self) -> String {
        if self.ui.state == State::Saved { self.text.clone() } else { annotated(&self.text, &self.ui.aside.notes) }
    }
}

/// Shows the report in `text`; the reason in words where it is none.
fn take(app: &mut App, text: &str) -> Result<(), String> {
    if app.text == text {
        return Ok(());
    }
    let report = Report::read(text).map_err(|refused| refused.words(&app.ui.text))?;
    let is_first = app.text.is_empty();
    app.ui.served = Ui::new(&report).served;
    if is_first && app.ui.threshold == 50 {
        app.ui.threshold = app.ui.served;
    }
    app.report = report;
    app.text = text.to_owned();
    draw::soon(app);
    Ok(())
}

/// Shows a saved report of `size` bytes; the reason in words where it is none.
#[wasm_bindgen]
pub fn open_saved(text: &str, size: f64) -> Option<String> {
    with(|app| {
        let taken = if size > BYTES as f64 { Err(Refused::TooLarge.words(&app.ui.text)) } else { take(app, text) };
        match taken {
            Ok(()) => {
                app.ui.state = State::Saved;
                app.ui.aside = Aside { notes: app.report.annotations.clone(), ..Aside::default() };
                app.ui.scopes.clear();
                app.ui.said.clear();
                draw::soon(app);
                None
            }
            Err(words) => {
                app.ui.said.clone_from(&words);
                draw::soon(app);
                Some(words)
            }
        }
    })
    .flatten()
}

/// The shown report and this page as one file to mail; `module` and `report` are gzip.
#[wasm_bindgen]
pub fn file(style: &str, script: &str, module: &[u8], report: &[u8], style_sha256: &str, script_sha256: &str) -> String {
    let (module, report) = (packed(module), packed(report));
    let assets = Assets { style, script, module: &module, report: &report, style_sha256, script_sha256 };
    with(|app| document(&app.whole(), assets)).unwrap_or_default()
}

/// The text of the shown report, with its notes.
#[wasm_bindgen]
pub fn shown_report() -> String {
    with(|app| app.whole()).unwrap_or_default()
}

/// The script as it stands in that file.
#[wasm_bindgen]
pub fn inline_script(script: &str) -> String {
    inline(script)
}

/// The markup of the page as it stands, for tests.
#[wasm_bindgen]
pub fn markup() -> String {
    with(|app| crate::view::join(&crate::view::pieces(&app.report, &app.ui)).into_string()).unwrap_or_default()
}
