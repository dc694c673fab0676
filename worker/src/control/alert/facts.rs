//! What alerts are judged on: minutes, hours and days of windows, and the service's own records.

use std::collections::BTreeMap;

use plumbline_core::alert::{
    self, Hour, Operation, Outcomes, Reading, Silence, Today, drift, expected_auc, performance, service, silence,
};
use plumbline_core::rollout::evidence::{FeatureFigures, Figures as Gathered};
use plumbline_core::rollout::{DAY_MS, State};
use plumbline_core::window::{HOUR_MS, Layout, Scores, Window};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::evidence::voice;
use crate::control::report::counts;
use crate::control::windows::Figures;
use crate::control::{Control, Fault, integer, text};
use crate::log::Grain;
use crate::store::{Param, Sql, SqlError};

/// Days over which outcomes are judged: the shortest that holds enough.
const OUTCOME_DAYS: [u32; 3] = [7, 14, 28];
/// An instance counts while its newest heartbeat is not older, in milliseconds.
const HEARD_MS: i64 = 10 * 60_000;
/// An instance may serve an older deployment for so long after a change, in milliseconds.
const LAG_MS: i64 = 5_000;
/// Rows that were lost are shown for so long, in milliseconds.
const LOST_MS: i64 = 15 * 60_000;
/// Silence is not looked into before it lasts so long, in milliseconds …
const QUIET_MS: i64 = 10 * 60_000;
/// … nor further back than so many hours.
const HOURS: i64 = 48;
/// Weeks whose same hours say what is expected.
const WEEKS: i64 = 4;
const WEEK_MS: i64 = 7 * DAY_MS;

/// Rows that instances reported lost: how many by instance so far, and the newest losses.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Lost {
    known: BTreeMap<String, u64>,
    lately: Vec<(i64, u64)>,
}

impl<S: Sql> Control<S> {
    /// What is read each minute.
    pub(super) fn readings(&mut self, now_ms: i64, state: &State, serving: &[&str]) -> Result<Vec<Reading>, Fault> {
        let mut readings = Vec::new();
        let hours = self.last_hour(now_ms)?;
        for version in serving {
            let hour = hours.get(*version).copied().unwrap_or_default();
            readings.extend(service(&self.policy, version, &hour));
        }
        let today = now_ms.div_euclid(DAY_MS) * DAY_MS;
        let traffic = self.windows(Grain::Day, today, today + 1)?;
        let voices = self.windows(Grain::Voice, today - 6 * DAY_MS, today + DAY_MS)?;
        let probes = self.probes(today)?;
        for (place, version) in serving.iter().enumerate() {
            // Both versions see the same leads: a field is judged once.
            let fields = if place == 0 { self.fields(version, &traffic)? } else { Vec::new() };
            let facts = Today {
                version,
                probes: probes.get(*version).copied().unwrap_or_default(),
                fields: &fields,
                ratings: voice(&voices, version).ratings,
            };
            readings.extend(alert::today(&self.policy, &facts));
        }
        let facts = self.silence(now_ms)?;
        readings.extend(silence(&self.policy, "predictions", &facts, now_ms));
        let operation = Operation {
            not_stored: Some(self.lost(now_ms)?),
            outbox: Some(self.waiting()?),
            export_lag_ms: self.export_lag(now_ms)?,
            lagging: Some(self.lagging(now_ms, state.epoch)?),
            ledger: None,
            retraining: self.retraining_trouble()?,
            jumped: Some(state.jump.is_some()),
        };
        readings.extend(alert::operations(&operation, now_ms));
        Ok(readings)
    }

    /// What is read once a day, of the days before the one that begins at `today_ms`.
    pub(super) fn daily_readings(&mut self, today_ms: i64, state: &State, serving: &[&str]) -> Result<Vec<Reading>, Fault> {
        let mut readings = Vec::new();
        let outcomes = self.windows(Grain::Mature, today_ms - 28 * DAY_MS, today_ms)?;
        let traffic = self.windows(Grain::Day, today_ms - 7 * DAY_MS, today_ms)?;
        let modes = state.rollout.as_ref().map_or((self.policy.gates.precision.mode, self.policy.gates.recall.mode), |rollout| {
            (rollout.modes.precision, rollout.modes.recall)
        });
        for (place, version) in serving.iter().enumerate() {
            let of = |days: u32| {
                let mut sum = Scores::default();
                let from_ms = today_ms - i64::from(days) * DAY_MS;
                let chosen = |f: &&Figures| f.version == *version && counts(&f.role) && f.start_ms >= from_ms;
                outcomes.iter().filter(chosen).for_each(|figures| sum.merge(&figures.window.scores));
                sum
            };
            let [short, middle, long] = OUTCOME_DAYS.map(of);
            let [a, b, c] = OUTCOME_DAYS;
            let facts = Outcomes { version, stretches: [(a, &short), (b, &middle), (c, &long)], modes };
            readings.extend(performance(&self.policy, &facts));
            let mut scores = Scores::default();
            let chosen = |f: &&Figures| f.version == *version && counts(&f.role);
            traffic.iter().filter(chosen).for_each(|figures| scores.merge(&figures.window.scores));
            readings.push(expected_auc(&self.policy, version, &scores));
            if place == 0 {
                let fields = self.fields(version, &traffic)?;
                readings.extend(drift(&self.policy, &fields));
            }
        }
        let fault = self.verified(&[])?.fault.map(|fault| format!("The ledger does not hold: {}", fault.text));
        let operation = Operation { ledger: Some(fault), ..Operation::default() };
        readings.extend(alert::operations(&operation, today_ms));
        Ok(readings)
    }

