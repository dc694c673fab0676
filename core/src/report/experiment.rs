//! The report on the A/B test, its worth in money, and the goals of the first 90 days.

use serde::{Deserialize, Serialize};

use super::value::{Estimate, Series, Status};
use crate::sentence::Sentence;

/// The newest A/B test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportExperiment"))]
pub struct ExperimentPart {
    /// The rollout.
    pub rollout: String,
    /// `running` or `finished`.
    pub status: String,
    /// The verdict in words.
    pub sentence: Sentence,
    /// Whether the arms have the planned split.
    pub srm: Option<SplitPart>,
    /// The metrics, the primary first.
    pub measures: Vec<ChangePart>,
    /// The primary metric by segment, harm first; at most 20.
    pub segments: Vec<SegmentPart>,
    /// All segments.
    pub segments_total: u32,
    /// The looks so far.
    pub looks: Vec<LookPart>,
    /// Planned looks.
    pub looks_planned: u32,
}

/// The split of an A/B test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportSplit"))]
pub struct SplitPart {
    /// The chance of such a split, or a worse one, if leads are assigned as planned.
    pub p: f64,
    /// Leads of each arm by plan.
    pub expected: Vec<f64>,
    /// Leads of each arm.
    pub observed: Vec<u64>,
}

/// A metric of both arms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportChange"))]
pub struct ChangePart {
    /// Which: a metric of the test, or a measure of the comparison.
    pub id: String,
    /// The champion's figure.
    pub control: Estimate,
    /// The challenger's figure.
    pub treatment: Estimate,
    /// Relative change, as a part of the champion's figure; of the sales cycle, days.
    pub change: Estimate,
    /// What the change says beside what is demanded.
    pub status: Status,
    /// In words; empty where the figures say all.
    pub sentence: Sentence,
}

/// The primary metric in one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportSegment"))]
pub struct SegmentPart {
    /// The field.
    pub by: String,
    /// Its value.
    pub value: String,
    /// The champion's figure.
    pub control: Estimate,
    /// The challenger's figure.
    pub treatment: Estimate,
    /// Relative change.
    pub change: Estimate,
    /// `fail`: worse there, after a correction for all segments looked at; `pass`: better.
    pub status: Status,
}

/// The test at one look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportLook"))]
pub struct LookPart {
    /// When.
    pub at: String,
    /// Its number, from 1.
    pub look: u32,
    /// The part of the planned information that was in.
    pub information: f64,
    /// The relative change of the primary metric, within the interval of this look.
    pub lift: Estimate,
}

/// Two versions on the same leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportComparison"))]
pub struct ComparisonPart {
    /// Champion and challenger.
    pub versions: [String; 2],
    /// Leads that both scored and that matured.
    pub n: u64,
    /// Figures of both and their relative change.
    pub differences: Vec<ChangePart>,
}

/// A goal of the first 90 days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportGoal"))]
pub struct Goal {
    /// 1, 2 or 3.
    pub month: u32,
    /// Which.
    pub id: String,
    /// Whether it is reached.
    pub status: Status,
    /// In words.
    pub sentence: Sentence,
    /// The end of its month.
    pub due_at: String,
    /// The page's route to the details.
    pub route: String,
}

/// Additional revenue since the challenger of the newest A/B test has served all leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportRevenue"))]
pub struct Revenue {
    /// In the deployment's currency; unknown before a test has ended and its challenger serves all leads.
    pub estimate: Estimate,
    /// The goal.
    pub target: f64,
    /// What one lead more is worth with the challenger than with the champion of the test.
    pub per_lead: Estimate,
    /// Leads that the challenger has served since.
    pub leads: u64,
    /// The estimate by day.
    pub series: Series,
    /// How it is worked out.
    pub method: Sentence,
    /// What is left out.
    pub excluded: Vec<String>,
}
