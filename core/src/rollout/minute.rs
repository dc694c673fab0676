//! Red: what ends a trial at once. Judged every minute on minute tallies, per version.
//!
//! Each rule takes the shortest stretch of 5 minutes, 1 hour and 24 hours that holds enough requests. A rate is red when it is above its
//! limit beyond doubt in two minutes in a row, or at once when it is far above. The champion is judged over the same stretch as the
//! challenger, too, so that what happens to both is not held against one.

use serde::{Deserialize, Serialize};

use super::{Policy, RedRule, RedVerdict, phrase};
use crate::sentence::Sentence;
use crate::stats::level::Level;
use crate::stats::proportion::Proportion;

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;
/// Stretches that are tried, with their words.
const STRETCHES: [(i64, &str); 3] =
    [(5 * MINUTE_MS, "the last 5 minutes"), (60 * MINUTE_MS, "the last hour"), (24 * 60 * MINUTE_MS, "the last 24 hours")];
const LEAST_REQUESTS: u64 = 20;
const LEAST_TIMED: u64 = 300;
/// A rate of errors above this beyond doubt is red without a second minute.
const AT_ONCE: f64 = 0.20;
/// The part of requests that may take longer than the limit of the 99th percentile.
const SLOWEST: f64 = 0.01;

/// What one version did in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MinuteTally"))]
#[serde(deny_unknown_fields)]
pub struct Minute {
    /// Its first millisecond.
    pub at_ms: i64,
    /// Requests the version was asked.
    pub requests: u64,
    /// Of those, the ones that failed for the service's own fault.
    pub failed: u64,
    /// Requests that were timed: those it answered, and probes.
    pub timed: u64,
    /// Of those, the ones slower than `gates.service.p99_ms`.
    pub slow: u64,
    /// Of those, the ones slower than `gates.red.p99_ms`.
    pub very_slow: u64,
}

/// Sets of alerts that fire on a version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Firing {
    /// The alert of its AUC.
    pub performance: bool,
    /// Those of latency or errors.
    pub service: bool,
    /// That of coverage.
    pub coverage: bool,
}

/// One version as red sees it.
#[derive(Debug, Clone, Copy)]
pub struct Watched<'a> {
    /// The version.
    pub version: &'a str,
    /// Its minutes, in any order; those older than a day do not count.
    pub minutes: &'a [Minute],
    /// What fired on it at the daily look before, and at the newest.
    pub firing: [Firing; 2],
}

/// A verdict for each version and rule that can be judged at `now_ms`.
///
/// # Example
/// ```
/// use plumbline_core::rollout::minute::{Firing, Minute, Watched, red};
/// use plumbline_core::rollout::Policy;
/// let bad = [Minute { at_ms: 0, requests: 140, failed: 17, ..Minute::default() }, Minute { at_ms: 60_000, requests: 140, failed: 14, ..Minute::default() }];
/// let good = bad.map(|minute| Minute { failed: 0, ..minute });
/// let of = |version, minutes| Watched { version, minutes, firing: [Firing::default(); 2] };
/// let found = red(&Policy::default(), Some(of("new", &bad)), of("old", &good), 119_000);
/// let errors = &found[0];
/// assert_eq!((errors.version.as_str(), errors.is_red), ("new", true));
/// assert_eq!(errors.sentence.text, "11 % of the new model's requests failed in the last 5 minutes (31 of 280); 5 % is allowed.");
/// assert!(!found[1].is_red);
/// ```
pub fn red(policy: &Policy, challenger: Option<Watched<'_>>, champion: Watched<'_>, now_ms: i64) -> Vec<RedVerdict> {
    let mut verdicts = Vec::new();
    for rule in [Rule::errors(policy), Rule::latency(policy)] {
        let of_challenger = challenger.and_then(|watched| Some((watched, rule.shortest(policy, &watched, now_ms)?)));
        if let Some((watched, found)) = &of_challenger {
            verdicts.push(rule.verdict(watched.version, "the new model's", found));
        }
        let own = rule.shortest(policy, &champion, now_ms);
        // Over the challenger's stretch as well: the two have different shares of the traffic.
        let shared = of_challenger.and_then(|(_, found)| rule.over(policy, &champion, found.stretch, now_ms));
        let whose = if challenger.is_some() { "today's model's" } else { "the model's" };
        let worse = if shared.as_ref().is_some_and(|shared| shared.is_red) { shared } else { own.or(shared) };
        if let Some(found) = worse {
            verdicts.push(rule.verdict(champion.version, whose, &found));
        }
    }
    let several = challenger.iter().map(|watched| (watched, "the new model"));
    let last = if challenger.is_some() { "today's model" } else { "the model" };
    verdicts.extend(several.chain([(&champion, last)]).map(|(watched, whom)| many(policy, watched, whom)));
    verdicts
}

