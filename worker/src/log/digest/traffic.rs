//! Traffic: every row of a batch counted once, by the hour, the day and the minute of its request.

use std::collections::BTreeMap;

use plumbline_core::event::{Role, lead_number};
use plumbline_core::window::{Layout, Window};
use serde_json::{Value, json};

use super::{Answered, Digest, HOUR_MS, Progress, day_of};
use crate::log::batch::{PROBE, Row, SHADOW};
use crate::log::window::{self, Grain};
use crate::log::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError};

const MINUTE_MS: i64 = 60_000;
/// So many slices are counted in one transaction: a row costs less here than where a lead's score is stored.
const SLICES: usize = 10;

impl<S: Sql> LogShard<S> {
    /// Counts the batches beyond the cursor, at most [`SLICES`] slices of rows, in one transaction. It is cheap and never put off.
    pub(super) fn count_traffic(&mut self, rules: &Digest) -> Result<Progress, SqlError> {
        let mut done = Progress::default();
        self.sql.transaction(&mut |sql| {
            done = Progress::default();
            let from = meta::number(sql, "cursor:traffic")?.unwrap_or(0);
            let Some((to, more)) = stretch(sql, from, rules.slice.saturating_mul(SLICES))? else { return Ok(()) };
            let query = "SELECT id, predictions FROM prediction_batches WHERE id > ?1 AND id <= ?2 ORDER BY id";
            let mut tally = Tally::default();
            for batch in sql.query(query, &[Param::Integer(from), Param::Integer(to)])? {
                let rows = cell::text(&batch, 1).and_then(Row::read);
                let Some(rows) = rows else {
                    meta::add(sql, "count:unreadable_batches", 1)?;
                    continue;
                };
                let leads: Vec<u8> = rows.iter().flat_map(|row| lead_number(&row.lead_id).to_be_bytes()).collect();
                let id = cell::integer(&batch, 0).unwrap_or_default();
                let insert = "INSERT INTO batch_leads (batch, leads) VALUES (?1, ?2) ON CONFLICT (batch) DO NOTHING";
                sql.execute(insert, &[Param::Integer(id), Param::Blob(&leads)])?;
                done.rows += rows.len() as u64;
                rows.iter().filter(|row| row.counts()).for_each(|row| tally.count(rules, row));
            }
            let stretch = [Param::Integer(from), Param::Integer(to)];
            for row in sql.query("SELECT tally FROM batch_tallies WHERE batch > ?1 AND batch <= ?2 ORDER BY batch", &stretch)? {
                let lost = tally.count_fields(rules, cell::blob(&row, 0));
                if lost > 0 {
                    meta::add(sql, "count:lost_field_counts", lost)?;
                }
            }
            sql.execute("DELETE FROM batch_tallies WHERE batch > ?1 AND batch <= ?2", &stretch)?;
            done.windows = tally.store(sql, rules)?;
            meta::set(sql, "cursor:traffic", &to.to_string())?;
            done.more = more;
            Ok(())
        })?;
        Ok(done)
    }
}

/// The last batch after `from` with which there are `rows` rows, and whether others follow it; none without a batch.
pub(in crate::log) fn stretch(sql: &mut dyn Sql, from: i64, rows: usize) -> Result<Option<(i64, bool)>, SqlError> {
    let query = "SELECT id, rows FROM prediction_batches WHERE id > ?1 ORDER BY id LIMIT 1000";
    let found = sql.query(query, &[Param::Integer(from)])?;
    let (mut sum, mut last) = (0usize, None);
    for (at, batch) in found.iter().enumerate() {
        let more = cell::integer(batch, 1).and_then(|rows| usize::try_from(rows).ok()).unwrap_or(0);
        if last.is_some() && sum + more > rows {
            break;
        }
        sum += more;
        last = cell::integer(batch, 0).map(|id| (id, at + 1 < found.len() || found.len() == 1000));
    }
    Ok(last)
}

/// What some rows add.
#[derive(Default)]
struct Tally {
    /// By grain, start, version and role.
    windows: BTreeMap<(Grain, i64, String, String), (Window, Answered)>,
    /// By minute, version and role: requests, failed, over 200 ms, over 500 ms.
    minutes: BTreeMap<(i64, String, String), [i64; 4]>,
}

impl Tally {
    fn count(&mut self, rules: &Digest, row: &Row) {
        let layout = rules.layouts.get(&row.version);
        let none = Layout::default();
        for (grain, start) in
            [(Grain::Hour, row.timestamp_ms.div_euclid(HOUR_MS) * HOUR_MS), (Grain::Day, day_of(row.timestamp_ms))]
        {
            let key = (grain, start, row.version.clone(), row.role.clone());
            let empty = || (Window::new(layout.unwrap_or(&none)), Answered::default());
            let (window, answered) = self.windows.entry(key).or_insert_with(empty);
            add(window, row);
            answered.count(row);
        }
        let minute = row.timestamp_ms.div_euclid(MINUTE_MS) * MINUTE_MS;
        let tally = self.minutes.entry((minute, row.version.clone(), row.role.clone())).or_default();
        let us = latency(row).unwrap_or(0);
        let more = [true, row.status >= 500, us > 200_000, us > 500_000];
        tally.iter_mut().zip(more).for_each(|(count, more)| *count += i64::from(more));
    }

