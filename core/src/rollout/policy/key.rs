//! Each key of the policy in words: what it means, which line of the checklist its default comes from, and where the checklist
//! contradicts itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Policy;
use crate::sentence::Sentence;

/// One key with its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PolicyKey"))]
pub struct Key {
    /// Its path, such as `gates.auc.min`.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Its default.
    pub default: Value,
    /// Whether the value is the default.
    pub is_default: bool,
    /// What it means.
    pub meaning: String,
    /// The checklist's lines that its default comes from, such as `S1.3`; empty where the default is ours.
    pub source: String,
    /// The contradictions of the checklist that it takes part in, by code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<String>,
}

/// Where the checklist contradicts itself, and what was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contradiction {
    /// The keys that are affected.
    pub keys: Vec<String>,
    /// What contradicts what, and what was taken.
    pub sentence: Sentence,
}

/// Path, meaning, source.
const KEYS: &[(&str, &str, &str)] = &[
    ("outcome.mature_days", "Days after its first score at which a lead counts as an outcome, converted or not", "S2.3, T1"),
    ("outcome.threshold", "A lead is called from this probability on; precision and recall are measured there", "S1.3"),
    ("outcome.value_unit", "The currency of deal values", ""),
    (
        "leads.store",
        "Whose fields are kept for back-fill, drift and retraining: of scored leads, of ingested ones (POST /v1/leads), or none",
        "",
    ),
    ("leads.personal", "Fields that are stored as HMAC only", ""),
    ("stage.shadow.min_days", "Days to log in shadow before the first look", "S1.5"),
    ("stage.shadow.extend_days", "Days that an extension of shadow adds", "S1.6"),
    ("stage.shadow.max_extensions", "Extensions of shadow before the rollout is held", "S1.6"),
    ("stage.shadow.approve", "Roles that must approve the way into canary", "S1.5"),
    ("stage.canary.min_days", "Days to log in canary before the first look", "S2"),
    ("stage.canary.share_bp", "The challenger's share of leads in canary, in hundredths of a percent", "S2.1"),
    ("stage.canary.extend_days", "Days that an extension of canary adds", "S2.5"),
    ("stage.canary.max_extensions", "Extensions of canary before the rollout is held", "S2.5"),
    ("stage.canary.approve", "Roles that must approve the way into the A/B test", "C3"),
    ("stage.ab_test.min_days", "Days of new leads before the test may pass", "S3"),
    ("stage.ab_test.max_days", "Days of new leads that the test is planned for", "S3"),
    ("stage.ab_test.share_bp", "The challenger's share of leads in the test, in hundredths of a percent", "S3.1"),
    ("stage.ab_test.extend_days", "Days that an extension of the test adds to its plan", "S3.6"),
    ("stage.ab_test.max_extensions", "Extensions that the test's plan holds", "S3.6"),
    ("stage.ab_test.approve", "Roles that must approve full rollout", "S3.6"),
    ("stage.full.watch_days", "Days the new model is watched with all leads before it becomes the champion", "S4"),
    ("stage.full.auto_rollback_days", "Days after that in which a red alert gives all leads back to the old model", "E3"),
    ("gates.rules.confidence", "Level of the intervals at looks", "S3.4"),
    ("gates.rules.daily_alpha", "Chance of a false failure by the daily bounds of one gate over a whole rollout", ""),
    ("gates.rules.error_limit", "Tries of a look that ends in an error before the rollout is held", ""),
    ("gates.rules.max_relative_drop", "How much worse than today's model the challenger may be", "S2.4"),
    ("gates.rules.approval_days", "Days an approval and a look's verdicts stay valid", ""),
    ("gates.rules.four_eyes", "Whether someone other than the person who started must approve", "C3"),
    ("gates.service.p99_ms", "The 99th percentile of latency that is allowed, in milliseconds", "S1.2, V1"),
    ("gates.service.min_rps", "Requests a second that the build must sustain", "S1.2, V1"),
    ("gates.service.capacity_max_age", "How old the record of a load test may be", ""),
    ("gates.service.max_error_rate", "The error rate that is allowed", "S1.2, S2.4, V1"),
    ("gates.service.max_memory_mb", "Memory an instance may use, in megabytes", "S1.2"),
    ("gates.auc.min", "The least AUC in shadow", "S1.3, S4.5, V2"),
    ("gates.auc.slack", "How far below it the lower end of the interval may lie", ""),
    ("gates.auc.ab_min", "The least AUC in the A/B test", "S3.2"),
    ("gates.auc.ab_slack", "How far below that the lower end may lie", ""),
    ("gates.precision.min", "The least precision at outcome.threshold", "S1.3, V2"),
    ("gates.precision.slack", "How far below it the lower end may lie", ""),
    ("gates.precision.mode", "What precision is compared with: auto, absolute or relative to today's model", ""),
    ("gates.recall.min", "The least recall at outcome.threshold", "S1.3, V2"),
    ("gates.recall.slack", "How far below it the lower end may lie", ""),
    ("gates.recall.mode", "What recall is compared with: auto, absolute or relative to today's model", ""),
    ("gates.calibration.max", "The largest calibration error", "S1.3, V2"),
    (
        "gates.data.ks",
        "A field drifted when its KS distance from training is above this (of a category, the total variation)",
        "S4.5, V3",
    ),
    ("gates.data.ks_p", "… and its p-value below this", ""),
    ("gates.data.features_allowed", "Drifted fields that do not fail", "T3, D3"),
    ("gates.data.max_missing", "The rise in the share of missing values that is allowed", "S1.4, V3"),
    (
        "gates.data.max_new_categories",
        "The share of values training did not have that is allowed; 0 is the letter of the checklist",
        "S1.4",
    ),
    ("gates.data.min_coverage", "The share of leads that must be scored", "S4.5, V3"),
    ("gates.red.error_rate", "The error rate that rolls back at once", "E3"),
    ("gates.red.p99_ms", "The 99th percentile of latency that rolls back at once, in milliseconds", "E3"),
    ("gates.red.families", "How many kinds of alerts firing at once roll back", "E3"),
    ("experiment.primary.claim", "What the A/B test has to show: better or no_worse", "S3.2"),
    ("experiment.primary.lift", "The relative lift of conversion to be seen, or the decline to be excluded", "S3.2"),
    ("experiment.primary.alpha", "The error rate of the test, over all looks", "S3.2"),
    ("experiment.primary.power", "The power the test is planned with", ""),
    ("experiment.primary.least_per_arm", "Matured leads per arm before the test may pass", "S3.3"),
    (
        "experiment.primary.adjusted",
        "Whether conversion is adjusted by today's score of each lead, which needs fewer leads (CUPED)",
        "",
    ),
    ("experiment.guardrails.deal_size_margin", "The fall of deal size that must be excluded", "S3.2"),
    ("experiment.guardrails.cycle_margin", "The rise of the sales cycle that must be excluded", "S3.2"),
    ("experiment.guardrails.satisfaction_min", "The least mean rating by sales, of 10", "S3.2"),
    ("experiment.guardrails.satisfaction_slack", "How far below it the lower end may lie", ""),
    ("experiment.segments.fields", "Fields of a lead by which the test is split", "S3.5"),
    ("experiment.segments.harm", "What a segment that fares worse does: hold or report", "S3.5"),
    (
        "retrain.when.schedule",
        "When the model is retrained: minute, hour, day, month and weekday of cron, in UTC; empty: by no schedule",
        "T1",
    ),
    ("retrain.when.drifted_features", "More drifted fields retrain the model at once", "T3"),
    ("retrain.when.unhelpful_share", "The share of sales' votes calling scores unhelpful that retrains the model at once", "T3"),
    ("retrain.when.unhelpful_votes", "… of at least so many votes", "T3"),
    ("retrain.when.unhelpful_days", "… within so many days", "T3"),
    ("retrain.when.cooldown", "The least time between two retrainings that were not asked for by a person or the schedule", ""),
    ("retrain.what.days", "Leads that matured within so many days are trained and tested on", "T1"),
    ("retrain.what.promote_auc", "The AUC from which a retrained model is queued for shadow", "T2"),
    ("retrain.what.alert_auc", "The AUC of a retrained model below which people are alerted", "T2"),
    ("retrain.what.margin", "How far below today's model, on the same leads, a queued model may be", "T1"),
    ("retrain.what.where", "Where the model is trained: control, which is in the service", ""),
    ("retrain.what.max_rows", "More leads than this are not trained on in the service", ""),
    ("alerts.targets.error_rate", "The error rate above which an alert fires", "S4.5"),
    ("alerts.targets.freshness", "How old the newest prediction may be while leads are expected", "V3"),
    ("alerts.targets.uptime", "The share of health checks that must succeed", "V1"),
    ("alerts.targets.scores_per_day", "Predictions a day; shown, not alerted", "V4"),
    ("alerts.targets.satisfaction", "The mean rating by sales, of 10", "V4"),
    ("alerts.timing.for", "How long a condition must hold before its alert fires", ""),
    ("alerts.timing.repeat_yellow", "How often a yellow alert repeats its message", ""),
    ("alerts.timing.repeat_red", "How often a red alert repeats its message", ""),
    ("alerts.timing.dead_man", "Rows that were expected before their absence is an alert", ""),
    ("alerts.timing.investigate_within", "When a yellow incident is due", "E2"),
    ("alerts.timing.restore_within", "When a red incident is due", "E3"),
    ("alerts.timing.post_mortem_within", "When the post-mortem of a red incident is due", "E3"),
    ("alerts.notify.slack", "The secret that holds the URL of a Slack webhook; empty: off", "P5"),
    ("alerts.notify.heartbeat", "The secret that holds the URL of an external heartbeat; empty: off", ""),
    ("alerts.notify.webhooks", "Signed webhooks: url, the secret that signs, and which events", ""),
    ("report.contact", "People in the order of escalation", "V8, E3"),
    ("report.links", "Useful links by id", "V8"),
    ("report.goals.revenue_90_days", "The additional revenue that is the goal of 90 days", "V7"),
    ("retention.predictions", "How long predictions are kept", "S4.1"),
    ("retention.features", "How long leads' fields are kept", "T1"),
    ("retention.hours", "How long hourly windows are kept; then they become days", ""),
    ("retention.days", "How long daily windows are kept", ""),
    (
        "retention.archive",
        "Must be empty: `plumbline export` stores records elsewhere, and what it has not stored is not deleted",
        "S4.1",
    ),
    ("writeback.enabled", "Whether score changes are recorded for a CRM: GET /v1/changes, webhooks", "S4.1"),
    (
        "writeback.min_change",
        "A probability that moved by at least this since it was last reported is a change; another band always is",
        "",
    ),
    ("writeback.webhooks", "Signed webhooks that changes are posted to: url, and the secret that signs", "S4.1"),
    (
        "writeback.rescore",
        "Whether open leads are scored again when another model begins to serve all leads, or when a challenger stops serving",
        "S4.1",
    ),
    ("writeback.rescore_per_second", "Leads a second that are scored again, over all shards", ""),
    ("writeback.open_days", "Days after its last score for which a lead without an outcome is open", ""),
];

