//! What can be wrong with labelled scores.

use thiserror::Error;

/// Why scores with labels cannot be taken. Rows count from 0.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MetricError {
    /// Lists of different length.
    #[error("{what} has {found} values, but there are {expected} scores")]
    LengthMismatch {
        /// Which list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The number of scores.
        expected: usize,
    },
    /// A score that is NaN or infinite.
    #[error("the score in row {row} is not finite")]
    ScoreNotFinite {
        /// The row.
        row: usize,
    },
    /// A score that had to be a probability.
    #[error("the score in row {row} is {value}; it must be a probability in [0, 1]")]
    NotAProbability {
        /// The row.
        row: usize,
        /// The score.
        value: f64,
    },
    /// A weight that is negative, NaN or infinite.
    #[error("the weight in row {row} is {value}; it must be finite and at least 0")]
    BadWeight {
        /// The row.
        row: usize,
        /// The weight.
        value: f64,
    },
    /// Cuts between bands that do not rise.
    #[error("cut {at} between the bands is {value}; cuts must be finite and increasing")]
    BadCut {
        /// Which cut, from 0.
        at: usize,
        /// The cut.
        value: f64,
    },
}

impl MetricError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            MetricError::LengthMismatch { .. } => "LENGTH_MISMATCH",
            MetricError::ScoreNotFinite { .. } => "SCORE_NOT_FINITE",
            MetricError::NotAProbability { .. } => "NOT_A_PROBABILITY",
            MetricError::BadWeight { .. } => "BAD_WEIGHT",
            MetricError::BadCut { .. } => "BAD_CUT",
        }
    }
}
