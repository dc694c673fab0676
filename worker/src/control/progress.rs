//! What the report reads of the ledger's past: the newest A/B test, and how far the first 90 days have come.

use plumbline_core::report::{Progress, TestFacts};
use plumbline_core::rollout::DAY_MS;
use plumbline_core::rollout::evidence::Test;
use plumbline_core::rollout::ledger::Kind;
use serde::Deserialize;

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
        let full = "SELECT at_ms FROM rollout_events WHERE rollout = ?1 AND to_stage = 'full' ORDER BY seq LIMIT 1";
        let full_ms = self.sql.query(full, &[Param::Text(&rollout)])?.first().map(|row| integer(row, 0));
        Ok(challenger.map(|challenger| TestFacts { rollout, challenger, looks, full_ms }))
    }

    /// How far the first 90 days have come.
    pub(super) fn progress(&mut self) -> Result<Progress, SqlError> {
        let firsts = "SELECT min(CASE WHEN kind = ?1 THEN at_ms END),
                min(CASE WHEN to_stage = 'shadow' THEN at_ms END), min(CASE WHEN to_stage = 'full' THEN at_ms END),
                min(CASE WHEN from_stage <> 'idle' AND to_stage IN ('canary', 'ab_test', 'full') THEN at_ms END) FROM rollout_events";
        let given = [Param::Text(Kind::Genesis.name())];
        let firsts = self.sql.query(firsts, &given)?.into_iter().next().unwrap_or_default();
        let at = |place: usize| match firsts.get(place) {
            Some(SqlValue::Integer(at_ms)) => Some(*at_ms),
            _ => None,
        };
        let started_ms = at(0).unwrap_or_default();
        let red = "SELECT count(*) FROM incidents WHERE severity = 'red' AND opened_ms < ?1";
        let until = Param::Integer(started_ms + FIRST_DAYS * DAY_MS);
        let red_incidents = self.sql.query(red, &[until])?.first().map_or(0, |row| integer(row, 0).unsigned_abs());
        let (shadow_ms, full_ms, approved_ms) = (at(1), at(2), at(3));
        let trained = "SELECT min(ended_ms) FROM retraining_runs WHERE trigger = 'schedule' AND version IS NOT NULL";
        let retrained_ms = self.sql.query(trained, &[])?.first().and_then(|row| row.first()?.as_integer());
        Ok(Progress { started_ms, shadow_ms, approved_ms, full_ms, red_incidents, retrained_ms })
    }
}
