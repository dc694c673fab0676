//! Answers as JSON text.

use std::fmt::Display;

use plumbline_core::Scorer;
use plumbline_core::lead::LeadError;
use plumbline_core::schema::{Band, Field};
use plumbline_core::score::ScoreError;
use serde::Serialize;

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
        Refusal::Coded { code, detail } => write(text, &Problem { error: Coded { code, detail } }),
    }
    -(text.len() as i32)
}

#[derive(Serialize)]
struct Problem {
    error: Coded,
}

#[derive(Serialize)]
struct Coded {
    code: &'static str,
    detail: String,
}

#[derive(Serialize)]
struct Card<'a> {
    name: &'a str,
    version: &'a str,
    intended_use: &'a str,
    columns: Vec<&'a str>,
    outputs: u32,
    fields: &'a [Field],
    bands: &'a [Band],
}

/// Appends what the model says of itself.
pub fn card(scorer: &Scorer, text: &mut Vec<u8>) {
    let (manifest, model) = (&scorer.bundle().manifest, scorer.bundle().model());
    let card = Card {
        name: &manifest.name,
        version: &manifest.version,
        intended_use: &manifest.provenance.intended_use,
        columns: model.columns.iter().map(|column| column.name.as_str()).collect(),
        outputs: model.outputs,
        fields: &manifest.schema.fields,
        bands: &manifest.bands,
    };
    write(text, &card);
}

fn write(text: &mut Vec<u8>, value: &impl Serialize) {
    // Writing plain data to memory cannot fail.
    let _ = serde_json::to_writer(text, value);
}
