//! Why a step was rejected. The state stays as it was.

use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;

use super::Gate;
use super::verdict::Outcome;
use crate::sentence::Sentence;

/// Why an event was rejected; [`TransitionError::code`] is stable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// The key allows less than the command needs.
    #[error("{command} needs a key with the scope {needed:?}.")]
    ScopeMissing {
        /// The command, as the beginning of a sentence.
        command: &'static str,
        /// The scope it needs.
        needed: &'static str,
    },
    /// The person has none of the roles that the policy asks for.
    #[error("{command} needs a person in the role {}; {name:?} has {}.", list(roles), role_of(role))]
    RoleMissing {
        /// The command, as the beginning of a sentence.
        command: &'static str,
        /// The roles that would do.
        roles: Vec<String>,
        /// The person.
        name: String,
        /// Their role.
        role: String,
    },
    /// The same person would start and approve.
    #[error("{0}")]
    FourEyes(String),
    /// A rollout is under way.
    #[error("The rollout {0} is under way. Wait for its end, or roll it back first.")]
    RolloutActive(String),
    /// The command does not fit the stage.
    #[error("{0}")]
    NotInStage(String),
    /// Gates of the stage are open.
    #[error("{stage} cannot be left yet: {}.", open(gates))]
    GatesNotMet {
        /// The stage's title.
        stage: &'static str,
        /// The gates that are neither passed nor waived; none where they were not judged yet.
        gates: Vec<(Gate, Option<Outcome>)>,
    },
    /// The last look cannot be relied upon any more, or is not the one that was approved.
    #[error("{0}")]
    LookStale(String),
    /// The rollout is held or suspended.
    #[error("The rollout is on hold: {0} A person has to resume it first.")]
    Held(String),
    /// A hold that would be over at once.
    #[error("The hold would end in the past: give a later moment, or none.")]
    HoldIsOver,
    /// The policy cannot change any more.
    #[error(
        "The policy is frozen from the start of the A/B test to the end of the rollout: a rule chosen after the data proves nothing."
    )]
    PolicyFrozen,
    /// The test cannot hold enough leads in its planned weeks.
    #[error("In {weeks} weeks the A/B test would hold {planned} leads per arm, and {least} are needed. Plan {needed} weeks.")]
    TestTooShort {
        /// The planned weeks.
        weeks: u32,
        /// The leads per arm in them.
        planned: u64,
        /// The least leads per arm.
        least: u64,
        /// The weeks that are needed.
        needed: u32,
    },
    /// Precision and recall cannot both hold, and the start does not acknowledge that.
    #[error(
        "At this base rate no model of this quality has the required precision and recall at once, so this rollout would stay in \
         shadow. Judge them relative to today's model, or acknowledge it to start nevertheless."
    )]
    GatesCannotHoldTogether,
    /// The model cannot be started.
    #[error("{sentence}")]
    ModelNotReady {
        /// `MODEL_UNVERIFIED`, `MODEL_REJECTED`, `MODEL_IS_CHAMPION`, `AGAIN_REQUIRED`, `POST_MORTEM_OPEN`.
        code: &'static str,
        /// Why.
        sentence: String,
    },
    /// The start report was not shown.
    #[error("The start report has not been shown. Ask for it first: it says which gates can be decided, and when.")]
    ReportRequired,
    /// The gate may not be waived.
    #[error("{0}")]
    WaiverNotAllowed(String),
    /// The look or day is not due.
    #[error("{0}")]
    NotDue(String),
    /// There is no champion to go back to.
    #[error("There is no earlier model to go back to.")]
    NoPreviousModel,
}

impl TransitionError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            TransitionError::ScopeMissing { .. } => "SCOPE_MISSING",
            TransitionError::RoleMissing { .. } => "ROLE_MISSING",
            TransitionError::FourEyes(_) => "FOUR_EYES",
            TransitionError::RolloutActive(_) => "ROLLOUT_ACTIVE",
            TransitionError::NotInStage(_) => "NOT_IN_STAGE",
            TransitionError::GatesNotMet { .. } => "GATES_NOT_MET",
            TransitionError::LookStale(_) => "LOOK_STALE",
            TransitionError::Held(_) => "HELD",
            TransitionError::HoldIsOver => "HOLD_IS_OVER",
            TransitionError::PolicyFrozen => "POLICY_FROZEN",
            TransitionError::TestTooShort { .. } => "TEST_TOO_SHORT",
            TransitionError::GatesCannotHoldTogether => "GATES_CANNOT_HOLD_TOGETHER",
            TransitionError::ModelNotReady { code, .. } => code,
            TransitionError::ReportRequired => "REPORT_REQUIRED",
            TransitionError::WaiverNotAllowed(_) => "WAIVER_NOT_ALLOWED",
            TransitionError::NotDue(_) => "NOT_DUE",
            TransitionError::NoPreviousModel => "NO_PREVIOUS_MODEL",
        }
    }
}

impl TransitionError {
    /// The error as a sentence with its values: the open gates with their outcomes, the weeks that are needed, the roles that would do.
    pub fn sentence(&self) -> Sentence {
        let sentence = Sentence::new(self.code(), self.to_string());
        match self {
            TransitionError::GatesNotMet { gates, .. } => {
                let outcomes: BTreeMap<&str, Option<Outcome>> =
                    gates.iter().map(|(gate, outcome)| (gate.id(), *outcome)).collect();
                sentence.with("gates", serde_json::to_value(outcomes).unwrap_or_default())
            }
            TransitionError::TestTooShort { weeks, planned, least, needed } => {
                sentence.with("weeks", *weeks).with("planned", *planned).with("least", *least).with("weeks_needed", *needed)
            }
            TransitionError::RoleMissing { roles, .. } => sentence.with("roles", roles.clone()),
            TransitionError::ScopeMissing { needed, .. } => sentence.with("scope", *needed),
            TransitionError::RolloutActive(rollout) => sentence.with("rollout", rollout.clone()),
            _ => sentence,
        }
    }
}

impl Serialize for TransitionError {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.sentence().serialize(serializer)
    }
}

fn list(roles: &[String]) -> String {
    roles.join(" or ")
}

fn role_of(role: &str) -> String {
    if role.is_empty() { "none".to_owned() } else { format!("the role {role}") }
}

fn open(gates: &[(Gate, Option<Outcome>)]) -> String {
    if gates.is_empty() {
        return "its gates have not been looked at".to_owned();
    }
    let name = |(gate, outcome): &(Gate, Option<Outcome>)| format!("{gate} {}", outcome.map_or("is not judged yet", said));
    gates.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn said(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "passes",
        Outcome::Fail => "fails",
        Outcome::Inconclusive => "is too close to call",
        Outcome::InsufficientData => "has too little data",
        Outcome::Error => "could not be judged",
    }
}
