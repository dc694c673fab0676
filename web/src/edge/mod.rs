//! The edge: the service behind this page's origin. `wire` is what it says, `client` asks it.

#[cfg(target_arch = "wasm32")]
pub mod client;
pub mod wire;
