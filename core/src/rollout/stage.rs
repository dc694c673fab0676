//! The stages of a rollout.

use serde::{Deserialize, Serialize};

/// Where a rollout is. Its ends are not stages: after them the state is [`Stage::Idle`] again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// No rollout: the champion serves all leads.
    #[default]
    Idle,
    /// The challenger scores every lead and is only recorded.
    Shadow,
    /// The challenger serves a small share of leads.
    Canary,
    /// An A/B test: half of the leads each.
    AbTest,
    /// The challenger serves all leads and is watched.
    Full,
}

impl Stage {
    /// The stages of a rollout, in their order.
    pub const ACTIVE: [Stage; 4] = [Stage::Shadow, Stage::Canary, Stage::AbTest, Stage::Full];

    /// The stage's name, as it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Idle => "idle",
            Stage::Shadow => "shadow",
            Stage::Canary => "canary",
            Stage::AbTest => "ab_test",
            Stage::Full => "full",
        }
    }

    /// The stage's name as people read it at the beginning of a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Stage::Idle => "No rollout",
            Stage::Shadow => "Shadow",
            Stage::Canary => "Canary",
            Stage::AbTest => "A/B test",
            Stage::Full => "Full",
        }
    }

    /// Whether a rollout is under way.
    pub fn is_active(self) -> bool {
        self != Stage::Idle
    }
}
