//! The first view, by a module of its own: what a reader sees while the page's whole module is on its way.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::read::Report;
use crate::text::{Locale, Text};
use crate::ui::{State, Ui};
use crate::view::{join, overview, title};

/// The overview of `report` as the whole module draws it first: the document's title, a line break, the markup below the page's root; none
/// where the text is no report. `words`, `locale` and `now_ms` are those of the page's start; `width` is that of the content in CSS pixels,
/// `theme` the chosen one, `seen` the newest event that was marked as seen.
#[wasm_bindgen]
pub fn first(words: &str, locale: &str, now_ms: f64, width: u32, theme: String, seen: f64, report: &str) -> Option<String> {
    let report = Report::overview(report).ok()?;
    let ui = Ui {
        text: Text::new(words, Locale::read(locale)),
        state: State::Live,
        now_ms: now_ms as i64,
        heard_ms: now_ms as i64,
        width,
        theme,
        seen: seen as u64,
        ..Ui::new(&report)
    };
    Some(format!("{}\n{}", title(&report, &ui), join(&overview(&report, &ui)).0))
}
