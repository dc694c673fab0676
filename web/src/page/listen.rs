//! Events by delegation: an element names what it does in `data-do` and with what in `data-arg`.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    AddEventListenerOptions, Element, Event, HtmlDetailsElement, HtmlElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement,
    ResizeObserver,
};

use super::draw::{document, hash, soon, store, width, window};
use super::{act, refresh, with};

/// Listens for the life of the page.
pub(super) fn listen() -> Option<()> {
    let document = document()?;
    let all: Closure<dyn FnMut(Event)> = Closure::new(|event: Event| {
        on(&event);
    });
    let capture = AddEventListenerOptions::new();
    // Toggling and closing do not bubble.
    capture.set_capture(true);
    for name in ["click", "input", "change", "toggle", "close"] {
        let callback = all.as_ref().unchecked_ref();
        document.add_event_listener_with_callback_and_add_event_listener_options(name, callback, &capture).ok()?;
    }
    all.forget();
    let routed: Closure<dyn FnMut()> = Closure::new(|| {
        route();
    });
    window()?.add_event_listener_with_callback("hashchange", routed.as_ref().unchecked_ref()).ok()?;
    routed.forget();
    let seen: Closure<dyn FnMut()> = Closure::new(refresh::run);
    for name in ["online", "focus"] {
        window()?.add_event_listener_with_callback(name, seen.as_ref().unchecked_ref()).ok()?;
    }
    seen.forget();
    let sized: Closure<dyn FnMut()> = Closure::new(|| {
        let width = width();
        with(|app| {
            if app.ui.width != width {
                app.ui.width = width;
                soon(app);
            }
        });
    });
    let observer = ResizeObserver::new(sized.as_ref().unchecked_ref()).ok()?;
    observer.observe(&document.get_element_by_id("app")?);
    sized.forget();
    // Observes for the life of the page.
    std::mem::forget(observer);
    Some(())
}

/// Opens the view of the address, from its top, with the focus on its content.
fn route() -> Option<()> {
    let hash = hash()?;
    let is_moved = with(|app| {
        let is_moved = app.ui.go(&hash);
        if is_moved {
            app.ui.open.remove("views");
            soon(app);
        }
        is_moved
    })?;
    if is_moved {
        window()?.scroll_to_with_x_and_y(0.0, 0.0);
        let _ = document()?.get_element_by_id("main")?.dyn_into::<HtmlElement>().ok()?.focus();
    }
    Some(())
}

fn value_of(element: &Element) -> String {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        return input.value();
    }
    if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
        return select.value();
    }
    element.dyn_ref::<HtmlTextAreaElement>().map(HtmlTextAreaElement::value).unwrap_or_default()
}

fn on(event: &Event) -> Option<()> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let kind = event.type_();
    let is_field = target.is_instance_of::<HtmlInputElement>()
        || target.is_instance_of::<HtmlSelectElement>()
        || target.is_instance_of::<HtmlTextAreaElement>();
    match kind.as_str() {
        "toggle" => {
            let id = target.get_attribute("data-open")?;
            let is_open = target.dyn_ref::<HtmlDetailsElement>()?.open();
            with(|app| app.ui.act(if is_open { "open" } else { "close" }, &id, ""));
            Some(())
        }
        "close" => with(|app| {
            app.ui.dialog = None;
            soon(app);
        }),
        "click" if is_field => None,
        "change" if !target.is_instance_of::<HtmlSelectElement>() => None,
        _ => {
            let element = target.closest("[data-do]").ok()??;
            let (what, argument) = (element.get_attribute("data-do")?, element.get_attribute("data-arg").unwrap_or_default());
            match what.as_str() {
                "theme" => theme(),
                "again" => {
                    refresh::run();
                    Some(())
                }
                "save" => act::save(),
                "send" => act::send(&argument),
                "sign-in" => act::sign_in(),
                "sign-out" => act::sign_out(),
                "find-lead" => act::find_lead(),
                _ => with(|app| {
                    if app.ui.act(&what, &argument, &value_of(&element)) {
                        if what == "seen" && let Some(store) = store() {
                            let _ = store.set_item("plumbline-seen", &argument);
                        }
                        soon(app);
                    }
                }),
            }
        }
    }
}

/// Changes between light and dark, and remembers it.
fn theme() -> Option<()> {
    let root = document()?.document_element()?;
    with(|app| {
        let is_dark = match app.ui.theme.as_str() {
            "dark" => true,
            "light" => false,
            _ => window().and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok()?).is_some_and(|media| media.matches()),
        };
        app.ui.theme = if is_dark { "light" } else { "dark" }.to_owned();
        let _ = root.set_attribute("data-theme", &app.ui.theme);
        if let Some(store) = store() {
            let _ = store.set_item("plumbline-theme", &app.ui.theme);
        }
        soon(app);
    })
}
