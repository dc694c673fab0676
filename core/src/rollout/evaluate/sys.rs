//! `sys.*`: the service.

use super::Case;
use super::draft::Draft;
use super::limit::{Exactness, Share, decided};
use crate::rollout::evidence::{Figures, Instance};
use crate::rollout::{Comparator, Gate, Outcome, phrase};
use crate::window::Latency;

/// The part of requests that may take longer than the 99th percentile allowed.
const SLOWEST: f64 = 0.01;
pub(super) const LEAST_TIMED: u64 = 1_000;
pub(super) const LEAST_REQUESTS: u64 = 3_700;

pub(super) fn judge(gate: Gate, case: &Case<'_>) -> Draft {
    match gate {
        Gate::SysLatency => case.of_both(latency),
        Gate::SysErrors => case.of_both(errors),
        Gate::SysThroughput => throughput(case),
        _ => memory(case),
    }
}

/// Latencies of the last seven days: of the requests the version answered, and of the probes.
pub(super) fn timed(figures: &Figures) -> Option<Latency> {
    let parts = [figures.recent.as_ref().map(|traffic| &traffic.latency), figures.probes.as_ref()];
    parts.into_iter().flatten().fold(None, |sum: Option<Latency>, part| {
        let mut sum = sum.unwrap_or_default();
        sum.merge(part);
        Some(sum)
    })
}

fn latency(case: &Case<'_>, figures: &Figures) -> Draft {
    let (limit_ms, unit) = (case.policy.gates.service.p99_ms, case.timed());
    let Some(latency) = timed(figures) else {
        return Draft::missing("no request to the new model was timed in the last seven days");
    };
    let n = latency.count();
    let share = Share::new(latency.above((limit_ms * 1_000.0) as u64), n, Exactness::ClopperPearson, case);
    let (Some(share), Ok(slowest)) = (share.filter(|_| n >= LEAST_TIMED), latency.quantile(1.0 - SLOWEST)) else {
        return case.too_few(unit, n, LEAST_TIMED);
    };
    let p99_ms = slowest as f64 / 1_000.0;
    let (over, all, limit) = (phrase::percent(share.value), phrase::count(n), phrase::rounded(limit_ms, 3));
    let (span, allowed) = (phrase::percents(share.low, share.high), phrase::percent(SLOWEST));
    let begins = format!("The slowest hundredth begins at {} ms.", phrase::rounded(p99_ms, 3));
    let (outcome, forecast) = (share.below(SLOWEST), share.forecast(case, unit, SLOWEST));
    let text = match outcome {
        Outcome::Pass => {
            format!("Fast enough: {over} of {all} requests took longer than {limit} ms; {allowed} is allowed. {begins}")
        }
        Outcome::Fail => {
            format!("Too slow: {over} of {all} requests took longer than {limit} ms ({span}); {allowed} is allowed. {begins}")
        }
        _ => format!(
            "Too close to call: {over} of {all} requests took longer than {limit} ms ({span}), {allowed} is allowed; {}",
            case.more(unit, n, forecast)
        ),
    };
    let draft = Draft::new(outcome, text).figure(share.value, "share", Comparator::Below, SLOWEST).n(n);
    let draft = draft.interval(share.low, share.high, case.confidence()).method("Clopper-Pearson").with("p99_ms", p99_ms);
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}

fn errors(case: &Case<'_>, figures: &Figures) -> Draft {
    let (limit, unit) = (case.policy.gates.service.max_error_rate, case.requests());
    let Some(traffic) = &figures.since_start else {
        return Draft::missing("no traffic of the new model since the start is known");
    };
    let (failed, n) = (traffic.failed, traffic.requests);
    let Some(share) = Share::new(failed, n, Exactness::ClopperPearson, case).filter(|_| n >= LEAST_REQUESTS) else {
        return case.too_few(unit, n, LEAST_REQUESTS);
    };
    let (outcome, forecast) = (share.below(limit), share.forecast(case, unit, limit));
    let found =
        if failed == 0 { "none".to_owned() } else { format!("{} ({})", phrase::count(failed), phrase::percent(share.value)) };
    let (all, span, allowed) = (phrase::count(n), phrase::percents(share.low, share.high), phrase::percent(limit));
    let text = match outcome {
        Outcome::Pass => format!("Reliable: of {all} requests, {found} failed; {allowed} is allowed."),
        Outcome::Fail => {
            format!(
                "Too many errors: of {all} requests, {found} failed, so {span} would fail in the long run; {allowed} is allowed."
            )
        }
        _ => format!(
            "Too close to call: of {all} requests, {found} failed, so {span} would fail in the long run, {allowed} is allowed; {}",
            case.more(unit, n, forecast)
        ),
    };
    let error = (share.value * (1.0 - share.value) / n as f64).sqrt();
    let draft = Draft::new(outcome, text).figure(share.value, "share", Comparator::Below, limit).n(n);
    let draft = draft.interval(share.low, share.high, case.confidence()).method("Clopper-Pearson").with("failed", failed);
    let draft = draft.beyond((share.value - limit) / error, n, case.evidence.planned.requests);
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}

