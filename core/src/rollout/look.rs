//! What is kept of looks, approvals, waivers and the plan of the test.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::policy::{HarmRule, Mode};
use super::state::Rollout;
use super::verdict::Outcome;
use super::{Gate, Policy, Stage};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutTestPlan"))]
#[serde(deny_unknown_fields)]
pub struct TestPlan {
    /// Weeks of new leads; there is a look for each, once its leads have matured.
    pub weeks: u32,
    /// Leads a day that the plan reckons with, both arms together.
    pub leads_per_day: u32,
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

impl TestPlan {
    /// Weeks that hold `least` leads per arm, at the pace of the plan.
    pub fn weeks_for(&self, least: u64) -> u32 {
        let weeks = (u128::from(least) * u128::from(self.weeks)).div_ceil(u128::from(self.planned_per_arm.max(1)));
        u32::try_from(weeks).unwrap_or(u32::MAX)
    }
}

impl Rollout {
    /// Whether `outcome` lets the stage be left: it is a pass or was waived, or all segments that fare worse were accepted.
    pub fn is_met(&self, policy: &Policy, gate: Gate, outcome: Outcome) -> bool {
        outcome == Outcome::Pass
            || self.waiver(gate).is_some_and(|waiver| waiver.outcome == outcome)
            || (gate == Gate::AbSegments && outcome != Outcome::Error && self.are_segments_accepted(policy))
    }

    fn are_segments_accepted(&self, policy: &Policy) -> bool {
        let Some(look) = self.look.as_ref().filter(|look| !look.worse_segments.is_empty()) else { return false };
        policy.experiment.segments.harm == HarmRule::Report
            || look.worse_segments.iter().all(|segment| self.accepted_segments.contains(segment))
    }

    /// The gates that keep the stage from being left, by the last look: those that must pass and are neither passed nor waived, and
    /// all that failed, also by a daily bound since. Empty without a look.
    pub fn open_gates(&self, policy: &Policy) -> Vec<(Gate, Option<Outcome>)> {
        let Some(look) = &self.look else { return Vec::new() };
        let is_open = |gate: &Gate| match look.outcomes.get(gate) {
            None => self.must_pass(*gate),
            Some(_) if self.daily_fail == Some(*gate) => true,
            Some(outcome) if self.must_pass(*gate) => !self.is_met(policy, *gate, *outcome),
            Some(outcome) => self.is_judged(*gate) && *outcome == Outcome::Fail,
        };
        let failed_since = |gate: Gate| (self.daily_fail == Some(gate)).then_some(Outcome::Fail);
        let mut gates: Vec<(Gate, Option<Outcome>)> = Gate::ALL
            .into_iter()
            .filter(is_open)
            .map(|gate| (gate, failed_since(gate).or(look.outcomes.get(&gate).copied())))
            .collect();
        let too_early = match self.stage {
            Stage::AbTest => 7 * look.number < policy.stage.ab_test.min_days,
            _ => self.days_logged < self.least_days(policy),
        };
        if too_early && gates.iter().all(|(gate, _)| *gate != Gate::GovDays) {
            gates.push((Gate::GovDays, Some(Outcome::InsufficientData)));
        }
        gates
    }
}
