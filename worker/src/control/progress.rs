//! What the report reads of the ledger's past: the newest A/B test, and how far the first 90 days have come.

use plumbline_core::report::{Progress, TestFacts};
use plumbline_core::rollout::evidence::Test;
use serde::Deserialize;

use super::windows::DAY_MS;
use super::{Control, integer, text};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Days in which red incidents count against the first goals.
const FIRST_DAYS: i64 = 30;

/// Of evidence, the test alone.
#[derive(Deserialize)]
struct Tested {
    test: Option<Test>,
}

impl<S: Sql> Control<S> {
    /// The newest A/B test with its looks; none before the first look.
    pub(super) fn newest_test(&mut self) -> Result<Option<TestFacts>, SqlError> {
        let newest = "SELECT rollout FROM looks WHERE stage = 'ab_test' ORDER BY at_ms DESC LIMIT 1";
        let Some(rollout) = self.sql.query(newest, &[])?.first().map(|row| text(row, 0)) else { return Ok(None) };
        let query = "SELECT l.at_ms, d.body FROM looks AS l JOIN documents AS d ON d.sha256 = l.evidence_sha256
            WHERE l.rollout = ?1 AND l.stage = 'ab_test' ORDER BY l.at_ms";
        let looks: Vec<(i64, Test)> = self
            .sql
            .query(query, &[Param::Text(&rollout)])?
            .iter()
            .filter_map(|row| Some((integer(row, 0), serde_json::from_str::<Tested>(&text(row, 1)).ok()?.test?)))
            .collect();
        if looks.is_empty() {
            return Ok(None);
        }
        let challenger = self.spans()?.into_iter().find(|span| span.id == rollout).map(|span| span.challenger);
        let full_ms = self.first_ms("rollout = ?1 AND to_stage = 'full'", &[Param::Text(&rollout)])?;
        Ok(challenger.map(|challenger| TestFacts { rollout, challenger, looks, full_ms }))
    }

    /// How far the first 90 days have come.
    pub(super) fn progress(&mut self) -> Result<Progress, SqlError> {
        let started_ms = self.first_ms("kind = 'genesis'", &[])?.unwrap_or_default();
        let red = "SELECT count(*) FROM incidents WHERE severity = 'red' AND opened_ms < ?1";
        let until = Param::Integer(started_ms + FIRST_DAYS * DAY_MS);
        let red_incidents = self.sql.query(red, &[until])?.first().map_or(0, |row| integer(row, 0).unsigned_abs());
        Ok(Progress {
            started_ms,
            shadow_ms: self.first_ms("to_stage = 'shadow'", &[])?,
            approved_ms: self.first_ms("kind = 'transition' AND from_stage IN ('shadow', 'canary', 'ab_test') AND to_stage IN ('canary', 'ab_test', 'full')", &[])?,
            full_ms: self.first_ms("to_stage = 'full'", &[])?,
            red_incidents,
            retrained_ms: self.first_ms("kind = 'retraining'", &[])?,
        })
    }

    /// When the first entry of the ledger was made that meets `condition`.
    fn first_ms(&mut self, condition: &str, given: &[Param<'_>]) -> Result<Option<i64>, SqlError> {
        let query = format!("SELECT at_ms FROM rollout_events WHERE {condition} ORDER BY seq LIMIT 1");
        let at = |row: &Vec<SqlValue>| integer(row, 0);
        Ok(self.sql.query(&query, given)?.first().map(at))
    }
}
