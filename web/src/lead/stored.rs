//! Leads that were scored, as the service lists and stores them.

use serde_json::{Map, Value};

use crate::read::{Read, field};

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
    fn read(value: &Value) -> Result<Row, String> {
        let scores: Vec<Value> = field(value, "scores")?;
        let read = |score: &Value| Ok((field(score, "version")?, field(score, "role")?, field(score, "probability")?));
        Ok(Row {
            id: field(value, "lead_id")?,
            first_ms: field::<Option<f64>>(value, "first_ms")?.unwrap_or_default() as i64,
            outcome: field(value, "outcome")?,
            scores: scores.iter().map(read).collect::<Result<_, String>>()?,
        })
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
        let value: Value = serde_json::from_str(text).ok()?;
        let fields: Vec<(f64, Value)> = field(&value, "fields").ok()?;
        let fields = fields.into_iter().filter_map(|(at, values)| match values {
            Value::Object(values) => Some((at as i64, values)),
            _ => None,
        });
        let mut fields: Vec<_> = fields.collect();
        fields.sort_by_key(|(at, _)| *at);
        Some(Stored {
            row: field(&value, "lead").unwrap_or_default(),
            fields,
            feedback: field(&value, "feedback").ok()?,
            events: field(&value, "events").ok()?,
        })
    }
}

/// The rows in an answer of `GET /v1/leads`.
pub fn rows(text: &str) -> Vec<Row> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    field(&value, "leads").unwrap_or_default()
}
