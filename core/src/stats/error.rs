//! Why a test or an interval has no answer, and what can be wrong with its input.

use thiserror::Error;

use super::level::SettingError;
use crate::evidence::InsufficientData;

/// Why there is no answer. [`is_silence`](StatsError::is_silence) distinguishes insufficient data from invalid input. Rows
/// count from 0.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StatsError {
    /// A setting that makes no sense.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A value that is NaN or infinite.
    #[error("{what} holds {value} in row {row}; every value must be finite")]
    NotFinite {
        /// Which list.
        what: &'static str,
        /// The row.
        row: usize,
        /// The value.
        value: f64,
    },
    /// A value outside its range.
    #[error("{what} is {value} in row {row}; it must be {wanted}")]
    OutOfRange {
        /// Which list.
        what: &'static str,
        /// The row.
        row: usize,
        /// The value.
        value: f64,
        /// What it may be.
        wanted: &'static str,
    },
    /// Lists, or rows of a table, of different length.
    #[error("{what} has {found} values, expected {expected}")]
    LengthMismatch {
        /// Which list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The expected length.
        expected: usize,
    },
    /// Too little of something.
    #[error(transparent)]
    Insufficient(#[from] InsufficientData),
    /// Enough data, but nothing in them varies.
    #[error("{what} does not vary, so nothing can be inferred from it")]
    NoVariation {
        /// What is constant.
        what: &'static str,
    },
    /// Equal values where the method needs distinct ones.
    #[error("{ties} values are tied; the exact distribution requires distinct values")]
    Tied {
        /// Values that share their place with an earlier one.
        ties: usize,
    },
    /// More than the method can take in reasonable time.
    #[error("{what} is {found}; exact results are computed up to {most}")]
    TooLarge {
        /// Which size.
        what: &'static str,
        /// The size.
        found: u64,
        /// The largest allowed.
        most: u64,
    },
    /// A question beyond the range of the data.
    #[error("{what} is {value}, but the data end at {end}")]
    BeyondData {
        /// What was asked for.
        what: &'static str,
        /// Its value.
        value: f64,
        /// Where the data end.
        end: f64,
    },
}

impl StatsError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            StatsError::Setting(error) => error.code(),
            StatsError::NotFinite { .. } => "NOT_FINITE",
            StatsError::OutOfRange { .. } => "OUT_OF_RANGE",
            StatsError::LengthMismatch { .. } => "LENGTH_MISMATCH",
            StatsError::Insufficient(_) => "INSUFFICIENT_DATA",
            StatsError::NoVariation { .. } => "NO_VARIATION",
            StatsError::Tied { .. } => "TIED",
            StatsError::TooLarge { .. } => "TOO_LARGE",
            StatsError::BeyondData { .. } => "BEYOND_DATA",
        }
    }

    /// Whether the input was valid but is insufficient: to be reported as such, not as a fault.
    pub fn is_silence(&self) -> bool {
        matches!(self, StatsError::Insufficient(_) | StatsError::NoVariation { .. } | StatsError::BeyondData { .. })
    }

    pub(crate) fn unless_enough(found: u64, needed: u64, of: &'static str) -> Result<(), StatsError> {
        InsufficientData::unless(found, needed, of).map_err(StatsError::from)
    }

    pub(crate) fn unless_finite(values: &[f64], what: &'static str) -> Result<(), StatsError> {
        match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            Some((row, value)) => Err(StatsError::NotFinite { what, row, value: *value }),
            None => Ok(()),
        }
    }
}
