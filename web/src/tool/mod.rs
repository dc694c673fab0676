//! What a page works out beside its report: the figures of a scored CSV, the plan of an A/B test and the ledger's chain of hashes, by the
//! functions that `plumbline metrics`, `plumbline experiment plan` and the service call. A module of its own (feature `tool`), which a worker loads when it is first asked:
//! the page itself carries none of it. Tested natively on the same bytes.

pub mod chain;
pub mod csv;
#[cfg(all(target_arch = "wasm32", feature = "tool"))]
mod door;
pub mod measured;
pub mod plan;
