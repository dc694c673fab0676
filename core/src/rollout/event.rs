//! What can happen to a rollout: commands of people, and what the service found.
//!
//! An event holds all that its step needs, so that the ledger's events, folded from the first state, give the last one again.

use serde::{Deserialize, Serialize};

use super::look::{Modes, TestPlan};
use super::model::ModelStatus;
use super::red::RedVerdict;
use super::{Gate, Stage, Verdict};
use crate::sentence::Sentence;

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutEvent"))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A person starts a rollout.
    Start(Start),
    /// A person approves the next stage. The approval that completes the set is the promotion.
    Approve(Approve),
    /// A look was judged.
    Look(LookEvent),
    /// The gates that have a bound which holds on any day were judged.
    Daily {
        /// The rollout that was judged.
        rollout: String,
        /// The stage it was judged in.
        stage: Stage,
        /// The verdicts; only those that fail matter.
        verdicts: Vec<Verdict>,
        /// The evidence they rest on.
        evidence_sha256: String,
    },
    /// A UTC day is over.
    Day {
        /// Which, in days since 1970.
        day: i64,
        /// Leads that came.
        leads: u64,
        /// Leads among them that the challenger scored.
        scored: u64,
        /// Whether a host was switched off for a part of it.
        killed: bool,
        /// Whether the service did not run on it at all.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        absent: bool,
    },
    /// A minute was judged by the rules that roll back at once.
    Red {
        /// A verdict for each version and rule that could be judged.
        verdicts: Vec<RedVerdict>,
        /// The evidence they rest on.
        evidence_sha256: String,
    },
    /// A person goes back to the champion, or outside a rollout to the champion before.
    Rollback {
        /// Who.
        by: Actor,
        /// Why.
        reason: String,
    },
    /// A person, or a rule outside the rollout, keeps it from being promoted.
    Hold {
        /// Who.
        by: Actor,
        /// Why.
        reason: String,
        /// When the hold ends by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ms: Option<i64>,
    },
    /// A person ends all holds, and a suspension.
    Resume {
        /// Who.
        by: Actor,
        /// Why.
        reason: String,
    },
    /// A person waives a gate that is undecided.
    Waive {
        /// Who.
        by: Actor,
        /// Which gate.
        gate: Gate,
        /// Why.
        reason: String,
    },
    /// A person puts another policy in force.
    Repolicy {
        /// Who.
        by: Actor,
        /// The policy.
        policy_sha256: String,
        /// How precision and recall are judged under it.
        modes: Modes,
    },
    /// The post-mortem of a rollout was closed.
    PostMortem {
        /// Who closed it.
        by: Actor,
        /// The version that was rolled back.
        version: String,
        /// The document.
        document_sha256: String,
    },
    /// Time has passed.
    Watch {
        /// When the newest row was made, milliseconds since 1970; it confirms the clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        newest_row_ms: Option<i64>,
    },
}

/// A person starts a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutStart"))]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Who.
    pub by: Actor,
    /// The version, unique in the registry.
    pub version: String,
    /// Its status.
    pub status: ModelStatus,
    /// Whether its bundle was verified: digest and golden leads.
    pub is_verified: bool,
    /// Who approved the model for use, next to the person who starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved_by: Vec<Person>,
    /// All people who may approve; someone must be left for the next stage.
    pub approvers: Vec<Person>,
    /// How precision and recall are judged.
    pub modes: Modes,
    /// Whether precision and recall are judged absolutely although they cannot both hold at this base rate.
    #[serde(default)]
    pub cannot_hold_together: bool,
    /// Whether the person knows and accepts that.
    #[serde(default)]
    pub acknowledge: bool,
    /// Whether a version that was rolled back or stopped starts again.
    #[serde(default)]
    pub again: bool,
    /// The start report that was shown.
    pub report_sha256: String,
    /// The policy in force.
    pub policy_sha256: String,
}

/// A person approves the next stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutApprove"))]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Who.
    pub by: Actor,
    /// The evidence of the look they saw.
    pub evidence_sha256: String,
    /// What they wrote.
    #[serde(default)]
    pub comment: String,
    /// The plan of the test; from canary only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<TestPlan>,
}

/// A look was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutLook"))]
#[serde(deny_unknown_fields)]
pub struct LookEvent {
    /// The rollout that was judged.
    pub rollout: String,
    /// The stage it was judged in.
    pub stage: Stage,
    /// The run of the test; 1 in other stages.
    pub run: u32,
    /// The look's number in it.
    pub number: u32,
    /// The verdicts of all gates of the stage.
    pub verdicts: Vec<Verdict>,
    /// The evidence they rest on.
    pub evidence_sha256: String,
    /// Segments that fare worse, as `field=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worse_segments: Vec<String>,
    /// Whether the planned information of the test is used up, so that no look can follow.
    #[serde(default)]
    pub is_last: bool,
    /// The analysis in words, where the look ends the test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Sentence>,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The name of the person or key.
    pub name: String,
    /// The person's role, such as `ml_lead`; empty for a key that belongs to no person.
    #[serde(default)]
    pub role: String,
    /// What the key allows.
    pub scope: Scope,
}

/// What a key allows in a rollout; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ActorScope"))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The service itself: it may hold, extend, suspend and roll back, and never promotes.
    Auto,
    /// Hold, resume and roll back.
    Operate,
    /// Start, approve, waive and change the policy, too. Such a key belongs to a named person.
    Approve,
}

/// A person who may approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ApprovingPerson"))]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: String,
}

impl Actor {
    /// The service itself.
    pub fn auto() -> Actor {
        Actor { name: "plumbline".to_owned(), role: String::new(), scope: Scope::Auto }
    }
}

impl Event {
    /// Who acts, where it is a command; none for what the service found.
    pub fn actor(&self) -> Option<&Actor> {
        match self {
            Event::Start(start) => Some(&start.by),
            Event::Approve(approve) => Some(&approve.by),
            Event::Rollback { by, .. }
            | Event::Hold { by, .. }
            | Event::Resume { by, .. }
            | Event::Waive { by, .. }
            | Event::Repolicy { by, .. }
            | Event::PostMortem { by, .. } => Some(by),
            Event::Look(_) | Event::Daily { .. } | Event::Day { .. } | Event::Red { .. } | Event::Watch { .. } => None,
        }
    }
}