/// Code, keys, what contradicts what and what was taken.
const CONTRADICTIONS: &[(&str, &[&str], &str)] = &[
    (
        "SHADOW_DAYS",
        &["stage.shadow.min_days"],
        "Shadow lasts two weeks in its own section and one week in the CI list: 14 days were taken.",
    ),
    (
        "AUC_LINE",
        &["gates.auc.min", "gates.auc.ab_min"],
        "AUC 0.85 is asked in shadow and for alerts, 0.87 in the A/B test and for retraining: each is used where it is asked. \
         Both > and ≥ are written: ≥ was taken.",
    ),
    (
        "ERROR_RATES",
        &["gates.service.max_error_rate", "alerts.targets.error_rate", "gates.red.error_rate"],
        "Three error rates are asked, 0.1, 0.5 and 5 %: the first decides gates and the dashboard, the second alerts, the third rolls \
         back at once.",
    ),
    (
        "PRECISION_AND_RECALL",
        &["gates.precision.min", "gates.recall.min", "gates.precision.mode", "gates.recall.mode"],
        "Precision 80 % and recall 80 % at 0.5 cannot both hold below a base rate of about one half: mode auto compares with today's \
         model where its AUC is too low for both.",
    ),
    (
        "LEADS_AND_LIFT",
        &["experiment.primary.least_per_arm", "experiment.primary.lift"],
        "5,000 leads per arm cannot show a lift of 5 % at ordinary base rates (at 10 % it takes 57,757): the least number stays, and the \
         plan says what it can show.",
    ),
    (
        "LIFT_AND_P",
        &["experiment.primary.lift", "experiment.primary.alpha"],
        "\"≥ 5 % (p < 0.05)\" can mean that 5 % is observed or that 5 % is proved: the observed lift must be 5 %, and the interval must lie \
         above 0. With weekly looks the 5 % of error are spent over the looks.",
    ),
    (
        "THIRTY_DAYS",
        &["outcome.mature_days", "retrain.what.days"],
        "\"Outcomes from the past 30 days\" are leads that matured in them: counted by the day of the score there would be none at 30 days \
         of maturity.",
    ),
    (
        "KS_OF_CATEGORIES",
        &["gates.data.ks"],
        "The checklist requires a KS statistic below 0.15 for every field. Categories have none; their total variation distance is used.",
    ),
];

