//! Leads that were scored, as the service lists and stores them.

use serde_json::{Map, Value};

use crate::read::{Misfit, Read, field, member, parse};

/// A lead in the list of the newest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// When it was first scored.
    pub first_ms: i64,
    /// What became of it; none while that is open.
    pub outcome: Option<Value>,
    /// Its scores: version, role, probability.
    pub scores: Vec<(String, String, f64)>,
}

impl Row {
    /// The score that people saw.
    pub fn served(&self) -> Option<&(String, String, f64)> {
        self.scores.iter().find(|(_, role, _)| role != "shadow").or(self.scores.first())
    }
}

impl Read for Row {
    fn read(value: &Value, misfit: &mut Misfit) -> Row {
        let scores: Vec<Value> = member(value, "scores", misfit);
        Row {
            id: member(value, "lead_id", misfit),
            first_ms: field::<Option<f64>>(value, "first_ms").unwrap_or_default() as i64,
            outcome: member(value, "outcome", misfit),
            scores: scores
                .iter()
                .map(|score| (field(score, "version"), field(score, "role"), field(score, "probability")))
                .collect(),
        }
    }
}

/// All that is stored about a lead.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stored {
    /// Its row.
    pub row: Row,
    /// Its values, with the time at which they came, the newest last.
    pub fields: Vec<(i64, Map<String, Value>)>,
    /// Feedback of sales: time, kind, words.
    pub feedback: Vec<Value>,
    /// Outcomes: one object each.
    pub events: Vec<Value>,
}

impl Stored {
    /// What `GET /v1/leads/{id}` answers.
    pub fn of(text: &str) -> Option<Stored> {
        let value = parse(text)?;
        let all: Vec<(f64, Value)> = field(&value, "fields");
        let mut fields: Vec<(i64, Map<String, Value>)> = Vec::new();
        for (at, values) in all {
            if let Value::Object(values) = values {
                let place = fields.iter().position(|(other, _)| *other > at as i64).unwrap_or(fields.len());
                fields.insert(place, (at as i64, values));
            }
        }
        Some(Stored { row: field(&value, "lead"), fields, feedback: field(&value, "feedback"), events: field(&value, "events") })
    }
}

/// The rows in an answer of `GET /v1/leads`.
pub fn rows(text: &str) -> Vec<Row> {
    field(&parse(text).unwrap_or_default(), "leads")
}
