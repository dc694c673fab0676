//! The measures of the four tabs: which figure, over which days, against which target.

use serde::{Deserialize, Serialize};

use super::day::DayRow;
use super::value::{Estimate, Series, Status, Target};
use crate::rollout::Policy;
use crate::sentence::Sentence;

/// A measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportMeasure"))]
pub struct Measure {
    /// Which.
    pub id: MeasureId,
    /// The tab it belongs to.
    pub tab: Tab,
    /// `ms`, `per_s`, `ratio`, `hours`, `money`, `score` or `count`.
    pub unit: String,
    /// The champion's figure over `window_days`.
    pub estimate: Estimate,
    /// What it says.
    pub status: Status,
    /// In words.
    pub sentence: Sentence,
    /// The days that the estimate covers.
    pub window_days: u32,
    /// What it is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The champion's figure by day.
    pub champion: Series,
    /// The challenger's figure by day; none without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenger: Option<Series>,
}

/// The measures, by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say what they are; METHODS defines them")]
pub enum MeasureId {
    P50Ms,
    P99Ms,
    Throughput,
    ErrorRate,
    Uptime,
    Auc,
    Precision,
    Recall,
    CalibrationError,
    Freshness,
    Missing,
    DriftKs,
    Coverage,
    Conversion,
    DealSize,
    Satisfaction,
    ScoresPerDay,
}

/// The tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportTab"))]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// The service.
    Health,
    /// The model.
    Performance,
    /// The data.
    Quality,
    /// The business.
    Business,
}

impl Tab {
    /// All tabs, in their order.
    pub const ALL: [Tab; 4] = [Tab::Health, Tab::Performance, Tab::Quality, Tab::Business];

    /// As the JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Tab::Health => "health",
            Tab::Performance => "performance",
            Tab::Quality => "quality",
            Tab::Business => "business",
        }
    }
}

use MeasureId::{
    Auc, CalibrationError, Conversion, Coverage, DealSize, DriftKs, ErrorRate, Freshness, Missing, P50Ms, P99Ms, Precision,
    Recall, Satisfaction, ScoresPerDay, Throughput, Uptime,
};

impl MeasureId {
    /// All measures, in the order of the report.
    pub const ALL: [MeasureId; 17] = [
        P50Ms,
        P99Ms,
        Throughput,
        ErrorRate,
        Uptime,
        Auc,
        Precision,
        Recall,
        CalibrationError,
        Freshness,
        Missing,
        DriftKs,
        Coverage,
        Conversion,
        DealSize,
        Satisfaction,
        ScoresPerDay,
    ];

    /// The tab.
    pub fn tab(self) -> Tab {
        match self {
            P50Ms | P99Ms | Throughput | ErrorRate | Uptime => Tab::Health,
            Auc | Precision | Recall | CalibrationError => Tab::Performance,
            Freshness | Missing | DriftKs | Coverage => Tab::Quality,
            Conversion | DealSize | Satisfaction | ScoresPerDay => Tab::Business,
        }
    }

    /// The unit of its figures.
    pub fn unit(self) -> &'static str {
        match self {
            P50Ms | P99Ms => "ms",
            Throughput => "per_s",
            Freshness => "hours",
            DealSize => "money",
            Satisfaction => "score",
            ScoresPerDay => "count",
            _ => "ratio",
        }
    }

    /// What the figure is called in a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            P50Ms => "Median response time",
            P99Ms => "Response time of the slowest hundredth",
            Throughput => "Requests a second",
            ErrorRate => "Share of failed requests",
            Uptime => "Uptime",
            Auc => "Ranking quality (AUC)",
            Precision => "Precision",
            Recall => "Recall",
            CalibrationError => "Calibration error",
            Freshness => "Age of the newest score",
            Missing => "Missing values",
            DriftKs => "Drift of the leads' data",
            Coverage => "Share of leads scored",
            Conversion => "Conversion",
            DealSize => "Deal size",
            Satisfaction => "Rating by sales",
            ScoresPerDay => "Leads scored a day",
        }
    }

    /// The figure of a day; none where it has none, or is not kept by day.
    pub(super) fn of_day(self, row: &DayRow) -> Option<f64> {
        match self {
            P50Ms => row.p50_ms,
            P99Ms => row.p99_ms,
            Throughput => row.throughput,
            ErrorRate => row.error_rate,
            Auc => row.auc,
            Precision => row.precision,
            Recall => row.recall,
            CalibrationError => row.calibration_error,
            Missing => row.missing,
            DriftKs => row.drift,
            Coverage => row.coverage,
            Conversion => row.conversion,
            DealSize => row.deal_size,
            Satisfaction => row.satisfaction,
            ScoresPerDay => (row.leads > 0).then_some(row.leads as f64),
            Uptime | Freshness => None,
        }
    }

    /// The target of the dashboard; none where the figure is only tracked.
    pub fn target(self, policy: &Policy) -> Option<Target> {
        let (gates, targets) = (&policy.gates, &policy.alerts.targets);
        let target = match self {
            P50Ms | Throughput | Conversion | DealSize => return None,
            P99Ms => Target::new("<", gates.service.p99_ms),
            ErrorRate => Target::new("<", gates.service.max_error_rate),
            Uptime => Target::new(">", targets.uptime),
            Auc => Target::new(">=", gates.auc.min),
            Precision => Target::new(">=", gates.precision.min),
            Recall => Target::new(">=", gates.recall.min),
            CalibrationError => Target::new("<", gates.calibration.max),
            Freshness => Target::new("<", targets.freshness.0 as f64 / 3.6e6),
            Missing => Target::new("<", gates.data.max_missing),
            DriftKs => Target::new("<", gates.data.ks),
            Coverage => Target::new(">", gates.data.min_coverage),
            Satisfaction => Target::new(">=", targets.satisfaction),
            ScoresPerDay => Target::new(">=", f64::from(targets.scores_per_day)),
        };
        Some(target)
    }
}

/// What `estimate` says beside `target`: decided by its interval where it has one, else by the value.
pub(super) fn status(estimate: &Estimate, target: Option<&Target>) -> Status {
    let Some(target) = target else { return Status::Tracked };
    let Some(value) = estimate.value else { return Status::InsufficientData };
    let meets = |x: f64| match target.op.as_str() {
        ">" => x > target.value,
        ">=" => x >= target.value,
        "<" => x < target.value,
        _ => x <= target.value,
    };
    let ends = [estimate.low.unwrap_or(value), estimate.high.unwrap_or(value)];
    match ends.map(meets) {
        [true, true] => Status::Pass,
        [false, false] => Status::Fail,
        _ => Status::Inconclusive,
    }
}
