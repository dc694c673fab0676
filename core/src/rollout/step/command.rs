//! Rows 14 to 18: rollback, hold, resume, waiver, another policy; and closing a post-mortem.

use super::{Step, in_scope};
use crate::rollout::clock::day_of;
use crate::rollout::event::{Actor, Scope};
use crate::rollout::hold::{Hold, HoldBy, SuspensionCause};
use crate::rollout::look::{Modes, Waiver};
use crate::rollout::state::End;
use crate::rollout::verdict::Severity;
use crate::rollout::{Action, Audience, Gate, Stage, TransitionError, words};
use crate::sentence::Sentence;

impl Step<'_> {
    /// Row 14, and outside a rollout row 15.
    pub(super) fn rollback(&mut self, by: &Actor, reason: &str) -> Result<(), TransitionError> {
        in_scope(by, Scope::Operate, "Rollback")?;
        let text = format!("{} asked for it. Reason: {}", by.name, ended(reason));
        let sentence = Sentence::new("ROLLED_BACK_BY_PERSON", text).with("by", by.name.clone()).with("reason", reason);
        match self.state.stage() {
            Stage::Idle if self.state.previous.is_none() => return Err(TransitionError::NoPreviousModel),
            Stage::Idle => self.revert(sentence, ""),
            Stage::Shadow => self.end(14, End::Stopped, sentence, ""),
            _ => self.end(14, End::RolledBack, sentence, ""),
        }
        Ok(())
    }

    pub(super) fn hold(&mut self, by: &Actor, reason: &str, until_ms: Option<i64>) -> Result<(), TransitionError> {
        in_scope(by, Scope::Auto, "Hold")?;
        let now = self.now;
        let rollout = self.active("Hold")?;
        if until_ms.is_some_and(|until| until <= now) {
            return Err(TransitionError::HoldIsOver);
        }
        let text = format!("{} holds the rollout. Reason: {}", by.name, ended(reason));
        let sentence = Sentence::new("HELD_BY_PERSON", text).with("by", by.name.clone()).with("reason", reason);
        let cause = HoldBy::Person { name: by.name.clone() };
        let is_repeated = |hold: &Hold| hold.by == cause && hold.reason == sentence && hold.until_ms == until_ms;
        if rollout.holds.iter().any(is_repeated) {
            return Ok(());
        }
        rollout.holds.retain(|hold| hold.by != cause);
        rollout.holds.push(Hold { by: cause, reason: sentence.clone(), since_ms: now, until_ms });
        self.message(Severity::Info, Audience::Channels, sentence);
        Ok(())
    }

    /// Ends all holds and a suspension. What a gate or a segment held, or what was suspended, only a person with the scope `approve`
    /// resumes.
    pub(super) fn resume(&mut self, by: &Actor, reason: &str) -> Result<(), TransitionError> {
        in_scope(by, Scope::Operate, "Resume")?;
        let now = self.now;
        let rollout = self.active("Resume")?;
        if rollout.why_held(now).is_none() {
            return Err(TransitionError::NotInStage("The rollout is not on hold.".to_owned()));
        }
        if rollout.resume_needs_approval(now) {
            self.approver(by, "Resume of a rollout that is suspended, or held by a gate or a segment,")?;
        }
        let rollout = self.active("Resume")?;
        for hold in std::mem::take(&mut rollout.holds) {
            match hold.by {
                HoldBy::Segment { segments } => rollout.accepted_segments.extend(segments),
                HoldBy::Gate { .. } | HoldBy::Extensions => rollout.granted += 1,
                HoldBy::Errors => rollout.look_errors = 0,
                HoldBy::Person { .. } => {}
            }
        }
        let (stage, accepted) = (rollout.stage, rollout.accepted_segments.clone());
        let text = format!("{} resumed the rollout. Reason: {}", by.name, ended(reason));
        let sentence =
            Sentence::new("RESUMED", text).with("by", by.name.clone()).with("reason", reason).with("accepted", accepted);
        self.end_suspension();
        self.transition(16, stage, &sentence);
        self.message(Severity::Info, Audience::Channels, sentence);
        Ok(())
    }

    /// After a broken draw the test starts again, with leads that are new from now on; otherwise it goes on, that much later.
    fn end_suspension(&mut self) {
        let now = self.now;
        let Some(rollout) = &mut self.state.rollout else { return };
        let Some(suspension) = rollout.suspended.take() else { return };
        rollout.suspended_days = Some((day_of(suspension.since_ms), day_of(now)));
        let mut restarted = None;
        if let Some(test) = &mut rollout.test {
            test.paused_ms += now - suspension.since_ms;
            if suspension.cause == SuspensionCause::SampleRatio {
                (test.run, test.from_ms, test.paused_ms, test.is_final) = (test.run + 1, now, 0, false);
                restarted = Some((rollout.id.clone(), test.run, test.plan.sha256.clone()));
            }
        }
        self.deploy();
        if let Some((rollout, run, plan_sha256)) = restarted {
            self.begin_test_again();
            self.actions.push(Action::StartTest { rollout, run, plan_sha256 });
        }
    }

    fn begin_test_again(&mut self) {
        let Some(rollout) = &mut self.state.rollout else { return };
        (rollout.days_logged, rollout.days_missed, rollout.looks, rollout.look) = (0, 0, 0, None);
        (rollout.daily_fail, rollout.look_errors, rollout.waiting_ms, rollout.is_escalated) = (None, 0, None, false);
        rollout.waivers.clear();
        rollout.approvals.clear();
        rollout.accepted_segments.clear();
    }

    pub(super) fn waive(&mut self, by: &Actor, gate: Gate, reason: &str) -> Result<(), TransitionError> {
        self.approver(by, "Waive")?;
        let now = self.now;
        let rollout = self.active("Waive")?;
        let stage = rollout.stage;
        let outcome = rollout.may_waive(gate).map_err(TransitionError::WaiverNotAllowed)?;
        if reason.trim().is_empty() {
            return Err(TransitionError::WaiverNotAllowed(format!("Waiving {gate} needs a reason.")));
        }
        rollout.waivers.retain(|waiver| waiver.gate != gate);
        rollout.waivers.push(Waiver { gate, outcome, by: by.name.clone(), reason: reason.to_owned(), at_ms: now });
        let text =
            format!("{} waived {} in {}. Reason: {}", by.name, words::gate(gate), stage.title().to_lowercase(), ended(reason));
        let sentence = Sentence::new("GATE_WAIVED", text).with("gate", gate.id()).with("by", by.name.clone());
        self.message(Severity::Yellow, Audience::Channels, sentence);
        Ok(())
    }

    /// Row 18. In a rollout all gates are judged anew, and approvals and waivers are void.
    pub(super) fn repolicy(&mut self, by: &Actor, policy_sha256: &str, modes: Modes) -> Result<(), TransitionError> {
        self.approver(by, "A change of policy")?;
        if matches!(self.state.stage(), Stage::AbTest | Stage::Full) {
            return Err(TransitionError::PolicyFrozen);
        }
        if self.state.policy_sha256 == policy_sha256 {
            return Ok(());
        }
        policy_sha256.clone_into(&mut self.state.policy_sha256);
        if let Some(rollout) = &mut self.state.rollout {
            rollout.modes = modes;
            rollout.look = None;
            rollout.is_look_forced = rollout.looks > 0;
            rollout.daily_fail = None;
            rollout.waivers.clear();
            rollout.approvals.clear();
        }
        let text = format!("{} put another policy in force.", by.name);
        let sentence = Sentence::new("POLICY_CHANGED", text).with("policy_sha256", policy_sha256).with("by", by.name.clone());
        self.message(Severity::Yellow, Audience::Channels, sentence);
        Ok(())
    }

    pub(super) fn close_post_mortem(&mut self, by: &Actor, version: &str, document: &str) -> Result<(), TransitionError> {
        in_scope(by, Scope::Operate, "Closing a post-mortem")?;
        if document.is_empty() {
            return Err(TransitionError::NotInStage("A post-mortem is closed with its document.".to_owned()));
        }
        match self.state.past.get_mut(version) {
            Some(past) if past.is_post_mortem_open => {
                past.is_post_mortem_open = false;
                Ok(())
            }
            _ => Err(TransitionError::NotInStage(format!("No post-mortem of {version} is open."))),
        }
    }
}

/// The reason as a sentence that ends.
fn ended(reason: &str) -> String {
    match reason.trim() {
        "" => "none given.".to_owned(),
        reason if reason.ends_with(['.', '!', '?']) => reason.to_owned(),
        reason => format!("{reason}."),
    }
}
