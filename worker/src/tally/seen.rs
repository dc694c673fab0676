//! What was read of one request's leads, until it is counted.

use std::ops::Range;
use std::sync::Arc;

use super::fields::Known;
use super::version::Version;

/// What was read of one request's leads: per row of the log the values by which its version counts, and the leads themselves where they
/// are kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// One for each row of the log, in their order; fewer where nothing is counted.
    pub(crate) rows: Vec<SeenRow>,
    values: Vec<Value>,
    /// Those whose fields are kept.
    leads: Vec<Lead>,
    text: String,
}

/// What was read for one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SeenRow {
    /// None where it was not at hand.
    pub version: Option<Arc<Version>>,
    /// Its values, one for each feature of the version's layout; none where there are none, or the lead could not be read.
    pub values: Option<Range<usize>>,
}

/// A lead whose fields are kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lead {
    /// Its position in its request, from 0.
    pub position: u32,
    pub id: String,
    /// Where its JSON lies.
    pub json: Range<usize>,
    pub at_ms: i64,
    pub known: Arc<Known>,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Missing,
    Number(f64),
    Text(Range<usize>),
}

/// One value, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SeenValue<'a> {
    Missing,
    Number(f64),
    Text(&'a str),
}

impl Seen {
    pub(super) fn missing(&mut self) {
        self.values.push(Value::Missing);
    }

    pub(super) fn number(&mut self, x: f64) {
        self.values.push(Value::Number(x));
    }

    pub(super) fn text(&mut self, text: &str) {
        let at = self.store(text);
        self.values.push(Value::Text(at));
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    /// Keeps the lead `id` at `position`, which came as `json` at `at_ms`, as far as it is `known`.
    pub(crate) fn keep(&mut self, position: u32, id: &str, json: &str, at_ms: i64, known: &Arc<Known>) {
        let json = self.store(json);
        self.leads.push(Lead { position, id: id.to_owned(), json, at_ms, known: Arc::clone(known) });
    }

    /// The leads whose fields are kept, in their order.
    pub(crate) fn leads(&self) -> &[Lead] {
        &self.leads
    }

    /// The text at `at`.
    pub(super) fn json(&self, at: &Range<usize>) -> &str {
        self.text.get(at.clone()).unwrap_or_default()
    }

    /// The values at `at`.
    pub(super) fn values(&self, at: &Range<usize>) -> impl Iterator<Item = SeenValue<'_>> {
        self.values.get(at.clone()).unwrap_or_default().iter().map(|value| match value {
            Value::Missing => SeenValue::Missing,
            Value::Number(x) => SeenValue::Number(*x),
            Value::Text(at) => SeenValue::Text(self.json(at)),
        })
    }

    fn store(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }
}
