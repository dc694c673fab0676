//! Leads as a person looks at them: scores, outcome, and what was said.

use std::collections::BTreeMap;

use plumbline_core::event::lead_number;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LogShard, cell};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// A lead in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadSummary {
    /// The lead.
    pub lead_id: String,
    /// Its first request, milliseconds since 1970.
    pub first_ms: i64,
    /// Its scores, in order of versions.
    pub scores: Vec<LeadScore>,
    /// What became of it.
    pub outcome: Option<LeadOutcome>,
    /// Give it as `before` to continue the list after this lead.
    pub cursor: i64,
}

/// The score of a lead by one version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadScore {
    /// The version.
    pub version: String,
    /// The rollout it was recorded for; empty outside one.
    pub rollout: String,
    /// As what it scored.
    pub role: String,
    /// The side of the test.
    pub arm: Option<String>,
    /// The probability.
    pub probability: f64,
    /// The deployment.
    pub epoch: Option<i64>,
    /// Whether it was worked out later, from stored fields.
    pub backfill: bool,
}

/// What became of a lead. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LeadOutcome {
    /// When it first converted.
    pub converted_ms: Option<i64>,
    /// When it was lost.
    pub lost_ms: Option<i64>,
    /// The deal's value.
    pub deal_value: Option<f64>,
    /// When the deal was opened.
    pub opened_ms: Option<i64>,
    /// When it was won.
    pub closed_ms: Option<i64>,
}

/// Everything a shard stores about a lead, apart from the rows of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadRecord {
    /// The lead.
    pub lead: LeadSummary,
    /// Its outcome events by time.
    pub events: Vec<Value>,
    /// What was said about its scores, by time.
    pub feedback: Vec<Value>,
    /// When its scores were seen.
    pub exposures: Vec<Value>,
    /// Its fields, the newest first: the moment and the fields.
    pub fields: Vec<(i64, Value)>,
}

const SCORES: &str = "SELECT s.lead_id, s.first_ms, version.name, rollout.name, s.role, s.arm, s.probability, s.epoch, s.backfill, s.id, \
    o.lead, o.converted_ms, o.lost_ms, o.deal_value, o.opened_ms, o.closed_ms \
    FROM json_each(?1) AS wanted CROSS JOIN lead_scores AS s \
    JOIN names AS version ON version.id = s.version JOIN names AS rollout ON rollout.id = s.rollout \
    LEFT JOIN outcomes AS o ON o.lead = s.lead AND o.lead_id = s.lead_id WHERE s.lead = wanted.value ORDER BY s.rollout, version.name, s.id";