    /// What each version did in the last hour; leads and scores by clock hours, the present and the one before.
    fn last_hour(&mut self, now_ms: i64) -> Result<BTreeMap<String, Hour>, SqlError> {
        let query = "SELECT version, sum(requests), sum(failed), sum(slow) FROM minutes
            WHERE start_ms > ?1 AND role IN ('champion', 'challenger') GROUP BY version";
        let mut hours: BTreeMap<String, Hour> = BTreeMap::new();
        for row in self.sql.query(query, &[Param::Integer(now_ms - HOUR_MS)])? {
            let count = |at: usize| integer(&row, at).unsigned_abs();
            let hour = Hour { requests: count(1), failed: count(2), timed: count(1), slow: count(3), ..Hour::default() };
            hours.insert(text(&row, 0), hour);
        }
        let start = now_ms.div_euclid(HOUR_MS) * HOUR_MS;
        for figures in self.windows(Grain::Hour, start - HOUR_MS, start + HOUR_MS)? {
            if matches!(figures.role.as_str(), "champion" | "challenger") {
                let hour = hours.entry(figures.version).or_default();
                hour.leads += figures.window.counters.leads;
                hour.scored += figures.window.counters.scored;
            }
        }
        Ok(hours)
    }

    /// Probes of each version since `from_ms`, and of those the ones that were answered.
    fn probes(&mut self, from_ms: i64) -> Result<BTreeMap<String, (u64, u64)>, SqlError> {
        let query =
            "SELECT version, sum(requests), sum(failed) FROM minutes WHERE start_ms >= ?1 AND role = 'probe' GROUP BY version";
        let rows = self.sql.query(query, &[Param::Integer(from_ms)])?;
        let of = |row: &Vec<crate::store::SqlValue>| {
            let (checks, failed) = (integer(row, 1).unsigned_abs(), integer(row, 2).unsigned_abs());
            (text(row, 0), (checks, checks.saturating_sub(failed)))
        };
        Ok(rows.iter().map(of).collect())
    }

    /// The fields of the leads of `version` in `traffic` against the training data; none without a baseline.
    fn fields(&mut self, version: &str, traffic: &[Figures]) -> Result<Vec<FeatureFigures>, SqlError> {
        let (layout, reference) = (self.layout(version)?, self.reference(version)?);
        let Some(reference) = reference else { return Ok(Vec::new()) };
        let mut sum = Window::new(&layout);
        for figures in traffic.iter().filter(|figures| figures.version == version && counts(&figures.role)) {
            // Of another layout: counted before the model had one.
            let _ = sum.merge(&figures.window);
        }
        Ok(Gathered::new(version).with_features(&sum, &layout, &reference).features.unwrap_or_default())
    }

