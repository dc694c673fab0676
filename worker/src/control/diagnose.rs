//! The facts of the diagnosis, put together from merged windows, notes and what the shards were asked.

use plumbline_core::diagnose::{Counts, Diagnosis, Facts, Field, FieldHour, Hour, Mix, Note, Seen, diagnose};
use plumbline_core::rollout::evidence::FeatureFigures;
use plumbline_core::rollout::{DAY_MS, State};
use plumbline_core::window::{HOUR_MS, Layout, Window};
use serde_json::Value;

use super::windows::{Figures, add};
use super::{Control, Fault, integer, text};
use crate::log::{Answered, Business, Grain, Inquiry, Question, Voice};
use crate::store::{Param, Sql, SqlError};

/// Days that are looked at by the hour.
const HOURS: i64 = 8 * 24;
/// Days before the last seven, with which those are compared.
const BEFORE: i64 = 28;
/// Values with which the time before is a comparison of its own; with fewer the training data is.
const ENOUGH: u64 = 500;
const NOTES: i64 = 50;
/// Where the newest diagnosis is kept.
const KEPT: &str = "diagnosis";
const INQUIRY: &str = "inquiry";

impl<S: Sql> Control<S> {
    /// The troubleshooting guide, run on what is known at `now_ms`.
    ///
    /// # Errors
    /// No model is registered yet, or the store failed.
    pub fn diagnosis(&mut self, now_ms: i64) -> Result<Diagnosis, Fault> {
        self.merge_windows()?;
        let state = self.running()?;
        let facts = self.facts(now_ms, &state)?;
        let found = diagnose(&self.policy, &facts);
        self.set_kept(KEPT, &serde_json::to_string(&found).unwrap_or_default())?;
        Ok(found)
    }

    /// The diagnosis of the hour of `now_ms`, for the report: made once.
    pub(super) fn hourly_diagnosis(&mut self, now_ms: i64) -> Result<Diagnosis, Fault> {
        let made: Option<Diagnosis> = self.kept(KEPT)?.and_then(|text| serde_json::from_str(&text).ok());
        match made.filter(|made| made.at_ms.div_euclid(HOUR_MS) == now_ms.div_euclid(HOUR_MS)) {
            Some(made) => Ok(made),
            None => self.diagnosis(now_ms),
        }
    }

    /// The questions for the shards that windows cannot answer.
    ///
    /// # Errors
    /// No model is registered yet, or the store failed.
    pub(super) fn question(&mut self, now_ms: i64) -> Result<Question, Fault> {
        self.merge_windows()?;
        let state = self.running()?;
        let hot = self.known(&state.champion)?.hot;
        let segments = self.policy.experiment.segments.fields.clone();
        let facts = self.facts(now_ms, &state)?;
        // Only fields that may have become more often missing are worth a look at each lead.
        let day_ms = now_ms - DAY_MS;
        let rose = |field: &&Field| {
            let mut day = Counts::default();
            field.hours.iter().filter(|hour| hour.start_ms >= day_ms).for_each(|hour| day.add(&hour.counts));
            let part = |counts: &Counts| counts.missing as f64 / counts.values.max(1) as f64;
            part(&day).max(part(&field.week)) > part(&field.before) + 0.5 * self.policy.gates.data.max_missing
        };
        let fields = facts.fields.iter().filter(rose).map(|field| field.name.clone()).collect();
        Ok(Question { at_ms: now_ms, fields, segments, version: state.champion, hot })
    }

    /// Keeps what the shards answered, added up: for this diagnosis, and those that the report makes until the next.
    pub(super) fn inquired(&mut self, inquiry: &Inquiry) -> Result<(), SqlError> {
        self.set_kept(INQUIRY, &serde_json::to_string(inquiry).unwrap_or_default())
    }

