//! What a gate's judgement says.

use serde::{Deserialize, Serialize};

use super::{Gate, Stage};
use crate::sentence::Sentence;

/// The five answers a gate, a measure or a check can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "GateOutcome"))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The condition holds beyond doubt.
    Pass,
    /// It is violated beyond doubt.
    Fail,
    /// There are enough data, and they do not decide.
    Inconclusive,
    /// There are too few data to judge.
    InsufficientData,
    /// It could not be judged: a part of the evidence did not arrive or is unusable.
    Error,
}

/// How urgent a failure is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To know.
    #[default]
    Info,
    /// To be looked at within days.
    Yellow,
    /// To be acted on within the hour.
    Red,
}

/// On which side of the threshold the value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Comparator {
    /// Above it.
    #[serde(rename = ">")]
    Above,
    /// At it or above.
    #[serde(rename = ">=")]
    AtLeast,
    /// Below it.
    #[serde(rename = "<")]
    Below,
    /// At it or below.
    #[serde(rename = "<=")]
    AtMost,
}

/// An interval of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "VerdictInterval"))]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Its level, such as 0.95.
    pub level: f64,
}

/// The judgement of one gate. No figure in it is NaN or infinite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "GateVerdict"))]
pub struct Verdict {
    /// Which gate.
    pub gate: Gate,
    /// The stage it was judged in.
    pub stage: Stage,
    /// What was found.
    pub outcome: Outcome,
    /// Judged on a day without a look: shown, decides nothing, unless it fails by an always-valid bound.
    pub provisional: bool,
    /// How urgent a failure is.
    pub severity: Severity,
    /// The challenger's figure in `unit`; where the gate compares with the champion, the ratio of the challenger's to the champion's.
    pub value: Option<f64>,
    /// The champion's figure, of `rel.*` that on the same leads and in its own unit.
    pub baseline: Option<f64>,
    /// How the champion does by the same rule; none where the gate compares with the champion. What it fails as well is not the
    /// challenger's fault.
    #[serde(default)]
    pub champion: Option<Outcome>,
    /// What the value is compared with.
    pub threshold: Option<f64>,
    /// On which side of it the value has to be.
    pub comparator: Comparator,
    /// What the figures count: `share`, `ratio`, `auc`, `ms`, `per_s`, `mb`, `count`, `days`, `rating`, `p`.
    pub unit: String,
    /// Leads, requests or votes behind the value.
    pub n: u64,
    /// How many are needed for a decision; none where it is decided.
    pub needed_n: Option<u64>,
    /// When that number is reached at the pace of the last 7 days, milliseconds since 1970.
    pub ready_ms: Option<i64>,
    /// The interval of the value (of the ratio for `rel.*`).
    pub interval: Option<Interval>,
    /// How it was worked out.
    pub method: String,
    /// Why a person waived it; none where it is not waived.
    pub waived: Option<String>,
    /// The judgement in words.
    pub sentence: Sentence,
    /// The evidence it rests on; empty while it is not frozen.
    pub evidence_sha256: String,
}
