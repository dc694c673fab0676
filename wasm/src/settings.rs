//! Settings and columns from JavaScript.

use js_sys::JSON;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use crate::boundary::failure;

/// Settings as the core declares them. By way of JSON, because only this way are unknown members rejected.
pub(crate) fn settings<T: DeserializeOwned>(value: &JsValue) -> Result<T, JsValue> {
    // Of what is undefined the text is undefined too.
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    let text = text.ok_or_else(|| failure("SETTINGS_INVALID", "settings must be a plain object"))?;
    serde_json::from_str(&text).map_err(|e| failure("SETTINGS_INVALID", &e.to_string()))
}

/// Columns, whose numbers may be NaN.
pub(crate) fn declared<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|e| failure("SETTINGS_INVALID", &e.to_string()))
}
