//! What can be wrong with samples, counts and probabilities that are to be compared.

use thiserror::Error;

/// Why two samples cannot be compared. Rows and bins count from 0.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DriftError {
    /// A value that is NaN or infinite. Missing values are counted apart, not compared.
    #[error("row {row} of the {of} sample is {value}; values must be finite")]
    NotFinite {
        /// Which sample.
        of: &'static str,
        /// The row.
        row: usize,
        /// The value.
        value: f64,
    },
    /// Lists of different length.
    #[error("{what} has {found} values, expected {expected}")]
    LengthMismatch {
        /// Which list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it should have.
        expected: usize,
    },
    /// A share that is negative, NaN or infinite.
    #[error("share {bin} of the {of} sample is {value}; shares must be finite and at least 0")]
    BadShare {
        /// Which sample.
        of: &'static str,
        /// The bin.
        bin: usize,
        /// The share.
        value: f64,
    },
    /// A probability outside [0, 1].
    #[error("the probability in row {row} is {value}; it must be in [0, 1]")]
    NotAProbability {
        /// The row.
        row: usize,
        /// The value.
        value: f64,
    },
    /// A setting outside what it can be.
    #[error("{what} is {value}; it must be {must}")]
    BadSetting {
        /// Which setting.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        must: &'static str,
    },
}

impl DriftError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            DriftError::NotFinite { .. } => "VALUE_NOT_FINITE",
            DriftError::LengthMismatch { .. } => "LENGTH_MISMATCH",
            DriftError::BadShare { .. } => "BAD_SHARE",
            DriftError::NotAProbability { .. } => "NOT_A_PROBABILITY",
            DriftError::BadSetting { .. } => "BAD_SETTING",
        }
    }
}