    /// What is recorded, for [`diagnose`].
    fn facts(&mut self, now_ms: i64, state: &State) -> Result<Facts, SqlError> {
        let version = state.champion.clone();
        let (layout, reference) = (self.layout(&version)?, self.reference(&version)?);
        let known = self.known(&version)?;
        let today = now_ms.div_euclid(DAY_MS) * DAY_MS;
        let hour = now_ms.div_euclid(HOUR_MS) * HOUR_MS;
        let hours = self.windows(Grain::Hour, hour - (HOURS - 1) * HOUR_MS, hour + HOUR_MS)?;
        let traffic = self.windows(Grain::Day, today - (6 + BEFORE) * DAY_MS, today + DAY_MS)?;
        let outcomes = self.windows(Grain::Mature, today - (6 + BEFORE) * DAY_MS, today + DAY_MS)?;
        let voices = self.windows(Grain::Voice, today - 6 * DAY_MS, today + DAY_MS)?;
        let week = today - 6 * DAY_MS;
        let mut facts =
            Facts { at_ms: now_ms, version: version.clone(), newest_row_ms: self.newest_row_ms()?, ..Facts::default() };
        facts.hours = by_hour(&hours);
        let own = |figures: &&Figures| figures.version == version && is_own(&figures.role);
        let sum = |layout: &Layout, figures: &[Figures], from_ms: i64, until_ms: i64| {
            let (mut sum, mut business) = (Window::new(layout), Value::Null);
            for one in figures.iter().filter(own).filter(|one| one.start_ms >= from_ms && one.start_ms < until_ms) {
                if sum.merge(&one.window).is_ok() {
                    add(&mut business, &one.business);
                }
            }
            (sum, business)
        };
        let bare = Layout::default();
        let (matured_week, business_week) = sum(&bare, &outcomes, week, i64::MAX);
        let (_, business_before) = sum(&bare, &outcomes, i64::MIN, week);
        facts.performance.week = matured_week.scores.clone();
        let (month, _) = sum(&bare, &outcomes, today - 27 * DAY_MS, i64::MAX);
        facts.performance.month = month.scores;
        let [now, before] =
            [business_week, business_before].map(|business| serde_json::from_value::<Business>(business).unwrap_or_default());
        facts.cycle_days = [&now, &before].map(|sums| (sums.cycles > 0).then(|| sums.cycle_days / sums.cycles as f64));
        facts.segments = mixes(&now, &before);
        let (recent, _) = sum(&layout, &traffic, week, i64::MAX);
        let (earlier, _) = sum(&layout, &traffic, i64::MIN, week);
        facts.scores = recent.scores.clone();
        if let Some(reference) = &reference {
            facts.fields = fields(&layout, (reference, &earlier, &recent), &hours.iter().filter(own).collect::<Vec<_>>());
            for field in &mut facts.fields {
                field.importance = known.share(&field.name);
            }
        }
        facts.training = known.training.clone();
        facts.seen = seen(&traffic, &voices, week);
        facts.notes = self.notes_of_changes()?;
        for version in state.loaded() {
            facts.served.extend(self.known(version)?.served.clone());
        }
        if let Some(inquiry) = self.kept(INQUIRY)?.and_then(|text| serde_json::from_str::<Inquiry>(&text).ok()) {
            (facts.sources, facts.worked) = (inquiry.sources, inquiry.worked);
        }
        Ok(facts)
    }

    /// The newest notes, the oldest first.
    fn notes_of_changes(&mut self) -> Result<Vec<Note>, SqlError> {
        let query = "SELECT at_ms, kind, text FROM notes ORDER BY at_ms DESC, id DESC LIMIT ?1";
        let rows = self.sql.query(query, &[Param::Integer(NOTES)])?;
        let note = |row: &Vec<crate::store::SqlValue>| Note { at_ms: integer(row, 0), kind: text(row, 1), text: text(row, 2) };
        Ok(rows.iter().rev().map(note).collect())
    }
}

/// Whether a window of `role` counts each lead of its version once.
fn is_own(role: &str) -> bool {
    matches!(role, "champion" | "challenger" | "shadow")
}

/// Whether a window of `role` is of leads that were answered by it.
fn is_answer(role: &str) -> bool {
    matches!(role, "champion" | "challenger")
}

