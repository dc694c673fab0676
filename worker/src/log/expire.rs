//! Retention: what is deleted once it is old enough, and stored elsewhere where it has to be.

use plumbline_core::event::lead_number;
use plumbline_core::rollout::DAY_MS;
use plumbline_core::rollout::policy::Retention;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::HOUR_MS;
use super::export::Cursor;
use super::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError};

/// Unknown leads' events wait so long for their lead.
const ORPHANS_MS: i64 = 90 * DAY_MS;
/// Score changes wait so long for their followers.
const CHANGES_MS: i64 = 90 * DAY_MS;
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
    /// where `archived` says that they are stored elsewhere; windows, events of unknown leads and scores that were last reported always. The newest batch
    /// always stays: its number must not be given again.
    ///
    /// # Errors
    /// [`SqlError`]; then nothing was deleted.
    pub fn expire(&mut self, now: i64, retention: &Retention, archived: Option<Cursor>) -> Result<Expired, SqlError> {
        let mut expired = Expired::default();
        self.sql.transaction(&mut |sql| {
            expired = Expired::default();
            let before = |ms: i64| now.saturating_sub(ms);
            if let Some(archived) = archived {
                let digested = meta::number(sql, "cursor:scores")?.unwrap_or(0);
                let params = [before(retention.predictions.0), archived.batch.min(digested), SLICE / 20].map(Param::Integer);
                let old = "SELECT id FROM prediction_batches WHERE last_ms < ?1 AND id <= ?2 \
                    AND id < (SELECT max(id) FROM prediction_batches) ORDER BY id LIMIT ?3";
                for table in ["batch_leads WHERE batch", "batch_tallies WHERE batch", "batch_fields WHERE batch"] {
                    sql.execute(&format!("DELETE FROM {table} IN ({old})"), &params)?;
                }
                expired.batches = sql.execute(&format!("DELETE FROM prediction_batches WHERE id IN ({old})"), &params)?;
                // The highest number always stays: followers go by numbers.
                let params = [before(retention.predictions.0), SLICE, archived.score].map(Param::Integer);
                let scores = "DELETE FROM lead_scores WHERE id IN (SELECT id FROM lead_scores WHERE matured > 0 AND first_ms < ?1 \
                    AND id <= ?3 AND id < (SELECT max(id) FROM lead_scores) LIMIT ?2)";
                expired.scores = sql.execute(scores, &params)?;
                let params = [before(retention.features.0), SLICE, archived.fields].map(Param::Integer);
                let fields = "DELETE FROM lead_features WHERE id IN (SELECT id FROM lead_features WHERE at_ms < ?1 AND id <= ?3 \
                    AND id < (SELECT max(id) FROM lead_features) LIMIT ?2)";
                expired.fields = sql.execute(fields, &params)?;
            }
            for (grain, age) in [("hour", &retention.hours), ("day", &retention.days), ("mature", &retention.days), ("voice", &retention.days)]
            {
                let windows = "DELETE FROM shard_windows WHERE grain = ?1 AND start_ms < ?2 AND sent_rev >= rev";
                expired.windows += sql.execute(windows, &[Param::Text(grain), Param::Integer(before(age.0))])?;
            }
            sql.execute("DELETE FROM minute_tallies WHERE minute_ms < ?1", &[Param::Integer(before(MINUTES_MS))])?;
            let changes = LogShard::<S>::forget_changes(sql, before(CHANGES_MS), SLICE)?;
            // As long as fields may be stored, it is known whether a lead was scored since.
            let kept_ms = retention.predictions.0.max(retention.features.0);
            let more_reported = LogShard::<S>::forget_reported(sql, now, before(kept_ms), SLICE)?;
            let (orphans, goes_on) = orphans(sql, now)?;
            expired.orphans = orphans;
            let full = [expired.scores, expired.fields, changes].contains(&(SLICE as u64)) || expired.batches == SLICE as u64 / 20;
            expired.more = full || goes_on || more_reported;
            Ok(())
        })?;
        Ok(expired)
    }
}

/// Deletes events of leads that were never scored, of some leads in order of their numbers; all leads are looked at once a day. How many,
/// and whether the day's work goes on.
fn orphans(sql: &mut dyn Sql, now: i64) -> Result<(u64, bool), SqlError> {
    let after = meta::number(sql, "cursor:orphans")?;
    let last = meta::number(sql, "orphans_expired_ms")?;
    if after.is_none() && last.is_some_and(|last| now.saturating_sub(last) < DAY_MS) {
        return Ok((0, false));
    }
    let query = "SELECT o.lead, o.lead_id, EXISTS (SELECT 1 FROM lead_scores AS s WHERE s.lead = o.lead) FROM outcomes AS o \
        WHERE o.lead > ?1 ORDER BY o.lead LIMIT ?2";
    let rows = sql.query(query, &[Param::Integer(after.unwrap_or(-1)), Param::Integer(SLICE)])?;
    let unknown = rows.iter().filter(|row| cell::integer(row, 2) == Some(0)).filter_map(|row| cell::text(row, 1));
    let unknown = Value::from_iter(unknown).to_string();
    // As long as one of its events may be young, a lead keeps all.
    let old = "SELECT lead.value FROM json_each(?1) AS lead JOIN outcome_events AS e ON e.lead_id = lead.value \
        GROUP BY lead.value HAVING max(e.received_ms) < CAST(?2 AS INTEGER)";
    let params = [Param::Text(&unknown), Param::Integer(now.saturating_sub(ORPHANS_MS))];
    let old = sql.query(old, &params)?;
    let old = Value::from_iter(old.iter().filter_map(|row| cell::text(row, 0))).to_string();
    let deleted =
        sql.execute("DELETE FROM outcome_events WHERE lead_id IN (SELECT value FROM json_each(?1))", &[Param::Text(&old)])?;
    let numbers: Value = serde_json::from_str::<Vec<String>>(&old).unwrap_or_default().iter().map(|id| lead_number(id)).collect();
    sql.execute("DELETE FROM outcomes WHERE lead IN (SELECT value FROM json_each(?1))", &[Param::Text(&numbers.to_string())])?;
    match rows.last().and_then(|row| cell::integer(row, 0)).filter(|_| rows.len() as i64 == SLICE) {
        Some(lead) => meta::set(sql, "cursor:orphans", &lead.to_string())?,
        None => {
            meta::remove(sql, "cursor:orphans")?;
            meta::set(sql, "orphans_expired_ms", &now.to_string())?;
        }
    }
    Ok((deleted, rows.len() as i64 == SLICE))
}