    /// How long no prediction was made, and how many the same hours of earlier weeks would have brought.
    fn silence(&mut self, now_ms: i64) -> Result<Silence, SqlError> {
        let Some(newest_ms) = self.newest_lead_ms()? else { return Ok(Silence::default()) };
        let first = self.sql.query("SELECT min(start_ms) FROM windows WHERE grain = 'hour'", &[])?;
        let first_ms = first.first().map_or(now_ms, |row| integer(row, 0));
        let weeks = (now_ms.saturating_sub(first_ms) / WEEK_MS).min(WEEKS);
        if weeks < 1 {
            return Ok(Silence { newest_ms: Some(newest_ms), ..Silence::default() });
        }
        if now_ms.saturating_sub(newest_ms) < QUIET_MS {
            return Ok(Silence { newest_ms: Some(newest_ms), expected: Some(0.0), busy_hours: 0.0 });
        }
        let hour = |ms: i64| ms.div_euclid(HOUR_MS);
        let (from, until) = (hour(newest_ms).max(hour(now_ms) - HOURS), hour(now_ms));
        let mut brought: BTreeMap<i64, u64> = BTreeMap::new();
        for week in 1..=weeks {
            let shift = week * WEEK_MS;
            let query = "SELECT start_ms, bytes, version FROM windows WHERE grain = 'hour' AND start_ms >= ?1 AND start_ms <= ?2
                AND role IN ('champion', 'challenger') AND dirty = 0";
            let given = [Param::Integer(from * HOUR_MS - shift), Param::Integer(until * HOUR_MS - shift)];
            for row in self.sql.query(query, &given)? {
                let Some(crate::store::SqlValue::Blob(bytes)) = row.get(1) else { continue };
                let layout = self.layout(&text(&row, 2))?;
                let leads = Window::read(bytes, &layout).or_else(|_| Window::read(bytes, &Layout::default()));
                *brought.entry(hour(integer(&row, 0) + shift)).or_default() += leads.map_or(0, |window| window.counters.leads);
            }
        }
        let (mut expected, mut busy_hours) = (0.0, 0.0);
        for at in from..=until {
            let (begin, end) = ((at * HOUR_MS).max(newest_ms), ((at + 1) * HOUR_MS).min(now_ms));
            let part = (end - begin).max(0) as f64 / HOUR_MS as f64;
            let usual = brought.get(&at).copied().unwrap_or_default() as f64 / weeks as f64;
            expected += usual * part;
            busy_hours += if usual >= 1.0 { part } else { 0.0 };
        }
        Ok(Silence { newest_ms: Some(newest_ms), expected: Some(expected), busy_hours })
    }

    /// When the newest prediction for a lead was made; probes do not count.
    fn newest_lead_ms(&mut self) -> Result<Option<i64>, SqlError> {
        let query = "SELECT start_ms FROM windows WHERE grain = 'hour' AND role IN ('champion', 'challenger') AND dirty = 0
            ORDER BY start_ms DESC LIMIT 1";
        let Some(hour) = self.sql.query(query, &[])?.first().map(|row| integer(row, 0)) else { return Ok(None) };
        let windows = self.windows(Grain::Hour, hour, hour + 1)?;
        let answered = windows.iter().filter(|figures| matches!(figures.role.as_str(), "champion" | "challenger"));
        Ok(answered.filter_map(|figures| figures.window.span_ms().map(|(_, last)| last)).max())
    }

    /// Rows that instances lost in the last quarter of an hour.
    fn lost(&mut self, now_ms: i64) -> Result<u64, SqlError> {
        let mut lost: Lost = self.kept("lost rows")?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let rows = self.sql.query("SELECT id, report FROM instances WHERE seen_ms > ?1", &[Param::Integer(now_ms - LOST_MS)])?;
        let before = serde_json::to_string(&lost).unwrap_or_default();
        let mut known = BTreeMap::new();
        for row in &rows {
            let report: Value = serde_json::from_str(&text(row, 1)).unwrap_or(Value::Null);
            let failed = report.pointer("/heartbeat/rows_failed").and_then(Value::as_u64).unwrap_or_default();
            let more = failed.saturating_sub(lost.known.get(&text(row, 0)).copied().unwrap_or_default());
            if more > 0 {
                lost.lately.push((now_ms, more));
            }
            known.insert(text(row, 0), failed);
        }
        lost.known = known;
        lost.lately.retain(|(at_ms, _)| *at_ms > now_ms - LOST_MS);
        let after = serde_json::to_string(&lost).unwrap_or_default();
        if after != before {
            self.set_kept("lost rows", &after)?;
        }
        Ok(lost.lately.iter().map(|(_, rows)| rows).sum())
    }

    /// When the oldest message that waits was written, and how many wait.
    fn waiting(&mut self) -> Result<Option<(i64, u64)>, SqlError> {
        let rows = self.sql.query("SELECT min(created_ms), count(*) FROM outbox WHERE state = 'waiting'", &[])?;
        Ok(rows.first().map(|row| (integer(row, 0), integer(row, 1).unsigned_abs())).filter(|(_, waiting)| *waiting > 0))
    }

    /// Instances that were heard lately and serve an older deployment than `epoch`.
    fn lagging(&mut self, now_ms: i64, epoch: u64) -> Result<Vec<String>, SqlError> {
        let Some(deployed) = self.deployed()? else { return Ok(Vec::new()) };
        let query = "SELECT id FROM instances WHERE seen_ms > ?1 AND seen_ms > ?2 AND epoch > 0 AND epoch < ?3 ORDER BY id";
        let epoch = Param::Integer(i64::try_from(epoch).unwrap_or(i64::MAX));
        let given = [Param::Integer(now_ms - HEARD_MS), Param::Integer(deployed.effective_ms + LAG_MS), epoch];
        let short = |id: String| id.get(..8).map_or(id.clone(), str::to_owned);
        Ok(self.sql.query(query, &given)?.iter().map(|row| short(text(row, 0))).collect())
    }
}
