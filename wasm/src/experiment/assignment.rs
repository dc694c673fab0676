//! Who gets which arm.

use std::collections::BTreeMap;

use plumbline_core::Value;
use plumbline_core::route::{Allocation, AllocationSettings, Hash, Split};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::boundary::{Answer, failure, object};
use crate::settings::settings as settings_of;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SplitSettings {
    #[serde(default)]
    hash: Hash,
    salt: String,
    weights: Vec<(String, u32)>,
}

#[derive(Serialize)]
struct Drawn {
    arm: String,
    point: f64,
}

#[wasm_bindgen]
pub fn split(settings: JsValue, ids: Vec<String>) -> Answer {
    let SplitSettings { hash, salt, weights } = settings_of(&settings)?;
    let split = Split::new(hash, salt, &weights).map_err(|e| failure(e.code(), &e.to_string()))?;
    let drawn = ids.iter().map(|id| Drawn { arm: split.arm(id).to_owned(), point: split.point(id) });
    object(&drawn.collect::<Vec<_>>())
}

/// `fields`: for each id the values of the lead's fields as the champion reads them; undefined where no rule is on a field.
#[wasm_bindgen]
pub fn assign(settings: JsValue, ids: Vec<String>, fields: JsValue) -> Answer {
    let settings: AllocationSettings = settings_of(&settings)?;
    let leads: Vec<BTreeMap<String, Value>> = if fields.is_undefined() { Vec::new() } else { settings_of(&fields)? };
    let allocation = Allocation::compile(settings).map_err(|e| failure(e.code(), &e.to_string()))?;
    let assigned = ids.iter().enumerate().map(|(place, id)| {
        let value = |field: &str| leads.get(place).and_then(|lead| lead.get(field)).cloned();
        allocation.assign_lead(id, |field| value(field).unwrap_or(Value::Missing))
    });
    object(&assigned.collect::<Vec<_>>())
}
