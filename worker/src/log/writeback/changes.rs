//! Recorded changes for those who follow them.

use plumbline_core::event::{ChangeReason, PreviousScore, ScoreChange};
use plumbline_core::report::time_text;
use serde::{Deserialize, Serialize};

use crate::log::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Changes that were deleted have numbers up to this.
const FORGOTTEN: &str = "changes_forgotten";

/// The changes of a shard that follow a number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangePage {
    /// The changes in the order in which they were recorded.
    pub changes: Vec<ScoreChange>,
    /// The number to go on after.
    pub last: i64,
    /// Whether more follow.
    pub more: bool,
    /// Changes after the number were deleted: the follower was away for too long.
    pub lost: bool,
}

impl<S: Sql> LogShard<S> {
    /// The changes after the number `after`, at most `most`.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn score_changes(&mut self, after: i64, most: usize) -> Result<ChangePage, SqlError> {
        let query = "SELECT id, lead_id, at_ms, reason, version, probability, band, was_version, was_probability, was_band \
            FROM score_changes WHERE id > ?1 ORDER BY id LIMIT ?2";
        let rows = self.sql.query(query, &[Param::Integer(after), Param::Integer(most.min(10_000) as i64)])?;
        let forgotten = meta::number(&mut self.sql, FORGOTTEN)?.unwrap_or(0);
        let last = rows.last().and_then(|row| cell::integer(row, 0)).unwrap_or(after);
        let is_kept = |row: &&Vec<SqlValue>| cell::text(row, 1).is_some_and(|lead| !lead.is_empty());
        Ok(ChangePage {
            changes: rows.iter().filter(is_kept).filter_map(|row| change(row)).collect(),
            last,
            more: rows.len() == most,
            // From the beginning is from what there is.
            lost: after > 0 && after < forgotten,
        })
    }

    /// Deletes changes recorded before `before_ms`, but the newest: its number must not be given again.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub(in crate::log) fn forget_changes(sql: &mut dyn Sql, before_ms: i64, most: i64) -> Result<u64, SqlError> {
        let old =
            "SELECT id FROM score_changes WHERE at_ms < ?1 AND id < (SELECT max(id) FROM score_changes) ORDER BY id LIMIT ?2";
        let params = [Param::Integer(before_ms), Param::Integer(most)];
        let highest = sql.query(&format!("SELECT max(id) FROM ({old}) AS old"), &params)?;
        let Some(highest) = highest.first().and_then(|row| cell::integer(row, 0)) else { return Ok(0) };
        let deleted = sql.execute(&format!("DELETE FROM score_changes WHERE id IN ({old})"), &params)?;
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
