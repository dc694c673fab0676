//! Scores of leads: one row a lead, version and rollout, with the score of its first request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Digest, HOUR_MS, Progress};
use crate::log::scored::touch_early;
use crate::log::tombstone::Tombstones;
use crate::log::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError};

/// Two scores of a lead that lie at most this far apart belong to one request, or as good as one.
pub(in crate::log) const TOGETHER_MS: i64 = HOUR_MS / 6;

/// A lead's outcome counts once, from its first score: one that was scored again later is no outcome figure, because of those left the
/// buyers are missing.
const NO_FIGURE: i64 = 2;

/// Adds scores; one that is there stays.
pub(in crate::log) const INSERT: &str = "INSERT INTO lead_scores (lead, version, rollout, lead_id, first_ms, role, arm, probability, \
    explores, held_out, epoch, segments, human_score, backfill, matured) SELECT s.value ->> 0, s.value ->> 1, s.value ->> 2, \
    s.value ->> 3, s.value ->> 4, s.value ->> 5, s.value ->> 6, s.value ->> 7, s.value ->> 8, s.value ->> 9, s.value ->> 10, \
    s.value ->> 11, s.value ->> 12, s.value ->> 13, s.value ->> 14 FROM json_each(?1) AS s WHERE true \
    ON CONFLICT (lead, version, rollout) DO NOTHING";

impl<S: Sql> LogShard<S> {
    /// Stores the scores of the next slice of rows beyond the cursor, in one transaction.
    pub(super) fn store_scores(&mut self, _now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let mut done = Progress::default();
        let round = &mut self.round;
        self.sql.transaction(&mut |sql| {
            done = Progress::default();
            let Some(slice) = round.next(sql, rules.round, rules.slice)? else { return Ok(()) };
            let mut known = first_scores(sql, &slice.leads())?;
            let (tombstones, mut names) = (Tombstones::read(sql)?, Names::default());
            let (mut rows, mut taken, mut clashes) = (Vec::new(), BTreeSet::new(), 0);
            for scored in &slice.rows {
                let row = &scored.row;
                let first = known.entry(scored.lead).or_insert_with(|| (row.lead_id.clone(), row.timestamp_ms));
                if first.0 != row.lead_id {
                    clashes += 1;
                    continue;
                }
                let (version, rollout) = (names.id(sql, &row.version)?, names.id(sql, rules.rollout(row.epoch))?);
                if tombstones.holds(&row.lead_id) || !taken.insert((scored.lead, version, rollout)) {
                    continue;
                }
                let again = row.timestamp_ms.saturating_sub(first.1) > TOGETHER_MS;
                rows.push(json!([
                    scored.lead,
                    version,
                    rollout,
                    row.lead_id,
                    first.1,
                    row.role,
                    row.arm,
                    row.probability,
                    i64::from(row.explores),
                    Value::Null,
                    row.epoch,
                    row.segments,
                    row.human_score,
                    0,
                    if again { NO_FIGURE } else { 0 }
                ]));
            }
            if !rows.is_empty() {
                let leads = rows.iter().filter_map(|row| row.get(3)?.as_str()).collect();
                touch_early(sql, &leads)?;
                done.scores = sql.execute(INSERT, &[Param::Text(&Value::from(rows).to_string())])?;
            }
            if clashes > 0 {
                meta::add(sql, "count:clash", clashes)?;
            }
            slice.finish(sql)?;
            // Another slice or round may wait.
            done.more = true;
            Ok(())
        })?;
        Ok(done)
    }
}

/// Of each lead number the id it stands for and the lead's first request.
fn first_scores(sql: &mut dyn Sql, leads: &BTreeSet<i64>) -> Result<BTreeMap<i64, (String, i64)>, SqlError> {
    let query = "SELECT s.lead, min(s.lead_id), min(s.first_ms) FROM json_each(?1) AS lead \
        CROSS JOIN lead_scores AS s WHERE s.lead = lead.value GROUP BY s.lead";
    let rows = sql.query(query, &[Param::Text(&Value::from_iter(leads.iter().copied()).to_string())])?;
    let of = |row: &Vec<crate::store::SqlValue>| Some((cell::integer(row, 0)?, (cell::owned(row, 1)?, cell::integer(row, 2)?)));
    Ok(rows.iter().filter_map(of).collect())
}

/// Numbers of versions and rollouts.
#[derive(Default)]
pub(in crate::log) struct Names(BTreeMap<String, i64>);

impl Names {
    /// The number of `name`, new or known.
    pub fn id(&mut self, sql: &mut dyn Sql, name: &str) -> Result<i64, SqlError> {
        if let Some(id) = self.0.get(name) {
            return Ok(*id);
        }
        let param = [Param::Text(name)];
        sql.execute("INSERT INTO names (name) VALUES (?1) ON CONFLICT (name) DO NOTHING", &param)?;
        let rows = sql.query("SELECT id FROM names WHERE name = ?1", &param)?;
        let id = rows.first().and_then(|row| cell::integer(row, 0)).unwrap_or(0);
        self.0.insert(name.to_owned(), id);
        Ok(id)
    }
}
