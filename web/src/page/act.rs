//! What a person does: a command to the service, a key, a saved file.

use serde_json::{Map, Value};
use wasm_bindgen::JsValue;

use super::draw::{soon, window};
use super::{App, glue};
use crate::aside::Aside;
use crate::read::{Report, write};
use crate::ui::{State, encoded};

/// Sends the command of the open dialog, with what was written and the revision that was shown.
pub(super) fn send(app: &mut App, action: &str) {
    let (verb, about) = action.split_once(':').unwrap_or((action, ""));
    let written = |name: &str| Value::from(app.ui.input(name).trim());
    // While none is under way, the report has no revision.
    let revision = app.report.rollout.as_ref().map(|rollout| rollout.revision).or(app.ui.aside.revision).unwrap_or_default();
    let revision = format!("\"v{revision}\"");
    let (path, body): (String, Vec<(&str, Value)>) = match verb {
        "approve" => {
            let mut body = vec![("comment", written("reason"))];
            body.extend(app.ui.number("weeks").map(|weeks| ("weeks", Value::from(weeks as u64))));
            ("rollout/approve".to_owned(), body)
        }
        "waive" => ("rollout/waive".to_owned(), vec![("gate", about.into()), ("reason", written("reason"))]),
        "start" => {
            let [again, acknowledge] = ["again", "acknowledge"].map(|name| Value::from(app.ui.is_open(name)));
            ("rollout/start".to_owned(), vec![("version", about.into()), ("again", again), ("acknowledge", acknowledge)])
        }
        "take" => (format!("alerts/{}/ack", encoded(about)), Vec::new()),
        "close" => {
            let mut body = vec![("cause", written("reason"))];
            if !app.ui.input("post_mortem").trim().is_empty() {
                body.push(("post_mortem", written("post_mortem")));
            }
            (format!("incidents/{}/close", encoded(about)), body)
        }
        "confirm" | "dismiss" => (format!("feedback/{}/close", encoded(about)), vec![("confirmed", (verb == "confirm").into())]),
        "decide" => (
            "notes".to_owned(),
            vec![("kind", "retraining_decision".into()), ("about", about.into()), ("text", written("reason"))],
        ),
        "retrain" => ("retrain".to_owned(), Vec::new()),
        "note" => ("notes".to_owned(), vec![("kind", "change".into()), ("text", written("reason"))]),
        verb => (format!("rollout/{verb}"), vec![("reason", written("reason"))]),
    };
    let mut object = Map::new();
    for (name, value) in body {
        object.insert(name.to_owned(), value);
    }
    let body = Value::Object(object);
    let tag = if matches!(verb, "approve" | "waive" | "start" | "resume") { revision.as_str() } else { "" };
    glue::ask(&format!("did:{verb}"), "POST", &format!("v1/{path}"), &app.key, tag, &write(&body));
    app.ui.dialog = None;
}

/// Asks for what the dialog of `action` shows besides the report: what a start or an A/B test would take, and the revision they are for.
pub(super) fn asked(app: &mut App, action: &str) {
    let is_test = action == "approve" && app.report.rollout.as_ref().is_some_and(|rollout| rollout.stage == "canary");
    if is_test || action.starts_with("start:") {
        app.ui.aside.ahead = None;
        super::ask::plan(app);
        glue::ask("now", "GET", "v1/rollout", &app.key, "", "");
    }
}

/// Takes the key that was typed, and asks the service whose it is.
pub(super) fn sign_in(app: &mut App) {
    let key = app.ui.inputs.get_mut("key").map(std::mem::take).unwrap_or_default().trim().to_owned();
    if key.is_empty() {
        return;
    }
    glue::ask("key", "GET", "v1/me", &key, "", "");
    app.tried = key;
}

/// Forgets the key.
pub(super) fn sign_out(app: &mut App) {
    app.key.clear();
    app.ui.scopes.clear();
    app.ui.name.clear();
    app.ui.is_signed = false;
    super::ask::me(app);
}

/// Writes what the view shows into its address, which is then one to send.
pub(super) fn addressed(app: &App) -> Option<()> {
    let hash = super::draw::hash()?;
    let path = hash.split('?').next().unwrap_or_default();
    let now = app.ui.hash(path);
    if now != hash && !hash.contains("report=") {
        // A file that was opened without a server may not change its address.
        let _ = window()?.history().ok()?.replace_state_with_url(&JsValue::NULL, "", Some(&now));
    }
    Some(())
}

/// Goes back from a saved report to what the service says.
pub(super) fn live(app: &mut App) {
    app.ui.state = State::Waiting;
    app.ui.heard_ms = app.ui.now_ms;
    app.report = Report::default();
    app.ui.aside = Aside::default();
    app.text.clear();
    app.tag.clear();
    super::ask::me(app);
    super::ask::report(app, app.ui.now_ms as f64);
}

/// Hands the shown report to the browser as a file.
pub(super) fn save(app: &App) {
    let day = app.report.generated_at.get(..10).unwrap_or("report");
    glue::keep(&format!("plumbline-report-{day}.json"), "application/json", &app.whole());
}

/// Opens the first of what was found.
pub(super) fn find(app: &App) {
    let found = crate::find::find(&app.report, app.ui.input("find"), &app.ui);
    if let (Some(window), Some(first)) = (window(), found.first()) {
        let _ = window.location().set_hash(&first.route);
    }
}

/// Switches keys of one letter on or off, and remembers it.
pub(super) fn keys(app: &mut App) {
    app.ui.keys = !app.ui.keys;
    let _ = remember("plumbline-keys", if app.ui.keys { "on" } else { "" });
}

/// Opens the lead whose id was typed.
pub(super) fn find_lead(app: &App) {
    let id = app.ui.input("lead").trim();
    if let (Some(window), false) = (window(), id.is_empty() || app.ui.state == State::Saved) {
        let _ = window.location().set_hash(&format!("#/leads/{}", encoded(id)));
    }
}

/// Remembers `value` as `name` on this device.
pub(super) fn remember(name: &str, value: &str) -> Result<(), JsValue> {
    match super::draw::store() {
        Some(store) => store.set_item(name, value),
        None => Ok(()),
    }
}

/// Changes between light and dark, and remembers it.
pub(super) fn theme(app: &mut App) {
    let is_dark = match app.ui.theme.as_str() {
        "dark" => true,
        "light" => false,
        _ => super::draw::prefers_dark(),
    };
    app.ui.theme = if is_dark { "light" } else { "dark" }.to_owned();
    if let Some(root) = super::draw::document().and_then(|document| document.document_element()) {
        let _ = root.set_attribute("data-theme", &app.ui.theme);
    }
    let _ = remember("plumbline-theme", &app.ui.theme);
    soon(app);
}
