//! D2: whether answers got slower, since when, and what moved with it: batches, the model, the load, or the way to the client.

use super::change::{correlation, mean, point};
use super::{Facts, Finding, Hour, Judgement, Seen};
use crate::rollout::{DAY_MS, Policy, phrase};
use crate::stats::level::Level;
use crate::stats::proportion::{Proportion, TwoProportions};
use crate::window::Latency;

/// Requests of an hour with which its slowest hundredth is looked at.
const LEAST: u64 = 20;
/// By how much the share of slow requests must have grown, at least.
const GREW: f64 = 1.5;
/// How far a possible cause must have moved with the latency.
const MOVED: f64 = 1.25;
const TOGETHER: f64 = 0.5;

/// The hours that have latencies.
struct Series<'a> {
    hours: Vec<&'a Hour>,
    /// The 99th percentile of each, in milliseconds.
    p99: Vec<f64>,
    /// The first hour of the change.
    at: usize,
}

pub(super) fn find(policy: &Policy, facts: &Facts) -> Vec<Finding> {
    let limit_ms = policy.gates.service.p99_ms;
    let hours: Vec<&Hour> = facts.hours.iter().filter(|hour| hour.latency.count() >= LEAST).collect();
    let steps = |status: Judgement, code: &str, text: &str| -> Vec<Finding> {
        ["D2.1", "D2.2", "D2.3", "D2.4"].map(|id| Finding::new(id, status, code, text)).into()
    };
    let unknown = |text: String| {
        let mut all = vec![Finding::unknown("D2", "TOO_FEW_REQUESTS", text)];
        all.extend(steps(Judgement::Unknown, "NO_CHANGE_KNOWN", "Whether answers got slower is not known."));
        all
    };
    if hours.len() < 2 {
        return unknown("Too few requests were timed in the last week to see how fast answers are.".to_owned());
    }
    let limit_us = (limit_ms * 1_000.0) as u64;
    let slow: Vec<u64> = hours.iter().map(|hour| hour.latency.above(limit_us)).collect();
    let all: Vec<u64> = hours.iter().map(|hour| hour.latency.count()).collect();
    let p99 = hours.iter().map(|hour| hour.latency.quantile(0.99).map_or(0.0, |us| us as f64 / 1e3)).collect();
    let Some(at) = point(&slow, &all) else {
        return unknown("Too few requests were timed in the last week to see how fast answers are.".to_owned());
    };
    let series = Series { hours, p99, at };
    let (before, after) = series.merged();
    let (slow_before, slow_after) = (before.above(limit_us), after.above(limit_us));
    let [then, now] = [(slow_before, before.count()), (slow_after, after.count())].map(|(n, all)| Proportion::new(n, all).ok());
    let ratio = now.zip(then).map(|(now, then)| TwoProportions::new(now, then).score_ratio(Level::FIVE_PERCENT));
    let shown = |latency: &Latency| phrase::rounded(latency.quantile(0.99).map_or(0.0, |us| us as f64 / 1e3), 3);
    let (was, is, limit) = (shown(&before), shown(&after), phrase::rounded(limit_ms, 3));
    let since_ms = series.hours.get(at).map(|hour| hour.start_ms);
    // A single slow request after none is no spike: it takes more than the part that is allowed anyway, too.
    let too_many = after.count() > 0 && slow_after as f64 > 0.01 * after.count() as f64;
    if !(too_many && ratio.is_some_and(|ends| ends.lower > GREW)) {
        let mut whole = Latency::default();
        [before, after].iter().for_each(|latency| whole.merge(latency));
        let text = format!("Answers are as fast as before: the slowest hundredth begins at {} ms.", shown(&whole));
        let mut all = vec![Finding::fine("D2", "NOT_SLOWER", text)];
        all.extend(steps(Judgement::Fine, "NOT_SLOWER", "Answers did not get slower, so this needs no cause."));
        return all;
    }
    let mut causes = vec![series.batches(), series.model(facts), series.load(), way(facts, since_ms)];
    let strongest = causes
        .iter()
        .filter_map(|(finding, strength)| (finding.status == Judgement::Cause).then_some(*strength))
        .max_by(f64::total_cmp);
    // Of several that moved together the strongest is the cause; the others are named as suspects.
    for (finding, strength) in &mut causes {
        if finding.status == Judgement::Cause && strongest.is_some_and(|most| *strength < most) {
            finding.status = Judgement::Suspect;
        }
    }
    let when = since_ms.map_or(String::new(), |ms| format!(" since {}", phrase::clock(ms, facts.at_ms)));
    let text = format!(
        "Answers got slower{when}: the slowest hundredth begins at {is} ms, before at {was} ms; {} took longer than {limit} ms.",
        phrase::percent(slow_after as f64 / after.count().max(1) as f64)
    );
    let status = if strongest.is_some() { Judgement::Suspect } else { Judgement::Cause };
    let mut spike = Finding::new("D2", status, "SLOWER", text).with("since_ms", since_ms).at("#/health");
    spike = match strongest {
        Some(_) => spike.action("SEE_CAUSE", "The cause is named in the steps below."),
        None => {
            let advice = "None of the four usual causes moved with it: look at the host itself (other programs, disk, network).";
            spike.action("LOOK_AT_HOST", advice)
        }
    };
    let mut all = vec![spike];
    all.extend(causes.into_iter().map(|(finding, _)| finding));
    all
}

