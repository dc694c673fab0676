//! Verdicts of the rules that roll back at once, per version and minute.

use serde::{Deserialize, Serialize};

use super::hold::SuspensionCause;
use crate::sentence::Sentence;

/// How one version did by one rule over the shortest stretch that held enough requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RedVerdict {
    /// The version.
    pub version: String,
    /// The rule.
    pub rule: RedRule,
    /// Whether it is red.
    pub is_red: bool,
    /// The judgement in words.
    pub sentence: Sentence,
}

/// A rule that rolls back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RedRule {
    /// Too many requests fail.
    Errors,
    /// Too many requests are slow.
    Latency,
    /// Alerts of several families fire at once.
    Many,
}

impl RedRule {
    /// Why a rollout that is suspended by this rule is suspended.
    pub fn cause(self) -> SuspensionCause {
        match self {
            RedRule::Errors | RedRule::Latency => SuspensionCause::Service,
            RedRule::Many => SuspensionCause::Model,
        }
    }
}
