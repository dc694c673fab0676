//! Whether a policy makes sense: values in their range, and no two that contradict each other.

use super::{Policy, RetrainPlace};
use crate::retrain::Schedule;
use crate::schema::Problem;

/// What webhooks can be sent.
const EVENTS: [&str; 4] = ["rollout", "alert", "retrain", "review"];

/// Whether `name` can be the name of an environment variable.
fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

impl Policy {
    /// What is wrong with the policy, each with its key. A policy that is read but wrong would hold every rollout, or promote too easily.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut unless = |holds: bool, key: &str, message: &str| {
            let problem = || Problem { code: "POLICY_INVALID", path: key.to_owned(), message: message.to_owned() };
            found.extend((!holds).then(problem));
        };
        let (stage, gates, test) = (&self.stage, &self.gates, &self.experiment);
        let is_share = |x: f64| (0.0..=1.0).contains(&x);
        let inner = |x: f64| x > 0.0 && x < 1.0;
        for (key, share) in [
            ("gates.service.max_error_rate", gates.service.max_error_rate),
            ("gates.precision.min", gates.precision.min),
            ("gates.recall.min", gates.recall.min),
            ("gates.calibration.max", gates.calibration.max),
            ("gates.data.ks", gates.data.ks),
            ("gates.data.ks_p", gates.data.ks_p),
            ("gates.data.max_missing", gates.data.max_missing),
            ("gates.data.max_new_categories", gates.data.max_new_categories),
            ("gates.data.min_coverage", gates.data.min_coverage),
            ("gates.red.error_rate", gates.red.error_rate),
            ("alerts.targets.error_rate", self.alerts.targets.error_rate),
            ("alerts.targets.uptime", self.alerts.targets.uptime),
            ("retrain.when.unhelpful_share", self.retrain.when.unhelpful_share),
            ("retrain.what.margin", self.retrain.what.margin),
        ] {
            unless(is_share(share), key, "must be a share from 0 to 1");
        }
        for (key, part) in [
            ("outcome.threshold", self.outcome.threshold),
            ("gates.rules.confidence", gates.rules.confidence),
            ("gates.rules.daily_alpha", gates.rules.daily_alpha),
            ("gates.rules.max_relative_drop", gates.rules.max_relative_drop),
            ("experiment.primary.alpha", test.primary.alpha),
            ("experiment.primary.power", test.primary.power),
            ("experiment.primary.lift", test.primary.lift),
        ] {
            unless(inner(part), key, "must lie between 0 and 1");
        }
        for (key, auc) in [
            ("gates.auc.min", gates.auc.min),
            ("gates.auc.ab_min", gates.auc.ab_min),
            ("retrain.what.promote_auc", self.retrain.what.promote_auc),
            ("retrain.what.alert_auc", self.retrain.what.alert_auc),
        ] {
            unless((0.5..1.0).contains(&auc), key, "must be an AUC from 0.5 to below 1");
        }
        for (key, slack) in [
            ("gates.auc.slack", gates.auc.slack),
            ("gates.auc.ab_slack", gates.auc.ab_slack),
            ("gates.precision.slack", gates.precision.slack),
            ("gates.recall.slack", gates.recall.slack),
        ] {
            unless((0.0..0.5).contains(&slack), key, "must be from 0 to below 0.5");
        }
        for (key, share) in [("stage.canary.share_bp", stage.canary.share_bp), ("stage.ab_test.share_bp", stage.ab_test.share_bp)]
        {
            unless((1..10_000).contains(&share), key, "must be from 1 to 9,999 hundredths of a percent");
        }
        for (key, days) in [
            ("stage.shadow.extend_days", stage.shadow.extend_days),
            ("stage.canary.extend_days", stage.canary.extend_days),
            ("stage.full.watch_days", stage.full.watch_days),
            ("stage.shadow.min_days", stage.shadow.min_days),
            ("stage.canary.min_days", stage.canary.min_days),
            ("stage.ab_test.min_days", stage.ab_test.min_days),
            ("outcome.mature_days", self.outcome.mature_days),
        ] {
            unless(days > 0, key, "must be at least one day");
        }
        for (key, roles) in [
            ("stage.shadow.approve", &stage.shadow.approve),
            ("stage.canary.approve", &stage.canary.approve),
            ("stage.ab_test.approve", &stage.ab_test.approve),
        ] {
            unless(!roles.is_empty(), key, "must name a role: no stage is left without a person's approval");
        }
        let is_rating = |x: f64| (1.0..=10.0).contains(&x);
        unless(
            is_rating(test.guardrails.satisfaction_min),
            "experiment.guardrails.satisfaction_min",
            "must be a rating from 1 to 10",
        );
        unless(is_rating(self.alerts.targets.satisfaction), "alerts.targets.satisfaction", "must be a rating from 1 to 10");
        // Two that contradict each other.
        let (least, most) = (stage.ab_test.min_days, stage.ab_test.max_days);
        unless(least <= most, "stage.ab_test.max_days", "must be at least stage.ab_test.min_days");
        unless(
            stage.canary.share_bp <= stage.ab_test.share_bp,
            "stage.canary.share_bp",
            "must not exceed the share of the A/B test",
        );
        unless(
            gates.auc.min <= gates.auc.ab_min,
            "gates.auc.ab_min",
            "must be at least gates.auc.min, or the test asks less than shadow",
        );
        let (when, what) = (&self.retrain.when, &self.retrain.what);
        unless(what.alert_auc <= what.promote_auc, "retrain.what.alert_auc", "must not exceed retrain.what.promote_auc");
        unless((1..=400).contains(&what.days), "retrain.what.days", "must be from 1 to 400 days");
        let rows = crate::retrain::LEAST_ROWS as u32..=1_000_000;
        unless(rows.contains(&what.max_rows), "retrain.what.max_rows", "must be from 1,000 to 1,000,000 leads");
        unless(
            what.place == RetrainPlace::Control || notify_hears_of_retrainings(&self.alerts.notify.webhooks),
            "retrain.what.where",
            "is \"webhook\", but no webhook of alerts.notify.webhooks hears of \"retrain\": name one, which starts plumbline retrain --run",
        );
        unless((1..=90).contains(&when.unhelpful_days), "retrain.when.unhelpful_days", "must be from 1 to 90 days");
        if let Err(wrong) = Schedule::read(&when.schedule) {
            unless(when.schedule.is_empty(), "retrain.when.schedule", &wrong);
        }
        unless(
            gates.service.max_error_rate <= self.alerts.targets.error_rate
                && self.alerts.targets.error_rate <= gates.red.error_rate,
            "alerts.targets.error_rate",
            "must lie between gates.service.max_error_rate and gates.red.error_rate",
        );
        unless(
            gates.service.p99_ms > 0.0 && gates.service.p99_ms <= gates.red.p99_ms,
            "gates.red.p99_ms",
            "must be at least gates.service.p99_ms",
        );
        unless(gates.red.families > 0, "gates.red.families", "must be at least 1");
        unless(
            self.retention.archive.is_empty(),
            "retention.archive",
            "must be empty: `plumbline export` stores records elsewhere, and what it has not stored is not deleted",
        );
        let notify = &self.alerts.notify;
        let is_secret = "must name an environment variable that holds the secret, not the secret itself";
        for (key, name) in [("alerts.notify.slack", &notify.slack), ("alerts.notify.heartbeat", &notify.heartbeat)] {
            unless(name.is_empty() || is_variable(name), key, is_secret);
        }
        for webhook in &notify.webhooks {
            let is_https = webhook.url.starts_with("https://");
            let is_local = notify.allow_loopback && is_loopback(&webhook.url);
            let needs = "must have an https address each; with allow_loopback, http:// is allowed for this machine";
            unless(is_https || is_local, "alerts.notify.webhooks", needs);
            unless(is_variable(&webhook.secret), "alerts.notify.webhooks", is_secret);
            let is_known = webhook.events.iter().all(|event| EVENTS.contains(&event.as_str()));
            unless(is_known, "alerts.notify.webhooks", "events can be rollout, alert, retrain and review");
        }
        let writeback = &self.writeback;
        unless(
            writeback.min_change > 0.0 && writeback.min_change <= 1.0,
            "writeback.min_change",
            "must be a difference of probabilities above 0, up to 1",
        );
        unless(
            (1..=100_000).contains(&writeback.rescore_per_second),
            "writeback.rescore_per_second",
            "must be from 1 to 100,000",
        );
        unless((1..=3_650).contains(&writeback.open_days), "writeback.open_days", "must be from 1 to 3,650 days");
        unless(
            writeback.enabled || writeback.webhooks.is_empty(),
            "writeback.webhooks",
            "need writeback.enabled = true: without it no change is recorded",
        );
        for webhook in &writeback.webhooks {
            let is_right = webhook.url.starts_with("https://") || (notify.allow_loopback && is_loopback(&webhook.url));
            let needs = "must have an https address each; with alerts.notify.allow_loopback, http:// is allowed for this machine";
            unless(is_right, "writeback.webhooks", needs);
            unless(is_variable(&webhook.secret), "writeback.webhooks", is_secret);
            unless(webhook.events.is_empty(), "writeback.webhooks", "take no events: score changes are all that they receive");
            let same = writeback.webhooks.iter().filter(|other| other.secret == webhook.secret).count();
            unless(same == 1, "writeback.webhooks", "must have a secret of its own each, by whose name the service knows them");
        }
        found.extend(self.conflicts());
        found
    }
}

