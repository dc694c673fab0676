//! A model's status and its aliases in the registry.

use serde::{Deserialize, Serialize};

/// What a model is at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelStatus {
    /// Uploaded and verified.
    Registered,
    /// Waits for a person to start its rollout.
    Queued,
    /// In shadow.
    Shadow,
    /// In canary.
    Canary,
    /// In the A/B test.
    AbTest,
    /// Serves all leads and is watched.
    Full,
    /// Serves outside a rollout.
    Champion,
    /// Served, or was to serve, and no longer does.
    Retired,
    /// Must not be started.
    Rejected,
}

impl ModelStatus {
    /// The status as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            ModelStatus::Registered => "registered",
            ModelStatus::Queued => "queued",
            ModelStatus::Shadow => "shadow",
            ModelStatus::Canary => "canary",
            ModelStatus::AbTest => "ab_test",
            ModelStatus::Full => "full",
            ModelStatus::Champion => "champion",
            ModelStatus::Retired => "retired",
            ModelStatus::Rejected => "rejected",
        }
    }
}

/// A name that points to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ModelAlias"))]
#[serde(rename_all = "snake_case")]
pub enum Alias {
    /// The version that serves outside a rollout.
    Champion,
    /// The one before it.
    Previous,
    /// The version that is rolled out and serves leads.
    Challenger,
    /// The version that is rolled out and only recorded.
    Shadow,
}

impl Alias {
    /// The alias as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Alias::Champion => "champion",
            Alias::Previous => "previous",
            Alias::Challenger => "challenger",
            Alias::Shadow => "shadow",
        }
    }
}
