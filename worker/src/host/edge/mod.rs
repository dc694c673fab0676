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
//! | `missing(n)` | which models of the deployment in the input `model` has to add first: → length of a JSON array at `output()` |
//! | `deploy(n)` | serves the deployment in the input (JSON) with the bundles added since; → error length |
//! | `not_loaded()` | which of them could not be loaded, and why → length at `output()` |
//! | `heard(now, epoch)`, `must_ask(now)`, `epoch()`, `expect_deployments(now)` | which deployment is the newest, and whether to ask |
//! | `handle(now, since, h, b)` | answers; input is `h` bytes of head (see `head`), then the body; → address of [`Reply`] |
//! | `after(now)` | scores the oldest answered request by the versions that did not answer → address of [`Reply`], which tells how many are left |
//! | `probe(now)` | scores a golden lead of each model that is deployed → address of [`Reply`] |
//! | `shadows(on)` | whether they do |
//! | `scored_by()`, `failed(now, model)` | by which model the instance scores, read after a panic; notes that it failed |
//! | `left_out(broken, dropped)` | such requests that an instance took with it |
//! | `headers(number)`, `reads()` | a header list of a reply; which headers `handle` reads at which path; → length at `output()` |
//! | `answered(status, scored, refused, unknown)` | counts an answer of durable mode, once its rows are stored |
//! | `refuse(kind, h, d)` | the answer to a request that failed in the shell (see `refusal`) → address of [`Reply`] |
//! | `due(now, all)` | the next batch that must go to its shard; → its length (0: none), [`Reply`] tells shard and rows |
//! | `flush_ms()`, `body_ms()`, `body_bytes()`, `shards()` | settings that the shell goes by |
//! | `counters()`, `adopt(n)` | where all counters lie (a [`Reply`]), and how an instance that replaces another goes on from `n` bytes of them |
//! | `written(n, failed)`, `storable(yes)`, `panicked(sent)` | what the shell reports to the counters |
//! | `shard_open()`, `shard_probe()`, `shard_append()`, `shard_count()` | the log shard's rules, on the store behind the imports |
//! | `shard_epoch()`, `shard_announce()`, `shard_announced()` | the newest deployment, which the shard passes on |
//! | `shard_events()`, `shard_digest()`, `shard_unsent()` and others | the shard's part of the lifecycle |
//! | `control_open()`, `control_answer()`, `control_tick()` and others | the control object, on the store behind the imports |
//! | `lifecycle(n)` | the [`Terms`](terms::Terms) of the lifecycle are the `n` bytes of input; before `start` |
//! | `secret(n)` | the key by which personal fields are hashed is the `n` bytes of input; before `start` |

#[cfg(target_arch = "wasm32")]
mod control;
mod deploy;
#[cfg(target_arch = "wasm32")]
mod exports;
mod head;
#[cfg(target_arch = "wasm32")]
mod play;
mod reads;
mod refusal;
#[cfg(target_arch = "wasm32")]
mod shard;
#[cfg(target_arch = "wasm32")]
mod store;
mod terms;
mod wire;
