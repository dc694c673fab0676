//! One step of a rollout: the table of transitions of docs/LIFECYCLE.md as a function.
//!
//! Nobody but a person promotes; the service itself holds, extends, suspends, rolls back and completes. An event that is a repetition
//! (a look or a day that was recorded already) changes nothing. Tested row by row in `step/tests`, and by random events.

mod approve;
mod command;
mod day;
mod end;
mod look;
mod red;
mod start;
#[cfg(test)]
pub(crate) mod tests;
mod watch;

use super::clock::Jump;
use super::event::{Actor, Scope};
use super::state::Rollout;
use super::verdict::Severity;
use super::{Action, Audience, Event, Policy, Stage, State, TransitionError};
use crate::sentence::Sentence;

/// The state after `event`, and what the service has to do in the same transaction. An event that repeats an earlier one gives the
/// same state and nothing to do. The caller checks `If-Match` before.
///
/// # Errors
/// Why the event is rejected; the state stays as it is.
///
/// # Example: a store's first step
/// ```
/// use plumbline_core::rollout::{Actor, Event, Policy, Scope, State, step};
/// let state = State::genesis("2026-11-16.1", 1_795_000_000_000);
/// let by = Actor { name: "Ada".to_owned(), role: "ml_lead".to_owned(), scope: Scope::Operate };
/// let rejected = step(&Policy::default(), &state, &Event::Rollback { by, reason: "why not".to_owned() }, 1_795_000_000_000);
/// assert_eq!(rejected.unwrap_err().code(), "NO_PREVIOUS_MODEL");
/// ```
pub fn step(policy: &Policy, state: &State, event: &Event, now_ms: i64) -> Result<(State, Vec<Action>), TransitionError> {
    let mut step = Step { policy, state: state.clone(), now: now_ms, actions: Vec::new() };
    step.advance_clock(now_ms);
    match event {
        Event::Start(start) => step.start(start)?,
        Event::Approve(approve) => step.approve(approve)?,
        Event::Look(look) => step.look(look)?,
        Event::Daily { rollout, stage, verdicts, evidence_sha256 } => step.daily(rollout, *stage, verdicts, evidence_sha256)?,
        Event::Day { day, leads, scored, killed, absent } => step.day((*day, *leads, *scored), *killed, *absent)?,
        Event::Red { verdicts, evidence_sha256 } => step.red(verdicts, evidence_sha256),
        Event::Rollback { by, reason } => step.rollback(by, reason)?,
        Event::Hold { by, reason, until_ms } => step.hold(by, reason, *until_ms)?,
        Event::Resume { by, reason } => step.resume(by, reason)?,
        Event::Waive { by, gate, reason } => step.waive(by, *gate, reason)?,
        Event::Repolicy { by, policy_sha256, modes } => step.repolicy(by, policy_sha256, *modes)?,
        Event::PostMortem { by, version, document_sha256 } => step.close_post_mortem(by, version, document_sha256)?,
        Event::Watch { newest_row_ms } => step.watch(*newest_row_ms, now_ms),
    }
    Ok(step.finish(state))
}

/// A step under way.
struct Step<'a> {
    policy: &'a Policy,
    state: State,
    now: i64,
    actions: Vec<Action>,
}

