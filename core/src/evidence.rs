//! Answers that the data may be too few for: a missing answer is a value to report, never NaN, a default or an error.
//!
//! Every statistic of the crate reports through these types. This module uses no other.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The data are too few for an answer: a value to report, not a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("found {found} {of}, need at least {needed}")]
pub struct InsufficientData {
    /// Of what there is too little.
    pub of: &'static str,
    /// How many there are.
    pub found: u64,
    /// How many are needed.
    pub needed: u64,
}

impl InsufficientData {
    /// `Ok` when `found` is at least `needed`.
    pub(crate) fn unless(found: u64, needed: u64, of: &'static str) -> Result<(), InsufficientData> {
        if found >= needed { Ok(()) } else { Err(InsufficientData { of, found, needed }) }
    }
}

/// A figure, or why there is none. Its JSON is the figure, or an object with the reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(untagged)]
pub enum Answer<T> {
    /// The figure.
    Known(T),
    /// Too little data: how many of what there are and are needed.
    Insufficient {
        /// The reason, a sentence.
        insufficient: String,
    },
}

impl<T> From<Result<T, InsufficientData>> for Answer<T> {
    fn from(found: Result<T, InsufficientData>) -> Answer<T> {
        found.map_or_else(|reason| Answer::Insufficient { insufficient: reason.to_string() }, Answer::Known)
    }
}
