//! Recorded changes for those who follow them.

use plumbline_core::event::{ChangeReason, PreviousScore, ScoreChange};
use plumbline_core::report::time_text;
use plumbline_core::rollout::DAY_MS;
use serde::{Deserialize, Serialize};

use crate::log::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Changes that were deleted have numbers up to this.
const FORGOTTEN: &str = "changes_forgotten";
/// The last lead looked at for what was reported long ago, and when all were.
const REPORTED: &str = "cursor:reported";
const REPORTED_MS: &str = "reported_expired_ms";

/// What [`change`] reads.
const COLUMNS: &str = "id, lead_id, at_ms, reason, version, probability, band, was_version, was_probability, was_band";

/// The changes of a shard that follow a number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangePage {
    /// The changes in the order in which they were recorded.
    pub changes: Vec<ScoreChange>,
    /// The number of each.
    pub numbers: Vec<i64>,
    /// The number that the changes follow: the one asked for, or of the last change that was deleted.
    pub from: i64,
    /// The number to go on after.
    pub last: i64,
    /// Whether more follow.
    pub more: bool,
    /// Whether changes after the number were deleted.
    pub expired: bool,
}

impl<S: Sql> LogShard<S> {
    /// The changes after the number `after`, at most `most`.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn score_changes(&mut self, after: i64, most: usize) -> Result<ChangePage, SqlError> {
        let query = format!("SELECT {COLUMNS} FROM score_changes WHERE id > ?1 ORDER BY id LIMIT ?2");
        let rows = self.sql.query(&query, &[Param::Integer(after), Param::Integer(most.min(10_000) as i64)])?;
        let forgotten = meta::number(&mut self.sql, FORGOTTEN)?.unwrap_or(0);
        let from = after.max(forgotten);
        let last = rows.last().and_then(|row| cell::integer(row, 0)).unwrap_or(from);
        let is_kept = |row: &&Vec<SqlValue>| cell::text(row, 1).is_some_and(|lead| !lead.is_empty());
        let kept = rows.iter().filter(is_kept).filter_map(|row| Some((cell::integer(row, 0)?, change(row)?)));
        let (numbers, changes) = kept.unzip();
        Ok(ChangePage { changes, numbers, from, last, more: rows.len() == most, expired: after < forgotten })
    }

    /// The changes with numbers `from` to `to`, but for those of leads that have a newer one.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn standing_changes(&mut self, (from, to): (i64, i64)) -> Result<Vec<ScoreChange>, SqlError> {
        let query = format!(
            "SELECT {COLUMNS} FROM score_changes AS c WHERE id >= ?1 AND id <= ?2 AND lead_id <> '' AND NOT EXISTS \
            (SELECT 1 FROM score_changes AS n WHERE n.lead_id = c.lead_id AND n.lead_id <> '' AND n.id > c.id) ORDER BY id"
        );
        let rows = self.sql.query(&query, &[Param::Integer(from), Param::Integer(to)])?;
        Ok(rows.iter().filter_map(|row| change(row)).collect())
    }

    /// Deletes what was last reported of leads that no caller had scored since `before_ms`, of some leads in order of their numbers; all leads
    /// are looked at once a day. Whether the day's work goes on.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub(in crate::log) fn forget_reported(sql: &mut dyn Sql, now: i64, before_ms: i64, most: i64) -> Result<bool, SqlError> {
        let (after, last) = (meta::number(sql, REPORTED)?, meta::number(sql, REPORTED_MS)?);
        if after.is_none() && last.is_some_and(|last| now.saturating_sub(last) < DAY_MS) {
            return Ok(false);
        }
        let slice = "SELECT lead FROM current_scores WHERE lead > ?1 ORDER BY lead LIMIT ?2";
        let params = [Param::Integer(after.unwrap_or(-1)), Param::Integer(most)];
        let found = sql.query(&format!("SELECT max(lead), count(*) FROM ({slice}) AS slice"), &params)?;
        let cells = found.first().map(|row| (cell::integer(row, 0), cell::integer(row, 1)));
        let Some((Some(to), Some(count))) = cells else {
            meta::remove(sql, REPORTED)?;
            meta::set(sql, REPORTED_MS, &now.to_string())?;
            return Ok(false);
        };
        let params = [Param::Integer(after.unwrap_or(-1)), Param::Integer(to), Param::Integer(before_ms)];
        sql.execute("DELETE FROM current_scores WHERE lead > ?1 AND lead <= ?2 AND at_ms < ?3", &params)?;
        if count == most {
            meta::set(sql, REPORTED, &to.to_string())?;
            return Ok(true);
        }
        meta::remove(sql, REPORTED)?;
        meta::set(sql, REPORTED_MS, &now.to_string())?;
        Ok(false)
    }

    /// Deletes the first changes up to the one of `before_ms`, but never the newest: its number must not be given again. A change of an old
    /// score that was recorded after a younger one stays as long as that one.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub(in crate::log) fn forget_changes(sql: &mut dyn Sql, before_ms: i64, most: i64) -> Result<u64, SqlError> {
        let first = "SELECT id, at_ms FROM score_changes WHERE id < (SELECT max(id) FROM score_changes) ORDER BY id LIMIT ?1";
        let first = sql.query(first, &[Param::Integer(most)])?;
        let old = first.iter().take_while(|row| cell::integer(row, 1).is_some_and(|at| at < before_ms));
        let Some(highest) = old.last().and_then(|row| cell::integer(row, 0)) else { return Ok(0) };
        let deleted = sql.execute("DELETE FROM score_changes WHERE id <= ?1", &[Param::Integer(highest)])?;
        let known = meta::number(sql, FORGOTTEN)?.unwrap_or(0);
        meta::set(sql, FORGOTTEN, &known.max(highest).to_string())?;
        Ok(deleted)
    }
}

fn change(row: &[SqlValue]) -> Option<ScoreChange> {
    let previous = cell::owned(row, 7).map(|version| PreviousScore {
        version,
        probability: cell::real(row, 8).unwrap_or_default(),
        band: cell::owned(row, 9).unwrap_or_default(),
    });
    Some(ScoreChange {
        lead_id: cell::owned(row, 1)?,
        at: time_text(cell::integer(row, 2)?),
        reason: ChangeReason::named(cell::text(row, 3)?),
        version: cell::owned(row, 4)?,
        probability: cell::real(row, 5)?,
        band: cell::owned(row, 6)?,
        previous,
    })
}