/// A rule about a rate.
struct Rule {
    rule: RedRule,
    least: u64,
    limit: f64,
    counts: fn(&Minute) -> (u64, u64),
    did: String,
}

/// What a rule found.
#[derive(Debug, Clone, Copy)]
struct Found {
    stretch: (i64, &'static str),
    bad: u64,
    all: u64,
    /// The lower end of the rate's interval.
    low: f64,
    is_red: bool,
}

impl Rule {
    fn errors(policy: &Policy) -> Rule {
        Rule {
            rule: RedRule::Errors,
            least: LEAST_REQUESTS,
            limit: policy.gates.red.error_rate,
            counts: |minute| (minute.failed, minute.requests),
            did: "failed".to_owned(),
        }
    }

    fn latency(policy: &Policy) -> Rule {
        Rule {
            rule: RedRule::Latency,
            least: LEAST_TIMED,
            limit: SLOWEST,
            counts: |minute| (minute.very_slow, minute.timed),
            did: format!("took longer than {} ms", phrase::rounded(policy.gates.red.p99_ms, 3)),
        }
    }

    /// The shortest stretch that holds enough; none when none does.
    fn shortest(&self, policy: &Policy, watched: &Watched<'_>, now_ms: i64) -> Option<Found> {
        STRETCHES.into_iter().find_map(|stretch| self.over(policy, watched, stretch, now_ms))
    }

    /// The rule over one stretch; none when it holds too few.
    fn over(&self, policy: &Policy, watched: &Watched<'_>, stretch: (i64, &'static str), now_ms: i64) -> Option<Found> {
        let (bad, all, low) = self.low(policy, watched, stretch.0, now_ms)?;
        let before = || self.low(policy, watched, stretch.0, now_ms.saturating_sub(MINUTE_MS));
        let twice = || before().is_some_and(|(_, _, before)| before > self.limit);
        let at_once = self.rule == RedRule::Errors && low > AT_ONCE.max(self.limit);
        Some(Found { stretch, bad, all, low, is_red: at_once || low > self.limit && twice() })
    }

    /// Counts and the lower end of the rate over the stretch that ends at `now_ms`.
    fn low(&self, policy: &Policy, watched: &Watched<'_>, length_ms: i64, now_ms: i64) -> Option<(u64, u64, f64)> {
        let inside = |minute: &&Minute| minute.at_ms <= now_ms && minute.at_ms > now_ms.saturating_sub(length_ms);
        let (bad, all) = watched
            .minutes
            .iter()
            .filter(inside)
            .map(self.counts)
            .fold((0u64, 0u64), |(bad, all), (b, a)| (bad.saturating_add(b), all.saturating_add(a)));
        let part = Proportion::new(bad.min(all), all).ok().filter(|_| all >= self.least)?;
        let level = Level::new(1.0 - policy.gates.rules.confidence).unwrap_or(Level::FIVE_PERCENT);
        Some((bad.min(all), all, part.wilson(level).lower))
    }

    fn verdict(&self, version: &str, whose: &str, found: &Found) -> RedVerdict {
        let rate = found.bad as f64 / found.all as f64;
        let (bad, all) = (phrase::count(found.bad), phrase::count(found.all));
        let share = if found.bad == 0 { "None".to_owned() } else { phrase::percent(rate) };
        let (did, stretch) = (&self.did, found.stretch.1);
        let allowed = phrase::percent(self.limit);
        let text = format!("{share} of {whose} requests {did} in {stretch} ({bad} of {all}); {allowed} is allowed.");
        let code = match self.rule {
            RedRule::Errors => "RED_ERRORS",
            _ => "RED_LATENCY",
        };
        let code = if found.is_red { code.to_owned() } else { format!("{code}_NOT") };
        let sentence = Sentence::new(&code, text).with("rate", rate).with("low", found.low).with("limit", self.limit);
        let sentence = sentence.with("found", found.bad).with("n", found.all).with("stretch_ms", found.stretch.0);
        RedVerdict { version: version.to_owned(), rule: self.rule, is_red: found.is_red, sentence }
    }
}