impl Series<'_> {
    /// The latencies before and after the change.
    fn merged(&self) -> (Latency, Latency) {
        let (mut before, mut after) = (Latency::default(), Latency::default());
        for (place, hour) in self.hours.iter().enumerate() {
            if place < self.at { before.merge(&hour.latency) } else { after.merge(&hour.latency) }
        }
        (before, after)
    }

    /// How `figure` moved with the latency: its means before and after the change, and its rank correlation with the 99th percentile.
    fn moved(&self, figure: impl Fn(&Hour) -> Option<f64>) -> Option<(f64, f64, f64)> {
        let mut pairs: Vec<(usize, f64, f64)> = Vec::new();
        for (place, (hour, p99)) in self.hours.iter().zip(&self.p99).enumerate() {
            pairs.extend(figure(hour).map(|value| (place, value, *p99)));
        }
        let of = |keep: fn(usize, usize) -> bool| -> Vec<f64> {
            pairs.iter().filter(|(place, ..)| keep(*place, self.at)).map(|(_, value, _)| *value).collect()
        };
        let (before, after) = (mean(&of(|place, at| place < at))?, mean(&of(|place, at| place >= at))?);
        let (values, p99): (Vec<f64>, Vec<f64>) = pairs.iter().map(|(_, value, p99)| (*value, *p99)).unzip();
        Some((before, after, correlation(&values, &p99).unwrap_or(0.0)))
    }

    /// D2.1.
    fn batches(&self) -> (Finding, f64) {
        let moved = self.moved(|hour| (hour.calls > 0).then(|| hour.leads as f64 / hour.calls as f64));
        let sentence = |before: &str, after: &str| format!("Requests hold {after} leads on average, before {before}");
        let action = "Cap the leads of a request (limits.batch), or send large batches to a host of their own.";
        judged("D2.1", moved, "leads_per_request", "BATCHES", &sentence, ("CAP_BATCH", action))
    }

    /// D2.2.
    fn model(&self, facts: &Facts) -> (Finding, f64) {
        let size = |version: &str| {
            let served = facts.served.iter().find(|served| served.version == version)?;
            Some(if served.trees > 0 { served.trees as f64 } else { served.bytes as f64 })
        };
        let moved = self.moved(|hour| {
            let (mut sum, mut leads) = (0.0, 0.0);
            for (version, n) in &hour.versions {
                let size = size(version)?;
                (sum, leads) = (sum + size * *n as f64, leads + *n as f64);
            }
            (leads > 0.0).then(|| sum / leads)
        });
        let has_trees = facts.served.iter().any(|served| served.trees > 0);
        let unit = if has_trees { "trees" } else { "bytes" };
        let sentence = |before: &str, after: &str| format!("The model that answers has {after} {unit}, before {before}");
        let action = "Use a smaller model (fewer trees), or make its features cheaper.";
        judged("D2.2", moved, "model_size", "MODEL", &sentence, ("SMALLER_MODEL", action))
    }

    /// D2.3.
    fn load(&self) -> (Finding, f64) {
        let moved = self.moved(|hour| Some(if hour.calls > 0 { hour.calls } else { hour.leads } as f64 / 60.0));
        let sentence = |before: &str, after: &str| format!("{after} requests a minute come, before {before}");
        let action = "Add hosts or log shards, or measure again what this one sustains (plumbline capacity).";
        judged("D2.3", moved, "requests_per_minute", "LOAD", &sentence, ("ADD_HOSTS", action))
    }
}

