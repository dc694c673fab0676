//! What a person does: a command to the service, a key, a saved file.

use gloo_net::http::Request;
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use super::draw::{soon, window};
use super::{refresh, with};

#[wasm_bindgen(raw_module = "./morph.js")]
extern "C" {
    /// Hands `text` to the browser as a file to keep.
    fn keep(name: &str, kind: &str, text: &str);
}

/// Sends the command of the open dialog, with the reason that was written and the revision that was shown.
pub(super) fn send(action: &str) -> Option<()> {
    let (verb, gate) = action.split_once(':').unwrap_or((action, ""));
    let (verb, gate) = (verb.to_owned(), gate.to_owned());
    let (key, revision, reason) = with(|app| {
        let revision = app.report.rollout.as_ref().map_or(0, |rollout| rollout.revision);
        (app.key.clone(), revision, app.ui.input("reason").trim().to_owned())
    })?;
    let body = match verb.as_str() {
        "approve" => json!({ "comment": reason }),
        "waive" => json!({ "gate": gate, "reason": reason }),
        _ => json!({ "reason": reason }),
    };
    spawn_local(async move {
        let mut request = Request::post(&format!("v1/rollout/{verb}")).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("authorization", &format!("Bearer {key}"));
        }
        if matches!(verb.as_str(), "approve" | "waive" | "start" | "resume") {
            request = request.header("if-match", &format!("\"v{revision}\""));
        }
        let said = match request.body(body.to_string()) {
            Ok(request) => match request.send().await {
                Ok(answer) if answer.ok() => "done".to_owned(),
                Ok(answer) => {
                    let problem: Value = answer.json().await.unwrap_or_default();
                    problem.get("detail").and_then(Value::as_str).unwrap_or_default().to_owned()
                }
                Err(e) => e.to_string(),
            },
            Err(e) => e.to_string(),
        };
        with(|app| {
            app.ui.dialog = None;
            app.ui.said = match said.as_str() {
                "done" => app.ui.text.of("ask.done").to_owned(),
                why => app.ui.text.fill("ask.not_done", &[("why", &crate::text::shown(why).0)]),
            };
            app.tag = None;
            soon(app);
        });
        refresh::ask().await;
    });
    Some(())
}

/// Takes the key that was typed, and asks the service whose it is.
pub(super) fn sign_in() -> Option<()> {
    let key = with(|app| app.ui.inputs.remove("key"))??.trim().to_owned();
    spawn_local(async move {
        let answer = Request::get("v1/me").header("authorization", &format!("Bearer {key}")).send().await;
        let me: Option<Value> = match answer {
            Ok(answer) if answer.ok() => answer.json().await.ok(),
            _ => None,
        };
        with(|app| {
            match me {
                Some(me) => {
                    let texts = |name: &str| me.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
                    app.ui.scopes = texts("scopes").iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect();
                    app.ui.name = me.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                    app.key = Some(key);
                    app.ui.said.clear();
                }
                None => app.ui.said = app.ui.text.of("device.wrong").to_owned(),
            }
            soon(app);
        });
        refresh::ask().await;
    });
    Some(())
}

/// Forgets the key.
pub(super) fn sign_out() -> Option<()> {
    with(|app| {
        app.key = None;
        app.ui.scopes.clear();
        app.ui.name.clear();
        soon(app);
    })
}

/// Hands the shown report to the browser as a file.
pub(super) fn save() -> Option<()> {
    let (text, made) = with(|app| (app.text.clone(), app.report.generated_at.clone()))?;
    let day = made.get(..10).unwrap_or("report").to_owned();
    keep(&format!("plumbline-report-{day}.json"), "application/json", &text);
    Some(())
}

/// Opens the lead whose id was typed.
pub(super) fn find_lead() -> Option<()> {
    let id = with(|app| app.ui.input("lead").trim().to_owned()).filter(|id| !id.is_empty())?;
    let code = js_sys::encode_uri_component(&id);
    window()?.location().set_hash(&format!("#/leads/{}", String::from(code))).ok()
}
