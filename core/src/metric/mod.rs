//! How good scores are, told from what became of the leads.
//!
//! [`Labelled`] checks the data once; [`Ranking`] sorts them once, and every rank metric is read off it. A metric that the data
//! cannot answer is [`InsufficientData`], never NaN and never a default.
//!
//! The peers named as sources are what the formulas follow; comparing every value with theirs is still to come.
//!
//! Not here: which leads count (a lead whose outcome may still come does not), and metrics from merged summaries.

mod auc;
mod confusion;
mod delong;
mod error;
mod gain;
mod labelled;
mod loss;
mod ranking;
mod reliability;

pub use confusion::Confusion;
pub use delong::{Area, Comparison};
pub use error::{InsufficientData, MetricError};
pub use gain::{Part, Separation};
pub use labelled::Labelled;
pub use loss::{brier, log_loss};
pub use ranking::{Ranking, Tie};
pub use reliability::{Bin, Binning, Reliability};
