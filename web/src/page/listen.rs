//! Events by delegation: an element names what it does in `data-do` and with what in `data-arg`.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    AddEventListenerOptions, Element, Event, HtmlDetailsElement, HtmlElement, HtmlInputElement, HtmlSelectElement,
    HtmlTextAreaElement, ResizeObserver,
};

use super::draw::{document, hash, soon, width, window};
use super::{App, KEPT, act, ask, lead, review, tool, with};

/// Listens for the life of the page.
pub(super) fn listen() -> Option<()> {
    let document = document()?;
    let all: Closure<dyn FnMut(Event)> = Closure::new(|event: Event| {
        on(&event);
    });
    let capture = AddEventListenerOptions::new();
    // Toggling and closing do not bubble.
    capture.set_capture(true);
    for name in ["click", "input", "change", "toggle", "close", "submit", "keydown"] {
        let callback = all.as_ref().unchecked_ref();
        document.add_event_listener_with_callback_and_add_event_listener_options(name, callback, &capture).ok()?;
    }
    all.forget();
    let routed: Closure<dyn FnMut()> = Closure::new(|| {
        route();
    });
    window()?.add_event_listener_with_callback("hashchange", routed.as_ref().unchecked_ref()).ok()?;
    routed.forget();
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
            app.ui.set_open("views", false);
            app.ui.inputs.insert("find".to_owned(), String::new());
            lead::opened(app);
            review::opened(app);
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
            with(|app| {
                app.ui.act(if is_open { "open" } else { "close" }, &id, "");
                soon(app);
            })
        }
        "close" => with(|app| {
            app.ui.dialog = None;
            soon(app);
        }),
        "keydown" => {
            let event = event.dyn_ref::<web_sys::KeyboardEvent>()?;
            if is_field { stepped(event, &target) } else { pressed(event) }
        }
        "click" if is_field || target.closest("form").ok()?.is_some_and(|form| form.has_attribute("data-do")) => None,
        "change" if !target.is_instance_of::<HtmlSelectElement>() => None,
        _ => {
            let element = target.closest("[data-do]").ok()??;
            let (what, argument) = (element.get_attribute("data-do")?, element.get_attribute("data-arg").unwrap_or_default());
            if kind == "submit" {
                event.prevent_default();
            }
            let value = value_of(&element);
            with(|app| done(app, &what, &argument, &value))
        }
    }
}

/// The arrow keys change a number by one, the page keys by ten.
fn stepped(event: &web_sys::KeyboardEvent, target: &Element) -> Option<()> {
    let by = match event.key().as_str() {
        "ArrowUp" => 1.0,
        "ArrowDown" => -1.0,
        "PageUp" => 10.0,
        "PageDown" => -10.0,
        _ => return None,
    };
    target.has_attribute("data-steps").then_some(())?;
    event.prevent_default();
    let now = crate::lead::number(&value_of(target)).unwrap_or_default();
    let next = crate::read::shortest(((now + by) * 1e6).round() / 1e6);
    with(|app| done(app, "lead", &target.get_attribute("data-arg").unwrap_or_default(), &next))
}

/// `/` leads to the box that finds, where keys of one letter were switched on.
fn pressed(event: &web_sys::KeyboardEvent) -> Option<()> {
    let is_meant = event.key() == "/" && !event.ctrl_key() && !event.meta_key() && !event.alt_key();
    if is_meant && with(|app| app.ui.keys)? {
        event.prevent_default();
        document()?.get_element_by_id("find")?.dyn_into::<HtmlElement>().ok()?.focus().ok()?;
    }
    Some(())
}

fn done(app: &mut App, what: &str, argument: &str, value: &str) {
    match what {
        "theme" => act::theme(app),
        "again" => {
            ask::me(app);
            app.next_ms = 0.0;
        }
        "live" => act::live(app),
        "save" => act::save(app),
        "send" => act::send(app, argument),
        "sign-in" => act::sign_in(app),
        "sign-out" => act::sign_out(app),
        "find" => act::find(app),
        "sheet" => tool::choose(app, argument, value),
        "sheet-cancel" => tool::cancel(app),
        "find-lead" => act::find_lead(app),
        "keys" => act::keys(app),
        "ledger" => ask::ledger(app, argument.parse().unwrap_or_default()),
        "verify" => ask::verify(app),
        "compare" => lead::compare(app),
        "lead" => {
            if app.ui.desk.set(argument, value) {
                lead::scored(app);
            }
        }
        "undo" => {
            if app.ui.desk.undo() {
                lead::scored(app);
            }
        }
        "reset-lead" => {
            app.ui.desk.reset();
            lead::scored(app);
        }
        "sample" => {
            app.ui.desk.sample = argument.parse().unwrap_or_default();
            app.ui.desk.reset();
            lead::scored(app);
        }
        "version" => {
            app.ui.desk.version = value.to_owned();
            app.ui.desk.turn += 1;
            app.ui.desk.here = None;
            lead::scored(app);
        }
        what => {
            if app.ui.act(what, argument, value) && what == "seen" {
                let _ = act::remember("plumbline-seen", argument);
            }
            match (what, argument) {
                ("ask", _) => act::asked(app, argument),
                ("input", "weeks") => ask::plan(app),
                _ => {}
            }
            if matches!(what, "measure" | "days" | "threshold" | "reset" | "input") {
                let _ = act::addressed(app);
            }
            if what == "input" && KEPT.contains(&argument) {
                let _ = act::remember(&format!("plumbline-{argument}"), value);
            }
        }
    }
    soon(app);
}
