//! Who gets which arm.

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

#[wasm_bindgen]
pub fn assign(settings: JsValue, ids: Vec<String>) -> Answer {
    let settings: AllocationSettings = settings_of(&settings)?;
    let allocation = Allocation::compile(settings).map_err(|e| failure(e.code(), &e.to_string()))?;
    object(&ids.iter().map(|id| allocation.assign(id)).collect::<Vec<_>>())
}