fn throughput(case: &Case<'_>) -> Draft {
    let service = &case.policy.gates.service;
    let days = phrase::counted((service.capacity_max_age.0 / 86_400_000).unsigned_abs(), "day", "days");
    let Some(record) = &case.evidence.service.capacity else {
        return Draft::missing("no load test of the running build is recorded; `plumbline capacity` makes one");
    };
    if case.now_ms.saturating_sub(record.at_ms) > service.capacity_max_age.0 {
        let at = phrase::day(record.at_ms, case.now_ms);
        let what = format!("the newest load test is of {at} and counts for {days}; `plumbline capacity` makes one");
        return Draft::missing(&what).kind("TOO_OLD");
    }
    let (found, needed) = (phrase::rounded(record.per_s, 4), phrase::rounded(service.min_rps, 4));
    let on = phrase::day(record.at_ms, case.now_ms);
    let (outcome, text) = if record.per_s >= service.min_rps {
        (Outcome::Pass, format!("Enough capacity: {found} requests a second on {on}; {needed} are needed."))
    } else {
        (Outcome::Fail, format!("Too little capacity: {found} requests a second on {on}; {needed} are needed."))
    };
    Draft::new(outcome, text).figure(record.per_s, "per_s", Comparator::AtLeast, service.min_rps).n(1).method("load test")
}

fn memory(case: &Case<'_>) -> Draft {
    const MEGABYTE: f64 = 1_048_576.0;
    let limit_mb = case.policy.gates.service.max_memory_mb;
    let limit = u64::from(limit_mb).saturating_mul(1_048_576);
    let instances = &case.evidence.service.instances;
    let newest = |instance: &Instance| instance.memory_bytes.last().copied();
    let n = instances.iter().filter(|instance| newest(instance).is_some()).count() as u64;
    let twice = |instance: &&Instance| instance.memory_bytes.iter().rev().take(2).filter(|bytes| **bytes >= limit).count() == 2;
    let failing = instances.iter().filter(twice).max_by_key(|instance| newest(instance));
    let Some(shown) = failing.or_else(|| instances.iter().max_by_key(|instance| newest(instance))) else {
        return Draft::missing("no instance has sent a heartbeat");
    };
    let Some(bytes) = newest(shown) else { return Draft::missing("no instance has reported its memory") };
    let outcome = decided(bytes < limit, failing.is_some());
    let (mb, id) = (bytes as f64 / MEGABYTE, shown.id.as_str());
    let (used, allowed) = (phrase::rounded(mb, 4), phrase::count(u64::from(limit_mb)));
    let text = match outcome {
        Outcome::Pass if n == 1 => format!("Enough memory: the only instance uses {used} MB; {allowed} MB are allowed."),
        Outcome::Pass => {
            format!("Enough memory: the largest of {} instances uses {used} MB; {allowed} MB are allowed.", phrase::count(n))
        }
        Outcome::Fail => format!("Too much memory: instance {id} uses {used} MB, twice in a row; {allowed} MB are allowed."),
        _ => format!("Too close to call: instance {id} used {used} MB once; {allowed} MB are allowed, and twice in a row fails."),
    };
    let draft = Draft::new(outcome, text).figure(mb, "mb", Comparator::Below, f64::from(limit_mb));
    draft.n(n).method("heartbeats").with("instance", id)
}
