//! What a page works out beside its report: the figures of a scored CSV and the plan of an A/B test, by the functions that the command
//! `plumbline metrics` and `plumbline experiment plan` call. A module of its own (feature `tool`), which a worker loads when it is first asked:
//! the page itself carries none of it. Tested natively on the same bytes.

pub mod chain;
pub mod csv;
#[cfg(all(target_arch = "wasm32", feature = "tool"))]
mod door;
pub mod measured;
pub mod plan;
