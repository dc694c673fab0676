//! What an analysis answers: plain data, for a page, a file or a program. Infinite ends of intervals are `null` in JSON.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::settings::{Better, Demand};
use crate::stats::bayes::{Loss, Standing};
use crate::stats::effect::{Effect, NoEffect, Test};
use crate::stats::estimate::Estimate;
use crate::stats::level::Interval;
use crate::stats::margin::Finding;
use crate::stats::srm::SampleRatio;
use crate::table::Rows;

/// What an experiment comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExperimentReport"))]
pub struct Analysis {
    /// The verdict of the best treatment, or on the experiment itself.
    pub verdict: Verdict,
    /// It in words.
    pub sentence: String,
    /// The arms, the control first.
    pub arms: Vec<ArmReport>,
    /// Whether the arms have the planned split; none without leads.
    pub sample_ratio: Option<SampleRatio>,
    /// The same of the leads whose values could be read; absent when none was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_ratio: Option<SampleRatio>,
    /// Each treatment against the control.
    pub comparisons: Vec<Comparison>,
    /// What a reader should know beside.
    pub notes: Vec<String>,
    /// Where the rows of the input went; absent where no input was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
}

/// What to do. Only `Win` is a reason to go on; `Inconclusive` is a reason to wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExperimentVerdict"))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Verdict {
    /// The primary metric is better and no guardrail suffers: roll out.
    Win,
    /// The primary metric is worse, or a guardrail suffers: roll back.
    Lose,
    /// Neither is shown.
    Inconclusive {
        /// By how much to go on; none when more leads are not expected to show anything that matters.
        extend: Option<Extension>,
    },
    /// Too few leads to say anything.
    InsufficientData {
        /// Leads with an outcome in the smaller arm.
        found: u64,
        /// How many each arm needs; none when no number is known to be enough.
        needed: Option<u64>,
    },
    /// The arms, or the leads of them whose values could be read, do not have the planned split: no change here can be trusted.
    Invalid {
        /// Of that sample ratio.
        p_value: f64,
    },
}

impl Verdict {
    /// `Win`, `Lose` … as a person reads it.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Win => "Win",
            Verdict::Lose => "Lose",
            Verdict::Inconclusive { .. } => "Inconclusive",
            Verdict::InsufficientData { .. } => "Insufficient data",
            Verdict::Invalid { .. } => "Invalid",
        }
    }

    /// The order of verdicts for the headline: the least is reported.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Verdict::Invalid { .. } => 0,
            Verdict::Win => 1,
            Verdict::Inconclusive { .. } => 2,
            Verdict::InsufficientData { .. } => 3,
            Verdict::Lose => 4,
        }
    }
}

/// How long to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Extension {
    /// More leads with an outcome, per arm.
    pub leads_per_arm: u64,
    /// The days that takes, when leads per day are known.
    pub days: Option<u64>,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ArmReport {
    /// Its name.
    pub name: String,
    /// Leads in it, with or without an outcome.
    pub leads: u64,
    /// Those of them left out because their values could not be read: they count for the split alone.
    #[serde(default)]
    pub left_out: u64,
    /// Its part of all weights.
    pub share: f64,
    /// Its chance to be the best by the primary metric, and what choosing it is expected to cost; none while it cannot be told.
    pub standing: Option<Standing>,
}

/// A treatment against the control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "TreatmentReport"))]
pub struct Comparison {
    /// The treatment's name.
    pub treatment: String,
    /// The verdict on it.
    pub verdict: Verdict,
    /// It in words.
    pub sentence: String,
    /// Evidence of harm, sentences, whatever the verdict; null when there is none.
    #[serde(default)]
    pub harm: Option<String>,
    /// The metric that decides.
    pub primary: MetricReport,
    /// The metrics that must not suffer.
    pub guardrails: Vec<GuardrailReport>,
    /// The sales cycle, when it is watched.
    pub cycle: Option<CycleReport>,
    /// The primary metric by segment.
    pub segments: Vec<SegmentReport>,
}

/// A mean with its number of leads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Figure {
    /// Leads with an outcome.
    pub leads: u64,
    /// Leads whose outcome is not known yet.
    pub open: u64,
    /// The mean (rate, ratio), before adjustment; none without leads.
    pub mean: Option<f64>,
}

