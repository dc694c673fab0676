//! What time alone does: holds and approvals lapse, waits are escalated, and the champion before is unloaded.

use super::Step;
use crate::rollout::clock::{DAY_MS, Jump};
use crate::rollout::verdict::Severity;
use crate::rollout::{Audience, words};
use crate::sentence::Sentence;

impl Step<'_> {
    /// `newest_row_ms` confirms the clock after a jump; `given_ms` is the time as the host gave it.
    pub(super) fn watch(&mut self, newest_row_ms: Option<i64>, given_ms: i64) {
        if let (Some(jump), Some(newest)) = (self.state.jump, newest_row_ms) {
            let has_caught_up = Jump::between(self.state.clock_ms, given_ms).is_none();
            if has_caught_up && jump.is_confirmed_by(newest) {
                self.state.jump = None;
            }
        }
        self.lapse();
        self.escalate();
        let days = i64::from(self.policy.stage.full.auto_rollback_days);
        if let Some(previous) = self.state.previous.as_mut().filter(|previous| previous.is_loaded)
            && self.now >= previous.since_ms + days * DAY_MS
        {
            previous.is_loaded = false;
            self.deploy();
        }
    }

    fn lapse(&mut self) {
        let (now, days) = (self.now, self.policy.gates.rules.approval_days);
        let Some(rollout) = &mut self.state.rollout else { return };
        rollout.holds.retain(|hold| hold.until_ms.is_none_or(|until| now < until));
        let is_valid = |at_ms: i64| now < at_ms + i64::from(days) * DAY_MS;
        let lapsed: Vec<String> =
            rollout.approvals.iter().filter(|one| !is_valid(one.at_ms)).map(|one| one.name.clone()).collect();
        if lapsed.is_empty() {
            return;
        }
        rollout.approvals.retain(|one| is_valid(one.at_ms));
        let text =
            format!("The approval of {} is more than {} old and no longer counts.", words::list(&lapsed), words::days(days));
        self.message(Severity::Info, Audience::Channels, Sentence::new("APPROVAL_LAPSED", text).with("by", lapsed));
    }

    /// Once, when people have let a finished test wait for as long as an approval is valid.
    fn escalate(&mut self) {
        let (now, days) = (self.now, self.policy.gates.rules.approval_days);
        let Some(rollout) = &mut self.state.rollout else { return };
        let is_due = rollout.waiting_ms.is_some_and(|since| now >= since + i64::from(days) * DAY_MS);
        if !is_due || rollout.is_escalated {
            return;
        }
        rollout.is_escalated = true;
        let text = format!(
            "The A/B test has waited {} for a decision: approve {}, or roll back.",
            words::days(days),
            rollout.challenger
        );
        self.message(Severity::Yellow, Audience::NextContact, Sentence::new("DECISION_OVERDUE", text).with("days", days));
    }
}
