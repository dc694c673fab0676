//! `[writeback]`: score changes that a CRM learns of.

use serde::{Deserialize, Serialize};

use super::Webhook;

/// `[writeback]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WritebackPolicy"))]
#[serde(default, deny_unknown_fields)]
pub struct Writeback {
    /// Whether score changes are recorded.
    pub enabled: bool,
    /// A probability that moved by at least so much since it was last reported is a change; another band always is.
    pub min_change: f64,
    /// Signed webhooks that changes are posted to.
    pub webhooks: Vec<Webhook>,
    /// Whether open leads are scored again when another model begins to serve all leads, or when a challenger stops serving.
    pub rescore: bool,
    /// Leads a second that are scored again, over all shards.
    pub rescore_per_second: u32,
    /// A lead without an outcome is open for so many days after it was last scored.
    pub open_days: u32,
}

impl Default for Writeback {
    fn default() -> Writeback {
        Writeback {
            enabled: false,
            min_change: 0.05,
            webhooks: Vec::new(),
            rescore: true,
            rescore_per_second: 100,
            open_days: 180,
        }
    }
}