/// One metric, control and treatment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExperimentMetric"))]
pub struct MetricReport {
    /// Its name.
    pub name: String,
    /// Which way is good.
    pub better: Better,
    /// The control's figure.
    pub control: Figure,
    /// The treatment's figure.
    pub treatment: Figure,
    /// The slope by which values known before were taken out (CUPED).
    pub slope: Option<f64>,
    /// What the treatment changes.
    pub outcome: Outcome,
}

/// What can be said of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExperimentOutcome"))]
#[serde(untagged)]
pub enum Outcome {
    /// It was measured.
    Measured(Measurement),
    /// It cannot be.
    Unknown {
        /// A stable name of the reason.
        code: Cow<'static, str>,
        /// The reason, a sentence.
        message: String,
    },
}

impl Outcome {
    /// The measurement, when there is one.
    pub fn measured(&self) -> Option<&Measurement> {
        match self {
            Outcome::Measured(measurement) => Some(measurement),
            Outcome::Unknown { .. } => None,
        }
    }
}

impl From<NoEffect> for Outcome {
    fn from(reason: NoEffect) -> Outcome {
        Outcome::Unknown { code: reason.code().into(), message: reason.to_string() }
    }
}

/// A change with what the tests say of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Measurement {
    /// The change.
    pub effect: Effect,
    /// Whether it is 0, by the experiment's method: what decides.
    pub test: Test,
    /// Whether the test counts exactly, because an arm has too few leads of a kind for a standard error.
    #[serde(default)]
    pub exact: bool,
    /// The same by the delta method, as GrowthBook reports it; none at planned looks.
    pub delta_method: Option<Test>,
    /// The chance that the treatment is better, after these data alone.
    pub chance_to_win: f64,
    /// What keeping the control or taking the treatment is expected to cost, in the unit of the effect.
    pub expected_loss: Loss,
}

/// A guardrail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GuardrailReport {
    /// The metric.
    pub metric: MetricReport,
    /// What is demanded.
    pub demand: Demand,
    /// The interval the demand is held against: of the change for a margin, of the treatment's mean else. The end that shows the demand
    /// to be met holds at α, the other at half of α shared by all limits.
    pub interval: Option<Interval>,
    /// Whether the demand is met.
    pub finding: Finding,
    /// It in words.
    pub sentence: String,
}

/// The sales cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CycleReport {
    /// Its name.
    pub name: String,
    /// The days looked at.
    pub horizon: f64,
    /// Mean days a deal is open within the horizon, control then treatment (restricted means).
    pub mean_days: [f64; 2],
    /// Days by which half the deals are closed, where that is so.
    pub median_days: [Option<f64>; 2],
    /// Deals whose days are known, and how many of them closed.
    pub deals: [(u64, u64); 2],
    /// Deals whose days are not known: while there are any, the finding is open.
    #[serde(default)]
    pub unknown: [u64; 2],
    /// Treatment less control, days.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Its interval: the upper end holds at α, the lower at half of α shared by all limits; none while it is unknown.
    pub interval: Option<Interval>,
    /// The log-rank test's p-value.
    pub log_rank_p: Option<f64>,
    /// The days it may be longer by.
    pub margin_days: f64,
    /// Whether "no increase" holds.
    pub finding: Finding,
    /// It in words.
    pub sentence: String,
}

/// One value of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SegmentReport {
    /// The segment.
    pub segment: String,
    /// The value.
    pub value: String,
    /// The control's figure.
    pub control: Figure,
    /// The treatment's figure.
    pub treatment: Figure,
    /// The change there.
    pub outcome: Outcome,
    /// The p-value, corrected for all segments looked at.
    pub adjusted_p: Option<f64>,
    /// Whether the treatment is better or worse there, after the correction.
    pub direction: Direction,
}

/// Which way a segment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Better.
    Better,
    /// Worse: a harm to name.
    Worse,
    /// Not shown.
    NotShown,
}

impl Figure {
    /// The figure of `estimate`, with `open` leads beside it.
    pub(super) fn of(estimate: Option<&Estimate>, leads: u64, open: u64) -> Figure {
        Figure { leads, open, mean: estimate.map(|estimate| estimate.unadjusted) }
    }
}
