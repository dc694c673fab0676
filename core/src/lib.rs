//! The domain of Plumbline: a lead goes in, a score with reasons comes out, with the same bits on every host.
//!
//! Pure by construction: no I/O, clock, randomness, globals, threads or JS. Everything else in the workspace is a shell
//! round this crate. Data flows one way:
//!
//! ```text
//! Lead ─ Pipeline ─▶ FeatureVector ─ Model ─▶ margin ─ Link, Calibration ─▶ probability ─▶ Score{probability, band, reasons}
//! ```
#![forbid(unsafe_op_in_unsafe_fn)]

pub mod alert;
pub mod baseline;
pub mod bundle;
pub mod diagnose;
pub mod drift;
pub mod event;
pub mod evidence;
pub mod experiment;
pub mod explain;
pub mod feature;
#[cfg(feature = "harness")]
pub mod harness;
pub mod histogram;
#[cfg(feature = "import")]
pub mod import;
pub mod json;
pub mod lead;
pub mod math;
pub mod metric;
pub mod model;
pub mod name;
mod order;
#[cfg(feature = "quality")]
pub mod quality;
pub mod random;
pub mod report;
pub mod retrain;
pub mod rollout;
pub mod route;
pub mod schema;
pub mod score;
pub mod sentence;
pub mod stats;
mod sum;
pub mod table;
pub mod train;
pub mod training;
pub mod window;

pub use bundle::{Bundle, BundleError, Declaration, Manifest};
pub use feature::{FeatureVector, Pipeline};
pub use json::Decimal;
pub use lead::{Lead, Timestamp, Value};
pub use model::{Engine, Model};
pub use schema::{ConfigErrors, Schema};
pub use score::{Options, Score, ScoreError, Scorer, Workspace};
