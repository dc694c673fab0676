//! The document itself.

use web_sys::wasm_bindgen::JsCast;

/// The element that says "loading" until a view takes its place.
const START: &str = "start";

/// Takes the loading words away.
pub fn end_start() {
    if let Some(start) = web_sys::window().and_then(|w| w.document()).and_then(|d| d.get_element_by_id(START)) {
        start.remove();
    }
}

/// Puts the keyboard into the element called `id`.
pub fn focus(id: &str) {
    let element = web_sys::window().and_then(|w| w.document()).and_then(|d| d.get_element_by_id(id));
    if let Some(element) = element.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
        // An element that cannot take the keyboard leaves it where it was.
        let _ = element.focus();
    }
}

/// Opens the browser's print dialogue.
pub fn print() {
    if let Some(window) = web_sys::window() {
        // A browser without printers does nothing, and neither can we.
        let _ = window.print();
    }
}
