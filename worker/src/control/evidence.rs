//! What gates are judged on, put together from merged windows, incidents and records.

use plumbline_core::metric::Pairs;
use plumbline_core::report::Complete;
use plumbline_core::rollout::evidence::{
    Capacity, Evidence, Feedback, Figures as Gathered, Instance, Ratings, Shards, Votes, WindowName,
};
use plumbline_core::rollout::{DAY_MS, Stage, State};
use plumbline_core::window::{Layout, Window};
use serde_json::{Value, json};

use super::windows::{Figures, add};
use super::{Control, integer, real, text};
use crate::heartbeat::Heartbeat;
use crate::log::{Grain, PAIRED, TESTED, Voice};
use crate::store::{Param, Sql, SqlError};

/// Days over which the pace is worked out.
const PACE_DAYS: i64 = 7;
/// An instance counts while its newest heartbeat is not older.
const HEARD_MS: i64 = 10 * 60_000;
/// Hosts that reported in the last two minutes are there: each reports every ten seconds.
const HOST_MS: i64 = 2 * 60_000;

impl<S: Sql> Control<S> {
    /// The evidence of the rollout of `state` at look `look`, 0 on a day without one. A state without a rollout gives empty evidence.
    pub(super) fn evidence(&mut self, now_ms: i64, state: &State, look: u32) -> Result<Evidence, SqlError> {
        let Some(rollout) = &state.rollout else { return Ok(Evidence::new("", Stage::Idle, &state.champion, "", now_ms)) };
        let (champion, challenger) = (state.champion.as_str(), rollout.challenger.as_str());
        let mut evidence = Evidence::new(&rollout.id, rollout.stage, champion, challenger, now_ms);
        evidence.look = look;
        evidence.modes = rollout.modes;
        let today = now_ms.div_euclid(DAY_MS) * DAY_MS;
        let started = rollout.started_ms.div_euclid(DAY_MS) * DAY_MS;
        let traffic = self.windows(Grain::Day, started.min(today - 7 * DAY_MS), today + DAY_MS)?;
        let outcomes = self.windows(Grain::Mature, started, today + DAY_MS)?;
        let is_tested = rollout.test.is_some();
        evidence.champion = self.figures(champion, (&traffic, &outcomes), (today - 7 * DAY_MS, started, is_tested))?;
        evidence.challenger = self.figures(challenger, (&traffic, &outcomes), (today - 7 * DAY_MS, started, is_tested))?;
        evidence.pairs = pairs(&outcomes, challenger);
        let voices = self.windows(Grain::Voice, started, today + DAY_MS)?;
        evidence.feedback = Some(feedback(&voice(&voices, champion), &voice(&voices, challenger)));
        evidence.windows = traffic.iter().map(|figures| name("day", figures)).collect();
        evidence.windows.extend(outcomes.iter().map(|figures| name("mature", figures)));
        self.add_test(state, look, &mut evidence)?;
        evidence.planned = self.planned(rollout)?;
        evidence.suite = self.suite_found(challenger)?;
        evidence.service.capacity = self.capacity()?;
        evidence.service.instances = self.instances(now_ms)?;
        evidence.governance.days_logged = rollout.days_logged;
        evidence.governance.open_incidents = self.open_red(rollout.started_ms)?;
        evidence.governance.accepted_segments =
            rollout.accepted_segments.iter().map(|segment| segment.replacen('=', " ", 1)).collect();
        let recent = |windows: &[Figures], of: &dyn Fn(&Figures) -> u64| {
            let days =
                windows.iter().filter(|figures| figures.start_ms >= today - PACE_DAYS * DAY_MS && figures.start_ms < today);
            days.map(of).sum::<u64>() as f64 / PACE_DAYS as f64
        };
        let of_challenger = |figures: &Figures| figures.version == challenger && figures.role != "probe";
        evidence.pace.requests = recent(&traffic, &|f| if of_challenger(f) { f.window.counters.requests } else { 0 });
        evidence.pace.latencies = recent(&traffic, &|f| if f.version == challenger { f.window.latency.count() } else { 0 });
        evidence.pace.leads = recent(&traffic, &|f| if of_challenger(f) { f.window.counters.leads } else { 0 });
        evidence.pace.outcomes =
            recent(&outcomes, &|f| if f.version == challenger && f.role == PAIRED { labelled(&f.window) } else { 0 });
        evidence.pace.test_outcomes = evidence.pace.outcomes / 2.0;
        let (shards, silent) = (self.shards()?, Vec::new());
        evidence.shards = Shards { all: shards, silent };
        Ok(evidence)
    }

