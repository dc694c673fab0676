//! The rules of a rollout: the sections of `plumbline.toml`, with the checklist's numbers as defaults.

mod check;
mod conflict;
mod experiment;
mod gates;
mod key;
mod notice;
mod retrain;
mod span;
mod stages;
mod writeback;

pub use experiment::{Claim, Experiment, Guardrails, HarmRule, Primary, Segments};
pub use gates::{Area, Calibration, Data, Gates, Mode, Red, Rules, Service, Threshold};
pub use key::{Contradiction, Key, contradictions, keys};
pub use notice::{Alerts, Contact, Goals, Notify, Operation, Report, Retention, Targets, Timing, Webhook};
pub use retrain::{Retrain, RetrainData, RetrainPlace, RetrainWhen};
pub use span::Span;
pub use stages::{CanaryStage, FullStage, ShadowStage, Stages, TestStage};
pub use writeback::Writeback;

use serde::{Deserialize, Serialize};

/// The rules of a rollout. Every key has a default; unknown keys are rejected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// What an outcome is.
    pub outcome: OutcomeRule,
    /// What is kept of leads.
    pub leads: Leads,
    /// How long each stage lasts and who approves the next.
    pub stage: Stages,
    /// What is judged, and by which numbers.
    pub gates: Gates,
    /// The A/B test.
    pub experiment: Experiment,
    /// When the model is retrained, on what, and what becomes of the new one.
    pub retrain: Retrain,
    /// What is watched at any time, and who hears of it.
    pub alerts: Alerts,
    /// People, links and goals of the report.
    pub report: Report,
    /// How long records are kept.
    pub retention: Retention,
    /// Score changes that a CRM learns of.
    pub writeback: Writeback,
}

impl Policy {
    /// Its sections, as `plumbline.toml` has them next to those of the service.
    pub const SECTIONS: [&str; 10] =
        ["outcome", "leads", "stage", "gates", "experiment", "retrain", "alerts", "report", "retention", "writeback"];

    /// The parts by which nothing is judged.
    pub fn operation(&self) -> Operation {
        let Policy { retrain, alerts, report, retention, writeback, .. } = self;
        Operation {
            retrain: retrain.clone(),
            notify: alerts.notify.clone(),
            report: report.clone(),
            retention: retention.clone(),
            writeback: writeback.clone(),
        }
    }

    /// The policy with other parts by which nothing is judged.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Policy {
        let Operation { retrain, notify, report, retention, writeback } = operation;
        (self.retrain, self.alerts.notify, self.report) = (retrain, notify, report);
        (self.retention, self.writeback) = (retention, writeback);
        self
    }
}

/// What an outcome is and when it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct OutcomeRule {
    /// A lead counts as an outcome once it is so many days old, converted or not.
    pub mature_days: u32,
    /// A lead is called at this probability, for precision and recall.
    pub threshold: f64,
    /// The currency of deal values.
    pub value_unit: String,
}

impl Default for OutcomeRule {
    fn default() -> OutcomeRule {
        OutcomeRule { mature_days: 7, threshold: 0.5, value_unit: "USD".to_owned() }
    }
}

/// What is kept of leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Leads {
    /// Which leads' fields are kept for back-fill, retraining and drift.
    pub store: LeadStore,
    /// Fields stored as HMAC with the store's secret.
    pub personal: Vec<String>,
}

/// Which leads' fields are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeadStore {
    /// Of leads that are scored, the first time.
    #[default]
    Scored,
    /// Of leads that are sent to `POST /v1/leads`, whether they are scored or not.
    Ingested,
    /// None.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_default_and_no_other_is_known() {
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), Policy::default());
        let text = serde_json::to_string(&Policy::default()).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), Policy::default());
        let given = r#"{"stage":{"shadow":{"min_days":7}},"gates":{"auc":{"min":0.8}}}"#;
        let policy: Policy = serde_json::from_str(given).unwrap();
        assert_eq!((policy.stage.shadow.min_days, policy.stage.shadow.extend_days, policy.gates.auc.min), (7, 7, 0.8));
        assert!(serde_json::from_str::<Policy>(r#"{"gates":{"acu":{}}}"#).is_err());
    }
}
