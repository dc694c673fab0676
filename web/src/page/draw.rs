//! Draws: only parts whose markup changed are put into the document.

use maud::PreEscaped;
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlDialogElement, HtmlElement, Storage, Window};

use super::glue::morph;
use super::{App, with};
use crate::ui::Route;
use crate::view::{Piece, join, part, pieces, title};

pub(super) fn window() -> Option<Window> {
    web_sys::window()
}

pub(super) fn document() -> Option<Document> {
    window()?.document()
}

pub(super) fn store() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// The theme that was chosen on this device; empty for the system's.
pub(super) fn theme() -> String {
    store()
        .and_then(|store| store.get_item("plumbline-theme").ok()?)
        .filter(|theme| theme == "dark" || theme == "light")
        .unwrap_or_default()
}

/// Whether keys of one letter were switched on on this device.
pub(super) fn keys() -> bool {
    store().and_then(|store| store.get_item("plumbline-keys").ok()?).is_some_and(|keys| keys == "on")
}

/// The newest event that was marked as seen on this device.
pub(super) fn seen() -> u64 {
    store().and_then(|store| store.get_item("plumbline-seen").ok()?).and_then(|seen| seen.parse().ok()).unwrap_or_default()
}

/// What was kept on this device as `name`.
pub(super) fn remembered(name: &str) -> String {
    store().and_then(|store| store.get_item(&format!("plumbline-{name}")).ok()?).unwrap_or_default()
}

pub(super) fn hash() -> Option<String> {
    window()?.location().hash().ok()
}

/// Width of the content: the bar above every view takes all of it; before there is one, what is inside the main part's padding.
pub(super) fn width() -> u32 {
    let main = document().and_then(|document| document.get_element_by_id("main"));
    let inside = main.map_or(680, |main| {
        let bar = main.query_selector(".top").ok().flatten().map(|bar| bar.client_width()).filter(|width| *width > 0);
        bar.unwrap_or_else(|| main.client_width() - (main.client_width() / 20).clamp(24, 64))
    });
    u32::try_from(inside.max(240)).unwrap_or(680)
}

/// Whether the system asks for a dark page.
pub(super) fn prefers_dark() -> bool {
    window().and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok()?).is_some_and(|media| media.matches())
}

/// Draws in the next frame, however many events ask for it.
pub(super) fn soon(app: &mut App) {
    // What was made for that frame is no longer what there is to show.
    app.rest = None;
    ask(app);
}

fn ask(app: &mut App) {
    if !app.due {
        app.due = true;
        if let Some(window) = window() {
            let _ = window.request_animation_frame(app.frame.as_ref().unchecked_ref());
        }
    }
}

/// Parts of a new view that its first frame holds: those that are seen first. All at once, a slow phone does nothing else for a sixth of a
/// second.
const FIRST: usize = 4;

/// `all` with the parts after the first ones empty; none where there are hardly more.
fn first(all: &[Piece]) -> Option<Vec<Piece>> {
    let is_part = |piece: &&Piece| matches!(piece, Piece::Part(..));
    if all.iter().filter(is_part).count() <= FIRST + 2 {
        return None;
    }
    let mut parts = 0;
    let cut = |piece: &Piece| match piece {
        Piece::Raw(text) => Piece::Raw(text),
        Piece::Part(id, markup) => {
            parts += 1;
            let is_shown = parts <= FIRST || *id == "dialog";
            Piece::Part(id, if is_shown { markup.clone() } else { PreEscaped(String::new()) })
        }
    };
    Some(all.iter().map(cut).collect())
}

/// Whether `begun`, the markup that another module drew, has all parts of `now`.
fn holds(begun: &str, now: &[Piece]) -> bool {
    let has = |id: &str| begun.contains(&format!("<div class=\"part\" id=\"p-{id}\">"));
    !begun.is_empty() && now.iter().all(|piece| matches!(piece, Piece::Raw(_)) || matches!(piece, Piece::Part(id, _) if has(id)))
}

/// The pieces of `now`; parts that differ in `begun` get a placeholder that never matches, so that they are drawn again.
fn kept(now: &[Piece], begun: &str) -> Vec<Piece> {
    let of = |piece: &Piece| match piece {
        Piece::Raw(text) => Piece::Raw(text),
        Piece::Part(id, markup) => {
            let is_there = begun.contains(&part(id, &markup.0));
            Piece::Part(id, if is_there { markup.clone() } else { PreEscaped("?".to_owned()) })
        }
    };
    now.iter().map(of).collect()
}

/// Draws what changed. The document is changed while nothing is borrowed: what it fires meanwhile finds the state free.
pub(super) fn draw() {
    let _ = run();
}

fn run() -> Option<()> {
    let document = document()?;
    let (now, last, title, is_asking, is_new) = with(|app| {
        app.due = false;
        super::tool::planned(app);
        let mut now = app.rest.take().unwrap_or_else(|| pieces(&app.report, &app.ui));
        let drawn = Some((app.ui.route.clone(), app.report.format == 0));
        let begun = std::mem::take(&mut app.begun);
        let is_begun = drawn == Some((Route::Overview, false)) && holds(&begun, &now);
        let is_new = std::mem::replace(&mut app.drawn, drawn.clone()) != drawn && !is_begun;
        if is_begun {
            app.last = kept(&now, &begun);
        }
        if is_new && let Some(first) = first(&now) {
            app.rest = Some(std::mem::replace(&mut now, first));
            ask(app);
        }
        (now, std::mem::take(&mut app.last), title(&app.report, &app.ui), app.ui.dialog.is_some(), is_new)
    })?;
    let is_same_view = now.len() == last.len()
        && now.iter().zip(&last).all(|pair| match pair {
            (Piece::Raw(a), Piece::Raw(b)) => a == b,
            (Piece::Part(a, _), Piece::Part(b, _)) => a == b,
            _ => false,
        });
    if is_same_view {
        for pair in now.iter().zip(&last) {
            if let (Piece::Part(id, a), Piece::Part(_, b)) = pair
                && a.0 != b.0
                && let Some(part) = document.get_element_by_id(&format!("p-{id}"))
            {
                // There is nothing to keep in an empty part.
                if b.0.is_empty() { part.set_inner_html(&a.0) } else { morph(&part, &a.0) }
            }
        }
    } else {
        let root = document.get_element_by_id("app")?;
        let holds_focus = document.active_element().is_some_and(|active| root.contains(Some(&active)));
        if is_new {
            // Another view has nothing to keep: putting it in is ten times quicker than comparing the two.
            root.set_inner_html(&join(&now).0);
        } else {
            morph(&root, &join(&now).0);
        }
        let main = document.get_element_by_id("main").and_then(|main| main.dyn_into::<HtmlElement>().ok());
        if let (true, true, Some(main)) = (is_new, holds_focus, main) {
            let _ = main.focus();
        }
    }
    with(|app| app.last = now);
    if document.title() != title {
        document.set_title(&title);
    }
    if let Some(dialog) = document.get_element_by_id("ask").and_then(|dialog| dialog.dyn_into::<HtmlDialogElement>().ok()) {
        if is_asking && !dialog.open() {
            let _ = dialog.show_modal();
            if let Some(heading) = document.get_element_by_id("ask-title").and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
                let _ = heading.focus();
            }
        } else if !is_asking && dialog.open() {
            dialog.close();
        }
    }
    Some(())
}