    /// Figures of `version` of the last days and since the start; of the test, if it began.
    fn figures(
        &mut self,
        version: &str,
        (traffic, outcomes): (&[Figures], &[Figures]),
        (recent_ms, started_ms, is_tested): (i64, i64, bool),
    ) -> Result<Gathered, SqlError> {
        let (layout, reference) = (self.layout(version)?, self.reference(version)?);
        let bare = Layout::default();
        let sum = |windows: &[Figures], layout: &Layout, keep: &dyn Fn(&Figures) -> bool| {
            let mut sum = Window::new(layout);
            let mut found = false;
            for figures in windows.iter().filter(|figures| figures.version == version && keep(figures)) {
                found |= sum.merge(&figures.window).is_ok();
            }
            found.then_some(sum)
        };
        let mut gathered = Gathered::new(version);
        if let Some(baseline) = &self.known(version)?.baseline {
            gathered = gathered.with_training(baseline);
        }
        let recent = sum(traffic, &layout, &|f| f.role != "probe" && f.start_ms >= recent_ms);
        if let Some(window) = &recent {
            gathered = gathered.with_recent(window);
        }
        if let Some(reference) = &reference {
            // Without a lead yet, there are too few of them, which is not the same as no baseline.
            gathered = gathered.with_features(&recent.unwrap_or_else(|| Window::new(&layout)), &layout, reference);
        }
        if let Some(window) = sum(traffic, &layout, &|f| f.role != "probe" && f.start_ms >= started_ms) {
            gathered = gathered.with_traffic_since_start(&window);
        }
        if let Some(window) = sum(traffic, &layout, &|f| f.role == "probe" && f.start_ms >= recent_ms) {
            gathered = gathered.with_probes(&window);
        }
        if let Some(window) = sum(outcomes, &bare, &|f| f.role == PAIRED) {
            gathered = gathered.with_outcomes(&window);
        }
        if is_tested && let Some(window) = sum(outcomes, &bare, &|f| f.role == TESTED) {
            gathered = gathered.with_test_outcomes(&window);
        }
        Ok(gathered)
    }

    /// The newest load test.
    fn capacity(&mut self) -> Result<Option<Capacity>, SqlError> {
        let rows = self.sql.query("SELECT build, at_ms, rps FROM capacity ORDER BY at_ms DESC LIMIT 1", &[])?;
        let capacity = |row: &Vec<crate::store::SqlValue>| {
            Some(Capacity { build: text(row, 0), at_ms: integer(row, 1), per_s: real(row, 2)? })
        };
        Ok(rows.first().and_then(capacity))
    }

    /// The instances that sent a heartbeat lately.
    fn instances(&mut self, now_ms: i64) -> Result<Vec<Instance>, SqlError> {
        let query = "SELECT id, memory_bytes, report FROM instances WHERE seen_ms > ?1 ORDER BY id";
        let rows = self.sql.query(query, &[Param::Integer(now_ms - HEARD_MS)])?;
        let instance = |row: &Vec<crate::store::SqlValue>| {
            let earlier =
                serde_json::from_str::<Value>(&text(row, 2)).ok().and_then(|report| report.get("memory_before")?.as_u64());
            let now = integer(row, 1).unsigned_abs();
            Instance { id: text(row, 0), memory_bytes: earlier.into_iter().chain([now]).filter(|bytes| *bytes > 0).collect() }
        };
        Ok(rows.iter().map(instance).collect())
    }

    /// Notes what an instance reports of itself.
    ///
    /// # Errors
    /// The store failed.
    pub fn heard(&mut self, now_ms: i64, heartbeat: &Heartbeat) -> Result<(), SqlError> {
        let known = self.sql.query("SELECT memory_bytes FROM instances WHERE id = ?1", &[Param::Text(&heartbeat.instance)])?;
        let before = known.first().map_or(0, |row| integer(row, 0).unsigned_abs());
        let report = json!({ "heartbeat": heartbeat, "memory_before": before }).to_string();
        let insert = "INSERT INTO instances (id, seen_ms, epoch, build, memory_bytes, report) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (id) DO UPDATE SET seen_ms = excluded.seen_ms, epoch = excluded.epoch, build = excluded.build,
                memory_bytes = excluded.memory_bytes, report = excluded.report";
        let count = |n: u64| Param::Integer(i64::try_from(n).unwrap_or(i64::MAX));
        let given = [
            Param::Text(&heartbeat.instance),
            Param::Integer(now_ms),
            count(heartbeat.epoch),
            Param::Text(&heartbeat.build),
            count(heartbeat.memory_bytes.unwrap_or(0)),
            Param::Text(&report),
        ];
        self.sql.execute(insert, &given)?;
        if heartbeat.killed { self.set_kept(&killed(now_ms.div_euclid(DAY_MS)), "1") } else { Ok(()) }
    }

