//! The baseline of a model: what its training data and its scores of them were like, to be compared with later.
//!
//! A [`Gathering`] takes one lead after another and gives the [`Reference`] (frozen bins) and the [`Baseline`] (figures, percentiles,
//! importance, expectations) that a bundle carries. Not here: comparing leads with it, which is the work of `drift`, `window` and `rollout`.

mod figure;
mod gather;
mod permute;
mod suite;

pub use figure::figures;
pub use gather::{Gathered, Gathering};
pub use suite::{Expected, suite};

use crate::evidence::InsufficientData;
use crate::metric::MetricError;
use thiserror::Error;

/// Why there is no baseline.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// Too few leads.
    #[error(transparent)]
    Insufficient(#[from] InsufficientData),
    /// Scores that are no probabilities.
    #[error(transparent)]
    Metric(#[from] MetricError),
}

impl BaselineError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            BaselineError::Insufficient(_) => "INSUFFICIENT_DATA",
            BaselineError::Metric(error) => error.code(),
        }
    }
}

#[cfg(test)]
mod tests;
