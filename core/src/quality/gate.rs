//! A suite that stands before one model's scorer: each lead is asked before it is scored. The service and `plumbline score` share it.

use serde_json::{Value as Json, json};

use super::{Finding, LeftOut, Suite, Verdict};
use crate::lead::{LeadError, Slots, format_date};
use crate::schema::FieldKind;
use crate::{Lead, Scorer, Value};

/// A suite for the leads of one model.
#[derive(Debug, Clone)]
pub struct Gate {
    suite: Suite,
    /// The fields it asks about, and whether each is a date.
    fields: Vec<(String, bool)>,
}

impl Gate {
    /// The part of `suite` that leads of `scorer` can answer, and a note for each expectation that they cannot.
    pub fn new(suite: Suite, scorer: &Scorer) -> (Gate, Vec<String>) {
        let schema = &scorer.bundle().manifest.schema;
        let (suite, left_out) = suite.for_leads(|field| schema.field(field).is_some());
        let is_date = |name: &str| schema.field(name).is_some_and(|(_, field)| field.kind == FieldKind::Date);
        let fields = suite.fields().into_iter().map(|name| (name.clone(), is_date(&name))).collect();
        let note = |left: LeftOut| {
            format!("suite: expectations[{}] ({}) is skipped for single leads: {}", left.index, left.expectation, left.why)
        };
        (Gate { suite, fields }, left_out.into_iter().map(note).collect())
    }

    /// What the suite says of the lead that `scorer` has read into `slots`. A date is judged as ISO 8601 text, in UTC.
    pub fn check(&self, scorer: &Scorer, slots: &Slots) -> Verdict {
        let mut lead = Lead::default();
        for (name, is_date) in &self.fields {
            let value = match scorer.value(slots, name) {
                Value::Number(ms) if *is_date => Value::Text(format_date(ms as i64)),
                value => value,
            };
            lead.set(name.as_str(), value);
        }
        self.suite.check_lead(&lead)
    }
}

impl Verdict {
    /// Why the lead is not scored, as scoring tells what is wrong with a lead; none when it may be.
    pub fn problems(&self) -> Vec<LeadError> {
        let problem = |finding: &Finding| LeadError::Quality {
            field: finding.fields.first().cloned().unwrap_or_default(),
            expectation: finding.expectation.clone(),
            detail: finding.message.clone(),
        };
        self.refused.iter().map(problem).collect()
    }

    /// What is told beside the score, and stored with it: `[{expectation, fields, detail}]`, `None` when nothing is. Values are not in
    /// it, since logs hold none.
    pub fn flags(&self) -> Option<Json> {
        let flag =
            |finding: &Finding| json!({ "expectation": finding.expectation, "fields": finding.fields, "detail": finding.claim });
        let flags: Vec<Json> = self.flagged.iter().map(flag).collect();
        (!flags.is_empty()).then(|| flags.into())
    }
}
