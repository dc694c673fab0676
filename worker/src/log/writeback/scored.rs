//! Scores that callers asked for, compared with what was last reported.

use std::collections::BTreeMap;

use plumbline_core::event::{ChangeReason, lead_number};
use serde_json::Value;

use super::{CURRENT, Moved, Reported, record};
use crate::log::batch::Row;
use crate::log::digest::{Digest, Progress, stretch};
use crate::log::tombstone::Tombstones;
use crate::log::{LogShard, cell, change, meta};
use crate::store::{Param, Sql, SqlError};

/// The cursor of this step among batches.
const CURSOR: &str = "cursor:changes";

/// From now on changes are recorded: what is stored already is not gone through again.
pub(in crate::log) fn begin(sql: &mut dyn Sql) -> Result<(), SqlError> {
    let newest = change::highest(sql, "prediction_batches")?;
    meta::set(sql, CURSOR, &newest.to_string())
}

impl<S: Sql> LogShard<S> {
    /// Records the changes in the next batches, in one transaction. Without the setting, and for what was scored before it, nothing is.
    pub(in crate::log) fn note_changes(&mut self, _now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let mut done = Progress::default();
        let Some(writeback) = &rules.writeback else {
            if meta::get(&mut self.sql, CURSOR)?.is_some() {
                meta::remove(&mut self.sql, CURSOR)?;
            }
            return Ok(done);
        };
        self.sql.transaction(&mut |sql| {
            done = Progress::default();
            let from = meta::number(sql, CURSOR)?.unwrap_or(0);
            let Some((to, more)) = stretch(sql, from, rules.slice)? else { return Ok(()) };
            let query = "SELECT predictions FROM prediction_batches WHERE id > ?1 AND id <= ?2 ORDER BY id";
            let mut newest: BTreeMap<i64, Row> = BTreeMap::new();
            for batch in sql.query(query, &[Param::Integer(from), Param::Integer(to)])? {
                let rows = cell::text(&batch, 0).and_then(Row::read).unwrap_or_default();
                let is_shown = |row: &Row| row.probability.is_some() && matches!(row.role.as_str(), "champion" | "challenger");
                for row in rows.into_iter().filter(|row| is_shown(row) && row.counts() && row.is_named() && !row.explores) {
                    let number = lead_number(&row.lead_id);
                    if newest.get(&number).is_none_or(|known| known.timestamp_ms <= row.timestamp_ms) {
                        newest.insert(number, row);
                    }
                }
            }
            let known = known(sql, newest.keys().copied())?;
            let tombstones = Tombstones::read(sql)?;
            let moved = newest.iter().filter_map(|(lead, row)| {
                let old = known.get(lead);
                // Two leads of one number: the second is left out, as elsewhere.
                let is_other = old.is_some_and(|known| known.lead_id != row.lead_id);
                // Batches of several senders need not come in the order of their times.
                let is_older = old.is_some_and(|known| known.at_ms > row.timestamp_ms);
                let new = Reported { version: row.version.clone(), probability: row.probability?, band: row.band.clone() };
                let old = old.map(|known| known.score.clone());
                let (lead_id, at_ms) = (&row.lead_id, row.timestamp_ms);
                let moved = Moved { lead: *lead, lead_id, at_ms, shown_ms: at_ms, new, old };
                (!is_other && !is_older && !tombstones.holds(&row.lead_id)).then_some(moved)
            });
            record(sql, writeback, ChangeReason::Scored, &moved.collect::<Vec<_>>())?;
            meta::set(sql, CURSOR, &to.to_string())?;
            done.more = more;
            Ok(())
        })?;
        Ok(done)
    }
}

/// What was last reported of a lead.
struct Known {
    lead_id: String,
    score: Reported,
    /// When a caller last had it scored.
    at_ms: i64,
}

/// What was last reported of the leads of these numbers.
fn known(sql: &mut dyn Sql, leads: impl Iterator<Item = i64>) -> Result<BTreeMap<i64, Known>, SqlError> {
    let rows = sql.query(CURRENT, &[Param::Text(&Value::from_iter(leads).to_string())])?;
    let of = |row: &Vec<crate::store::SqlValue>| {
        let (version, probability, band) = (cell::owned(row, 2)?, cell::real(row, 3)?, cell::owned(row, 4)?);
        let score = Reported { version, probability, band };
        Some((cell::integer(row, 0)?, Known { lead_id: cell::owned(row, 1)?, score, at_ms: cell::integer(row, 5)? }))
    };
    Ok(rows.iter().filter_map(of).collect())
}
