//! The host workerd: plain numbers and one shared buffer each way, so that a request costs one call and no glue.
//!
//! No binding generator: an instance that panicked must be thrown away and made anew, which generated glue with its cached
//! views does not survive. There is no `unsafe` block here; the attribute that keeps an export's name is what the lint sees.
//!
//! Protocol, all integers little-endian `u32`, all texts UTF-8, pointers valid until the next call:
//!
//! | export | what it does |
//! |---|---|
//! | `reserve(n)` | the address where the shell writes `n` bytes of input |
//! | `model(n)` | adds the bundle in the input; → error length, text at `output()` |
//! | `start(s, i)` | starts with `s` bytes of settings (JSON) and `i` of instance name; → error length |
//! | `deploy(n)` | serves the models added since, by `n` bytes of allocation (JSON; none: the first answers all); → error length |
//! | `handle(now, since, h, b)` | answers; input is `h` bytes of head (see `head`), then the body; → address of [`Reply`] |
//! | `headers(number)`, `reads()` | a header list of a reply; which headers `handle` reads at which path; → length at `output()` |
//! | `answered(status, scored, refused, unknown)` | counts an answer of durable mode, once its rows are stored |
//! | `refuse(kind, h, d)` | the answer to a request that failed in the shell (see `refusal`) → address of [`Reply`] |
//! | `due(now, all)` | the next batch that must go to its shard; → its length (0: none), [`Reply`] tells shard and rows |
//! | `flush_ms()`, `body_ms()`, `body_bytes()`, `shards()` | settings that the shell goes by |
//! | `counters()`, `adopt(n)` | where all counters lie (a [`Reply`]), and how an instance that replaces another goes on from `n` bytes of them |
//! | `written(n, failed)`, `storable(yes)`, `panicked(sent)` | what the shell reports to the counters |
//! | `shard_open()`, `shard_probe()`, `shard_append()`, `shard_count()` | the log shard's rules, on the store behind the imports |
//!
//! The shell does not call `deploy` yet: models arrive at run time once a route can tell who may send them.

mod deploy;
#[cfg(target_arch = "wasm32")]
mod exports;
mod head;
mod reads;
mod refusal;
#[cfg(target_arch = "wasm32")]
mod shard;
#[cfg(target_arch = "wasm32")]
mod store;
mod wire;
