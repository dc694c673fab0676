//! `[alerts]`, `[report]` and `[retention]`: what is watched at any time, who hears of it, and how long records are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Retrain, Span, Writeback};

/// `[alerts]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Alerts {
    /// Targets of the dashboard.
    pub targets: Targets,
    /// Clocks.
    pub timing: Timing,
    /// Channels.
    pub notify: Notify,
}

/// Targets of the dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AlertTargets"))]
#[serde(default, deny_unknown_fields)]
pub struct Targets {
    /// The error rate above which an alert fires.
    pub error_rate: f64,
    /// How old the newest prediction may be while leads are expected.
    pub freshness: Span,
    /// The part of health checks that must succeed.
    pub uptime: f64,
    /// Predictions a day; shown, not alerted.
    pub scores_per_day: u32,
    /// The mean rating by sales, of 10.
    pub satisfaction: f64,
}

impl Default for Targets {
    fn default() -> Targets {
        Targets { error_rate: 0.005, freshness: Span::hours(4), uptime: 0.999, scores_per_day: 1_000, satisfaction: 8.0 }
    }
}

/// Clocks of alerts and incidents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AlertTiming"))]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// How long a condition must hold before its alert fires.
    #[serde(rename = "for")]
    pub hold: Span,
    /// How often a yellow alert repeats its message.
    pub repeat_yellow: Span,
    /// How often a red alert repeats its message.
    pub repeat_red: Span,
    /// Rows that were expected before their absence is an alert.
    pub dead_man: f64,
    /// When a yellow incident is due.
    pub investigate_within: Span,
    /// When a red incident is due.
    pub restore_within: Span,
    /// When the post-mortem of a red incident is due.
    pub post_mortem_within: Span,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            hold: Span::minutes(10),
            repeat_yellow: Span::hours(24),
            repeat_red: Span::hours(4),
            dead_man: 7.0,
            investigate_within: Span::hours(48),
            restore_within: Span::hours(1),
            post_mortem_within: Span::hours(48),
        }
    }
}

/// Channels; texts are names of the host's secrets, never values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// The secret that holds the URL of a Slack webhook; empty: off.
    pub slack: String,
    /// The secret that holds the URL of an external heartbeat; empty: off.
    pub heartbeat: String,
    /// Signed webhooks.
    pub webhooks: Vec<Webhook>,
    /// Whether receivers on this machine are sent to, without TLS; for tests and local use.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_loopback: bool,
}

/// A signed webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Webhook {
    /// Where messages go; https only.
    pub url: String,
    /// The name of the secret that signs them.
    pub secret: String,
    /// Which of `rollout`, `alert`, `retrain`, `review` are sent; empty: all.
    pub events: Vec<String>,
}

/// The parts of a policy by which nothing is judged: when the model is retrained, who hears of what, people, links, and how
/// long records are kept. They follow the
/// settings at each start, also under a rollout.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operation {
    /// `[retrain]`.
    pub retrain: Retrain,
    /// `[alerts.notify]`.
    pub notify: Notify,
    /// `[report]`.
    pub report: Report,
    /// `[retention]`.
    pub retention: Retention,
    /// `[writeback]`.
    pub writeback: Writeback,
}

/// `[report]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportSettings"))]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// People, in the order of escalation.
    pub contact: Vec<Contact>,
    /// Links by id.
    pub links: BTreeMap<String, String>,
    /// Goals.
    pub goals: Goals,
}

/// A person to turn to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    /// `ml_lead`, `mlops_engineer`, `data_engineer`, `sales_lead`, `product_manager` or another role.
    pub role: String,
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Slack handle or channel.
    pub slack: String,
}

/// Goals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportGoals"))]
#[serde(default, deny_unknown_fields)]
pub struct Goals {
    /// Additional revenue in 90 days.
    pub revenue_90_days: f64,
}

impl Default for Goals {
    fn default() -> Goals {
        Goals { revenue_90_days: 500_000.0 }
    }
}

/// `[retention]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Of predictions.
    pub predictions: Span,
    /// Of leads' fields.
    pub features: Span,
    /// Of hourly windows, which then become days.
    pub hours: Span,
    /// Of daily windows.
    pub days: Span,
    /// Must be empty: `plumbline export` stores records elsewhere, and what it has not stored is not deleted.
    pub archive: String,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention {
            predictions: Span::days(400),
            features: Span::days(120),
            hours: Span::days(8),
            days: Span::days(5 * 365),
            archive: String::new(),
        }
    }
}