    /// How many hosts reported lately, how many of them serve an older deployment, and whether the kill switch of one is on.
    pub(super) fn hosts(&mut self, now_ms: i64) -> Result<Complete, SqlError> {
        let newest = self.sql.query("SELECT coalesce(max(epoch), 0) FROM deployments", &[])?;
        let newest = newest.first().map_or(0, |row| integer(row, 0));
        let query = "SELECT epoch, report FROM instances WHERE seen_ms > ?1";
        let rows = self.sql.query(query, &[Param::Integer(now_ms - HOST_MS)])?;
        let is_killed = |row: &Vec<crate::store::SqlValue>| {
            let report = serde_json::from_str::<Value>(&text(row, 1)).unwrap_or_default();
            report.pointer("/heartbeat/killed") == Some(&Value::Bool(true))
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(Complete {
            hosts: count(rows.len()),
            hosts_behind: count(rows.iter().filter(|row| integer(row, 0) > 0 && integer(row, 0) < newest).count()),
            killed: rows.iter().any(is_killed),
            ..Complete::default()
        })
    }

    /// Red incidents since `from_ms` that are not closed.
    fn open_red(&mut self, from_ms: i64) -> Result<Vec<String>, SqlError> {
        let query =
            "SELECT id FROM incidents WHERE severity = 'red' AND closed_ms IS NULL AND opened_ms >= ?1 ORDER BY opened_ms";
        Ok(self.sql.query(query, &[Param::Integer(from_ms)])?.iter().map(|row| text(row, 0)).collect())
    }

    /// How many shards have sent windows.
    pub(super) fn shards(&mut self) -> Result<u32, SqlError> {
        let rows = self.sql.query("SELECT coalesce(max(shard) + 1, 0) FROM windows_in", &[])?;
        Ok(rows.first().map_or(0, |row| u32::try_from(integer(row, 0)).unwrap_or_default()))
    }
}

/// The calls of both versions on the leads that both scored.
fn pairs(outcomes: &[Figures], challenger: &str) -> Option<Pairs> {
    let mut business = Value::Null;
    for figures in outcomes.iter().filter(|figures| figures.version == challenger && figures.role == PAIRED) {
        add(&mut business, &figures.business);
    }
    let counts: [u64; 8] = serde_json::from_value(business.get("pairs")?.clone()).ok()?;
    let mut pairs = Pairs::default();
    for (place, leads) in counts.into_iter().enumerate() {
        pairs.add(place & 4 != 0, place & 2 != 0, place & 1 != 0, leads);
    }
    Some(pairs)
}

/// What sales said about `version`, added up.
pub(super) fn voice(voices: &[Figures], version: &str) -> Voice {
    let mut sum = Voice::default();
    for figures in voices.iter().filter(|figures| figures.version == version) {
        if let Ok(one) = serde_json::from_value::<Voice>(figures.business.clone()) {
            sum.merge(&one);
        }
    }
    sum
}

/// Under which key it is noted that a host was switched to the champion on `day`, in UTC days since 1970.
pub(super) fn killed(day: i64) -> String {
    format!("killed {day}")
}

/// What sales said about both versions, as gates read it.
fn feedback(champion: &Voice, challenger: &Voice) -> Feedback {
    let votes = |voice: &Voice| Votes { up: voice.up, down: voice.down };
    let mut ratings = Ratings::default();
    for (rating, count) in (1u32..).zip(challenger.ratings) {
        (0..count).for_each(|_| ratings.add(f64::from(rating)));
    }
    let few = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Feedback {
        odd_open: few(challenger.odd_open),
        odd_confirmed: few(challenger.odd_confirmed),
        challenger: votes(challenger),
        champion: votes(champion),
        ratings,
    }
}

fn labelled(window: &Window) -> u64 {
    window.scores.counts().iter().take(2).sum()
}

fn name(grain: &str, figures: &Figures) -> WindowName {
    WindowName {
        grain: grain.to_owned(),
        start_ms: figures.start_ms,
        version: figures.version.clone(),
        role: figures.role.clone(),
        rev: figures.shards.into(),
    }
}
