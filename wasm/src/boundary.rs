//! Answers as plain objects, failures as errors with a `code`.

use js_sys::{Error, Reflect};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// What a function gives back.
pub(crate) type Answer = Result<JsValue, JsValue>;

/// `value` as a plain object.
pub(crate) fn object(value: &impl Serialize) -> Answer {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(|e| failure("INTERNAL", &e.to_string()))
}

/// An error with a code.
pub(crate) fn failure(code: &str, message: &str) -> JsValue {
    let error = Error::new(message);
    // Setting a member of an object just made cannot fail.
    drop(Reflect::set(&error, &"code".into(), &code.into()));
    error.into()
}

/// Reports panics on the console, with their place.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}
