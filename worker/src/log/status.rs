//! What became of an event that was sent to a shard.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::meta;
use crate::store::{Sql, SqlError};

/// The answer to one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventStatus {
    /// As HTTP numbers it.
    pub status: u16,
    /// A stable name of what became of it.
    pub code: String,
    /// What is wrong, where it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What became of an event that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Received {
    /// It is stored.
    Accepted,
    /// It was stored before.
    Duplicate,
    /// It is stored and takes the place of an earlier event.
    Corrected,
    /// Another event has its id; that one stays.
    Conflict,
    /// It is stored; its lead has not been scored yet.
    Orphan,
    /// It is stored; the lead had converted before it was first scored, so it is no outcome of a score.
    BeforeScore,
    /// It is stored; the lead converted after its outcome had counted.
    AfterMaturity,
    /// It is stored; the lead's outcome day is closed to corrections.
    TooLate,
    /// Nothing is stored: the lead was erased.
    Erased,
    /// Nothing is stored: what is retracted was never sent, or is retracted.
    Nothing,
}

impl Received {
    /// Those that are counted, in the order of their counts.
    pub const ALL: [Received; 9] = [
        Received::Accepted,
        Received::Duplicate,
        Received::Corrected,
        Received::Conflict,
        Received::Orphan,
        Received::BeforeScore,
        Received::AfterMaturity,
        Received::TooLate,
        Received::Erased,
    ];

    /// Its name among the counts.
    pub fn name(self) -> &'static str {
        match self {
            Received::Accepted => "accepted",
            Received::Duplicate => "duplicate",
            Received::Corrected => "corrected",
            Received::Conflict => "conflict",
            Received::Orphan => "orphan",
            Received::BeforeScore => "before_score",
            Received::AfterMaturity => "after_maturity",
            Received::TooLate => "too_late",
            Received::Erased => "erased",
            Received::Nothing => "nothing_to_retract",
        }
    }

    /// The answer; `conflict` is the code of a conflict of this kind of event.
    pub(super) fn answer(self, conflict: &str) -> EventStatus {
        match self {
            Received::Conflict => EventStatus {
                status: 409,
                code: conflict.to_owned(),
                detail: Some(
                    "an event with this id and other content is stored and stays; correct it by an event that replaces it".into(),
                ),
            },
            other => EventStatus { status: 200, code: other.name().to_ascii_uppercase(), detail: None },
        }
    }
}

/// Counts of one kind of event, by what became of them.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<Received, i64>);

impl Counts {
    pub fn add(&mut self, received: Received) {
        if received == Received::Nothing {
            return;
        }
        *self.0.entry(received).or_default() += 1;
    }

    /// Adds them to the store's.
    pub fn store(self, sql: &mut dyn Sql, kind: &str) -> Result<(), SqlError> {
        self.0.iter().try_for_each(|(received, count)| meta::add(sql, &format!("count:{kind}.{}", received.name()), *count))
    }
}
