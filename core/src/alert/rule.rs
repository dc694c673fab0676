//! The rules: what each watches, how urgent it is, and how long its condition must hold.

use serde::{Deserialize, Serialize};

use crate::rollout::policy::{Span, Timing};
use crate::rollout::{RedRule, Severity};

/// A rule. The name in JSON is the name in the runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AlertRule"))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is described in OPERATIONS under its name")]
pub enum Rule {
    Auc,
    Calibration,
    Precision,
    Recall,
    ExpectedAuc,
    Drift,
    Latency,
    Errors,
    Coverage,
    #[serde(rename = "red.errors")]
    RedErrors,
    #[serde(rename = "red.latency")]
    RedLatency,
    #[serde(rename = "red.many")]
    RedMany,
    Uptime,
    Missing,
    Freshness,
    Satisfaction,
    DeadMan,
    NotStored,
    OutboxStuck,
    ExportStuck,
    EpochLag,
    LedgerBroken,
    Clock,
    Retraining,
}

/// What a rule watches; sets of families make up `red.many`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AlertFamily"))]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Scores against outcomes.
    Performance,
    /// Leads against the training data.
    Drift,
    /// Errors, latency, and whether the service keeps its own records.
    Service,
    /// Leads that were not scored.
    Coverage,
    /// Whether data arrives and is whole.
    Data,
    /// What sales reports.
    Business,
}

use Rule::{
    Auc, Calibration, Clock, Coverage, DeadMan, Drift, EpochLag, Errors, ExpectedAuc, ExportStuck, Freshness, Latency,
    LedgerBroken, Missing, NotStored, OutboxStuck, Precision, Recall, RedErrors, RedLatency, RedMany, Retraining, Satisfaction,
    Uptime,
};

impl Rule {
    /// All rules.
    pub const ALL: [Rule; 24] = [
        Auc,
        Calibration,
        Precision,
        Recall,
        ExpectedAuc,
        Drift,
        Latency,
        Errors,
        Coverage,
        RedErrors,
        RedLatency,
        RedMany,
        Uptime,
        Missing,
        Freshness,
        Satisfaction,
        DeadMan,
        NotStored,
        OutboxStuck,
        ExportStuck,
        EpochLag,
        LedgerBroken,
        Clock,
        Retraining,
    ];

    /// Its name, as JSON and the runbook have it.
    pub fn name(self) -> &'static str {
        match self {
            Auc => "auc",
            Calibration => "calibration",
            Precision => "precision",
            Recall => "recall",
            ExpectedAuc => "expected_auc",
            Drift => "drift",
            Latency => "latency",
            Errors => "errors",
            Coverage => "coverage",
            RedErrors => "red.errors",
            RedLatency => "red.latency",
            RedMany => "red.many",
            Uptime => "uptime",
            Missing => "missing",
            Freshness => "freshness",
            Satisfaction => "satisfaction",
            DeadMan => "dead_man",
            NotStored => "not_stored",
            OutboxStuck => "outbox_stuck",
            ExportStuck => "export_stuck",
            EpochLag => "epoch_lag",
            LedgerBroken => "ledger_broken",
            Clock => "clock",
            Retraining => "retraining",
        }
    }

    /// What it is called in a headline.
    pub fn title(self) -> &'static str {
        match self {
            Auc => "Ranking quality",
            Calibration => "Calibration",
            Precision => "Precision",
            Recall => "Recall",
            ExpectedAuc => "Expected ranking quality",
            Drift => "Drift",
            Latency => "Slow answers",
            Errors => "Failed requests",
            Coverage => "Leads without a score",
            RedErrors => "Many failed requests",
            RedLatency => "Very slow answers",
            RedMany => "Several alerts at once",
            Uptime => "Uptime",
            Missing => "Missing values",
            Freshness => "No new scores",
            Satisfaction => "Rating by sales",
            DeadMan => "Nothing arrives",
            NotStored => "Predictions not stored",
            OutboxStuck => "Messages not delivered",
            ExportStuck => "Export stands still",
            EpochLag => "An instance serves an old deployment",
            LedgerBroken => "The ledger was altered",
            Clock => "The clock jumped",
            Retraining => "Retraining",
        }
    }

    /// The measure of the report that it watches; its own name where it watches none of them.
    pub fn measure(self) -> &'static str {
        match self {
            ExpectedAuc => "auc",
            Calibration => "calibration_error",
            Drift => "drift_ks",
            Latency | RedLatency => "p99_ms",
            Errors | RedErrors => "error_rate",
            other => other.name(),
        }
    }

    /// How urgent it is.
    pub fn severity(self) -> Severity {
        match self {
            ExpectedAuc => Severity::Info,
            RedErrors | RedLatency | RedMany | DeadMan | NotStored | OutboxStuck | ExportStuck | EpochLag | LedgerBroken
            | Clock => Severity::Red,
            _ => Severity::Yellow,
        }
    }

    /// What it watches.
    pub fn family(self) -> Family {
        match self {
            Auc | Calibration | Precision | Recall | ExpectedAuc | RedMany | Retraining => Family::Performance,
            Drift => Family::Drift,
            Coverage => Family::Coverage,
            Missing | Freshness | DeadMan => Family::Data,
            Satisfaction => Family::Business,
            _ => Family::Service,
        }
    }

    /// Whether its subject is a version, so that it ends when the version no longer serves.
    pub fn is_of_version(self) -> bool {
        matches!(
            self,
            Auc | Calibration
                | Precision
                | Recall
                | ExpectedAuc
                | Latency
                | Errors
                | Coverage
                | RedErrors
                | RedLatency
                | RedMany
                | Uptime
        )
    }

    /// How long its condition must hold before it fires, in milliseconds.
    pub(super) fn hold_ms(self, timing: &Timing) -> i64 {
        match self {
            Auc | Calibration | Precision | Recall | ExpectedAuc => Span::days(2).0,
            Drift => Span::days(1).0,
            Latency | Errors | Coverage => timing.hold.0,
            Uptime | Missing | Freshness => Span::hours(1).0,
            _ => 0,
        }
    }

    /// How long the figure must be inside before the alert is resolved, in milliseconds.
    pub(super) fn release_ms(self) -> i64 {
        match self {
            Auc | Calibration | Precision | Recall => Span::days(2).0,
            Latency | Errors | Coverage => Span::minutes(30).0,
            RedErrors | RedLatency | RedMany => Span::minutes(15).0,
            _ => 0,
        }
    }

    /// How often it repeats its message, in milliseconds; none where it is sent once.
    pub(super) fn repeat_ms(self, timing: &Timing) -> Option<i64> {
        match self.severity() {
            Severity::Info => None,
            Severity::Yellow => Some(timing.repeat_yellow.0),
            Severity::Red => Some(timing.repeat_red.0),
        }
    }
}

impl From<RedRule> for Rule {
    fn from(rule: RedRule) -> Rule {
        match rule {
            RedRule::Errors => RedErrors,
            RedRule::Latency => RedLatency,
            RedRule::Many => RedMany,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_by_the_name_it_is_written_with() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.name());
            assert_eq!(serde_json::from_value::<Rule>(rule.name().into()).unwrap(), rule);
        }
    }
}
