//! Which look is due.

use serde::{Deserialize, Serialize};

use super::clock::DAY_MS;
use super::{Policy, Stage, State};

/// A look that is due. Its name is unique in a rollout and stage, so that it is stored once however often it is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DueLook"))]
pub struct Look {
    /// The rollout.
    pub rollout: String,
    /// The stage.
    pub stage: Stage,
    /// The run of the test; 1 in other stages.
    pub run: u32,
    /// The number in it; of the test, the week that is judged.
    pub number: u32,
    /// Whether no look of the test follows.
    pub is_last: bool,
}

impl Look {
    /// The look's name: its number, and from the second run of a test on that of the run before it.
    pub fn name(&self) -> String {
        if self.run > 1 { format!("{}.{}", self.run, self.number) } else { self.number.to_string() }
    }
}

/// The look that is due at `now_ms`, if one is.
///
/// Shadow and canary: the first once the least days are logged, the next each `extend_days` logged days. A/B test: look j once 7·j
/// days of new leads have matured, suspended time left out; of several that were missed only the latest. Full: once it was watched
/// long enough, then each day until it is complete. While a jump of the clock is not confirmed, none.
pub fn due(policy: &Policy, state: &State, now_ms: i64) -> Option<Look> {
    let rollout = state.rollout.as_ref().filter(|_| state.jump.is_none())?;
    let least = rollout.least_days(policy);
    let look = |number, is_last| Look {
        rollout: rollout.id.clone(),
        stage: rollout.stage,
        run: rollout.test.as_ref().map_or(1, |test| test.run),
        number,
        is_last,
    };
    let next = |days: u32| {
        let from = rollout.look.as_ref().map_or(least, |last| last.days_logged.saturating_add(days));
        let is_due = rollout.days_logged >= if rollout.is_look_forced { least } else { from };
        is_due.then(|| look(rollout.looks + 1, false))
    };
    match rollout.stage {
        Stage::Idle => None,
        Stage::Shadow => next(policy.stage.shadow.extend_days.max(1)),
        Stage::Canary => next(policy.stage.canary.extend_days.max(1)),
        Stage::Full => next(1),
        Stage::AbTest => {
            let test = rollout.test.as_ref().filter(|test| !test.is_final && rollout.suspended.is_none())?;
            let matured = state.time(now_ms) - test.from_ms - test.paused_ms - i64::from(policy.outcome.mature_days) * DAY_MS;
            let week = u32::try_from(matured.div_euclid(7 * DAY_MS)).unwrap_or(0).min(test.plan.weeks);
            (week > rollout.looks).then(|| look(week, week == test.plan.weeks))
        }
    }
}

/// The earliest time at which the next look of the rollout can be due, if every day until then counts. None without a rollout, and
/// where no look follows.
pub fn next_look_ms(policy: &Policy, state: &State, now_ms: i64) -> Option<i64> {
    let rollout = state.rollout.as_ref()?;
    let now = state.time(now_ms);
    if due(policy, state, now_ms).is_some() {
        return Some(now);
    }
    if let (Stage::AbTest, Some(test)) = (rollout.stage, &rollout.test) {
        let is_left = !test.is_final && rollout.looks < test.plan.weeks;
        return rollout.test_look_ms(policy, rollout.looks + 1, now).filter(|_| is_left);
    }
    let least = rollout.least_days(policy);
    let step = match rollout.stage {
        Stage::Shadow => policy.stage.shadow.extend_days.max(1),
        Stage::Canary => policy.stage.canary.extend_days.max(1),
        _ => 1,
    };
    let needed = match &rollout.look {
        Some(last) if !rollout.is_look_forced => last.days_logged.saturating_add(step),
        _ => least,
    };
    Some(rollout.days_done_ms(needed, now))
}

impl super::Rollout {
    /// When the leads of the test's first `weeks` weeks have matured, if it is not suspended from now on.
    pub(super) fn test_look_ms(&self, policy: &Policy, weeks: u32, now_ms: i64) -> Option<i64> {
        let test = self.test.as_ref()?;
        let paused = test.paused_ms + self.suspended.as_ref().map_or(0, |suspension| now_ms - suspension.since_ms);
        let days = i64::from(weeks) * 7 + i64::from(policy.outcome.mature_days);
        Some((test.from_ms + paused + days * DAY_MS).max(now_ms))
    }

    /// When `days` days are logged, if every day from now on counts: the midnight after the last of them.
    pub fn days_done_ms(&self, days: u32, now_ms: i64) -> i64 {
        let missing = i64::from(days.saturating_sub(self.days_logged));
        if missing == 0 {
            return now_ms;
        }
        let today = super::day_of(now_ms);
        let first = self.last_day.map_or(super::day_of(self.entered_ms), |last| last + 1);
        // A day that is suspended at all does not count.
        let first = if self.suspended.is_some() { first.max(today + 1) } else { first };
        ((first + missing) * DAY_MS).max(now_ms)
    }
}
