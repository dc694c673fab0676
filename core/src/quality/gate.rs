//! A suite in front of one model's scorer: each lead is checked before it is scored. The service and `plumbline score` share it.

use serde_json::{Value as Json, json};

use super::lead::LeadValues;
use super::{Finding, LeftOut, Suite, Verdict};
use crate::Scorer;
use crate::lead::{LeadError, ReadValue, Slots};
use crate::schema::{Field, FieldKind};
use crate::table::{Cell, Scalar, format_date};

/// A suite for the leads of one model.
#[derive(Debug, Clone)]
pub struct Gate {
    suite: Suite,
    /// The fields it reads, each with its number in the schema.
    fields: Vec<(usize, Field)>,
}

impl Gate {
    /// The part of `suite` that leads of `scorer` can answer, and a note for each expectation that they cannot.
    pub fn new(suite: Suite, scorer: &Scorer) -> (Gate, Vec<String>) {
        let schema = &scorer.bundle().manifest.schema;
        let (suite, left_out) = suite.for_leads(|field| schema.field(field).is_some());
        let fields = suite.fields().into_iter().filter_map(|name| schema.field(&name));
        let fields = fields.map(|(at, field)| (at, field.clone())).collect();
        let note = |left: LeftOut| {
            format!("suite: expectations[{}] ({}) is skipped for single leads: {}", left.index, left.expectation, left.why)
        };
        (Gate { suite, fields }, left_out.into_iter().map(note).collect())
    }

    /// The suite's verdict on the lead that was read into `slots` by the scorer's reader, or by one equal to it. A date is judged
    /// as ISO 8601 text, in UTC.
    pub fn check(&self, slots: &Slots) -> Verdict {
        let mut made = Vec::new();
        for (at, field) in &self.fields {
            match (slots.value(*at, field), field.kind) {
                (ReadValue::Number(ms), FieldKind::Date) => made.push((*at, Scalar::Text(format_date(ms as i64)))),
                (ReadValue::List(items), _) => made.push((*at, Scalar::Other(items.collect()))),
                _ => {}
            }
        }
        self.suite.check_values(&Read { gate: self, slots, made })
    }
}

/// A lead as it was read.
struct Read<'a> {
    gate: &'a Gate,
    slots: &'a Slots,
    /// Values that are not in `slots` as the suite sees them: dates as text and lists, each with its field's number.
    made: Vec<(usize, Scalar)>,
}

impl LeadValues for Read<'_> {
    fn cell(&self, name: &str) -> Cell<'_> {
        let Some((at, field)) = self.gate.fields.iter().find(|(_, field)| field.name == name) else { return Cell::Missing };
        if let Some((_, made)) = self.made.iter().find(|(made, _)| made == at) {
            return made.cell();
        }
        match self.slots.value(*at, field) {
            ReadValue::Flag(flag) => Cell::Bool(flag),
            ReadValue::Number(x) => Cell::of_number(x),
            ReadValue::Text(text) => Cell::Text(text),
            ReadValue::Missing | ReadValue::List(_) => Cell::Missing,
        }
    }

    fn carries(&self, name: &str) -> bool {
        !self.cell(name).is_missing()
    }
}

impl Verdict {
    /// Why the lead is not scored, as scoring reports what is wrong with a lead; none when it may be.
    pub fn problems(&self) -> Vec<LeadError> {
        let problem = |finding: &Finding| LeadError::Quality {
            field: finding.fields.first().cloned().unwrap_or_default(),
            expectation: finding.expectation.clone(),
            detail: finding.message.clone(),
        };
        self.refused.iter().map(problem).collect()
    }

    /// What is sent with the score, and stored with it: `[{expectation, fields, detail}]`, `None` when there is nothing. Values are
    /// not in it, since logs hold none.
    pub fn flags(&self) -> Option<Json> {
        let flag =
            |finding: &Finding| json!({ "expectation": finding.expectation, "fields": finding.fields, "detail": finding.claim });
        let flags: Vec<Json> = self.flagged.iter().map(flag).collect();
        (!flags.is_empty()).then(|| flags.into())
    }
}
