//! Why rows cannot be trained on, whatever the kind of model.

use thiserror::Error;

/// Why rows cannot be trained on.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum RowsError {
    /// The outcome of every row is the same.
    #[error("all {rows} rows have the outcome {outcome}; a model needs rows of both")]
    OneClass {
        /// Rows.
        rows: usize,
        /// The outcome.
        outcome: bool,
    },
    /// Outcomes and keys are not of the same rows.
    #[error("there are {outcomes} outcomes and {keys} keys")]
    Length {
        /// Outcomes.
        outcomes: usize,
        /// Keys.
        keys: usize,
    },
    /// More rows than can be numbered.
    #[error("{rows} rows; at most {most} can be trained on")]
    TooManyRows {
        /// Rows.
        rows: usize,
        /// How many can be.
        most: usize,
    },
    /// A column of category codes.
    #[error("the column {column:?} holds category codes, which have no order; a logistic regression needs one_hot = true there")]
    Categories {
        /// The column.
        column: String,
    },
    /// Values that are missing or not finite.
    #[error(
        "{gaps} values of the column {column:?} are missing or infinite; a logistic regression needs a number in every row, so impute them"
    )]
    Gaps {
        /// The column.
        column: String,
        /// Such values.
        gaps: usize,
    },
}

impl RowsError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            RowsError::OneClass { .. } => "TRAIN_ONE_CLASS",
            RowsError::Length { .. } => "TRAIN_LENGTH",
            RowsError::TooManyRows { .. } => "TRAIN_TOO_MANY_ROWS",
            RowsError::Categories { .. } => "TRAIN_CATEGORIES",
            RowsError::Gaps { .. } => "TRAIN_GAPS",
        }
    }
}
