//! Readers of the peers' own model files: XGBoost JSON and UBJ, LightGBM text.
//!
//! The format is detected by content, read into plain lists, checked and turned into a [`Model`] that gives the peer's
//! margins bit for bit. Decompression is left to the caller. Tested by the conformance runner, by properties (no bytes
//! panic or exhaust memory) and by fuzzing.

mod average;
mod budget;
pub mod check;
mod document;
mod error;
mod json;
mod lightgbm;
mod order;
mod recognise;
mod rounds;
mod ubj;
mod xgboost;

use std::fmt;

pub use average::average;
pub use document::Limits;
pub use error::ImportError;
pub use rounds::Rounds;

use crate::model::Model;

/// Which program wrote a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// XGBoost, JSON.
    XgboostJson,
    /// XGBoost, Universal Binary JSON.
    XgboostUbj,
    /// LightGBM, text.
    LightgbmText,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::XgboostJson => "XGBoost JSON",
            Format::XgboostUbj => "XGBoost UBJ",
            Format::LightgbmText => "LightGBM text",
        })
    }
}

/// A model read from a peer's file, with the file's other information.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Imported {
    /// Which program wrote the file.
    pub format: Format,
    /// Version of that program or of its format, such as `3.2.0` or `v4`; empty when the file has none.
    pub version: String,
    /// The peer's name of what was optimised, such as `binary:logistic`; empty when the file has none.
    pub objective: String,
    /// The model; [`Model::validate`] holds.
    pub model: Model,
    /// Per column the texts of its categories in code order; empty when the file does not have them. [`LOST`](crate::schema::LOST)
    /// stands for each character that the file has lost.
    pub categories: Vec<Vec<String>>,
    /// Columns whose texts the file leaves open; a schema must list them.
    pub doubts: Vec<Doubt>,
    /// A categorical column without texts was trained on the codes as they are; else the file cannot tell.
    pub codes_are_values: bool,
    /// Sentences about what was found and not imported.
    pub notes: Vec<String>,
    /// The best boosting round, counted from 0, where the file names one (early stopping of XGBoost).
    pub best_round: Option<u32>,
    /// Per boosting round the number of trees up to its end; empty for a linear model.
    round_ends: Vec<u32>,
    /// Trees at the end that belong to no round: constants that are added last.
    constants: u32,
}

/// Why the texts of some columns' categories cannot be taken from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The columns.
    pub columns: Vec<usize>,
    /// Why.
    pub reason: String,
}

/// Reads a model file after detecting its format. All boosting rounds are used; [`Imported::keep`] leaves some out.
///
/// # Errors
/// [`ImportError`] names the place in the file.
pub fn import(bytes: &[u8]) -> Result<Imported, ImportError> {
    import_within(bytes, Limits::default())
}

/// Reads a model file within `limits`.
///
/// # Errors
/// [`ImportError`] names the place in the file.
pub fn import_within(bytes: &[u8], limits: Limits) -> Result<Imported, ImportError> {
    let blank = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    match bytes.get(blank..).unwrap_or_default() {
        // UBJ keys begin with the type of their length, JSON keys with a quote.
        [b'{', next, ..] if b"iUIlL$#".contains(next) => xgboost::read(&ubj::read(bytes, limits)?, Format::XgboostUbj, &limits),
        [b'{', ..] => xgboost::read(&json::read(bytes, limits)?, Format::XgboostJson, &limits),
        rest if rest.starts_with(b"tree") => lightgbm::read(bytes, 0, &limits),
        rest => {
            let Some((at, lines)) = recognise::after_log(bytes) else {
                return Err(ImportError::UnknownFormat(recognise::describe(rest)));
            };
            let mut imported = match bytes.get(at..).unwrap_or_default() {
                model @ [b'{', ..] => xgboost::read(&json::read(model, limits)?, Format::XgboostJson, &limits),
                _ => lightgbm::read(bytes, lines, &limits),
            }?;
            imported.notes.push(format!("{lines} lines before the model were skipped; they look like a log"));
            Ok(imported)
        }
    }
}
