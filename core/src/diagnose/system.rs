//! D1.1: whether the service answers at all, and what it refuses.

use std::collections::BTreeMap;

use super::{Facts, Finding, Hour};
use crate::rollout::{DAY_MS, Policy, phrase};
use crate::stats::level::Level;
use crate::stats::proportion::Proportion;
use crate::window::HOUR_MS;

const ID: &str = "D1.1";
/// Leads with which a share is judged.
const LEAST: u64 = 100;
/// Leads that the same hours of the week before must have had, for silence to mean anything.
const EXPECTED: u64 = 7;

pub(super) fn find(policy: &Policy, facts: &Facts) -> Finding {
    let Some(newest) = facts.newest_row_ms else {
        return Finding::unknown(ID, "NO_TRAFFIC", "No lead was ever scored, so the service cannot be judged.");
    };
    if let Some(silent) = silence(policy, facts, newest) {
        return silent;
    }
    let day: Vec<&Hour> = facts.hours.iter().filter(|hour| hour.start_ms > facts.at_ms - DAY_MS - HOUR_MS).collect();
    let sum = |of: fn(&Hour) -> u64| day.iter().map(|hour| of(hour)).sum::<u64>();
    let (leads, scored, failed) = (sum(|hour| hour.leads), sum(|hour| hour.scored), sum(|hour| hour.failed));
    if leads < LEAST {
        let text = format!("Only {} came in the last 24 hours, too few to judge the service.", leads_of(leads));
        return Finding::unknown(ID, "TOO_FEW_LEADS", text).with("leads", leads);
    }
    let interval = |n: u64| Proportion::new(n, leads).map(|share| share.wilson(Level::FIVE_PERCENT));
    let limit = policy.alerts.targets.error_rate;
    let least = policy.gates.data.min_coverage;
    let code = most_frequent(&day);
    let named =
        code.as_ref().map_or(String::new(), |(code, n)| format!(" The most frequent reason is {code} ({}).", leads_of(*n)));
    let advice = code.as_ref().map_or_else(
        || "Look at the service's log for the reason.".to_owned(),
        |(code, _)| format!("Fix what {code} says; the leads that fail carry it in the log."),
    );
    let finding = if interval(failed).is_ok_and(|ends| ends.lower > limit) {
        let (share, allowed) = (phrase::percent(failed as f64 / leads as f64), phrase::percent(limit));
        let text =
            format!("The service fails: {share} of {} in the last 24 hours; {allowed} is allowed.{named}", leads_of(leads));
        Finding::cause(ID, "SERVICE_FAILS", text).action("FIX_ERRORS", advice).at("#/health")
    } else if interval(scored).is_ok_and(|ends| ends.upper < least) {
        let (share, needed) = (phrase::percent(scored as f64 / leads as f64), phrase::percent(least));
        let text = format!("Leads go without a score: {share} of {} were scored; {needed} are needed.{named}", leads_of(leads));
        Finding::cause(ID, "LEADS_REFUSED", text).action("FIX_REFUSALS", advice).at("#/health")
    } else {
        let text =
            format!("The service works: {} of {} were scored in the last 24 hours.", phrase::count(scored), leads_of(leads));
        Finding::fine(ID, "SERVICE_WORKS", text)
    };
    let finding = finding.with("leads", leads).with("scored", scored).with("failed", failed);
    match code {
        Some((code, n)) => finding.with("code", code).with("of_code", n),
        None => finding,
    }
}

/// That nothing was scored although leads were expected.
fn silence(policy: &Policy, facts: &Facts, newest: i64) -> Option<Finding> {
    let most = policy.alerts.targets.freshness.0;
    let quiet = facts.at_ms.saturating_sub(newest);
    if quiet <= most {
        return None;
    }
    // The same stretch of the week before: a quiet night is no failure.
    let week = 7 * DAY_MS;
    let expected: u64 = facts
        .hours
        .iter()
        .filter(|hour| hour.start_ms > newest - week && hour.start_ms <= facts.at_ms - week)
        .map(|hour| hour.leads)
        .sum();
    if expected < EXPECTED {
        return None;
    }
    let hours = phrase::counted((quiet / HOUR_MS).unsigned_abs(), "hour", "hours");
    let text = format!("No lead was scored for {hours}; a week before, {} came in that time.", leads_of(expected));
    let finding = Finding::cause(ID, "SILENT", text).with("quiet_ms", quiet).with("expected", expected);
    Some(finding.action("RESTORE", "Restore the service, or the CRM's connection to it, before anything else.").at("#/health"))
}

fn most_frequent(day: &[&Hour]) -> Option<(String, u64)> {
    let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
    for (code, n) in day.iter().flat_map(|hour| &hour.codes) {
        *codes.entry(code).or_default() += n;
    }
    codes.into_iter().max_by_key(|(_, n)| *n).map(|(code, n)| (code.to_owned(), n))
}

fn leads_of(n: u64) -> String {
    phrase::counted(n, "lead", "leads")
}
