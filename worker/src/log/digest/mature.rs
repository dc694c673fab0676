//! Leads whose outcome counts from now on, and the days that have to be worked out again because of them.

use std::collections::BTreeSet;

use super::{Digest, Progress, day_of};
use crate::log::ingest::is_closed;
use crate::log::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError};

/// Scores marked in one transaction.
const SLICE: i64 = 2_000;

impl<S: Sql> LogShard<S> {
    /// Marks scores whose lead has become old enough, and their outcome days.
    pub(super) fn mark_matured(&mut self, now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let mut done = Progress::default();
        self.sql.transaction(&mut |sql| {
            done = Progress::default();
            let query = "SELECT first_ms FROM lead_scores WHERE matured = 0 AND first_ms <= ?1 ORDER BY first_ms LIMIT ?2";
            let young = now.saturating_sub(rules.mature_ms);
            let rows = sql.query(query, &[Param::Integer(young), Param::Integer(SLICE)])?;
            let Some(last) = rows.last().and_then(|row| cell::integer(row, 0)) else { return Ok(()) };
            // All scores of a lead have its first moment: they are marked together.
            let mark = "UPDATE lead_scores SET matured = 1 WHERE matured = 0 AND first_ms <= ?1";
            done.matured = sql.execute(mark, &[Param::Integer(last)])?;
            let days: BTreeSet<i64> =
                rows.iter().filter_map(|row| cell::integer(row, 0)).map(|ms| day_of(ms + rules.mature_ms)).collect();
            days.into_iter().try_for_each(|day| touch_day(sql, day))?;
            done.more = rows.len() as i64 == SLICE;
            Ok(())
        })?;
        Ok(done)
    }
}

/// Marks an outcome day to be worked out again. Its number grows with each mark, so that one that comes in the middle of the work is not
/// lost.
pub(in crate::log) fn touch_day(sql: &mut dyn Sql, day: i64) -> Result<(), SqlError> {
    meta::add(sql, &format!("day:{day}"), 1)
}

/// Marks the outcome days that still take corrections.
pub(super) fn touch_open_days(sql: &mut dyn Sql, now: i64) -> Result<(), SqlError> {
    forget_built(sql)?;
    for row in sql.query("SELECT DISTINCT start_ms FROM shard_windows WHERE grain = 'mature'", &[])? {
        if let Some(day) = cell::integer(&row, 0).filter(|day| !is_closed(*day, now)) {
            touch_day(sql, day)?;
        }
    }
    Ok(())
}

/// Forgets by which leads days were worked out: the rules are others.
fn forget_built(sql: &mut dyn Sql) -> Result<(), SqlError> {
    sql.execute("DELETE FROM outcome_moves", &[])?;
    sql.execute("DELETE FROM shard_meta WHERE key >= 'built:' AND key < 'built;'", &[]).map(drop)
}

/// Lets every lead mature anew: by another age they belong to other days.
pub(super) fn start_again(sql: &mut dyn Sql) -> Result<(), SqlError> {
    forget_built(sql)?;
    for row in sql.query("SELECT DISTINCT start_ms FROM shard_windows WHERE grain = 'mature'", &[])? {
        if let Some(day) = cell::integer(&row, 0) {
            touch_day(sql, day)?;
        }
    }
    sql.execute("UPDATE lead_scores SET matured = 0 WHERE matured = 1", &[]).map(drop)
}
