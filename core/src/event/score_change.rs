//! A change of a lead's score for a CRM: what `GET /v1/changes` lists and what webhooks bring.

use serde::{Deserialize, Serialize};

/// Score changes: the answer to `GET /v1/changes`, and the member `data` of a webhook `scores.changed`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScoreChanges {
    /// 1.
    pub format: u32,
    /// The changes; those of a lead in the order of time.
    pub changes: Vec<ScoreChange>,
    /// Where to go on: the parameter `after` of the next request. Empty in webhooks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cursor: String,
    /// Whether more changes wait.
    #[serde(default)]
    pub more: bool,
    /// Whether changes before these were deleted, 90 days after they were recorded: an answer from the beginning begins with the oldest
    /// that is kept. Absent: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
}

/// What is posted to a webhook of `[writeback]`, signed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScoresChanged {
    /// `scores.changed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The time of the newest change, RFC 3339 in UTC.
    pub timestamp: String,
    /// The changes, at most 100, without cursor.
    pub data: ScoreChanges,
}

/// A score that moved by the set amount, or into another band, since the last one that was reported; or the first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScoreChange {
    /// The lead.
    pub lead_id: String,
    /// When it was scored, RFC 3339 in UTC.
    pub at: String,
    /// Why.
    pub reason: ChangeReason,
    /// The version that scored it.
    pub version: String,
    /// Probability in [0, 1].
    pub probability: f64,
    /// Band; empty where the model has none.
    pub band: String,
    /// What was reported before; none for the first score.
    pub previous: Option<PreviousScore>,
}

/// The score that was reported before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PreviousScore {
    /// The version that scored it.
    pub version: String,
    /// Probability in [0, 1].
    pub probability: f64,
    /// Band.
    pub band: String,
}

/// Why a lead has another score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeReason {
    /// A caller had it scored.
    #[default]
    Scored,
    /// Open leads were scored again, by their stored fields.
    Rescored,
}

impl ChangeReason {
    /// The reason's name, as it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            ChangeReason::Scored => "scored",
            ChangeReason::Rescored => "rescored",
        }
    }

    /// The reason of this name; that of a caller for any other.
    pub fn named(name: &str) -> ChangeReason {
        if name == ChangeReason::Rescored.name() { ChangeReason::Rescored } else { ChangeReason::Scored }
    }
}
