//! `[stage]`: how long each stage lasts, how often it is extended, and who approves the way into the next.

use serde::{Deserialize, Serialize};

use crate::rollout::Stage;

/// `[stage]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Stages {
    /// The challenger is only recorded.
    pub shadow: ShadowStage,
    /// The challenger serves a small share.
    pub canary: CanaryStage,
    /// The A/B test.
    pub ab_test: TestStage,
    /// The challenger serves all leads and is watched.
    pub full: FullStage,
}

/// `[stage] shadow`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ShadowStage {
    /// Days that must be logged before the first look.
    pub min_days: u32,
    /// Days from one look to the next.
    pub extend_days: u32,
    /// How often the stage may be extended before it is held.
    pub max_extensions: u32,
    /// Roles that must approve the next stage.
    pub approve: Vec<String>,
}

impl Default for ShadowStage {
    fn default() -> ShadowStage {
        ShadowStage { min_days: 14, extend_days: 7, max_extensions: 2, approve: vec!["ml_lead".to_owned()] }
    }
}

/// `[stage] canary`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CanaryStage {
    /// Days that must be logged before the first look.
    pub min_days: u32,
    /// The challenger's share in basis points.
    pub share_bp: u32,
    /// Days from one look to the next.
    pub extend_days: u32,
    /// How often the stage may be extended before it is held.
    pub max_extensions: u32,
    /// Roles that must approve the next stage.
    pub approve: Vec<String>,
}

impl Default for CanaryStage {
    fn default() -> CanaryStage {
        CanaryStage { min_days: 7, share_bp: 1_000, extend_days: 7, max_extensions: 2, approve: vec!["ml_lead".to_owned()] }
    }
}

/// `[stage] ab_test`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TestStage {
    /// Days of new leads before the test may pass.
    pub min_days: u32,
    /// Days of new leads that are planned.
    pub max_days: u32,
    /// The challenger's share in basis points.
    pub share_bp: u32,
    /// Days that an extension adds to the plan.
    pub extend_days: u32,
    /// Extensions that the plan holds.
    pub max_extensions: u32,
    /// Roles that must approve full rollout.
    pub approve: Vec<String>,
}

impl Default for TestStage {
    fn default() -> TestStage {
        TestStage {
            min_days: 14,
            max_days: 28,
            share_bp: 5_000,
            extend_days: 7,
            max_extensions: 2,
            approve: vec!["ml_lead".to_owned(), "product_manager".to_owned()],
        }
    }
}

/// `[stage] full`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FullStage {
    /// Days the new champion is watched before the rollout is complete.
    pub watch_days: u32,
    /// Days after completion in which a red alert rolls back by itself.
    pub auto_rollback_days: u32,
}

impl Default for FullStage {
    fn default() -> FullStage {
        FullStage { watch_days: 7, auto_rollback_days: 30 }
    }
}

impl Stages {
    /// Least days, days of an extension and most extensions of `stage`; none where there are no extensions of that kind.
    pub fn extension(&self, stage: Stage) -> Option<(u32, u32, u32)> {
        match stage {
            Stage::Shadow => Some((self.shadow.min_days, self.shadow.extend_days, self.shadow.max_extensions)),
            Stage::Canary => Some((self.canary.min_days, self.canary.extend_days, self.canary.max_extensions)),
            Stage::AbTest => Some((self.ab_test.min_days, self.ab_test.extend_days, self.ab_test.max_extensions)),
            Stage::Idle | Stage::Full => None,
        }
    }

    /// Roles that must approve the way out of `stage`.
    pub fn approvers(&self, stage: Stage) -> &[String] {
        match stage {
            Stage::Shadow => &self.shadow.approve,
            Stage::Canary => &self.canary.approve,
            Stage::AbTest => &self.ab_test.approve,
            Stage::Idle | Stage::Full => &[],
        }
    }
}
