//! The sales cycle: how long deals take, with open deals counted for as long as they have lasted.

use super::measure::Yardstick;
use super::report::CycleReport;
use super::settings::Cycle;
use super::words::{against_limit, count, rounded};
use crate::stats::effect::{Contrast, Effect, Scale};
use crate::stats::margin::{Claim, Finding};
use crate::stats::survival::{Curve, Duration, Durations, LogRank, RestrictedMean, Weighting};

/// With fewer closed deals in an arm, the mean's error is not near normal.
const LEAST_CLOSED: u64 = 10;

/// Control and treatment: days and whether the deal closed, and deals whose days are not known.
pub(super) fn compare(
    cycle: &Cycle,
    [control, treatment]: [&[(f64, bool)]; 2],
    unknown: [u64; 2],
    yardstick: &Yardstick,
) -> CycleReport {
    let deals = [control, treatment].map(|arm| (arm.len() as u64, arm.iter().filter(|deal| deal.1).count() as u64));
    let silent = |sentence: String| CycleReport {
        name: cycle.name.clone(),
        horizon: cycle.horizon.unwrap_or_default(),
        mean_days: [0.0; 2],
        median_days: [None; 2],
        deals,
        unknown,
        difference: 0.0,
        standard_error: 0.0,
        interval: None,
        log_rank_p: None,
        margin_days: 0.0,
        finding: Finding::Open,
        sentence,
    };
    // Deals that never close have no days to show: without them the cycle would look shorter the worse it is.
    if let [a, b] = unknown
        && a + b > 0
    {
        let (a, b) = (count(a), count(b));
        let why =
            format!("the days of {a} deals of the control and {b} of the treatment are not known, such as those still open");
        return silent(format!("{} {}: {why}.", cycle.name, against_limit(Finding::Open)));
    }
    let closed = deals.iter().map(|deals| deals.1).min().unwrap_or(0);
    if closed < LEAST_CLOSED {
        let why = format!("{closed} deals of an arm closed, need at least {LEAST_CLOSED}");
        return silent(format!("{} {}: {why}.", cycle.name, against_limit(Finding::Open)));
    }
    match measured(cycle, control, treatment, yardstick) {
        Ok(report) => CycleReport { deals, ..report },
        Err(why) => silent(format!("{} {}: {why}.", cycle.name, against_limit(Finding::Open))),
    }
}

fn measured(
    cycle: &Cycle,
    control: &[(f64, bool)],
    treatment: &[(f64, bool)],
    yardstick: &Yardstick,
) -> Result<CycleReport, String> {
    let durations = |arm: &[(f64, bool)]| {
        Durations::new(arm.iter().map(|(time, ended)| Duration { time: *time, ended: *ended })).map_err(|e| e.to_string())
    };
    let (a, b) = (durations(control)?, durations(treatment)?);
    // As far as both curves are known.
    let horizon = cycle.horizon.unwrap_or_else(|| a.longest().min(b.longest()));
    let mean = |durations: &Durations| RestrictedMean::new(durations, horizon).map_err(|e| e.to_string());
    let (mean_a, mean_b) = (mean(&a)?, mean(&b)?);
    let change = mean_b.against(&mean_a).map_err(|e| e.to_string())?;
    let median_days = [&a, &b].map(|durations| Curve::new(durations).median());
    let log_rank_p = LogRank::new(&[a, b], Weighting::LogRank).ok().map(|test| test.p_value);
    let units = (control.len() + treatment.len()) as u64;
    let effect = Effect {
        scale: Scale::Absolute,
        value: change.difference,
        standard_error: change.standard_error,
        freedom: units as f64 - 2.0,
        units,
        contrast: Contrast {
            difference: change.difference,
            variance: change.standard_error * change.standard_error,
            ..Contrast::default()
        },
    };
    let interval = yardstick.ends(Claim::NoIncrease, |judge, level| judge.one_sided(&effect, level));
    let margin_days = cycle.margin * mean_a.mean;
    let finding = Claim::NoIncrease.judge(&interval, margin_days);
    let sentence = format!(
        "{} {} (increase of less than {} days): within the first {} days, a deal stays open {} days in the control and {} in the \
         treatment, a change between {} and {}.",
        cycle.name,
        against_limit(finding),
        rounded(margin_days, 3),
        rounded(horizon, 3),
        rounded(mean_a.mean, 3),
        rounded(mean_b.mean, 3),
        rounded(interval.lower, 3),
        rounded(interval.upper, 3),
    );
    Ok(CycleReport {
        name: cycle.name.clone(),
        horizon,
        mean_days: [mean_a.mean, mean_b.mean],
        median_days,
        deals: [(0, 0); 2],
        unknown: [0; 2],
        difference: change.difference,
        standard_error: change.standard_error,
        interval: Some(interval),
        log_rank_p,
        margin_days,
        finding,
        sentence,
    })
}
