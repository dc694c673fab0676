//! What is kept of looks, approvals, waivers and the plan of the test.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::policy::Mode;
use super::verdict::Outcome;
use super::{Gate, Stage};

/// A look that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "JudgedLook"))]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Its number in the stage; of the test, the week it judges.
    pub number: u32,
    /// When.
    pub at_ms: i64,
    /// Days logged by then.
    pub days_logged: u32,
    /// The evidence it rests on.
    pub evidence_sha256: String,
    /// The outcome of each gate.
    pub outcomes: BTreeMap<Gate, Outcome>,
    /// Segments that fare worse, as `field=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worse_segments: Vec<String>,
}

/// A gate that need not pass in this stage, because a person said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "GateWaiver"))]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Which gate.
    pub gate: Gate,
    /// The outcome that was waived; a look with another one ends the waiver.
    pub outcome: Outcome,
    /// Who waived it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at_ms: i64,
}

/// An approval of the next stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "StageApproval"))]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The person.
    pub name: String,
    /// The role in which they approved.
    pub role: String,
    /// The evidence of the look they approved.
    pub evidence_sha256: String,
    /// The plan of the test they approved; from canary only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<TestPlan>,
    /// What they wrote.
    #[serde(default)]
    pub comment: String,
    /// When.
    pub at_ms: i64,
}

/// The plan of the A/B test, as it is frozen when the test starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutTestPlan"))]
#[serde(deny_unknown_fields)]
pub struct TestPlan {
    /// Weeks of new leads; there is a look for each, once its leads have matured.
    pub weeks: u32,
    /// Leads a day that the plan reckons with, both arms together.
    pub leads_per_day: f64,
    /// Leads per arm that prove the planned lift with the planned power.
    pub needed_per_arm: u64,
    /// Leads per arm that the last look will hold.
    pub planned_per_arm: u64,
    /// The document of the whole plan.
    pub sha256: String,
}

/// How precision and recall are judged in this rollout. Never [`Mode::Auto`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ResolvedModes"))]
#[serde(deny_unknown_fields)]
pub struct Modes {
    /// Precision.
    pub precision: Mode,
    /// Recall.
    pub recall: Mode,
}

impl Modes {
    /// Whether the gate has a say in `stage`: in shadow the figure itself where it is judged absolutely, else its ratio to the
    /// champion's. All other gates, and those of later stages, are not concerned.
    pub fn applies(&self, gate: Gate, stage: Stage) -> bool {
        match gate {
            Gate::PerfPrecision => self.precision == Mode::Absolute,
            Gate::PerfRecall => self.recall == Mode::Absolute,
            Gate::RelPrecision => stage != Stage::Shadow || self.precision != Mode::Absolute,
            Gate::RelRecall => stage != Stage::Shadow || self.recall != Mode::Absolute,
            _ => true,
        }
    }
}
