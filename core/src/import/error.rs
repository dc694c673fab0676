//! Why a model file was rejected.

use thiserror::Error;

use crate::model::ModelError;

/// Why a model file was rejected. Each message names the place in the file and the value found there.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The first bytes match no supported format.
    #[error("unknown format: expected XGBoost JSON, XGBoost UBJ or LightGBM text; the file begins with {0}")]
    UnknownFormat(String),
    /// A file of a known program that holds no model.
    #[error("this is {0}")]
    NotAModel(String),
    /// The bytes break the rules of their encoding.
    #[error("byte {offset}: {reason}")]
    Syntax {
        /// Offset from the start of the file.
        offset: usize,
        /// What was expected, and what was found.
        reason: String,
    },
    /// A document larger or deeper than the reader's limits: a setting, and no fault of the model.
    #[error("{place}: {what} exceeds the limit `{setting}` of {limit}")]
    Limit {
        /// Where in the file.
        place: String,
        /// What was counted.
        what: &'static str,
        /// The key of the setting, as [`Limits::set`](super::Limits::set) takes it.
        setting: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A value is missing, of the wrong type, or out of range.
    #[error("{path}: {reason}")]
    Value {
        /// Keys and indices from the root of the document, such as `learner.gradient_booster.model.trees[3].left_children[7]`.
        path: String,
        /// What was expected, and what was found.
        reason: String,
    },
    /// A line of a text model breaks the format.
    #[error("line {line}: {reason}")]
    Line {
        /// Line number, from 1.
        line: usize,
        /// What was expected, and what was found.
        reason: String,
    },
    /// The file is valid but uses a feature that is not supported.
    #[error("{place}: {what} is not supported")]
    Unsupported {
        /// Where in the file.
        place: String,
        /// The feature.
        what: String,
    },
    /// The file does not have the boosting rounds that were asked for.
    #[error("the file has no {0}")]
    Rounds(String),
    /// Several files cannot be averaged.
    #[error("{0}")]
    Members(String),
    /// The model that was read cannot be evaluated, or is larger than any that is.
    #[error("{}", of_model(.0))]
    Model(#[from] ModelError),
}

impl ImportError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            ImportError::UnknownFormat(_) => "IMPORT_UNKNOWN_FORMAT",
            ImportError::NotAModel(_) => "IMPORT_NOT_A_MODEL",
            ImportError::Syntax { .. } => "IMPORT_SYNTAX",
            ImportError::Limit { .. } => "IMPORT_LIMIT",
            ImportError::Value { .. } => "IMPORT_VALUE",
            ImportError::Line { .. } => "IMPORT_LINE",
            ImportError::Unsupported { .. } => "IMPORT_UNSUPPORTED",
            ImportError::Rounds(_) => "IMPORT_ROUNDS",
            ImportError::Members(_) => "IMPORT_MEMBERS",
            ImportError::Model(error) if error.is_limit => "IMPORT_LIMIT",
            ImportError::Model(_) => "IMPORT_MODEL",
        }
    }
}

fn of_model(error: &ModelError) -> String {
    let what = if error.is_limit { "the model exceeds a limit" } else { "the model in the file is invalid" };
    format!("{what}: {error}")
}

/// At most 40 characters of `text`, for a message.
pub(super) fn excerpt(text: &str) -> String {
    let mut out: String = text.chars().take(40).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}
