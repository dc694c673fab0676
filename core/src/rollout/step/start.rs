//! Row 1: a person starts a rollout.

use super::{Step, in_scope, is_same_person};
use crate::rollout::event::{Person, Scope, Start};
use crate::rollout::model::{Alias, ModelStatus};
use crate::rollout::state::{End, Rollout};
use crate::rollout::verdict::Severity;
use crate::rollout::{Action, Audience, Stage, TransitionError};
use crate::sentence::Sentence;

impl Step<'_> {
    pub(super) fn start(&mut self, start: &Start) -> Result<(), TransitionError> {
        in_scope(&start.by, Scope::Approve, "Start")?;
        if let Some(rollout) = &self.state.rollout {
            return Err(TransitionError::RolloutActive(rollout.id.clone()));
        }
        self.check_model(start)?;
        let roles = &self.policy.stage.shadow.approve;
        let in_role = |role: &String| roles.is_empty() || roles.contains(role);
        if !in_role(&start.by.role) && !start.approved_by.iter().any(|person| in_role(&person.role)) {
            let (name, role) = (start.by.name.clone(), start.by.role.clone());
            let command = "Start without an approval of the model";
            return Err(TransitionError::RoleMissing { command, roles: roles.clone(), name, role });
        }
        if start.report_sha256.is_empty() {
            return Err(TransitionError::ReportRequired);
        }
        if start.cannot_hold_together && !start.acknowledge {
            return Err(TransitionError::GatesCannotHoldTogether);
        }
        self.check_approvers_left(start, &in_role)?;
        self.begin(start);
        Ok(())
    }

    fn check_model(&self, start: &Start) -> Result<(), TransitionError> {
        let version = &start.version;
        let refuse = |code, sentence| Err(TransitionError::ModelNotReady { code, sentence });
        if !start.is_verified {
            let why = format!("{version} was not verified: its digest or its golden leads do not agree with the bundle.");
            return refuse("MODEL_UNVERIFIED", why);
        }
        if start.status == ModelStatus::Rejected {
            return refuse("MODEL_REJECTED", format!("{version} was rejected and cannot be started."));
        }
        if *version == self.state.champion {
            return refuse("MODEL_IS_CHAMPION", format!("{version} is the champion already."));
        }
        let Some(past) = self.state.past.get(version) else { return Ok(()) };
        let how = match past.end {
            Some(End::RolledBack) => "rolled back",
            Some(End::Stopped) => "stopped",
            _ => return Ok(()),
        };
        if !start.again {
            let why = format!(
                "An earlier rollout of {version} was {how}. State that it should start again, or register a new version."
            );
            return refuse("AGAIN_REQUIRED", why);
        }
        if past.is_post_mortem_open {
            let why =
                format!("The post-mortem of the last rollout of {version} is open. Close it before the version starts again.");
            return refuse("POST_MORTEM_OPEN", why);
        }
        Ok(())
    }

    /// After this start someone must be left who can complete the approval of the next stage.
    fn check_approvers_left(&self, start: &Start, in_role: &dyn Fn(&String) -> bool) -> Result<(), TransitionError> {
        let people: Vec<&Person> = start.approvers.iter().filter(|person| in_role(&person.role)).collect();
        let missing = self.policy.stage.shadow.approve.iter().find(|role| people.iter().all(|person| person.role != **role));
        if let Some(role) = missing {
            return Err(TransitionError::FourEyes(format!(
                "No key may approve in the role {role}, so this rollout could not leave shadow. Add one first."
            )));
        }
        if self.policy.gates.rules.four_eyes && people.iter().all(|person| is_same_person(&person.name, &start.by.name)) {
            return Err(TransitionError::FourEyes(format!(
                "If {} starts this rollout, no other person is left to approve the next stage. Add a key for another person, or let \
                 them start it.",
                start.by.name
            )));
        }
        Ok(())
    }

    fn begin(&mut self, start: &Start) {
        let past = self.state.past.entry(start.version.clone()).or_default();
        past.starts += 1;
        past.end = None;
        let id = format!("{}-r{}", start.version, past.starts);
        self.state.policy_sha256.clone_from(&start.policy_sha256);
        self.state.rollout =
            Some(Rollout::new(id.clone(), start.version.clone(), start.by.name.clone(), start.modes, Stage::Shadow, self.now));
        let text = format!(
            "{} started the rollout of {}. It scores every lead in shadow; no lead sees it.",
            start.by.name, start.version
        );
        let sentence =
            Sentence::new("ROLLOUT_STARTED", text).with("by", start.by.name.clone()).with("version", start.version.clone());
        self.transition(1, Stage::Idle, &sentence);
        self.deploy();
        self.actions.push(Action::SetAlias { alias: Alias::Shadow, version: start.version.clone() });
        self.actions.push(Action::Status { version: start.version.clone(), status: ModelStatus::Shadow });
        let champion = self.state.champion.clone();
        self.actions.push(Action::BackFill { rollout: id, challenger: start.version.clone(), champion });
        self.message(Severity::Info, Audience::Channels, sentence);
    }
}
