//! The dashboard: static files that score leads in the page with the same core as the edge.
//!
//! The lead view asks two computers about one lead: this page (the core as WebAssembly) and the edge (`POST /v1/score` of the
//! same origin), and compares the bits of what they say. The rest of the dashboard will be further views beside `lead`.
//!
//! `bits`, `words`, `form` and `edge::wire` are plain logic, built and tested natively. `host` is all the page asks of the
//! browser; `app`, `part` and `lead` are its views; these and `edge::client` exist for wasm32 only.

pub mod bits;
pub mod edge;
pub mod form;
pub mod words;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod lead;
#[cfg(target_arch = "wasm32")]
mod part;
#[cfg(target_arch = "wasm32")]
mod session;

#[cfg(target_arch = "wasm32")]
pub use app::start;
