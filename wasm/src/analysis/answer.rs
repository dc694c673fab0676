//! Answers as plain objects, failures as errors with a `code`.

use js_sys::{Error, JSON, Reflect};
use plumbline_core::drift::DriftError;
use plumbline_core::evidence::InsufficientData;
use plumbline_core::metric::MetricError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

/// What a function gives back.
pub(super) type Answer = Result<JsValue, JsValue>;

/// `value` as a plain object.
pub(super) fn object(value: &impl Serialize) -> Answer {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(|e| failure("INTERNAL", &e.to_string()))
}

/// Settings as the core declares them. By way of JSON, because only so is a member refused that nobody knows: most likely a slip.
pub(super) fn settings<T: DeserializeOwned>(value: &JsValue) -> Result<T, JsValue> {
    // Of what is undefined the text is undefined too.
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    let text = text.ok_or_else(|| failure("SETTINGS_INVALID", "settings must be a plain object"))?;
    serde_json::from_str(&text).map_err(|e| failure("SETTINGS_INVALID", &e.to_string()))
}

/// Columns, whose numbers may be NaN.
pub(super) fn declared<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|e| failure("SETTINGS_INVALID", &e.to_string()))
}

/// An error with a code.
pub(super) fn failure(code: &str, message: &str) -> JsValue {
    let error = Error::new(message);
    // Setting a member of an object just made cannot fail.
    drop(Reflect::set(&error, &"code".into(), &code.into()));
    error.into()
}

/// Too little data: the message tells of what, how many there are and how many are needed.
pub(super) fn insufficient(lack: InsufficientData) -> JsValue {
    failure("INSUFFICIENT_DATA", &lack.to_string())
}

/// Values that cannot be compared.
pub(super) fn refused_drift(error: DriftError) -> JsValue {
    failure(error.code(), &error.to_string())
}

/// Scores, labels or weights that cannot be taken.
pub(super) fn refused(error: MetricError) -> JsValue {
    failure(error.code(), &error.to_string())
}
