//! The report on the leads' data: each field against the training data, and the suites of expectations.

use serde::{Deserialize, Serialize};

use super::value::Status;

/// The leads' data of the last seven days against the champion's training data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportQuality"))]
pub struct Quality {
    /// The fields: the most important first where importance is known, else the most changed; at most 50.
    pub features: Vec<FeaturePart>,
    /// All fields of the model.
    pub features_total: u32,
    /// Features that are expected above the limit in a week by chance alone; none where no field has enough leads.
    pub expected_false_alarms_per_week: Option<f64>,
    /// The expectation suites of the versions that are loaded, run once a day on the newest stored leads.
    #[serde(default)]
    pub suites: Vec<SuitePart>,
}

/// A version's expectation suite on the newest stored leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportSuite"))]
pub struct SuitePart {
    /// The suite's name.
    pub name: String,
    /// The version in whose bundle it is.
    pub version: String,
    /// When it was run last.
    pub at: String,
    /// Leads it was run on.
    pub leads: u64,
    /// Expectations that they meet.
    pub passed: u64,
    /// Expectations that they do not meet.
    pub failed: u64,
    /// Those of them that are critical.
    pub failed_critical: u64,
    /// Pass, fail where a critical expectation is not met; insufficient data without leads.
    pub status: Status,
    /// Expectations that they do not meet, critical ones first; at most 20.
    pub missed: Vec<MissedPart>,
}

/// An expectation that leads do not meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportMissedExpectation"))]
pub struct MissedPart {
    /// What is expected, in words.
    pub expected: String,
    /// Whether it is critical; else a warning or to be known.
    pub is_critical: bool,
    /// Values that were checked; none where it is not about single values.
    pub checked: Option<u64>,
    /// Those of them that are not as expected.
    pub unexpected: Option<u64>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportFeature"))]
pub struct FeaturePart {
    /// Its name.
    pub name: String,
    /// Its part in the model's reasons; none without a baseline that holds it.
    pub importance: Option<f64>,
    /// Distance from training: Kolmogorov-Smirnov of a number, total variation of a category.
    pub ks: Option<f64>,
    /// Between these ends lies the exact distance, which bins do not show.
    pub ks_bound: Option<(f64, f64)>,
    /// The population stability index, in deciles of the training data or by category.
    pub psi: Option<f64>,
    /// The part of values that is missing, now and in training.
    pub missing: Option<f64>,
    /// The same in training.
    pub missing_reference: Option<f64>,
    /// The part of a category's values that training did not have.
    pub new_share: Option<f64>,
    /// The most frequent of them.
    pub new_values: Vec<String>,
    /// What the distance says beside the policy's limit.
    pub status: Status,
    /// Of a number: the inner edges of the bins below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<f64>,
    /// Of a category: the names of the bins below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Part of the training data in each bin.
    pub reference: Vec<f64>,
    /// Part of the leads in each bin.
    pub current: Vec<f64>,
    /// The distance by day of the report; only of the most important fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ks_by_day: Vec<Option<f64>>,
}
