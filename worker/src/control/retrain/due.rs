//! When a retraining is due: by the schedule, or because something happened that cannot wait for it (T1, T3).

use plumbline_core::alert::{Phase, Rule};
use plumbline_core::retrain::Schedule;
use plumbline_core::rollout::DAY_MS;
use plumbline_core::rollout::policy::LeadStore;

use super::run::Trigger;
use crate::control::evidence::voice;
use crate::control::{Control, Fault, integer, text};
use crate::log::Grain;
use crate::store::{Param, Sql, SqlError};

/// Where the schedule's next moment is kept, with the schedule it is of.
const NEXT: &str = "retrain next";
/// It is looked once in so long whether a run is due.
const LOOK_MS: i64 = 60_000;
/// A note of so many days ago still explains a drift.
const NOTED_DAYS: i64 = 14;

impl<S: Sql> Control<S> {
    /// Adds the run that is due at `now_ms`, if one is and none is under way. To be called as often as a tick.
    ///
    /// # Errors
    /// The store failed.
    pub fn queue_retraining(&mut self, now_ms: i64) -> Result<(), Fault> {
        let minute = now_ms.div_euclid(LOOK_MS);
        if self.retraining.looked == minute || self.policy.leads.store == LeadStore::None {
            return Ok(());
        }
        self.retraining.looked = minute;
        let Some(state) = self.state()? else { return Ok(()) };
        self.give_up_elsewhere(now_ms)?;
        let next = match self.kept_date()? {
            Some(due_ms) => Some(due_ms),
            None => self.plan_next(now_ms)?,
        };
        if self.retraining_under_way()?.is_some() {
            return Ok(());
        }
        // A date that was missed is made up once, late.
        if let Some(due_ms) = next.filter(|due_ms| *due_ms <= now_ms) {
            if self.insert_run(due_ms, Trigger::Schedule, "plumbline")?.is_some() {
                self.plan_next(now_ms)?;
            }
            return Ok(());
        }
        if let Some(trigger) = self.emergency(now_ms, &state.champion)? {
            self.insert_run(now_ms, trigger, "plumbline")?;
        }
        Ok(())
    }

    /// When the schedule is due next, which may be in the past; none without a schedule.
    pub(in crate::control) fn next_retraining(&mut self, now_ms: i64) -> Result<Option<i64>, SqlError> {
        match self.kept_date()? {
            Some(due_ms) => Ok(Some(due_ms)),
            // Not kept: who only asks plans nothing, so that a history that is played leaves no date behind.
            None => Ok(Schedule::read(&self.policy.retrain.when.schedule).ok().and_then(|schedule| schedule.next(now_ms))),
        }
    }

    /// The date that is kept, if it is of the schedule in force.
    fn kept_date(&mut self) -> Result<Option<i64>, SqlError> {
        let kept = self.kept(NEXT)?;
        let schedule = &self.policy.retrain.when.schedule;
        let known = kept.as_deref().and_then(|kept| kept.split_once('|')).filter(|(_, of)| of == schedule);
        Ok(known.and_then(|(due_ms, _)| due_ms.parse().ok()))
    }

    fn plan_next(&mut self, now_ms: i64) -> Result<Option<i64>, SqlError> {
        let schedule = self.policy.retrain.when.schedule.clone();
        let next = Schedule::read(&schedule).ok().and_then(|schedule| schedule.next(now_ms));
        if let Some(due_ms) = next {
            self.set_kept(NEXT, &format!("{due_ms}|{schedule}"))?;
        }
        Ok(next)
    }

    /// What cannot wait for the schedule; none where there is nothing, or too little time has passed since the last such run.
    fn emergency(&mut self, now_ms: i64, champion: &str) -> Result<Option<Trigger>, Fault> {
        let when = self.policy.retrain.when.clone();
        let rows = self.sql.query("SELECT trigger, due_ms FROM retraining_runs ORDER BY due_ms DESC LIMIT 50", &[])?;
        let runs: Vec<(String, i64)> = rows.iter().map(|row| (text(row, 0), integer(row, 1))).collect();
        let is_emergency = |name: &str| [Trigger::Auc, Trigger::Drift, Trigger::Unhelpful].iter().any(|of| of.name() == name);
        if runs.iter().any(|(name, due_ms)| is_emergency(name) && now_ms - due_ms < when.cooldown.0) {
            return Ok(None);
        }
        // What fires is answered once: by the first run after it.
        let newest = runs.iter().map(|(_, due_ms)| *due_ms).max().unwrap_or(i64::MIN);
        let firing = self.active()?.into_iter().filter(|alert| alert.state == Phase::Firing);
        let firing: Vec<_> = firing.filter(|alert| alert.fired_ms.is_some_and(|fired_ms| fired_ms > newest)).collect();
        if firing.iter().any(|alert| alert.rule == Rule::Auc && alert.subject == champion) {
            return Ok(Some(Trigger::Auc));
        }
        if when.drifted_features > 0 {
            let notes = "SELECT text, about FROM notes WHERE at_ms >= ?1";
            let rows = self.sql.query(notes, &[Param::Integer(now_ms - NOTED_DAYS * DAY_MS)])?;
            let noted: Vec<String> = rows.iter().map(|row| format!("{} {}", text(row, 0), text(row, 1))).collect();
            // A change that someone announced is expected.
            let is_expected = |field: &str| noted.iter().any(|note| note.contains(field));
            let drifted = firing.iter().filter(|alert| alert.rule == Rule::Drift && !is_expected(&alert.subject)).count();
            if drifted > when.drifted_features as usize {
                return Ok(Some(Trigger::Drift));
            }
        }
        let today = now_ms.div_euclid(DAY_MS) * DAY_MS;
        let from = today - (i64::from(when.unhelpful_days) - 1) * DAY_MS;
        let said = voice(&self.windows(Grain::Voice, from, today + DAY_MS)?, champion);
        // Votes are thumbs, and reports that a score does not help.
        let (against, votes) = (said.down + said.unhelpful, said.up + said.down + said.unhelpful);
        let is_enough = votes >= u64::from(when.unhelpful_votes) && votes > 0;
        let is_unhelpful = is_enough && against as f64 >= when.unhelpful_share * votes as f64;
        let is_answered = newest >= from;
        Ok((is_unhelpful && !is_answered).then_some(Trigger::Unhelpful))
    }
}
