//! How good scores are, measured against the outcomes of the leads.
//!
//! [`Labelled`] checks the data once; [`Ranking`] sorts them once, and every rank metric is read off it. A metric that the data
//! cannot answer is [`InsufficientData`](crate::evidence::InsufficientData), never NaN and never a default.
//!
//! Only leads whose outcome is final may be judged: [`Maturity`] says which. Every figure is compared with scikit-learn's by the
//! conformance runner; where scikit-learn gives 0 for a ratio without a denominator, there is no answer here.
//!
//! Not here: metrics from merged summaries, which are `window`'s.

mod area_interval;
mod auc;
mod capacity;
mod confusion;
mod curve;
mod decomposition;
mod delong;
mod error;
mod gain;
mod labelled;
mod loss;
mod maturity;
mod pairs;
mod ranking;
mod reliability;
mod report;
mod segment;
mod service;

pub use capacity::{Band, bands, lift_table};
pub use confusion::Confusion;
pub use curve::{PrecisionPoint, RocPoint};
pub use decomposition::Decomposition;
pub(crate) use delong::Placements;
pub use delong::{Area, Comparison};
pub use error::MetricError;
pub use gain::{Part, Separation};
pub use labelled::Labelled;
pub use loss::{brier, log_loss};
pub use maturity::{Label, Maturity};
pub use pairs::{PairedRatio, Pairs};
pub use ranking::{Ranking, Tie};
pub use reliability::{Bin, Binning, Reliability};
pub use report::{AgainstModel, AreaDifference, AtThreshold, BrierParts, Measure, Report, Slice, SliceArea, Slices};
pub use segment::{Segment, Segments};
pub use service::{coverage, error_rate, freshness_ms, throughput, uptime};
