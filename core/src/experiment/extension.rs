//! How many more leads an inconclusive experiment needs.

use super::arm::estimate;
use super::data::Cell;
use super::judged::Judged;
use super::method::Method;
use super::plan::{Baseline, Plan};
use super::report::{CycleReport, Extension, GuardrailReport};
use super::settings::{Demand, Kind};
use crate::stats::margin::Finding;
use crate::stats::normal;

/// Further leads per arm until the smallest change that matters is detected with the desired power, and until each open guardrail would be
/// shown if its metric did not change; none when there are enough already.
pub(super) fn extension(judged: &Judged<'_>, control: &Cell, treatment: &Cell) -> Option<Extension> {
    let settings = judged.settings;
    let found = control.moments.count().min(treatment.moments.count());
    let won = judged.primary.outcome.measured().is_some_and(|m| !m.test.interval.contains(0.0));
    let primary = if won { None } else { needed(judged, control) };
    let guardrails = judged.guardrails.iter().filter_map(|g| needed_for_guardrail(judged, g, found));
    let cycle = judged.cycle.iter().filter_map(|c| needed_for_cycle(judged, c, found));
    let needed = primary.into_iter().chain(guardrails).chain(cycle).max()?;
    let leads_per_arm = needed.checked_sub(found).filter(|more| *more > 0)?;
    let days = settings.leads_per_day.map(|rate| (leads_per_arm as f64 * settings.arms.len() as f64 / rate).ceil() as u64);
    Some(Extension { leads_per_arm, days })
}

fn needed(judged: &Judged<'_>, control: &Cell) -> Option<u64> {
    let settings = judged.settings;
    let estimate = estimate(&settings.primary, control, judged.primary.slope.unwrap_or(0.0)).ok()?;
    let baseline = match (settings.primary.kind, settings.primary.adjusted) {
        (Kind::Rate, false) => Baseline::Rate(estimate.mean),
        _ => Baseline::Mean { mean: estimate.unadjusted, deviation: estimate.variance.sqrt() },
    };
    // A share of a mean that may be 0 is no size to look for.
    let scale = judged.primary.outcome.measured().map_or(settings.scale, |m| m.effect.scale);
    if scale != settings.scale {
        return None;
    }
    // At a planned look what counts is the whole plan, not the look.
    let method = match &settings.method {
        Method::GroupSequential { spending, information, .. } => {
            Method::GroupSequential { spending: *spending, information: information.clone(), look: None }
        }
        method => method.clone(),
    };
    let plan = Plan {
        scale: settings.scale,
        alpha: settings.alpha,
        power: settings.power,
        treatments: settings.arms.len() as u32 - 1,
        method,
        ..Plan::new(baseline, settings.lift)
    };
    Some(plan.work_out().ok()?.needed.per_arm)
}

fn needed_for_guardrail(judged: &Judged<'_>, guardrail: &GuardrailReport, found: u64) -> Option<u64> {
    if guardrail.finding != Finding::Open {
        return None;
    }
    let effect = guardrail.metric.outcome.measured()?.effect;
    match guardrail.demand {
        Demand::Margin(_) if effect.scale != judged.settings.scale => None,
        Demand::Margin(margin) => grown(judged, found, effect.standard_error, margin),
        // Whether a bound is kept depends on how far off the mean is, which no number of leads changes.
        Demand::AtLeast(_) | Demand::AtMost(_) => None,
    }
}

fn needed_for_cycle(judged: &Judged<'_>, cycle: &CycleReport, found: u64) -> Option<u64> {
    let open = cycle.finding == Finding::Open && cycle.standard_error > 0.0;
    if open { grown(judged, found, cycle.standard_error, cycle.margin_days) } else { None }
}

/// The leads at which a standard error has shrunk so that no change is shown to be within `margin` with the desired power.
///
/// # Formula
/// n · ((z₁₋α + z_power) · s / margin)²
fn grown(judged: &Judged<'_>, found: u64, standard_error: f64, margin: f64) -> Option<u64> {
    let level = judged.settings.alpha.divided(judged.settings.arms.len() - 1);
    let ratio = (normal::quantile(1.0 - level.alpha()) + normal::quantile(judged.settings.power)) * standard_error / margin;
    let needed = (found as f64 * ratio * ratio).ceil();
    (needed < 1e15).then_some(needed as u64)
}
