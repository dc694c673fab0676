//! Why a rollout is not promoted at present, and why its challenger serves no lead.

use serde::{Deserialize, Serialize};

use super::Gate;
use crate::sentence::Sentence;

/// A hold: no promotion while it stands. Rollback, days and looks go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutHold"))]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// What or who holds.
    pub by: HoldBy,
    /// Why, for people.
    pub reason: Sentence,
    /// Since when.
    pub since_ms: i64,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// What or who holds a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HoldBy {
    /// A gate failed.
    Gate {
        /// Which.
        gate: Gate,
    },
    /// All extensions are used and some gate is still open.
    Extensions,
    /// Segments fare worse.
    Segment {
        /// Which, as `field=value`.
        segments: Vec<String>,
    },
    /// A look that was due could not be judged, however often it was tried.
    Errors,
    /// A person, or a rule outside the rollout.
    Person {
        /// Who.
        name: String,
    },
}

impl HoldBy {
    /// Whether only a person with the scope `approve` may end it.
    pub fn needs_approval(&self) -> bool {
        matches!(self, HoldBy::Gate { .. } | HoldBy::Extensions | HoldBy::Segment { .. })
    }
}

/// Why the challenger serves no lead although its stage would give it some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutSuspension"))]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// What suspended it.
    pub cause: SuspensionCause,
    /// Why, for people.
    pub reason: Sentence,
    /// Since when.
    pub since_ms: i64,
}

/// What suspended a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SuspensionCause {
    /// Errors or latency: the challenger is not even called, to take load off the service.
    Service,
    /// Figures of the model or of its data: the challenger still scores every lead, unseen.
    Model,
    /// The arms of the test do not hold the leads they should: its results are void.
    SampleRatio,
}
