//! The scorer as a WebAssembly module behind a plain C ABI.
//!
//! Why not wasm-bindgen here: the same module must also become plain JavaScript (wasm2js refuses wasm-bindgen's second table),
//! must be instantiated from bytes, from a compiled `Module` and from base64 alike, and a hot call may cost no more than one
//! copy into memory that is already there. Nine functions over numbers do that; the shell in `wasm/js`, shared by all four
//! entry points, makes objects and errors of them. Crates whose boundary is the DOM or a `Request` use wasm-bindgen.
//!
//! One instance holds one model: disposing of a model is dropping its instance, and a trap poisons no other model.
//!
//! Three features make another module instead, each bound by wasm-bindgen: `analysis` the statistics of `plumbline/analysis`,
//! `experiment` those of `plumbline/experiment`, and `quality` the suites of `plumbline/quality`. Apart, because a page rarely needs
//! more than one of them.

#[cfg(not(feature = "boundary"))]
mod abi;
#[cfg(feature = "analysis")]
mod analysis;
#[cfg(not(feature = "boundary"))]
mod answer;
#[cfg(feature = "boundary")]
mod boundary;
#[cfg(not(feature = "boundary"))]
mod door;
#[cfg(feature = "experiment")]
mod experiment;
#[cfg(all(any(target_arch = "wasm32", test), not(feature = "boundary")))]
mod memory;
#[cfg(feature = "quality")]
mod quality;
#[cfg(any(feature = "analysis", feature = "experiment"))]
mod settings;