fn by_hour(windows: &[Figures]) -> Vec<Hour> {
    let mut hours: Vec<Hour> = Vec::new();
    for figures in windows.iter().filter(|figures| is_answer(&figures.role)) {
        if hours.last().is_none_or(|hour| hour.start_ms != figures.start_ms) {
            hours.push(Hour { start_ms: figures.start_ms, ..Hour::default() });
        }
        let Some(hour) = hours.last_mut() else { continue };
        let counters = &figures.window.counters;
        hour.leads += counters.leads;
        hour.scored += counters.scored;
        hour.failed += counters.failed;
        hour.latency.merge(&figures.window.latency);
        *hour.versions.entry(figures.version.clone()).or_default() += counters.leads;
        let answered: Answered = serde_json::from_value(figures.business.clone()).unwrap_or_default();
        hour.calls += answered.calls;
        for (code, n) in answered.codes {
            *hour.codes.entry(code).or_default() += n;
        }
    }
    hours
}

/// The fields of `layout`: in training, in the weeks before, in the last seven days, and by the hour.
fn fields(layout: &Layout, (reference, before, week): (&Window, &Window, &Window), hours: &[&Figures]) -> Vec<Field> {
    let places = layout.features().iter().zip(reference.features()).zip(before.features().iter().zip(week.features()));
    let mut fields: Vec<Field> = places
        .map(|((layout, trained), (before, week))| {
            let figures = FeatureFigures::new(layout, trained, week);
            let earlier = Counts::from(before);
            Field {
                name: layout.name().to_owned(),
                importance: 0.0,
                distance: figures.distance.map(|distance| distance.at_least),
                p_value: figures.distance.and_then(|distance| distance.p_value),
                week: Counts::from(week),
                before: if earlier.values >= ENOUGH { earlier } else { Counts::from(trained) },
                hours: Vec::new(),
            }
        })
        .collect();
    for figures in hours {
        for (field, feature) in fields.iter_mut().zip(figures.window.features()) {
            let counts = Counts::from(feature);
            match field.hours.last_mut().filter(|hour| hour.start_ms == figures.start_ms) {
                Some(hour) => hour.counts.add(&counts),
                None => field.hours.push(FieldHour { start_ms: figures.start_ms, counts }),
            }
        }
    }
    fields
}

fn mixes(week: &Business, before: &Business) -> Vec<Mix> {
    let mut mixes = Vec::new();
    let fields: std::collections::BTreeSet<&String> = week.segments.keys().chain(before.segments.keys()).collect();
    for field in fields {
        let of = |business: &Business| business.segments.get(field).cloned().unwrap_or_default();
        let (now, then) = (of(week), of(before));
        let values: std::collections::BTreeSet<&String> = now.keys().chain(then.keys()).collect();
        mixes.extend(values.into_iter().map(|value| Mix {
            field: field.clone(),
            value: value.clone(),
            week: now.get(value).copied().unwrap_or_default(),
            before: then.get(value).copied().unwrap_or_default(),
        }));
    }
    mixes
}

/// What pages showed, by day.
fn seen(traffic: &[Figures], voices: &[Figures], from_ms: i64) -> Vec<Seen> {
    let mut days: std::collections::BTreeMap<i64, Seen> = std::collections::BTreeMap::new();
    for figures in traffic.iter().filter(|figures| figures.start_ms >= from_ms && is_answer(&figures.role)) {
        let day = days.entry(figures.start_ms).or_insert(Seen { day_ms: figures.start_ms, ..Seen::default() });
        day.scored += figures.window.counters.scored;
    }
    for figures in voices.iter().filter(|figures| figures.start_ms >= from_ms) {
        let voice: Voice = serde_json::from_value(figures.business.clone()).unwrap_or_default();
        let day = days.entry(figures.start_ms).or_insert(Seen { day_ms: figures.start_ms, ..Seen::default() });
        day.exposures += voice.exposures;
        day.waits += voice.waits;
        day.wait_ms += voice.wait_ms;
    }
    days.into_values().collect()
}
