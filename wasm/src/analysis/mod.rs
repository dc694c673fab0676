//! Statistics for JavaScript: the core's own functions over typed arrays, bound by wasm-bindgen.
//!
//! A module of its own (`plumbline/analysis`), so that a page that only scores does not carry it. Here the boundary is objects, not
//! a hot path, and bindings that are made earn their bytes.

mod answer;
mod column;
mod drift;
mod metric;
mod performance;
mod report;
#[cfg(all(test, target_arch = "wasm32"))]
mod tests;
mod window;