    /// Adds the counts of fields that came with a batch. How many are of a version whose layout is not known, or cannot be read.
    fn count_fields(&mut self, rules: &Digest, bytes: &[u8]) -> i64 {
        let Ok(given) = crate::tally::Tally::read(bytes) else { return 1 };
        let mut lost = 0;
        for counted in given.windows.into_iter().filter(|counted| counted.role != Role::Load) {
            let window = rules.layouts.get(&counted.version).and_then(|layout| counted.window(layout).ok());
            let Some(window) = window else {
                lost += 1;
                continue;
            };
            for (grain, start) in [(Grain::Hour, counted.start_ms), (Grain::Day, day_of(counted.start_ms))] {
                let key = (grain, start, counted.version.clone(), counted.role.name().to_owned());
                match self.windows.get_mut(&key) {
                    // Rows were counted in the same layout: it is looked up once.
                    Some((known, _)) => lost += i64::from(known.merge(&window).is_err()),
                    None => drop(self.windows.insert(key, (window.clone(), Answered::default()))),
                }
            }
        }
        lost
    }

    fn store(self, sql: &mut dyn Sql, rules: &Digest) -> Result<u64, SqlError> {
        let changed = self.windows.len() as u64;
        for ((grain, start, version, role), (window, answered)) in self.windows {
            let key = window::Key { grain, start_ms: start, version, role };
            window::merge(sql, &key, (&window, &answered), &rules.layout(&key.version))?;
        }
        let rows = self.minutes.into_iter().map(|((minute, version, role), [requests, failed, over_200, over_500])| {
            json!([minute, version, role, requests, failed, over_200, over_500])
        });
        let rows: Vec<Value> = rows.collect();
        let upsert = "INSERT INTO minute_tallies (minute_ms, version, role, requests, failed, over_200, over_500) \
            SELECT m.value ->> 0, m.value ->> 1, m.value ->> 2, m.value ->> 3, m.value ->> 4, m.value ->> 5, m.value ->> 6 \
            FROM json_each(?1) AS m WHERE true ON CONFLICT (minute_ms, version, role) DO UPDATE SET \
            requests = minute_tallies.requests + excluded.requests, failed = minute_tallies.failed + excluded.failed, \
            over_200 = minute_tallies.over_200 + excluded.over_200, over_500 = minute_tallies.over_500 + excluded.over_500";
        for rows in rows.chunks(1000) {
            sql.execute(upsert, &[Param::Text(&Value::from(rows).to_string())])?;
        }
        Ok(changed)
    }
}

/// Server time of a request that this row answered alone.
fn latency(row: &Row) -> Option<u64> {
    row.duration_us.filter(|_| row.batch_size == 1 && row.role != SHADOW).and_then(|us| u64::try_from(us).ok())
}

fn add(window: &mut Window, row: &Row) {
    window.at(row.timestamp_ms);
    window.counters.requests += 1;
    window.counters.failed += u64::from(row.status >= 500);
    if let Some(us) = latency(row) {
        window.latency.add(us);
    }
    if row.role == PROBE {
        window.counters.checks += 1;
        window.counters.up += u64::from(row.status == 200);
        return;
    }
    window.counters.leads += 1;
    window.counters.scored += u64::from(row.status == 200);
    if let Some(probability) = row.probability {
        window.scores.add(probability, None);
        if row.explores {
            window.explored.add(probability, None);
        }
    }
}

/// Minutes of one version and role, for the rules that cannot wait an hour.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Minute {
    /// Its start, milliseconds since 1970.
    pub minute_ms: i64,
    /// The version.
    pub version: String,
    /// Its role.
    pub role: String,
    /// Leads asked for, a failed one included.
    pub requests: u64,
    /// Of those, the ones that failed on our side.
    pub failed: u64,
    /// Requests of a single lead that took longer than 200 ms.
    pub over_200: u64,
    /// Requests of a single lead that took longer than 500 ms.
    pub over_500: u64,
}

impl<S: Sql> LogShard<S> {
    /// The tallies of the minutes from `from_ms` on, in order of time. A later answer replaces an earlier one.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn minutes(&mut self, from_ms: i64) -> Result<Vec<Minute>, SqlError> {
        let query = "SELECT minute_ms, version, role, requests, failed, over_200, over_500 FROM minute_tallies \
            WHERE minute_ms >= ?1 ORDER BY minute_ms, version, role";
        let rows = self.sql.query(query, &[Param::Integer(from_ms)])?;
        let count =
            |row: &[crate::store::SqlValue], at: usize| cell::integer(row, at).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        let minutes = rows.iter().map(|row| Minute {
            minute_ms: cell::integer(row, 0).unwrap_or_default(),
            version: cell::owned(row, 1).unwrap_or_default(),
            role: cell::owned(row, 2).unwrap_or_default(),
            requests: count(row, 3),
            failed: count(row, 4),
            over_200: count(row, 5),
            over_500: count(row, 6),
        });
        Ok(minutes.collect())
    }
}
