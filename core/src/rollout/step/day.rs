//! A UTC day is over: it counts, or it does not, and then a message says why.

use super::Step;
use crate::rollout::clock::DAY_MS;
use crate::rollout::verdict::Severity;
use crate::rollout::{Audience, TransitionError, day_of, phrase};
use crate::sentence::Sentence;

impl Step<'_> {
    pub(super) fn day(
        &mut self,
        (day, leads, scored): (i64, u64, u64),
        killed: bool,
        absent: bool,
    ) -> Result<(), TransitionError> {
        let (now, least) = (self.now, self.policy.gates.data.min_coverage);
        let date = phrase::day(day.saturating_mul(DAY_MS), now);
        if now < day.saturating_add(1).saturating_mul(DAY_MS) {
            return Err(TransitionError::NotDue(format!("{date} is not over yet.")));
        }
        let Some(rollout) = &mut self.state.rollout else { return Ok(()) };
        if day < day_of(rollout.entered_ms) || rollout.last_day.is_some_and(|last| day <= last) {
            return Ok(());
        }
        let is_suspended = rollout.suspended.as_ref().is_some_and(|suspension| day >= day_of(suspension.since_ms))
            || rollout.suspended_days.is_some_and(|(first, last)| (first..=last).contains(&day));
        let why = if is_suspended {
            Some("the rollout was suspended".to_owned())
        } else if absent {
            Some("the service did not run".to_owned())
        } else if killed {
            Some("a host was switched off".to_owned())
        } else if (scored as f64) < least * leads as f64 {
            let leads = crate::experiment::words::count(leads);
            Some(format!(
                "the challenger scored {scored} of {leads} leads, and {} are needed",
                crate::experiment::words::percent(least)
            ))
        } else {
            None
        };
        rollout.last_day = Some(day);
        match why {
            None => rollout.days_logged += 1,
            Some(why) => {
                rollout.days_missed += 1;
                let text = format!("{date} does not count as a day of {}: {why}.", rollout.stage.title().to_lowercase());
                let sentence =
                    Sentence::new("DAY_MISSED", text).with("day_ms", day * DAY_MS).with("leads", leads).with("scored", scored);
                self.message(Severity::Info, Audience::Channels, sentence);
            }
        }
        Ok(())
    }
}