/// Whether `url` is a URL of http whose host is this machine, by name or address.
fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let address = host.parse::<std::net::IpAddr>();
    !authority.contains('@') && (host == "localhost" || address.is_ok_and(|address| address.is_loopback()))
}

/// Whether one of `webhooks` hears of retrainings.
fn notify_hears_of_retrainings(webhooks: &[super::Webhook]) -> bool {
    webhooks.iter().any(|hook| hook.events.is_empty() || hook.events.iter().any(|event| event == "retrain"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_make_sense_and_contradictions_are_named() {
        assert_eq!(Policy::default().problems(), []);
        type Change = fn(&mut Policy);
        let hook = |url: &str, secret: &str, events: &[&str]| super::super::Webhook {
            url: url.into(),
            secret: secret.into(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
        };
        for (webhook, is_right) in [
            (hook("https://example.com/hook", "HOOK", &["alert", "review"]), true),
            (hook("https://example.com/hook", "HOOK", &["alerts"]), false),
            (hook("https://example.com/hook", "whsec-1", &[]), false),
            (hook("http://127.0.0.1.example.com/hook", "HOOK", &[]), false),
        ] {
            let mut policy = Policy::default();
            policy.alerts.notify.webhooks = vec![webhook.clone()];
            assert_eq!(policy.problems().is_empty(), is_right, "{webhook:?}");
        }
        for (url, is_right) in [
            ("http://127.0.0.1:9000/hook", true),
            ("http://localhost/hook", true),
            ("http://[::1]:9000/", true),
            ("https://example.com/hook", true),
            ("http://127.0.0.1.evil.example/hook", false),
            ("http://localhost.evil.example/hook", false),
            ("http://localhost:80@evil.example/hook", false),
            ("http://10.0.0.1/hook", false),
            ("http://example.com/hook", false),
        ] {
            let mut policy = Policy::default();
            policy.alerts.notify.allow_loopback = true;
            policy.alerts.notify.webhooks = vec![hook(url, "HOOK", &[])];
            assert_eq!(policy.problems().is_empty(), is_right, "{url}");
        }
        let mut policy = Policy::default();
        policy.writeback.enabled = true;
        policy.writeback.webhooks = ["A", "B"].map(|secret| hook("https://example.com/hook", secret, &[])).into();
        assert_eq!(policy.problems(), []);
        policy.writeback.webhooks[1].secret = "A".into();
        assert!(policy.problems().iter().all(|problem| problem.path == "writeback.webhooks") && !policy.problems().is_empty());
        let wrong: [(Change, &str); 12] = [
            (|p| p.writeback.min_change = 0.0, "writeback.min_change"),
            (|p| p.writeback.rescore_per_second = 0, "writeback.rescore_per_second"),
            (
                |p| {
                    p.writeback.webhooks =
                        vec![super::super::Webhook { url: "https://example.com/".into(), secret: "HOOK".into(), events: vec![] }]
                },
                "writeback.webhooks",
            ),
            (|p| p.alerts.notify.slack = "https://hooks.slack.com/services/T/B/x".into(), "alerts.notify.slack"),
            (|p| p.stage.ab_test.max_days = 7, "stage.ab_test.max_days"),
            (|p| p.gates.auc.ab_min = 0.8, "gates.auc.ab_min"),
            (|p| p.alerts.targets.error_rate = 0.2, "alerts.targets.error_rate"),
            (|p| p.stage.shadow.approve.clear(), "stage.shadow.approve"),
            (|p| p.gates.precision.min = 80.0, "gates.precision.min"),
            (|p| p.outcome.threshold = f64::NAN, "outcome.threshold"),
            (|p| p.retention.archive = "/data".into(), "retention.archive"),
            (|p| p.gates.red.p99_ms = 100.0, "gates.red.p99_ms"),
        ];
        for (change, key) in wrong {
            let mut policy = Policy::default();
            change(&mut policy);
            let found: Vec<String> = policy.problems().into_iter().map(|problem| problem.path).collect();
            assert_eq!(found, [key]);
        }
    }
}
