//! What time brings: windows are merged, days recorded, looks judged, messages written. Nothing here promotes a model.

use std::collections::BTreeSet;

use plumbline_core::report::{DayRow, Sums};
use plumbline_core::rollout::minute::{Watched, red};
use plumbline_core::rollout::{DAY_MS, Event, Family, LookEvent, Outcome, RedVerdict, State, Verdict, due, evaluate};
use plumbline_core::window::{HOUR_MS, Layout, Summary, Window};
use serde_json::Value;

use super::evidence::{killed, voice};
use super::windows::Days;
use super::{Control, Fault, integer, outbox};
use crate::log::{Grain, Voice};
use crate::store::{Param, Sql, SqlError};

/// A UTC day is recorded this long after its end, so that the shards' windows of its last minutes have arrived.
pub(super) const GRACE_MS: i64 = 10 * 60_000;
/// Tries of a look in one tick.
const LOOKS_AT_ONCE: u32 = 8;

impl<S: Sql> Control<S> {
    /// Takes up what was sent and what is due at `now_ms`. Returns whether a new deployment holds.
    ///
    /// # Errors
    /// The store failed; a tick that broke off is done again by the next.
    pub fn tick(&mut self, now_ms: i64) -> Result<bool, Fault> {
        self.settle_what_waits(now_ms)?;
        let today = ran(now_ms.div_euclid(DAY_MS));
        if self.kept(&today)?.is_none() {
            self.set_kept(&today, "1")?;
        }
        let Some(before) = self.state()? else { return Ok(false) };
        self.merge_windows()?;
        self.write_days()?;
        let newest_row_ms = self.newest_row_ms()?;
        self.apply(now_ms, &Event::Watch { newest_row_ms }, None)?;
        self.record_days(now_ms)?;
        let verdicts = self.judge_minutes(now_ms)?;
        self.judge_looks(now_ms)?;
        self.judge_day(now_ms)?;
        self.watch(now_ms, &verdicts)?;
        self.follow_serving(now_ms)?;
        self.clocks(now_ms)?;
        self.anchor_daily(now_ms)?;
        self.make_reviews(now_ms)?;
        Ok(self.state()?.is_some_and(|after| after.epoch != before.epoch))
    }

    /// Sends the head of the ledger to every channel once a day.
    fn anchor_daily(&mut self, now_ms: i64) -> Result<(), SqlError> {
        let today = now_ms.div_euclid(DAY_MS).to_string();
        if self.kept("anchored")?.as_ref() == Some(&today) {
            return Ok(());
        }
        let policy = &self.policy;
        self.sql.transaction(&mut |sql| outbox::anchor(sql, policy, now_ms))?;
        self.set_kept("anchored", &today)
    }

    /// When the newest row that was counted was made.
    pub(super) fn newest_row_ms(&mut self) -> Result<Option<i64>, SqlError> {
        // Probes are not leads: they go on where leads have stopped.
        let query = "SELECT start_ms FROM windows WHERE grain = 'hour' AND role <> 'probe' ORDER BY start_ms DESC LIMIT 1";
        let Some(hour) = self.sql.query(query, &[])?.first().map(|row| integer(row, 0)) else { return Ok(None) };
        let spans = self.windows(Grain::Hour, hour, hour + 1)?;
        let of_leads = spans.iter().filter(|figures| figures.role != "probe");
        Ok(of_leads.filter_map(|figures| figures.window.span_ms().map(|(_, last)| last)).max().or(Some(hour)))
    }

    /// Works out the figures of the days again whose windows changed.
    fn write_days(&mut self) -> Result<(), SqlError> {
        let days = self.days_to_write()?;
        if days.is_empty() {
            return Ok(());
        }
        for (day_ms, written) in &days {
            self.write_day(*day_ms, written)?;
        }
        self.set_days_to_write(&Days::new())
    }

    /// Works out the figures of the day that begins at `day_ms` again: those of each version and role in `written`.
    fn write_day(&mut self, day_ms: i64, written: &BTreeSet<(String, String)>) -> Result<(), SqlError> {
        let [traffic, outcomes, voices] = [
            self.windows(Grain::Day, day_ms, day_ms + 1)?,
            self.windows(Grain::Mature, day_ms, day_ms + 1)?,
            self.windows(Grain::Voice, day_ms, day_ms + 1)?,
        ];
        for (version, role) in written {
            let layout = self.layout(version)?;
            let reference = self.reference(version)?;
            let own = |figures: &&super::Figures| figures.version == *version && figures.role == *role;
            let (traffic, outcomes) = (traffic.iter().find(own), outcomes.iter().find(own));
            if traffic.is_none() && outcomes.is_none() {
                continue;
            }
            let sums = sums(outcomes.map_or(&Value::Null, |figures| &figures.business), &voice(&voices, version));
            let traffic = traffic.map(|figures| Summary::new(&figures.window, &layout, reference.as_ref(), day_ms));
            let outcomes = outcomes.map(|figures| Summary::new(&figures.window, &Layout::default(), None, day_ms));
            if let Some(traffic) = traffic.as_ref().filter(|_| reference.is_some() && role == "champion") {
                self.write_drift((day_ms, version), traffic)?;
            }
            let row = DayRow::new((day_ms, version, role), traffic.as_ref(), outcomes.as_ref(), sums);
            self.store_day(&row)?;
        }
        Ok(())
    }

