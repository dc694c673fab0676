//! How a rollout ends, is suspended and is held: what rows 5 and 9 to 15 have in common.

use super::Step;
use crate::rollout::hold::{Hold, HoldBy, Suspension, SuspensionCause};
use crate::rollout::model::{Alias, ModelStatus};
use crate::rollout::state::{End, Previous};
use crate::rollout::verdict::Severity;
use crate::rollout::{Action, Audience, Stage, words};
use crate::sentence::Sentence;

impl Step<'_> {
    /// Ends the rollout without promotion: the champion serves all leads.
    pub(super) fn end(&mut self, row: u8, end: End, sentence: Sentence, evidence: &str) {
        let Some(rollout) = self.state.rollout.take() else { return };
        let version = rollout.challenger;
        let is_rolled_back = end == End::RolledBack;
        let past = self.state.past.entry(version.clone()).or_default();
        past.end = Some(end);
        past.is_post_mortem_open |= is_rolled_back;
        self.deploy();
        let alias = if rollout.stage == Stage::Shadow { Alias::Shadow } else { Alias::Challenger };
        self.actions.push(Action::RemoveAlias { alias });
        let status = if is_rolled_back { ModelStatus::Retired } else { ModelStatus::Registered };
        self.actions.push(Action::Status { version: version.clone(), status });
        // A test that ends without proof says so itself.
        let how = if is_rolled_back { "Rolled back" } else { "Stopped" };
        let text = match row {
            10 if !is_rolled_back => sentence.text,
            _ => format!("{how} at {}: {}", words::time_of_day(self.now), sentence.text),
        };
        let sentence = Sentence { code: sentence.code, text, values: sentence.values };
        let sentence = sentence.with("version", version.clone()).with("at_ms", self.now);
        let id = rollout.id;
        self.actions.push(Action::Transition {
            rollout: id.clone(),
            version: version.clone(),
            from: rollout.stage,
            to: Stage::Idle,
            end: Some(end),
            row,
            sentence: sentence.clone(),
        });
        if is_rolled_back {
            self.open_incident(id, version, evidence, sentence.clone());
        }
        let severity = if is_rolled_back { Severity::Red } else { Severity::Yellow };
        self.message(severity, Audience::Channels, sentence);
    }

    /// A red incident with its post-mortem.
    fn open_incident(&mut self, rollout: String, version: String, evidence: &str, sentence: Sentence) {
        let timing = &self.policy.alerts.timing;
        let (due_ms, post_mortem_ms) = (self.now + timing.restore_within.0, self.now + timing.post_mortem_within.0);
        self.actions.push(Action::OpenIncident { severity: Severity::Red, due_ms, sentence });
        let evidence_sha256 = evidence.to_owned();
        self.actions.push(Action::OpenPostMortem { rollout, version, due_ms: post_mortem_ms, evidence_sha256 });
    }

    /// Row 5: the challenger becomes champion.
    pub(super) fn complete(&mut self) {
        let Some(rollout) = self.state.rollout.take() else { return };
        let version = rollout.challenger;
        let old = std::mem::replace(&mut self.state.champion, version.clone());
        self.state.previous = Some(Previous { version: old.clone(), since_ms: self.now, is_loaded: true });
        self.state.past.entry(version.clone()).or_default().end = Some(End::Completed);
        let text = format!("The rollout is complete: {version} is the champion and serves all leads.");
        let sentence = Sentence::new("ROLLOUT_COMPLETED", text).with("version", version.clone());
        self.deploy();
        self.actions.push(Action::SetAlias { alias: Alias::Champion, version: version.clone() });
        self.actions.push(Action::SetAlias { alias: Alias::Previous, version: old.clone() });
        self.actions.push(Action::RemoveAlias { alias: Alias::Challenger });
        self.actions.push(Action::Status { version: version.clone(), status: ModelStatus::Champion });
        self.actions.push(Action::Status { version: old.clone(), status: ModelStatus::Retired });
        self.actions.push(Action::Transition {
            rollout: rollout.id,
            version,
            from: Stage::Full,
            to: Stage::Idle,
            end: Some(End::Completed),
            row: 5,
            sentence: sentence.clone(),
        });
        self.actions.push(Action::Archive { version: old });
        self.message(Severity::Info, Audience::Channels, sentence);
    }

    /// Row 15: outside a rollout, back to the champion before.
    pub(super) fn revert(&mut self, reason: Sentence, evidence: &str) {
        let Some(previous) = self.state.previous.take() else { return };
        let old = std::mem::replace(&mut self.state.champion, previous.version.clone());
        let past = self.state.past.entry(old.clone()).or_default();
        past.end = Some(End::RolledBack);
        past.is_post_mortem_open = true;
        let rollout = format!("{old}-r{}", past.starts);
        let at = words::time_of_day(self.now);
        let text = format!("Rolled back at {at}: {} All leads are with {} again.", reason.text, previous.version);
        let sentence = Sentence { text, ..reason }.with("version", old.clone()).with("at_ms", self.now);
        self.deploy();
        self.actions.push(Action::SetAlias { alias: Alias::Champion, version: previous.version.clone() });
        self.actions.push(Action::RemoveAlias { alias: Alias::Previous });
        self.actions.push(Action::Status { version: previous.version, status: ModelStatus::Champion });
        self.actions.push(Action::Status { version: old.clone(), status: ModelStatus::Retired });
        self.actions.push(Action::Transition {
            rollout: rollout.clone(),
            version: old.clone(),
            from: Stage::Idle,
            to: Stage::Idle,
            end: Some(End::RolledBack),
            row: 15,
            sentence: sentence.clone(),
        });
        self.open_incident(rollout, old, evidence, sentence.clone());
        self.message(Severity::Red, Audience::Channels, sentence);
    }

    /// Rows 11a and 13: the challenger serves no lead until a person with the scope `approve` resumes.
    pub(super) fn suspend(&mut self, row: u8, cause: SuspensionCause, reason: Sentence) {
        let now = self.now;
        let Some(rollout) = &mut self.state.rollout else { return };
        let stage = rollout.stage;
        let since_ms = match &rollout.suspended {
            None => now,
            // The model's figures were the reason, and now the service suffers as well: the challenger is not called any more.
            Some(before) if before.cause == SuspensionCause::Model && cause == SuspensionCause::Service => before.since_ms,
            Some(_) => return,
        };
        let text = format!("{} Suspended: {} serves no lead until a person resumes.", reason.text, rollout.challenger);
        let sentence = Sentence { text, ..reason };
        rollout.suspended = Some(Suspension { cause, reason: sentence.clone(), since_ms });
        rollout.approvals.clear();
        let due_ms = now + self.policy.alerts.timing.restore_within.0;
        self.transition(row, stage, &sentence);
        self.deploy();
        self.actions.push(Action::OpenIncident { severity: Severity::Red, due_ms, sentence: sentence.clone() });
        self.message(Severity::Red, Audience::Channels, sentence);
    }

    /// Adds a hold unless there is one of the same cause; returns whether it is new. `announce` gives the row for the ledger and how
    /// urgent the message is.
    pub(super) fn add_hold(&mut self, by: HoldBy, reason: Sentence, announce: Option<(u8, Severity)>) -> bool {
        let now = self.now;
        let Some(rollout) = self.state.rollout.as_mut().filter(|rollout| !rollout.has_hold(&by)) else { return false };
        let stage = rollout.stage;
        rollout.holds.push(Hold { by, reason: reason.clone(), since_ms: now, until_ms: None });
        if let Some((row, severity)) = announce {
            self.transition(row, stage, &reason);
            self.message(severity, Audience::Channels, reason);
        }
        true
    }
}
