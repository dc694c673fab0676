//! `[gates]`: the numbers that gates compare with.

use serde::{Deserialize, Serialize};

use super::Span;

/// `[gates]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Gates {
    /// How gates are judged.
    pub rules: Rules,
    /// The service.
    pub service: Service,
    /// The area under the ROC curve.
    pub auc: Area,
    /// Precision at the threshold of outcomes.
    pub precision: Threshold,
    /// Recall at the threshold of outcomes.
    pub recall: Threshold,
    /// The expected calibration error.
    pub calibration: Calibration,
    /// The leads' data.
    pub data: Data,
    /// What rolls back at once.
    pub red: Red,
}

/// How gates are judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "GateRules"))]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Level of the intervals at looks.
    pub confidence: f64,
    /// Chance of a false failure by the daily bounds of one gate over a whole rollout.
    pub daily_alpha: f64,
    /// Tries of a look that ends in an error before the rollout is held.
    pub error_limit: u32,
    /// How much worse than the champion the challenger may be, as a part of the champion's figure.
    pub max_relative_drop: f64,
    /// Days an approval and a look's verdicts stay valid.
    pub approval_days: u32,
    /// Whether someone other than the person who started must approve.
    pub four_eyes: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { confidence: 0.95, daily_alpha: 0.01, error_limit: 4, max_relative_drop: 0.10, approval_days: 7, four_eyes: true }
    }
}

/// The service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ServiceGates"))]
#[serde(default, deny_unknown_fields)]
pub struct Service {
    /// The 99th percentile allowed, in milliseconds: less than 1 % of requests may take longer.
    pub p99_ms: f64,
    /// Requests a second the build must sustain.
    pub min_rps: f64,
    /// How old the record of a load test may be.
    pub capacity_max_age: Span,
    /// The error rate allowed.
    pub max_error_rate: f64,
    /// Memory an instance may use, in megabytes.
    pub max_memory_mb: u32,
}

impl Default for Service {
    fn default() -> Service {
        Service { p99_ms: 200.0, min_rps: 1_000.0, capacity_max_age: Span::days(30), max_error_rate: 0.001, max_memory_mb: 2_048 }
    }
}

/// The area under the ROC curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AreaGates"))]
#[serde(default, deny_unknown_fields)]
pub struct Area {
    /// The least in shadow.
    pub min: f64,
    /// How far below the least the lower end of the interval may lie.
    pub slack: f64,
    /// The least value in the A/B test.
    pub ab_min: f64,
    /// How far below that the lower end may lie.
    pub ab_slack: f64,
}

impl Default for Area {
    fn default() -> Area {
        Area { min: 0.85, slack: 0.0, ab_min: 0.87, ab_slack: 0.02 }
    }
}

/// Precision or recall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ThresholdGate"))]
#[serde(default, deny_unknown_fields)]
pub struct Threshold {
    /// The least value.
    pub min: f64,
    /// How far below the least the lower end of the interval may lie.
    pub slack: f64,
    /// Whether the least value or the champion's decides.
    pub mode: Mode,
}

impl Default for Threshold {
    fn default() -> Threshold {
        Threshold { min: 0.80, slack: 0.03, mode: Mode::Auto }
    }
}

/// What precision and recall are compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ThresholdMode"))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Absolute where the champion's AUC can reach the least values at its base rate, else relative; resolved once, at Start.
    #[default]
    Auto,
    /// The least value decides.
    Absolute,
    /// The champion's value decides.
    Relative,
}

/// The expected calibration error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CalibrationGate"))]
#[serde(default, deny_unknown_fields)]
pub struct Calibration {
    /// The most.
    pub max: f64,
}

impl Default for Calibration {
    fn default() -> Calibration {
        Calibration { max: 0.05 }
    }
}

/// The leads' data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DataGates"))]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// A feature drifted when its Kolmogorov-Smirnov statistic (of a category, the total variation) is above this …
    pub ks: f64,
    /// … and its p value below this.
    pub ks_p: f64,
    /// Drifted features that do not fail.
    pub features_allowed: u32,
    /// The rise in the share of missing values that is allowed.
    pub max_missing: f64,
    /// The share of values training did not have that is allowed.
    pub max_new_categories: f64,
    /// The share of leads that must be scored.
    pub min_coverage: f64,
}

impl Default for Data {
    fn default() -> Data {
        Data { ks: 0.15, ks_p: 0.01, features_allowed: 2, max_missing: 0.01, max_new_categories: 0.01, min_coverage: 0.95 }
    }
}

/// What rolls back at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RedRules"))]
#[serde(default, deny_unknown_fields)]
pub struct Red {
    /// The error rate.
    pub error_rate: f64,
    /// The 99th percentile in milliseconds.
    pub p99_ms: f64,
    /// How many families of alerts firing at once.
    pub families: u32,
}

impl Default for Red {
    fn default() -> Red {
        Red { error_rate: 0.05, p99_ms: 500.0, families: 2 }
    }
}
