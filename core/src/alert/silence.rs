//! Whether data still arrives, held against what the same hours brought in the weeks before: nights and weekends are quiet, and no alarm.

use super::{Figure, Finding, Reading, Rule};
use crate::rollout::{Policy, phrase};

/// What is known of one kind of row, such as predictions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Silence {
    /// When the newest was made; none without any.
    pub newest_ms: Option<i64>,
    /// How many the same hours of the weeks before brought since then; none without an earlier week.
    pub expected: Option<f64>,
    /// The hours since then in which at least one was expected.
    pub busy_hours: f64,
}

/// The readings of freshness and of silence; `subject` says of what, as in `predictions`.
pub fn silence(policy: &Policy, subject: &str, facts: &Silence, now_ms: i64) -> Vec<Reading> {
    let (Some(newest_ms), Some(expected)) = (facts.newest_ms, facts.expected) else {
        return vec![Reading::unknown(Rule::DeadMan, subject), Reading::unknown(Rule::Freshness, subject)];
    };
    let since = phrase::clock(newest_ms, now_ms);
    let dead_man = policy.alerts.timing.dead_man;
    let usual = phrase::rounded(expected, 2);
    let finding = if expected >= dead_man { Finding::Outside } else { Finding::Inside };
    let text = match finding {
        Finding::Outside => format!("No {subject} since {since}; the same hours of earlier weeks brought {usual}."),
        _ => format!("The newest {subject} are of {since}; no more are due."),
    };
    let dead = Reading::new(Rule::DeadMan, subject, finding, Figure::new(expected, dead_man), text);
    let limit = policy.alerts.targets.freshness.0 as f64 / 3.6e6;
    let age = now_ms.saturating_sub(newest_ms) as f64 / 3.6e6;
    let finding = match (facts.busy_hours > limit, age <= limit) {
        (true, _) => Finding::Outside,
        (_, true) => Finding::Inside,
        _ => Finding::Between,
    };
    let text = format!(
        "The newest {subject} are {} old, {} of these in hours in which some were expected; {} are allowed.",
        phrase::counted(age.floor() as u64, "hour", "hours"),
        phrase::rounded(facts.busy_hours, 2),
        phrase::rounded(limit, 2)
    );
    let fresh = Reading::new(Rule::Freshness, subject, finding, Figure::new(facts.busy_hours, limit), text);
    vec![dead, fresh]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn silence_counts_only_where_something_was_expected() {
        let found = |hours: i64, expected: Option<f64>, busy_hours: f64| {
            let facts = Silence { newest_ms: Some(0), expected, busy_hours };
            let readings = silence(&Policy::default(), "predictions", &facts, hours * HOUR);
            (readings[0].finding, readings[1].finding)
        };
        assert_eq!(found(14, Some(0.5), 0.0), (Finding::Inside, Finding::Between), "a quiet night");
        assert_eq!(found(1, Some(30.0), 1.0), (Finding::Outside, Finding::Inside));
        assert_eq!(found(6, Some(6.0), 5.0), (Finding::Inside, Finding::Outside), "slow, but late");
        assert_eq!(found(6, None, 0.0), (Finding::Unknown, Finding::Unknown), "the first week");
    }
}
