//! `[retrain]`: when the model is retrained, on what, and what becomes of the new one.

use serde::{Deserialize, Serialize};

use super::Span;
use crate::retrain::Rules;

/// `[retrain]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Retrain {
    /// When.
    pub when: RetrainWhen,
    /// On what, where, and what becomes of it.
    pub what: RetrainData,
}

/// When the model is retrained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetrainWhen {
    /// Minute, hour, day, month and weekday of cron, in UTC; empty: by no schedule.
    pub schedule: String,
    /// More drifted fields retrain at once; none where 0 is given.
    pub drifted_features: u32,
    /// The share of votes that must call the scores unhelpful …
    pub unhelpful_share: f64,
    /// … of at least so many votes …
    pub unhelpful_votes: u32,
    /// … in so many days.
    pub unhelpful_days: u32,
    /// The least time between two retrainings that a trigger starts.
    pub cooldown: Span,
}

impl Default for RetrainWhen {
    fn default() -> RetrainWhen {
        RetrainWhen {
            schedule: "0 2 * * 0".to_owned(),
            drifted_features: 2,
            unhelpful_share: 0.5,
            unhelpful_votes: 20,
            unhelpful_days: 7,
            cooldown: Span::hours(72),
        }
    }
}

/// What the model is retrained on, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetrainData {
    /// Leads that matured in so many days are trained and tested on.
    pub days: u32,
    /// The least AUC of a model that is queued for shadow.
    pub promote_auc: f64,
    /// Below this AUC people are alerted.
    pub alert_auc: f64,
    /// How far below today's model, on the same leads, it may be.
    pub margin: f64,
    /// Where it is trained.
    #[serde(rename = "where")]
    pub place: RetrainPlace,
    /// More leads are not trained on in the service.
    pub max_rows: u32,
}

impl Default for RetrainData {
    fn default() -> RetrainData {
        RetrainData {
            days: 30,
            promote_auc: 0.87,
            alert_auc: 0.85,
            margin: 0.01,
            place: RetrainPlace::Control,
            max_rows: 200_000,
        }
    }
}

impl RetrainData {
    /// The numbers a retrained model is judged by.
    pub fn rules(&self) -> Rules {
        Rules { promote_auc: self.promote_auc, alert_auc: self.alert_auc, margin: self.margin }
    }
}

/// Where a model is retrained.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RetrainPlace {
    /// In the service, up to `max_rows` leads.
    #[default]
    Control,
    /// Up to `max_rows` leads in the service; more by a program that a webhook starts (`plumbline retrain --run`).
    Webhook,
}