impl<S: Sql> LogShard<S> {
    /// The leads scored last, the newest first, at most `most`; those before the `cursor` of another.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn leads(&mut self, before: Option<i64>, most: usize) -> Result<Vec<LeadSummary>, SqlError> {
        let newest = "SELECT lead, max(id) FROM lead_scores WHERE id < ?1 GROUP BY lead ORDER BY 2 DESC LIMIT ?2";
        // Only the newest rows are looked at, where there is no cursor: a lead's scores lie close together.
        let newest = newest.replace(
            "FROM lead_scores WHERE id < ?1",
            "FROM (SELECT lead, id FROM lead_scores WHERE id < ?1 ORDER BY id DESC LIMIT CAST(?2 AS INTEGER) * 16) AS newest",
        );
        let most = most.min(1_000) as i64;
        let rows = self.sql.query(&newest, &[Param::Integer(before.unwrap_or((1 << 53) - 1)), Param::Integer(most)])?;
        let wanted: Vec<(i64, i64)> =
            rows.iter().filter_map(|row| Some((cell::integer(row, 0)?, cell::integer(row, 1)?))).collect();
        let mut leads = self.scores_of(&wanted.iter().map(|(lead, _)| *lead).collect::<Vec<_>>())?;
        let mut found = Vec::new();
        for (lead, cursor) in wanted {
            if let Some(summary) = leads.remove(&lead) {
                found.push(LeadSummary { cursor, ..summary });
            }
        }
        Ok(found)
    }

    fn scores_of(&mut self, leads: &[i64]) -> Result<BTreeMap<i64, LeadSummary>, SqlError> {
        let mut found: BTreeMap<i64, LeadSummary> = BTreeMap::new();
        for row in self.sql.query(SCORES, &[Param::Text(&Value::from(leads).to_string())])? {
            let (Some(lead_id), Some(score)) = (cell::owned(&row, 0), score(&row)) else { continue };
            let first_ms = cell::integer(&row, 1).unwrap_or_default();
            let outcome = cell::integer(&row, 10).map(|_| LeadOutcome {
                converted_ms: cell::integer(&row, 11),
                lost_ms: cell::integer(&row, 12),
                deal_value: cell::real(&row, 13),
                opened_ms: cell::integer(&row, 14),
                closed_ms: cell::integer(&row, 15),
            });
            let new = || LeadSummary { lead_id, first_ms, scores: Vec::new(), outcome, cursor: 0 };
            let number = cell::text(&row, 0).map(lead_number).unwrap_or_default();
            let summary = found.entry(number).or_insert_with(new);
            summary.scores.push(score);
            summary.cursor = summary.cursor.max(cell::integer(&row, 9).unwrap_or(0));
        }
        Ok(found)
    }

    /// Everything about one lead; none where it was never scored and nothing was reported about it.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn lead(&mut self, lead_id: &str) -> Result<Option<LeadRecord>, SqlError> {
        let number = lead_number(lead_id);
        let scored = self.scores_of(&[number])?.remove(&number).filter(|lead| lead.lead_id == lead_id);
        let id = [Param::Text(lead_id)];
        let mut documents = |query: &str| -> Result<Vec<Value>, SqlError> {
            let rows = self.sql.query(query, &id)?;
            Ok(rows.iter().filter_map(|row| cell::text(row, 0).and_then(|text| serde_json::from_str(text).ok())).collect())
        };
        let events = documents(
            "SELECT json_object('event_id', event_id, 'kind', kind, 'occurred_ms', occurred_ms, 'received_ms', received_ms, 'value', \
             value, 'replaces', replaces) FROM outcome_events WHERE lead_id = ?1 ORDER BY occurred_ms, event_id",
        )?;
        let feedback = documents(
            "SELECT json_object('event_id', event_id, 'version', version, 'kind', kind, 'rating', rating, 'rep', rep, 'text', text, \
             'at_ms', at_ms, 'closed_by', closed_by, 'confirmed', confirmed) FROM sales_feedback WHERE lead_id = ?1 ORDER BY at_ms",
        )?;
        let exposures = documents(
            "SELECT json_object('event_id', event_id, 'version', version, 'at_ms', at_ms, 'client_ms', client_ms) FROM exposures \
             WHERE lead_id = ?1 ORDER BY at_ms",
        )?;
        let query = "SELECT at_ms, fields FROM lead_features WHERE lead = ?1 AND lead_id = ?2 ORDER BY at_ms DESC";
        let rows = self.sql.query(query, &[Param::Integer(number), Param::Text(lead_id)])?;
        let fields = rows.iter().filter_map(|row| {
            let fields = cell::text(row, 1).and_then(|text| serde_json::from_str(text).ok())?;
            Some((cell::integer(row, 0)?, fields))
        });
        let fields: Vec<(i64, Value)> = fields.collect();
        if scored.is_none() && events.is_empty() && feedback.is_empty() && exposures.is_empty() && fields.is_empty() {
            return Ok(None);
        }
        let unscored = || LeadSummary { lead_id: lead_id.to_owned(), first_ms: 0, scores: Vec::new(), outcome: None, cursor: 0 };
        Ok(Some(LeadRecord { lead: scored.unwrap_or_else(unscored), events, feedback, exposures, fields }))
    }
}

fn score(row: &[SqlValue]) -> Option<LeadScore> {
    Some(LeadScore {
        version: cell::owned(row, 2)?,
        rollout: cell::owned(row, 3)?,
        role: cell::owned(row, 4)?,
        arm: cell::owned(row, 5),
        probability: cell::real(row, 6)?,
        epoch: cell::integer(row, 7),
        backfill: cell::integer(row, 8) == Some(1),
    })
}
