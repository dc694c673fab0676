//! The sales cycle: how long deals take, with open deals counted for as long as they have lasted.

use super::change::{Change, Counts};
use super::measure::Yardstick;
use super::report::CycleReport;
use super::settings::Cycle;
use super::words::{against_limit, count, counted, rounded};
use crate::stats::effect::{Contrast, Effect, Scale};
use crate::stats::margin::{Claim, Finding};
use crate::stats::survival::{Curve, Duration, Durations, LogRank, RestrictedMean, Weighting};

/// With fewer closed deals in an arm, the mean's error is not near normal.
const LEAST_CLOSED: u64 = 10;

/// One arm's deals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deals<'a> {
    /// Days and whether the deal closed.
    pub known: &'a [(f64, bool)],
    /// Deals whose days are not known.
    pub unknown: u64,
    /// Leads, with or without a deal.
    pub leads: u64,
}

impl Deals<'_> {
    fn closed(&self) -> u64 {
        self.known.iter().filter(|deal| deal.1).count() as u64
    }
}

/// The cycle of control and treatment.
pub(super) fn compare(cycle: &Cycle, arms: [Deals<'_>; 2], yardstick: &Yardstick) -> CycleReport {
    let [control, treatment] = arms.map(|arm| arm.known);
    let unknown = arms.map(|arm| arm.unknown);
    let deals = arms.map(|arm| (arm.known.len() as u64, arm.closed()));
    let without_days = |finding: Finding, why: &str| CycleReport {
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
        finding,
        sentence: format!("{} {}: {why}.", cycle.name, against_limit(finding)),
    };
    if let Some(why) = collapsed(cycle, arms, yardstick) {
        return without_days(Finding::Refuted, &why);
    }
    // Deals that never close have no days to show: without them the cycle would look shorter the worse it is.
    if let [a, b] = unknown
        && a + b > 0
    {
        let (a, b) = (counted(a, "deal", "deals"), count(b));
        let why = format!("the days of {a} of the control and {b} of the treatment are not known, such as those still open");
        return without_days(Finding::Open, &why);
    }
    let closed = deals.iter().map(|deals| deals.1).min().unwrap_or(0);
    if closed < LEAST_CLOSED {
        let why = format!("{closed} deals of an arm closed, need at least {LEAST_CLOSED}");
        return without_days(Finding::Open, &why);
    }
    match measured(cycle, control, treatment, yardstick) {
        Ok(report) => CycleReport { deals, ..report },
        Err(why) => without_days(Finding::Open, &why),
    }
}

/// Why deals that hardly close any more violate the limit, when they do: with too few of them for a mean of days, the closed deals are
/// counted. Deals that close at less than 1 / (1 + margin) of the control's rate take longer by more than the margin.
fn collapsed(cycle: &Cycle, [control, treatment]: [Deals<'_>; 2], yardstick: &Yardstick) -> Option<String> {
    // What is not known is taken in the treatment's favour.
    let closed = [control.closed(), treatment.closed() + treatment.unknown];
    if closed[1] >= LEAST_CLOSED {
        return None;
    }
    let leads = [control.leads, treatment.leads];
    let counts = Counts::new((0.0, 1.0), [(closed[0], leads[0]), (closed[1], leads[1])], Scale::Relative)?;
    let change = Change::Counted(counts);
    let (judge, level) = &yardstick.harm;
    let fewer = -change.one_sided((judge, *level)).upper;
    let is_harm = closed[0] > 0 && fewer > cycle.margin / (1.0 + cycle.margin);
    is_harm.then(|| {
        format!(
            "{} closed among {} of the treatment, and {} among {} of the control",
            counted(treatment.closed(), "deal", "deals"),
            counted(leads[1], "lead", "leads"),
            count(closed[0]),
            count(leads[0])
        )
    })
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