impl Step<'_> {
    /// Time never runs backwards, except that a jump forward which no row confirmed is undone when the clock is set right.
    fn advance_clock(&mut self, now_ms: i64) {
        let clock = self.state.clock_ms;
        match (Jump::between(clock, now_ms), self.state.jump) {
            (None, _) => self.state.clock_ms = clock.max(now_ms),
            (Some(jump), before) if now_ms > clock => {
                self.jumped(Jump { from_ms: before.map_or(clock, |before| before.from_ms), ..jump });
                self.state.clock_ms = now_ms;
            }
            (Some(_), Some(before)) if before.to_ms > before.from_ms => {
                self.state.clock_ms = now_ms.max(before.from_ms);
                self.state.jump = None;
                self.actions.push(Action::ClockJump { from_ms: clock, to_ms: now_ms });
            }
            // Set back and noted already: time stands still until the clock has caught up.
            (Some(_), Some(_)) => {}
            (Some(jump), None) => self.jumped(jump),
        }
        self.now = self.state.clock_ms;
    }

    fn jumped(&mut self, jump: Jump) {
        self.actions.push(Action::ClockJump { from_ms: jump.from_ms, to_ms: jump.to_ms });
        self.state.jump = Some(jump);
    }

    /// The state, one version further if anything but the clock changed, and the actions.
    fn finish(mut self, before: &State) -> (State, Vec<Action>) {
        let clock_ms = std::mem::replace(&mut self.state.clock_ms, before.clock_ms);
        if self.state != *before {
            self.state.version += 1;
        }
        self.state.clock_ms = clock_ms;
        (self.state, self.actions)
    }

    fn deploy(&mut self) {
        self.state.epoch += 1;
        self.actions.push(Action::Deploy { epoch: self.state.epoch });
    }

    fn message(&mut self, severity: Severity, to: Audience, sentence: Sentence) {
        self.actions.push(Action::Message { severity, to, sentence });
    }

    fn transition(&mut self, row: u8, from: Stage, sentence: &Sentence) {
        let Some(rollout) = &self.state.rollout else { return };
        self.actions.push(Action::Transition {
            rollout: rollout.id.clone(),
            version: rollout.challenger.clone(),
            from,
            to: rollout.stage,
            end: None,
            row,
            sentence: sentence.clone(),
        });
    }

    /// The rollout that is under way.
    fn active(&mut self, command: &str) -> Result<&mut Rollout, TransitionError> {
        let none = || TransitionError::NotInStage(format!("{command} needs a rollout, and none is under way."));
        self.state.rollout.as_mut().ok_or_else(none)
    }

    /// The rollout that a judgement was made for, in the stage it was made in.
    fn judged(&mut self, id: &str, stage: Stage) -> Result<&mut Rollout, TransitionError> {
        let is = match &self.state.rollout {
            Some(rollout) if rollout.id == id && rollout.stage == stage => None,
            Some(rollout) => Some(format!("{} is in {}", rollout.id, rollout.stage.name())),
            None => Some("no rollout is under way".to_owned()),
        };
        match (&mut self.state.rollout, is) {
            (Some(rollout), None) => Ok(rollout),
            (_, is) => {
                let is = is.unwrap_or_default();
                Err(TransitionError::NotInStage(format!("The judgement is of {id} in {}; {is}.", stage.name())))
            }
        }
    }

    /// Checks that a named person with the scope `approve` acts, in one of the roles that approve any stage of the policy.
    fn approver(&self, by: &Actor, command: &'static str) -> Result<(), TransitionError> {
        let stages = &self.policy.stage;
        let mut roles: Vec<String> = Vec::new();
        for role in stages.shadow.approve.iter().chain(&stages.canary.approve).chain(&stages.ab_test.approve) {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        in_role(by, &roles, command)
    }
}

/// Checks the scope of a key.
fn in_scope(by: &Actor, needed: Scope, command: &'static str) -> Result<(), TransitionError> {
    let name = match needed {
        Scope::Auto => "auto",
        Scope::Operate => "operate",
        Scope::Approve => "approve",
    };
    if by.scope < needed || (needed == Scope::Approve && by.name.is_empty()) {
        return Err(TransitionError::ScopeMissing { command, needed: name });
    }
    Ok(())
}

/// Checks that a person with the scope `approve` acts in one of `roles`; without roles any will do.
/// Whether two names are one person's: upper case and white space do not matter.
pub(super) fn is_same_person(a: &str, b: &str) -> bool {
    let folded = |name: &str| name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    folded(a) == folded(b)
}

fn in_role(by: &Actor, roles: &[String], command: &'static str) -> Result<(), TransitionError> {
    in_scope(by, Scope::Approve, command)?;
    if !roles.is_empty() && !roles.contains(&by.role) {
        let (name, role) = (by.name.clone(), by.role.clone());
        return Err(TransitionError::RoleMissing { command, roles: roles.to_vec(), name, role });
    }
    Ok(())
}
