//! What can be wrong with a suite, and what a rule raises when the table does not let it be judged.

use std::fmt::{self, Display, Formatter};

use thiserror::Error;

/// What is wrong with a suite. Expectations count from 0.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// The text is no JSON.
    #[error("the suite is not valid JSON: {message}")]
    NotJson {
        /// Where and why.
        message: String,
    },
    /// The JSON is not a suite.
    #[error("{path}: {message}")]
    NotASuite {
        /// The place, such as `expectations[3].kwargs`.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// An expectation of an unknown type.
    #[error("expectations[{index}]: unknown expectation {expectation:?}")]
    Unknown {
        /// The expectation.
        index: usize,
        /// Its type.
        expectation: String,
    },
    /// An expectation that asks a database.
    #[error("expectations[{index}]: {expectation} needs a database, which Plumbline does not have")]
    NeedsSql {
        /// The expectation.
        index: usize,
        /// Its type.
        expectation: String,
    },
    /// A kwarg that is missing, of the wrong kind or out of range.
    #[error("expectations[{index}].kwargs.{kwarg} of {expectation}: {message}")]
    Kwarg {
        /// The expectation.
        index: usize,
        /// Its type.
        expectation: String,
        /// The kwarg.
        kwarg: String,
        /// What is wrong.
        message: String,
    },
}

impl SuiteError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            SuiteError::NotJson { .. } => "SUITE_NOT_JSON",
            SuiteError::NotASuite { .. } => "SUITE_MALFORMED",
            SuiteError::Unknown { .. } => "EXPECTATION_UNKNOWN",
            SuiteError::NeedsSql { .. } => "EXPECTATION_NEEDS_SQL",
            SuiteError::Kwarg { .. } => "KWARG_INVALID",
        }
    }
}

/// Everything that is wrong with a suite; at least one error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteErrors(pub Vec<SuiteError>);

impl SuiteErrors {
    /// The first error's code.
    pub fn code(&self) -> &'static str {
        self.0.first().map_or("SUITE_MALFORMED", SuiteError::code)
    }
}

impl Display for SuiteErrors {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for SuiteErrors {}

/// Why an expectation could not be judged on a table; the result carries it as `exception_info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The exception the peer would raise: `ValueError`, `TypeError` or `KeyError`.
    pub exception: &'static str,
    /// What happened, a sentence.
    pub message: String,
}

impl Raised {
    pub(super) fn value(message: impl Into<String>) -> Raised {
        Raised { exception: "ValueError", message: message.into() }
    }

    pub(super) fn kind(message: impl Into<String>) -> Raised {
        Raised { exception: "TypeError", message: message.into() }
    }

    pub(super) fn column(name: &str) -> Raised {
        Raised { exception: "KeyError", message: format!("The column \"{name}\" in BatchData does not exist.") }
    }
}

impl Display for Raised {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.exception, self.message)
    }
}