/// Several sets of alerts on one version, at two daily looks in a row.
fn many(policy: &Policy, watched: &Watched<'_>, whom: &str) -> RedVerdict {
    let names = |firing: &Firing| {
        let sets = [(firing.performance, "performance"), (firing.service, "service"), (firing.coverage, "coverage")];
        sets.into_iter().filter(|(fires, _)| *fires).map(|(_, name)| name).collect::<Vec<&str>>()
    };
    let [before, now] = watched.firing.each_ref().map(names);
    let least = (policy.gates.red.families as usize).max(1);
    let is_red = before.len() >= least && now.len() >= least;
    let (code, text) = if is_red {
        ("RED_MANY", format!("Alerts of {} fired on {whom}, two days in a row.", phrase::listed(&now)))
    } else if now.is_empty() {
        ("RED_MANY_NOT", format!("No alert that counts for red fires on {whom}."))
    } else {
        let text = format!("Alerts of {} fire on {whom}; {least} sets on two days in a row are red.", phrase::listed(&now));
        ("RED_MANY_NOT", text)
    };
    let sentence = Sentence::new(code, text).with("before", before).with("now", now).with("limit", least as u64);
    RedVerdict { version: watched.version.to_owned(), rule: RedRule::Many, is_red, sentence }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::binomial;

    fn minute(at: i64, requests: u64, failed: u64) -> Minute {
        Minute { at_ms: at * MINUTE_MS, requests, failed, timed: requests, ..Minute::default() }
    }

    fn watched<'a>(version: &'a str, minutes: &'a [Minute]) -> Watched<'a> {
        Watched { version, minutes, firing: [Firing::default(); 2] }
    }

    /// (version, rule, red, sentence) of all verdicts at the end of minute `at`.
    fn found(challenger: &[Minute], champion: &[Minute], at: i64) -> Vec<(String, RedRule, bool, String)> {
        let now = at * MINUTE_MS + 59_000;
        let verdicts = red(&Policy::default(), Some(watched("new", challenger)), watched("old", champion), now);
        verdicts.into_iter().map(|v| (v.version, v.rule, v.is_red, v.sentence.text)).collect()
    }

    fn is_red(challenger: &[Minute], champion: &[Minute], at: i64, version: &str, rule: RedRule) -> Option<bool> {
        found(challenger, champion, at).into_iter().find(|(v, r, _, _)| v == version && *r == rule).map(|(_, _, red, _)| red)
    }

    #[test]
    fn an_error_rate_is_red_when_beyond_doubt_twice_in_a_row() {
        let good: Vec<Minute> = (0..10).map(|at| minute(at, 1_000, 0)).collect();
        // Fine for eight minutes, then 11 %.
        let mut bad: Vec<Minute> = (0..8).map(|at| minute(at, 140, 0)).collect();
        bad.push(minute(8, 140, 60));
        assert_eq!(is_red(&bad, &good, 8, "new", RedRule::Errors), Some(false), "once is not enough");
        bad.push(minute(9, 140, 16));
        assert_eq!(is_red(&bad, &good, 9, "new", RedRule::Errors), Some(true));
        let wording = found(&bad, &good, 9);
        assert_eq!(wording[0].3, "11 % of the new model's requests failed in the last 5 minutes (76 of 700); 5 % is allowed.");
        assert_eq!(wording[1].3, "None of today's model's requests failed in the last 5 minutes (0 of 5,000); 5 % is allowed.");
    }

    #[test]
    fn far_above_is_red_at_once_and_too_few_are_not_judged() {
        let good = [minute(3, 100, 0)];
        assert_eq!(is_red(&[minute(3, 40, 18)], &good, 3, "new", RedRule::Errors), Some(true));
        assert_eq!(is_red(&[minute(3, 19, 19)], &good, 3, "new", RedRule::Errors), None);
        // Too few in five minutes, enough in an hour and in a day.
        let hourly: Vec<Minute> = (0..50).map(|at| minute(at, 1, u64::from(at % 4 == 0))).collect();
        let wording = found(&hourly, &good, 49);
        assert!(wording[0].2 && wording[0].3.contains("in the last hour (13 of 50)"), "{wording:?}");
        let rare: Vec<Minute> = (0..24).map(|at| minute(at * 60, 1, 1)).collect();
        let wording = found(&rare, &good, 23 * 60);
        assert!(wording[0].2 && wording[0].3.contains("in the last 24 hours (24 of 24)"), "{wording:?}");
    }

    #[test]
    fn what_happens_to_both_is_red_of_both() {
        let outage: Vec<Minute> = (0..5).map(|at| minute(at, 100, 30)).collect();
        assert_eq!(is_red(&outage, &outage, 4, "new", RedRule::Errors), Some(true));
        assert_eq!(is_red(&outage, &outage, 4, "old", RedRule::Errors), Some(true));
        // The champion recovered, but over the hour that the challenger is judged by it was red as well.
        let mut champion: Vec<Minute> = (0..40).map(|at| minute(at, 100, 30)).collect();
        champion.extend((40..50).map(|at| minute(at, 100, 0)));
        let challenger: Vec<Minute> = (0..50).map(|at| minute(at, 1, u64::from(at % 3 == 0))).collect();
        assert_eq!(is_red(&challenger, &champion, 49, "old", RedRule::Errors), Some(true));
    }

    #[test]
    fn slow_answers_are_red() {
        let slow = |share: u64| -> Vec<Minute> { (0..5).map(|at| Minute { very_slow: share, ..minute(at, 1_000, 0) }).collect() };
        let wording = found(&slow(30), &slow(0), 4);
        let latency = wording.iter().find(|(v, rule, _, _)| v == "new" && *rule == RedRule::Latency).unwrap();
        assert!(latency.2, "{latency:?}");
        assert_eq!(
            latency.3,
            "3 % of the new model's requests took longer than 500 ms in the last 5 minutes (150 of 5,000); 1 % is allowed."
        );
        assert_eq!(is_red(&slow(10), &slow(0), 4, "new", RedRule::Latency), Some(false), "1 % is not above 1 %");
    }

    #[test]
    fn several_sets_of_alerts_on_two_days_are_red() {
        let both = Firing { performance: true, service: true, coverage: false };
        let one = Firing { performance: true, ..Firing::default() };
        for (firing, is_red, text) in [
            ([both, both], true, "Alerts of performance and service fired on the model, two days in a row."),
            ([one, both], false, "Alerts of performance and service fire on the model; 2 sets on two days in a row are red."),
            ([both, Firing::default()], false, "No alert that counts for red fires on the model."),
        ] {
            let verdicts = red(&Policy::default(), None, Watched { firing, ..watched("old", &[]) }, 0);
            assert_eq!(verdicts.len(), 1, "without requests no rate can be judged");
            assert_eq!((verdicts[0].is_red, verdicts[0].sentence.text.as_str()), (is_red, text));
        }
    }

    /// 10 % is seen in nine of ten cases by 264 requests, 20 % by 40; 5 % itself in fewer than one of twenty.
    #[test]
    fn errors_are_seen_as_soon_as_tabled() {
        let policy = Policy::default();
        let power = |n: u64, rate: f64| {
            let seen = |failed: &u64| {
                let minutes = [minute(0, n, *failed)];
                Rule::errors(&policy)
                    .low(&policy, &watched("new", &minutes), MINUTE_MS * 5, 0)
                    .is_some_and(|(_, _, low)| low > 0.05)
            };
            binomial::sf((0..=n).find(seen).unwrap() - 1, n, rate)
        };
        assert!((0.87..0.93).contains(&power(264, 0.10)), "{}", power(264, 0.10));
        assert!((0.87..0.95).contains(&power(40, 0.20)), "{}", power(40, 0.20));
        assert!([40, 264, 1_000].map(|n| power(n, 0.05)).iter().all(|alarm| *alarm < 0.05));
    }
}