/// D2.4: what the way to the client adds, by day: pages measure their wait, hosts their own part of it.
fn way(facts: &Facts, since_ms: Option<i64>) -> (Finding, f64) {
    let added = |day: &&Seen| {
        let mut latency = Latency::default();
        let of_day = |hour: &&Hour| hour.start_ms.div_euclid(DAY_MS) == day.day_ms.div_euclid(DAY_MS);
        facts.hours.iter().filter(of_day).for_each(|hour| latency.merge(&hour.latency));
        let server = latency.quantile(0.5).ok()? as f64 / 1e3;
        Some((day.day_ms, (day.wait_ms / day.waits as f64 - server).max(0.0)))
    };
    let days: Vec<(i64, f64)> = facts.seen.iter().filter(|day| day.waits >= LEAST).filter_map(|day| added(&day)).collect();
    let since = since_ms.unwrap_or(facts.at_ms).div_euclid(DAY_MS) * DAY_MS;
    let part = |is_after: bool| -> Vec<f64> {
        days.iter().filter(|(day, _)| (*day >= since) == is_after).map(|(_, added)| *added).collect()
    };
    let moved = mean(&part(false)).zip(mean(&part(true))).map(|(before, after)| (before, after, 1.0));
    let sentence = |before: &str, after: &str| format!("The way to the client adds {after} ms, before {before} ms");
    let action = "Look at the network between the CRM and the service: region, proxy, connections that are not kept.";
    judged("D2.4", moved, "client_less_server_ms", "NETWORK", &sentence, ("CHECK_NETWORK", action))
}

/// What a possible cause says, and how strongly it moved.
fn judged(
    id: &str,
    moved: Option<(f64, f64, f64)>,
    name: &str,
    kind: &str,
    sentence: &dyn Fn(&str, &str) -> String,
    (code, action): (&str, &str),
) -> (Finding, f64) {
    let Some((before, after, together)) = moved else {
        return (Finding::unknown(id, &format!("{kind}_UNKNOWN"), "Not recorded, so it cannot be judged."), 0.0);
    };
    let ratio = if before > 0.0 {
        after / before
    } else if after > 0.0 {
        f64::INFINITY
    } else {
        1.0
    };
    let shown = sentence(&phrase::rounded(before, 3), &phrase::rounded(after, 3));
    let finding = if ratio > MOVED && together > TOGETHER {
        let text = format!("{shown}: it rose with the latency.");
        Finding::cause(id, &format!("{kind}_GREW"), text).action(code, action).at("#/health")
    } else if ratio > MOVED {
        Finding::fine(id, &format!("{kind}_APART"), format!("{shown}, but not in the hours that are slow."))
    } else {
        Finding::fine(id, &format!("{kind}_SAME"), format!("{shown}: it is not the cause."))
    };
    let finding = finding.with("figure", name).with("before", before).with("after", after).with("correlation", together);
    (finding, ratio.min(100.0) * together)
}