/// Every key of `policy`.
pub fn keys(policy: &Policy) -> Vec<Key> {
    let (values, defaults) = (tree(policy), tree(&Policy::default()));
    let key = |(path, meaning, source): &(&str, &str, &str)| {
        let at = |tree: &Value| tree.pointer(&format!("/{}", path.replace('.', "/"))).cloned().unwrap_or(Value::Null);
        let (value, default) = (at(&values), at(&defaults));
        let of_key = CONTRADICTIONS.iter().filter(|(_, keys, _)| keys.contains(path));
        Key {
            key: (*path).to_owned(),
            is_default: value == default,
            value,
            default,
            meaning: (*meaning).to_owned(),
            source: (*source).to_owned(),
            contradictions: of_key.map(|(code, _, _)| (*code).to_owned()).collect(),
        }
    };
    KEYS.iter().map(key).filter(|key| !(key.value.is_null() && key.default.is_null())).collect()
}

/// Where the checklist contradicts itself.
pub fn contradictions() -> Vec<Contradiction> {
    let of = |(code, keys, text): &(&str, &[&str], &str)| Contradiction {
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        sentence: Sentence::new(code, *text),
    };
    CONTRADICTIONS.iter().map(of).collect()
}

fn tree(policy: &Policy) -> Value {
    serde_json::to_value(policy).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaves of the tree below `path`; a list or a free map is one.
    fn leaves(value: &Value, path: &str, into: &mut Vec<String>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    leaves(value, &path, into);
                }
            }
            _ => into.push(path.to_owned()),
        }
    }

    #[test]
    fn every_key_is_explained_and_no_other() {
        let mut found = Vec::new();
        leaves(&tree(&Policy::default()), "", &mut found);
        let mut explained: Vec<String> = keys(&Policy::default()).into_iter().map(|key| key.key).collect();
        found.sort();
        explained.sort();
        assert_eq!(explained, found);
        let known = |key: &&str| KEYS.iter().any(|(path, _, _)| path == key);
        assert!(CONTRADICTIONS.iter().all(|(_, keys, _)| keys.iter().all(known)));
    }

    #[test]
    fn a_changed_key_is_not_the_default() {
        let mut policy = Policy::default();
        policy.gates.auc.min = 0.8;
        let changed: Vec<Key> = keys(&policy).into_iter().filter(|key| !key.is_default).collect();
        let [key] = &changed[..] else { panic!("{changed:?}") };
        assert_eq!((key.key.as_str(), &key.value, &key.default), ("gates.auc.min", &0.8.into(), &0.85.into()));
        assert_eq!((key.source.as_str(), &key.contradictions[..]), ("S1.3, S4.5, V2", &["AUC_LINE".to_owned()][..]));
    }
}
