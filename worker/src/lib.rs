//! The service: requests and time in, responses and rows out. No async, no clock, no sockets; a host lends those.
//!
//! Two halves that meet only in [`Prediction`](plumbline_core::event::Prediction):
//!
//! ```text
//! Request ─ Service (stateless, shareable) ─▶ Answer{Response, Effects{predictions}}
//! predictions ─ Journal (buffers per shard, says when) ─▶ Batch ─ LogShard (rules and SQL text) ─▶ Sql (the host's driver)
//! ```
//!
//! Hosts: workerd (`host::edge`, wasm32 only) and `plumbline serve` (in the command: hyper, rusqlite). Both answer with the same bytes.

pub mod access;
mod answer;
mod contact;
pub mod control;
mod deployment;
mod error;
mod failure;
#[cfg(any(test, feature = "faults"))]
mod fault;
mod gate;
mod handle;
mod heartbeat;
mod host;
pub mod journal;
pub mod lifecycle;
pub mod log;
pub mod metrics;
pub mod model;
pub mod notice;
mod probe;
pub mod problem;
pub mod refusal;
pub mod request;
mod route;
mod scoring;
pub mod service;
pub mod settings;
pub mod store;
pub mod tally;
mod text;
pub mod world;

pub use access::{Access, KeyRecord, Scope, Viewer};
pub use answer::{After, Answer, Effects};
pub use control::Control;
pub use error::ServiceError;
#[cfg(any(test, feature = "faults"))]
pub use fault::Fault;
pub use heartbeat::Heartbeat;
pub use journal::{Batch, Journal};
pub use lifecycle::Lifecycle;
pub use log::{Gap, LogShard};
pub use metrics::{Counted, Metrics};
pub use model::{Model, ModelError};
pub use problem::Problem;
pub use refusal::{Refusal, bundle_bytes};
pub use request::{Request, Response};
pub use route::{Method, Place, ROUTES, Route, Routed, lifecycle_route};
pub use service::{NotLoaded, Service};
pub use settings::{LogMode, Settings};
pub use store::{Param, Sql, SqlError, SqlValue};

#[cfg(test)]
mod sample;
