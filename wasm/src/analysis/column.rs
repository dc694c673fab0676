//! A column from JavaScript: a Float64Array of numbers (NaN is missing) or an array of texts (null is missing).

use std::collections::BTreeMap;

use js_sys::{Array, Float64Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::answer::failure;

/// The code of a missing text.
pub(super) const MISSING: u32 = u32::MAX;

/// The values of one column.
pub(super) enum Column {
    Numbers(Vec<f64>),
    /// Places in a list of names.
    Texts(Vec<u32>),
}

/// Distinct texts in the order they turned up.
#[derive(Default)]
pub(super) struct Names {
    pub names: Vec<String>,
    places: BTreeMap<String, u32>,
}

impl Names {
    fn code(&mut self, text: String) -> u32 {
        let next = self.names.len() as u32;
        *self.places.entry(text).or_insert_with_key(|text| {
            self.names.push(text.clone());
            next
        })
    }
}

/// The member `name` of `object`.
pub(super) fn member(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &name.into()).map_err(|_| failure("SETTINGS_INVALID", &format!("{name}: not an object")))
}

/// The column `value`; texts get their places in `names`.
pub(super) fn column(value: &JsValue, what: &str, names: &mut Names) -> Result<Column, JsValue> {
    if let Some(numbers) = value.dyn_ref::<Float64Array>() {
        return Ok(Column::Numbers(numbers.to_vec()));
    }
    let wrong = || failure("SETTINGS_INVALID", &format!("{what} must be a Float64Array or an array of strings"));
    let texts = value.dyn_ref::<Array>().ok_or_else(wrong)?;
    let code = |text: JsValue| match text.as_string() {
        Some(text) => Ok(names.code(text)),
        None if text.is_null() || text.is_undefined() => Ok(MISSING),
        None => Err(wrong()),
    };
    Ok(Column::Texts(texts.iter().map(code).collect::<Result<Vec<u32>, JsValue>>()?))
}
