//! Statistics for JavaScript: the core's own functions over typed arrays, bound by wasm-bindgen.
//!
//! A module of its own (`plumbline/analysis`), so that a page that only scores does not carry it. Here the boundary is objects, not
//! a hot path, and bindings that are made earn their bytes.

mod answer;
mod column;
mod drift;
mod experiment;
mod metric;
mod performance;
mod quality;
mod report;
mod route;
#[cfg(all(test, target_arch = "wasm32"))]
mod tests;
mod window;

use wasm_bindgen::prelude::wasm_bindgen;

/// Panics are told on the console with their place.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}
