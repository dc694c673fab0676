//! `[experiment]`: what the A/B test must show.

use serde::{Deserialize, Serialize};

/// `[experiment]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExperimentPolicy"))]
#[serde(default, deny_unknown_fields)]
pub struct Experiment {
    /// Conversion.
    pub primary: Primary,
    /// What must not suffer.
    pub guardrails: Guardrails,
    /// Segments.
    pub segments: Segments,
}

/// Conversion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PrimaryPolicy"))]
#[serde(default, deny_unknown_fields)]
pub struct Primary {
    /// What is claimed.
    pub claim: Claim,
    /// The relative lift to be seen, or for `no_worse` the decline that must be excluded.
    pub lift: f64,
    /// The error rate, over all looks.
    pub alpha: f64,
    /// The power of the plan.
    pub power: f64,
    /// Matured leads per arm before the test may pass.
    pub least_per_arm: u32,
    /// Whether conversion is adjusted by the champion's score of each lead (CUPED).
    pub adjusted: bool,
}

impl Default for Primary {
    fn default() -> Primary {
        Primary { claim: Claim::Better, lift: 0.05, alpha: 0.05, power: 0.80, least_per_arm: 5_000, adjusted: true }
    }
}

/// What the test claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// More leads convert.
    #[default]
    Better,
    /// Not fewer convert than by the allowed decline.
    NoWorse,
}

/// What must not suffer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "GuardrailPolicy"))]
#[serde(default, deny_unknown_fields)]
pub struct Guardrails {
    /// The relative fall of deal size that is allowed.
    pub deal_size_margin: f64,
    /// The relative rise of the sales cycle that is allowed.
    pub cycle_margin: f64,
    /// The least mean rating, of 10.
    pub satisfaction_min: f64,
    /// How far below it the lower end may lie.
    pub satisfaction_slack: f64,
}

impl Default for Guardrails {
    fn default() -> Guardrails {
        Guardrails { deal_size_margin: 0.10, cycle_margin: 0.10, satisfaction_min: 8.0, satisfaction_slack: 0.5 }
    }
}

/// Segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "SegmentPolicy"))]
#[serde(default, deny_unknown_fields)]
pub struct Segments {
    /// Fields of a lead whose values are segments.
    pub fields: Vec<String>,
    /// What a segment that fares worse does.
    pub harm: HarmRule,
}

impl Default for Segments {
    fn default() -> Segments {
        Segments { fields: ["lead_source", "industry", "region"].map(str::to_owned).into(), harm: HarmRule::Hold }
    }
}

/// What a segment that fares worse does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HarmRule {
    /// It holds the rollout.
    #[default]
    Hold,
    /// It is reported.
    Report,
}
