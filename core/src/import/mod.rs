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
mod rounds;
mod ubj;
mod xgboost;

use std::fmt;

pub use average::average;
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
    /// Per column the texts of its categories in code order; empty when the file does not have them.
    pub categories: Vec<Vec<String>>,
    /// Sentences about what was found and not imported.
    pub notes: Vec<String>,
    /// The best boosting round, counted from 0, where the file names one (early stopping of XGBoost).
    pub best_round: Option<u32>,
    /// Per boosting round the number of trees up to its end; empty for a linear model.
    round_ends: Vec<u32>,
    /// Trees at the end that belong to no round: constants that are added last.
    constants: u32,
}

/// Reads a model file after detecting its format. All boosting rounds are used; [`Imported::keep`] leaves some out.
///
/// # Errors
/// [`ImportError`] names the place in the file.
pub fn import(bytes: &[u8]) -> Result<Imported, ImportError> {
    let limits = document::Limits::default();
    let blank = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    match bytes.get(blank..).unwrap_or_default() {
        // UBJ keys begin with the type of their length, JSON keys with a quote.
        [b'{', next, ..] if b"iUIlL$#".contains(next) => {
            xgboost::read(&ubj::read(bytes, limits)?, Format::XgboostUbj, bytes.len())
        }
        [b'{', ..] => xgboost::read(&json::read(bytes, limits)?, Format::XgboostJson, bytes.len()),
        rest if rest.starts_with(b"tree") => lightgbm::read(bytes),
        rest => Err(ImportError::UnknownFormat(met(rest))),
    }
}

/// Beginnings of other files that are often passed by mistake, and what to do.
const NEARLY: [(&[u8], &str); 5] = [
    (b"binf", "XGBoost's binary format from before 2.1: load it in that version and save it as .json or .ubj"),
    (b"[", "a JSON array, probably from XGBoost's dump_model: use save_model"),
    (b"booster[", "the output of XGBoost's dump_model: use save_model"),
    (b"\x80", "a Python pickle: load it and call save_model on the booster"),
    (b"\x1f\x8b", "a gzip archive: decompress it first"),
];

/// The beginning of a file of unknown format.
fn met(start: &[u8]) -> String {
    if start.is_empty() {
        return "nothing".to_owned();
    }
    let shown: Vec<u8> = start.iter().take(16).copied().collect();
    let shown = format!("{:?}", String::from_utf8_lossy(&shown));
    match NEARLY.iter().find(|(begin, _)| start.starts_with(begin)) {
        Some((_, what)) => format!("{shown} ({what})"),
        None => shown,
    }
}
