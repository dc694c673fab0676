//! The service: load tests, memory, and the expectation suite.

use serde::{Deserialize, Serialize};

use crate::rollout::phrase;

/// What is known of the service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The newest load test of the running build.
    pub capacity: Option<Capacity>,
    /// The instances that sent a heartbeat lately.
    pub instances: Vec<Instance>,
}

/// The record of a load test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// The build it measured.
    pub build: String,
    /// When.
    pub at_ms: i64,
    /// Requests a second that were sustained.
    pub per_s: f64,
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// Memory at its newest heartbeats, in bytes, the newest last; empty when it reports none.
    pub memory_bytes: Vec<u64>,
}

/// A version's expectation suite on stored leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// The suite's name.
    pub name: String,
    /// The version in whose bundle it is.
    pub version: String,
    /// When it was run, milliseconds since 1970.
    pub at_ms: i64,
    /// Leads of the table it was run on.
    pub leads: u64,
    /// Its expectations.
    pub expectations: u64,
    /// Those of them that are critical.
    pub critical: u64,
    /// Critical ones that the table does not meet.
    pub critical_missed: u64,
    /// All that the table does not meet.
    pub all_missed: u64,
    /// Those of them that are listed, critical ones first.
    pub missed: Vec<Missed>,
}

/// An expectation that a table of leads does not meet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// What is expected, in words.
    pub expected: String,
    /// Whether it is critical.
    pub is_critical: bool,
    /// Values that were checked; none where the expectation is not about single values.
    pub checked: Option<u64>,
    /// Those of them that are not as expected.
    pub unexpected: Option<u64>,
}

impl Missed {
    /// The expectation, with how many values do not meet it.
    pub fn text(&self) -> String {
        match (self.unexpected, self.checked) {
            (Some(unexpected), Some(checked)) => {
                let is = if unexpected == 1 { "is" } else { "are" };
                format!("{}, {} of {} {is} not", self.expected, phrase::count(unexpected), phrase::count(checked))
            }
            _ => self.expected.clone(),
        }
    }
}
