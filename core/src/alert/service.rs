//! Errors, latency and coverage of one version over the last hour, and the rules that roll back at once.

use super::reading::{Share, part};
use super::{Figure, Finding, Reading, Rule};
use crate::rollout::{Policy, RedRule, RedVerdict, phrase};

/// The part of requests that may take longer than the limit of the 99th percentile.
const SLOWEST: f64 = 0.01;
/// An alert ends only with so much of the limit to spare.
const SPARE: f64 = 0.10;

/// What a version did in the last hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hour {
    /// Requests it was asked.
    pub requests: u64,
    /// Of those, the ones that failed for the service's own fault.
    pub failed: u64,
    /// Requests that were timed.
    pub timed: u64,
    /// Of those, the ones slower than `gates.service.p99_ms`.
    pub slow: u64,
    /// Leads that came.
    pub leads: u64,
    /// Of those, the ones that were scored.
    pub scored: u64,
}

/// The readings of latency, errors and coverage of `version`.
pub fn service(policy: &Policy, version: &str, hour: &Hour) -> Vec<Reading> {
    let p99 = phrase::rounded(policy.gates.service.p99_ms, 3);
    let unscored = hour.leads.saturating_sub(hour.scored);
    vec![
        share(Rule::Latency, version, (hour.slow, hour.timed), SLOWEST, |found, allowed| {
            format!("{version} is slow: {found} of its requests took longer than {p99} ms in the last hour; {allowed} may.")
        }),
        share(Rule::Errors, version, (hour.failed, hour.requests), policy.alerts.targets.error_rate, |found, allowed| {
            format!("Requests fail: {found} of those {version} answered in the last hour; {allowed} may.")
        }),
        share(Rule::Coverage, version, (unscored, hour.leads), 1.0 - policy.gates.data.min_coverage, |found, allowed| {
            format!("Leads go without a score: {found} of those {version} was asked for in the last hour; {allowed} may.")
        }),
    ]
}

fn share(rule: Rule, version: &str, (bad, all): (u64, u64), limit: f64, words: impl Fn(&str, &str) -> String) -> Reading {
    let Some(share) = Share::new(bad, all) else { return Reading::unknown(rule, version) };
    let finding = share.finding(limit, (1.0 - SPARE) * limit);
    Reading::new(rule, version, finding, share.figure(limit), words(&part(bad, all), &phrase::percent(limit)))
}

/// The reading of a verdict of the rules that roll back at once.
pub fn of_red(verdict: &RedVerdict) -> Reading {
    let number = |name: &str| verdict.sentence.values.get(name).and_then(serde_json::Value::as_f64);
    let figure = match verdict.rule {
        RedRule::Many => Figure::default(),
        RedRule::Errors | RedRule::Latency => Figure {
            value: number("rate"),
            low: number("low"),
            n: number("n").map(|n| n as u64),
            threshold: number("limit"),
            ..Figure::default()
        },
    };
    let finding = if verdict.is_red { Finding::Outside } else { Finding::Inside };
    let mut sentence = verdict.sentence.clone();
    sentence = sentence.with("subject", verdict.version.as_str());
    Reading { rule: verdict.rule.into(), subject: verdict.version.clone(), finding, figure, sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(hour: Hour) -> [Finding; 3] {
        let readings = service(&Policy::default(), "2", &hour);
        [0, 1, 2].map(|at| readings[at].finding)
    }

    #[test]
    fn a_share_is_outside_beyond_doubt_and_inside_with_some_to_spare() {
        use Finding::{Between, Inside, Outside, Unknown};
        let hour = |slow, failed, unscored: u64| Hour {
            requests: 10_000,
            failed,
            timed: 10_000,
            slow,
            leads: 10_000,
            scored: 10_000 - unscored,
        };
        assert_eq!(findings(Hour::default()), [Unknown; 3]);
        assert_eq!(findings(hour(0, 0, 0)), [Inside; 3]);
        assert_eq!(findings(hour(130, 70, 600)), [Outside; 3]);
        assert_eq!(findings(hour(110, 55, 520)), [Between; 3], "above the limit, but not beyond doubt");
        assert_eq!(findings(hour(95, 48, 480)), [Between; 3], "inside, but not with a tenth to spare");
        assert_eq!(findings(hour(90, 45, 450)), [Inside; 3]);
    }

    #[test]
    fn the_words_name_figure_and_limit() {
        let hour = Hour { requests: 170, failed: 5, ..Hour::default() };
        let reading = &service(&Policy::default(), "2026-12-01.1", &hour)[1];
        assert_eq!(
            reading.sentence.text,
            "Requests fail: 2.9 % (5 of 170) of those 2026-12-01.1 answered in the last hour; 0.5 % may."
        );
        assert_eq!((reading.figure.n, reading.figure.threshold), (Some(170), Some(0.005)));
    }
}
