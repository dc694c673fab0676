//! The scorer as a WebAssembly module behind a plain C ABI.
//!
//! Why not wasm-bindgen here: the same module must also become plain JavaScript (wasm2js refuses wasm-bindgen's second table),
//! must be instantiated from bytes, from a compiled `Module` and from base64 alike, and a hot call may cost no more than one
//! copy into memory that is already there. Nine functions over numbers do that; the shell in `wasm/js`, shared by all four
//! entry points, makes objects and errors of them. Crates whose boundary is the DOM or a `Request` use wasm-bindgen.
//!
//! One instance holds one model: disposing of a model is dropping its instance, and a trap poisons no other model.
//!
//! The feature `analysis` makes another module instead: the statistics of `plumbline/analysis`, bound by wasm-bindgen.

#[cfg(not(feature = "analysis"))]
mod abi;
#[cfg(feature = "analysis")]
mod analysis;
#[cfg(not(feature = "analysis"))]
mod answer;
#[cfg(not(feature = "analysis"))]
mod door;
#[cfg(all(any(target_arch = "wasm32", test), not(feature = "analysis")))]
mod memory;
