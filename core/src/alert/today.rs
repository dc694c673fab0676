//! Targets of the dashboard that are judged on the present day: uptime, missing values, ratings by sales.

use super::reading::{Share, part};
use super::{Figure, Finding, Reading, Rule};
use crate::rollout::evidence::FeatureFigures;
use crate::rollout::{Policy, phrase};
use crate::stats::normal;

/// Probes, or leads, that are needed before a new day counts as well: one answer after midnight ends no outage.
const LEAST_CASES: u64 = 20;
/// Ratings by sales that are needed.
const LEAST_RATINGS: u64 = 20;

/// What is known of one version on the present day.
#[derive(Debug)]
pub struct Today<'a> {
    /// The version.
    pub version: &'a str,
    /// Probes, and of those the ones that it answered.
    pub probes: (u64, u64),
    /// The fields of its leads.
    pub fields: &'a [FeatureFigures],
    /// Ratings by sales of the last seven days: how often 1 to 10 was given.
    pub ratings: [u64; 10],
}

/// The readings of uptime, missing values and ratings.
pub fn today(policy: &Policy, facts: &Today<'_>) -> Vec<Reading> {
    let mut readings = vec![uptime(policy, facts), satisfaction(policy, facts)];
    readings.extend(facts.fields.iter().map(|field| missing(policy, field)));
    readings
}

/// `finding` of so many cases.
fn of_cases(finding: Finding, cases: u64) -> Finding {
    if finding == Finding::Inside && cases < LEAST_CASES { Finding::Between } else { finding }
}

fn uptime(policy: &Policy, facts: &Today<'_>) -> Reading {
    let (checks, up) = facts.probes;
    let limit = 1.0 - policy.alerts.targets.uptime;
    let down = checks.saturating_sub(up);
    let Some(share) = Share::new(down, checks) else { return Reading::unknown(Rule::Uptime, facts.version) };
    let text = format!(
        "{} did not answer {} of today's probes; {} may fail.",
        facts.version,
        part(down, checks),
        phrase::percent(limit)
    );
    let figure = Figure::new(1.0 - share.value, 1.0 - limit).within((1.0 - share.high, 1.0 - share.low)).of(checks);
    Reading::new(Rule::Uptime, facts.version, of_cases(share.finding(limit, limit), checks), figure, text)
}

/// The rise in the share of missing values against training.
fn missing(policy: &Policy, field: &FeatureFigures) -> Reading {
    let Some(share) = Share::new(field.missing, field.values) else { return Reading::unknown(Rule::Missing, &field.name) };
    let before = field.reference_missing as f64 / field.reference_values.max(1) as f64;
    let most = policy.gates.data.max_missing;
    let text = format!(
        "{} is missing in {} of today's leads; in training {} were, and {} more are allowed.",
        field.name,
        part(field.missing, field.values),
        phrase::percent(before),
        phrase::percent(most)
    );
    let figure = Figure::new(share.value, before + most).within((share.low, share.high)).of(field.values);
    Reading::new(Rule::Missing, &field.name, of_cases(share.finding(before + most, before + most), field.values), figure, text)
}

fn satisfaction(policy: &Policy, facts: &Today<'_>) -> Reading {
    let n: u64 = facts.ratings.iter().sum();
    if n < LEAST_RATINGS {
        return Reading::unknown(Rule::Satisfaction, facts.version);
    }
    let rated = || (1u32..).zip(facts.ratings).map(|(rating, count)| (f64::from(rating), count as f64));
    let mean = rated().map(|(rating, count)| rating * count).sum::<f64>() / n as f64;
    let squares = rated().map(|(rating, count)| count * (rating - mean) * (rating - mean)).sum::<f64>();
    let error = (squares / (n - 1) as f64 / n as f64).sqrt();
    let reach = normal::quantile(0.5 + policy.gates.rules.confidence / 2.0) * error;
    let least = policy.alerts.targets.satisfaction;
    let finding = match (mean + reach < least, mean >= least) {
        (true, _) => Finding::Outside,
        (_, true) => Finding::Inside,
        _ => Finding::Between,
    };
    let text = format!(
        "Sales rates {} with {} of 10 on average ({}); {} is wanted.",
        facts.version,
        phrase::rounded(mean, 2),
        phrase::counted(n, "rating", "ratings"),
        phrase::rounded(least, 2)
    );
    let figure = Figure::new(mean, least).within(((mean - reach).max(1.0), (mean + reach).min(10.0))).of(n);
    Reading::new(Rule::Satisfaction, facts.version, finding, figure, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: Rule, facts: &Today<'_>) -> Finding {
        today(&Policy::default(), facts).into_iter().find(|reading| reading.rule == rule).unwrap().finding
    }

    #[test]
    fn each_target_is_missed_beyond_doubt_or_not_at_all() {
        let field = |missing, reference_missing| FeatureFigures {
            name: "visits".into(),
            values: 1_000,
            missing,
            reference_values: 1_000,
            reference_missing,
            new_categories: None,
            distance: None,
        };
        let of = |probes, fields: &[FeatureFigures], ratings: [u64; 10]| {
            let facts = Today { version: "1", probes, fields, ratings };
            [Rule::Uptime, Rule::Missing, Rule::Satisfaction].map(|rule| finding(rule, &facts))
        };
        let good = [0, 0, 0, 0, 0, 0, 2, 10, 10, 5];
        let poor = [0, 0, 0, 0, 5, 10, 10, 5, 0, 0];
        assert_eq!(of((1_000, 1_000), &[field(0, 0)], good), [Finding::Inside; 3]);
        assert_eq!(of((1_000, 990), &[field(40, 0)], poor), [Finding::Outside; 3]);
        // A new day begins with few probes and few leads, which end no alert.
        let few = FeatureFigures { values: 19, ..field(0, 0) };
        assert_eq!(of((19, 19), &[few], good), [Finding::Between, Finding::Between, Finding::Inside]);
        assert_eq!(of((0, 0), &[field(40, 35)], [0; 10]), [Finding::Unknown, Finding::Inside, Finding::Unknown]);
    }
}
