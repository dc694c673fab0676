//! Retention: what is deleted once it is old enough, and stored elsewhere where it has to be.

use plumbline_core::rollout::policy::Retention;
use serde::{Deserialize, Serialize};

use super::digest::{DAY_MS, HOUR_MS};
use super::{LogShard, meta};
use crate::store::{Param, Sql, SqlError};

/// Unknown leads' events wait so long for their lead.
const ORPHANS_MS: i64 = 90 * DAY_MS;
/// Minutes are kept for the longest stretch a rule looks back, and two hours.
const MINUTES_MS: i64 = DAY_MS + 2 * HOUR_MS;
/// Rows of one transaction.
const SLICE: i64 = 2_000;

/// What expired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    /// Batches of predictions.
    pub batches: u64,
    /// Scores of leads.
    pub scores: u64,
    /// Fields of leads.
    pub fields: u64,
    /// Windows.
    pub windows: u64,
    /// Events of leads that were never scored.
    pub orphans: u64,
    /// Whether there is more to delete now: call again, after giving the thread back.
    pub more: bool,
}

impl<S: Sql> LogShard<S> {
    /// Deletes what is older than `retention` says, in one transaction of some thousand rows. Predictions, scores and fields are deleted only
    /// where `archived` says that batches up to that id are stored elsewhere; windows and events of unknown leads always. The newest batch
    /// always stays: its number must not be given again.
    ///
    /// # Errors
    /// [`SqlError`]; then nothing was deleted.
    pub fn expire(&mut self, now: i64, retention: &Retention, archived: Option<i64>) -> Result<Expired, SqlError> {
        let mut expired = Expired::default();
        self.sql.transaction(&mut |sql| {
            expired = Expired::default();
            let before = |ms: i64| now.saturating_sub(ms);
            if let Some(archived) = archived {
                let digested = meta::number(sql, "cursor:scores")?.unwrap_or(0);
                let params = [before(retention.predictions.0), archived.min(digested), SLICE / 20].map(Param::Integer);
                let old = "SELECT id FROM prediction_batches WHERE last_ms < ?1 AND id <= ?2 \
                    AND id < (SELECT max(id) FROM prediction_batches) ORDER BY id LIMIT ?3";
                for table in ["batch_leads WHERE batch", "batch_tallies WHERE batch", "batch_fields WHERE batch"] {
                    sql.execute(&format!("DELETE FROM {table} IN ({old})"), &params)?;
                }
                expired.batches = sql.execute(&format!("DELETE FROM prediction_batches WHERE id IN ({old})"), &params)?;
                let params = [before(retention.predictions.0), SLICE].map(Param::Integer);
                let scores = "DELETE FROM lead_scores WHERE id IN (SELECT id FROM lead_scores WHERE matured > 0 AND first_ms < ?1 LIMIT ?2)";
                expired.scores = sql.execute(scores, &params)?;
                let params = [before(retention.features.0), SLICE].map(Param::Integer);
                let fields = "DELETE FROM lead_features WHERE id IN (SELECT id FROM lead_features WHERE at_ms < ?1 LIMIT ?2)";
                expired.fields = sql.execute(fields, &params)?;
            }
            for (grain, age) in [("hour", &retention.hours), ("day", &retention.days), ("mature", &retention.days), ("voice", &retention.days)]
            {
                let windows = "DELETE FROM shard_windows WHERE grain = ?1 AND start_ms < ?2 AND sent_rev >= rev";
                expired.windows += sql.execute(windows, &[Param::Text(grain), Param::Integer(before(age.0))])?;
            }
            sql.execute("DELETE FROM minute_tallies WHERE minute_ms < ?1", &[Param::Integer(before(MINUTES_MS))])?;
            let params = [before(ORPHANS_MS), SLICE].map(Param::Integer);
            let lost = "SELECT e.lead_id, e.event_id FROM outcome_events AS e LEFT JOIN outcomes AS o ON o.lead_id = e.lead_id \
                LEFT JOIN lead_scores AS s ON s.lead = o.lead WHERE e.received_ms < ?1 AND s.id IS NULL LIMIT ?2";
            let orphans = format!("DELETE FROM outcome_events WHERE (lead_id, event_id) IN ({lost})");
            if is_due(sql, now)? {
                expired.orphans = sql.execute(&orphans, &params)?;
                let outcomes = "DELETE FROM outcomes WHERE NOT EXISTS (SELECT 1 FROM outcome_events AS e WHERE e.lead_id = outcomes.lead_id) \
                    AND NOT EXISTS (SELECT 1 FROM lead_scores AS s WHERE s.lead = outcomes.lead)";
                sql.execute(outcomes, &[])?;
            }
            let full = [expired.scores, expired.fields].contains(&(SLICE as u64)) || expired.batches == SLICE as u64 / 20;
            expired.more = full;
            Ok(())
        })?;
        Ok(expired)
    }
}

/// Whether events of unknown leads are due to be looked for, once a day: it reads all events.
fn is_due(sql: &mut dyn Sql, now: i64) -> Result<bool, SqlError> {
    let last = meta::number(sql, "orphans_expired_ms")?;
    let due = last.is_none_or(|last| now.saturating_sub(last) >= DAY_MS);
    if due {
        meta::set(sql, "orphans_expired_ms", &now.to_string())?;
    }
    Ok(due)
}
