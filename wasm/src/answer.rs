//! Answers as JSON text.

use std::fmt::Display;

use plumbline_core::lead::LeadError;
use plumbline_core::score::{ScoreError, write_refusal};

/// Whether a call wrote its answer.
pub type Answer = Result<(), Refusal>;

/// Why a call has no answer.
pub enum Refusal {
    /// Of a bundle, or of the call.
    Coded { code: &'static str, detail: String },
    /// Of a lead.
    Lead(ScoreError),
}

impl Refusal {
    pub fn new(code: &'static str, detail: &dyn Display) -> Refusal {
        Refusal::Coded { code, detail: detail.to_string() }
    }
}

impl From<ScoreError> for Refusal {
    fn from(error: ScoreError) -> Refusal {
        Refusal::Lead(error)
    }
}

impl From<Vec<LeadError>> for Refusal {
    fn from(errors: Vec<LeadError>) -> Refusal {
        Refusal::Lead(ScoreError::from(errors))
    }
}

/// The length of the answer in `text`; of a refusal, which replaces it, negative.
pub fn length(text: &mut Vec<u8>, answer: Answer) -> i32 {
    let Err(refusal) = answer else { return text.len() as i32 };
    text.clear();
    match refusal {
        Refusal::Lead(error) => error.write_json(text),
        Refusal::Coded { code, detail } => write_refusal(code, &detail, &[], text),
    }
    -(text.len() as i32)
}