    fn store_day(&mut self, row: &DayRow) -> Result<(), SqlError> {
        let insert = "INSERT INTO metric_days (date, version, role, auc, auc_low, auc_high, precision, recall, calibration_error, p50_ms,
                p99_ms, error_rate, throughput, coverage, drift, missing, conversion, deal_size, satisfaction, leads, matured)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
            ON CONFLICT (date, version, role) DO UPDATE SET auc = excluded.auc, auc_low = excluded.auc_low, auc_high = excluded.auc_high,
                precision = excluded.precision, recall = excluded.recall, calibration_error = excluded.calibration_error,
                p50_ms = excluded.p50_ms, p99_ms = excluded.p99_ms, error_rate = excluded.error_rate, throughput = excluded.throughput,
                coverage = excluded.coverage, drift = excluded.drift, missing = excluded.missing, conversion = excluded.conversion,
                deal_size = excluded.deal_size, satisfaction = excluded.satisfaction, leads = excluded.leads, matured = excluded.matured";
        let date = plumbline_core::report::day_text(row.day_ms);
        let real = |x: Option<f64>| x.filter(|x| x.is_finite()).map_or(Param::Null, Param::Real);
        let given = [
            Param::Text(&date),
            Param::Text(&row.version),
            Param::Text(&row.role),
            real(row.auc),
            real(row.auc_interval.map(|ends| ends.0)),
            real(row.auc_interval.map(|ends| ends.1)),
            real(row.precision),
            real(row.recall),
            real(row.calibration_error),
            real(row.p50_ms),
            real(row.p99_ms),
            real(row.error_rate),
            real(row.throughput),
            real(row.coverage),
            real(row.drift),
            real(row.missing),
            real(row.conversion),
            real(row.deal_size),
            real(row.satisfaction),
            Param::Integer(i64::try_from(row.leads).unwrap_or(i64::MAX)),
            Param::Integer(i64::try_from(row.matured).unwrap_or(i64::MAX)),
        ];
        self.sql.execute(insert, &given).map(drop)
    }

    /// The training data of `version` as a window of its layout; none without a baseline in the bundle.
    pub(super) fn reference(&mut self, version: &str) -> Result<Option<Window>, SqlError> {
        if let Some(known) = self.layouts.references.get(version) {
            return Ok(known.clone());
        }
        let digest = self.model(version)?.map(|model| model.digest).unwrap_or_default();
        let bundle = self.bundle(&digest)?.and_then(|bytes| plumbline_core::Bundle::read(&bytes).ok());
        let reference = bundle.and_then(|bundle| bundle.reference.as_ref().map(Window::of));
        self.layouts.references.insert(version.to_owned(), reference.clone());
        Ok(reference)
    }

    /// Records the UTC days that are over.
    fn record_days(&mut self, now_ms: i64) -> Result<(), Fault> {
        loop {
            let state = self.running()?;
            let Some(rollout) = &state.rollout else { return Ok(()) };
            let first = rollout.entered_ms.div_euclid(DAY_MS);
            let day = rollout.last_day.map_or(first, |last| last + 1);
            if (day + 1) * DAY_MS + GRACE_MS > now_ms {
                return Ok(());
            }
            let windows = self.windows(Grain::Day, day * DAY_MS, day * DAY_MS + 1)?;
            let came = |of: &dyn Fn(&super::Figures) -> bool, figure: &dyn Fn(&Window) -> u64| {
                windows.iter().filter(|figures| of(figures)).map(|figures| figure(&figures.window)).sum::<u64>()
            };
            let answered = |figures: &super::Figures| matches!(figures.role.as_str(), "champion" | "challenger");
            let tried = |figures: &super::Figures| figures.version == rollout.challenger && figures.role != "probe";
            let leads = came(&answered, &|window| window.counters.leads);
            let scored = came(&tried, &|window| window.counters.scored);
            let killed = self.kept(&killed(day))?.is_some();
            // A quiet day counts; one on which the service stood still does not.
            let absent = leads == 0 && self.kept(&ran(day))?.is_none();
            match self.apply(now_ms, &Event::Day { day, leads, scored, killed, absent }, None) {
                Ok(stepped) if stepped.state != state => {}
                Ok(_) | Err(Fault::Problem(_)) => return Ok(()),
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Judges the last minutes by the rules that roll back at once; their verdicts.
    fn judge_minutes(&mut self, now_ms: i64) -> Result<Vec<RedVerdict>, Fault> {
        let minutes = self.minutes(now_ms)?;
        let state = self.running()?;
        let firing = self.firing(&state.champion)?;
        let of = |version: &str| minutes.get(version).map(Vec::as_slice).unwrap_or_default();
        let champion = Watched { version: &state.champion, minutes: of(&state.champion), firing };
        let challenger = match state.challenger() {
            Some(version) => Some(Watched { version, minutes: of(version), firing: self.firing(version)? }),
            None => None,
        };
        let verdicts = red(&self.policy, challenger, champion, now_ms);
        if verdicts.iter().any(|verdict| verdict.is_red) {
            let evidence = serde_json::to_string(&minutes).unwrap_or_default();
            let evidence_sha256 = self.keep(now_ms, "minutes", &evidence)?;
            match self.apply(now_ms, &Event::Red { verdicts: verdicts.clone(), evidence_sha256 }, None) {
                Ok(_) | Err(Fault::Problem(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(verdicts)
    }

    /// Judges the looks that are due.
    fn judge_looks(&mut self, now_ms: i64) -> Result<(), Fault> {
        for _ in 0..LOOKS_AT_ONCE {
            let state = self.running()?;
            let Some(look) = due(&self.policy, &state, now_ms) else { return Ok(()) };
            let evidence = self.evidence(now_ms, &state, look.number)?;
            let frozen = serde_json::to_string(&evidence).unwrap_or_default();
            let evidence_sha256 = self.keep(now_ms, "evidence", &frozen)?;
            let mut verdicts = evaluate::evaluate(&self.policy, look.stage, &evidence, now_ms);
            verdicts.iter_mut().for_each(|verdict| verdict.evidence_sha256.clone_from(&evidence_sha256));
            self.show(&verdicts)?;
            let event = Event::Look(LookEvent {
                rollout: look.rollout,
                stage: look.stage,
                run: look.run,
                number: look.number,
                worse_segments: evaluate::worse_segments(&evidence),
                is_last: evidence.test.as_ref().is_some_and(|test| test.is_last()),
                summary: evaluate::summary(&self.policy, &evidence),
                verdicts,
                evidence_sha256,
            });
            // A look that could not be judged is tried again by the next tick.
            let tries = |state: &State| state.rollout.as_ref().map_or(0, |rollout| rollout.look_errors);
            match self.apply(now_ms, &event, None) {
                Ok(stepped) if stepped.state != state && tries(&stepped.state) <= tries(&state) => {}
                Ok(_) | Err(Fault::Problem(_)) => return Ok(()),
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// The gates as they stand, shown as provisional: each hour, and after each change of the rollout. Once a day, those that fail by a
    /// bound which holds on any day are acted on.
    fn judge_day(&mut self, now_ms: i64) -> Result<(), Fault> {
        let state = self.running()?;
        let Some(rollout) = &state.rollout else { return Ok(()) };
        let today = format!("{} {}", rollout.id, now_ms.div_euclid(DAY_MS));
        let is_judged = self.kept("judged")?.is_some_and(|judged| judged == today);
        let hour = format!("{today} {} v{}", now_ms.div_euclid(HOUR_MS), state.version);
        if is_judged && self.kept("judged hour")?.is_some_and(|judged| judged == hour) {
            return Ok(());
        }
        self.set_kept("judged", &today)?;
        self.set_kept("judged hour", &hour)?;
        let evidence = self.evidence(now_ms, &state, 0)?;
        let verdicts = evaluate::daily(&self.policy, rollout.stage, &evidence, now_ms);
        self.show(&verdicts)?;
        if is_judged {
            return Ok(());
        }
        // Days and incidents count as they are now, also after the last look of a stage.
        let is_news = |verdict: &Verdict| {
            let at_look = rollout.look.as_ref().and_then(|look| look.outcomes.get(&verdict.gate));
            verdict.gate.family() == Family::Gov && at_look.is_some_and(|outcome| *outcome != verdict.outcome)
        };
        if verdicts.iter().any(|verdict| verdict.outcome == Outcome::Fail || is_news(verdict)) {
            let frozen = serde_json::to_string(&evidence).unwrap_or_default();
            let evidence_sha256 = self.keep(now_ms, "evidence", &frozen)?;
            let event = Event::Daily { rollout: rollout.id.clone(), stage: rollout.stage, verdicts, evidence_sha256 };
            match self.apply(now_ms, &event, None) {
                Ok(_) | Err(Fault::Problem(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Keeps `verdicts` for the report.
    fn show(&mut self, verdicts: &[Verdict]) -> Result<(), SqlError> {
        let text = serde_json::to_string(verdicts).unwrap_or_default();
        self.set_kept("verdicts", &text)
    }

    /// The gates' newest verdicts; empty before the first.
    pub(super) fn shown(&mut self) -> Result<Vec<Verdict>, SqlError> {
        Ok(self.kept("verdicts")?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }
}

/// Under which key it is noted that the service ran on `day`, in UTC days since 1970.
fn ran(day: i64) -> String {
    format!("ran {day}")
}

/// The sums of business of outcome windows, and of what sales said.
pub(super) fn sums(business: &Value, said: &Voice) -> Sums {
    let number = |name: &str| business.get(name).and_then(Value::as_f64).unwrap_or_default();
    let rated = (1u32..).zip(said.ratings);
    Sums {
        deals: number("deals") as u64,
        deal_value: number("deal_sum"),
        ratings: said.ratings.iter().sum(),
        rating_sum: rated.map(|(rating, count)| f64::from(rating) * count as f64).sum(),
    }
}
