//! What must not suffer: a guardrail's change against its margin, or the treatment's own mean against a bound.
//!
//! A limit is shown to be met at α. Its violation costs the treatment the experiment, so all limits share half of α for that
//! (Bonferroni), and without a change the chance to lose by any of them stays below it.

use super::arm::{self, area, near_normal, off_of_alike};
use super::change::{self, Change};
use super::data::Cell;
use super::measure::{Yardstick, moved};
use super::method::Judge;
use super::report::{GuardrailReport, MetricReport, Outcome};
use super::settings::{Better, Demand, Guardrail, Kind, Metric};
use super::words::{against_limit, percent, rounded};
use crate::stats::effect::{Contrast, Effect, Scale};
use crate::stats::estimate::Estimate;
use crate::stats::level::{Interval, Level};
use crate::stats::margin::{Claim, Finding};

impl Yardstick {
    /// A guardrail of control and treatment, the first of `cells` and that at `arm`.
    pub fn guardrail(&self, guardrail: &Guardrail, cells: &[Cell], arm: usize) -> GuardrailReport {
        let (metric, change) = self.metric(&guardrail.metric, cells, arm);
        let none = Cell::default();
        let (control, treatment) = (cells.first().unwrap_or(&none), cells.get(arm).unwrap_or(&none));
        let claim = match (guardrail.demand, guardrail.metric.better) {
            (Demand::AtLeast(_), _) | (Demand::Margin(_), Better::More) => Claim::NoDecline,
            (Demand::AtMost(_), _) | (Demand::Margin(_), Better::Less) => Claim::NoIncrease,
        };
        let (interval, finding) = match guardrail.demand {
            Demand::Margin(margin) => self.against_margin(change.as_ref(), margin, claim),
            Demand::AtLeast(bound) | Demand::AtMost(bound) => {
                self.against_bound(&guardrail.metric, treatment, control, bound, claim)
            }
        };
        let sentence = sentence(guardrail, &metric, interval, finding, self.scale);
        GuardrailReport { metric, demand: guardrail.demand, interval, finding, sentence }
    }

    fn against_margin(&self, change: Option<&Change>, margin: f64, claim: Claim) -> (Option<Interval>, Finding) {
        let Some(change) = change else { return (None, Finding::Open) };
        let interval = self.ends(claim, |judge, level| change.one_sided((judge, level)));
        let finding = match (self.scale, change.effect().scale) {
            (Scale::Relative, Scale::Absolute) => self.against_share(change.effect(), margin, claim),
            _ => claim.judge(&interval, margin),
        };
        (Some(interval), finding)
    }

    /// A margin that is a share of a control's mean which is not above 0 beyond doubt: whatever sign that mean may have, the change
    /// plus that share of its size has to be on the right side of 0.
    fn against_share(&self, effect: &Effect, margin: f64, claim: Claim) -> Finding {
        let Contrast { difference, variance, base, base_variance, covariance } = effect.contrast;
        let turn = if claim == Claim::NoIncrease { -1.0 } else { 1.0 };
        let shown = self.judge.one_sided_bound(effect, self.level);
        let refuted = self.harm.0.one_sided_bound(effect, self.harm.1);
        let possible = |sign: &f64| sign * base > -shown * base_variance.sqrt();
        let signs: Vec<f64> = [1.0, -1.0].into_iter().filter(possible).collect();
        let z = |sign: f64| {
            let share = sign * margin;
            let spread = variance + 2.0 * turn * share * covariance + share * share * base_variance;
            (turn * difference + share * base) / spread.max(0.0).sqrt()
        };
        match (signs.iter().all(|sign| z(*sign) > shown), signs.iter().all(|sign| z(*sign) < -refuted)) {
            (true, _) => Finding::Shown,
            (_, true) => Finding::Refuted,
            _ => Finding::Open,
        }
    }

    /// The treatment's own mean against a bound.
    fn against_bound(
        &self,
        metric: &Metric,
        cell: &Cell,
        control: &Cell,
        bound: f64,
        claim: Claim,
    ) -> (Option<Interval>, Finding) {
        let interval = self.ends_of_mean(metric, cell, control, bound, claim);
        let off = interval.map(|interval| Interval { lower: interval.lower - bound, upper: interval.upper - bound });
        (interval, off.map_or(Finding::Open, |off| claim.judge(&off, 0.0)))
    }

    fn ends_of_mean(&self, metric: &Metric, cell: &Cell, control: &Cell, bound: f64, claim: Claim) -> Option<Interval> {
        let few = near_normal(metric, cell).is_err();
        let estimate = arm::estimate(metric, cell, 0.0).ok()?;
        let effect = Effect {
            scale: Scale::Absolute,
            value: estimate.mean,
            standard_error: estimate.sampling_variance().sqrt(),
            freedom: estimate.units as f64 - 1.0,
            units: estimate.units,
            contrast: Contrast { difference: estimate.mean, variance: estimate.sampling_variance(), ..Contrast::default() },
        };
        if metric.kind == Kind::Auc {
            let area = area(cell).ok()?;
            return Some(self.ends(claim, |judge, level| {
                let (lower, upper) = area.cautious_ends(judge.one_sided_tail(&effect, level));
                Interval { lower, upper }
            }));
        }
        let known = estimate.variance > 0.0;
        if few || !known || change::is_rare(metric, control, cell) {
            let counted = |judge: &Judge, level| change::of_one_arm(metric, cell, control, judge.one_sided_tail(&effect, level));
            if counted(&self.judge, self.level).is_some() {
                const OPEN: Interval = Interval { lower: f64::NEG_INFINITY, upper: f64::INFINITY };
                return Some(self.ends(claim, |judge, level| counted(judge, level).unwrap_or(OPEN)));
            }
        }
        let other = arm::estimate(metric, control, 0.0).ok().filter(|other| other.variance > 0.0);
        if !known {
            let other = other?;
            let off = |judge: &Judge, level| off_of_alike(&estimate, &other, judge.one_sided_tail(&effect, level));
            return Some(self.ends(claim, |judge, level| Interval::around(estimate.mean, off(judge, level))));
        }
        let floor = other.filter(|_| metric.kind != Kind::Rate).map_or(0.0, |other| variance_at(bound, &other));
        let error = (estimate.variance.max(floor) / estimate.units as f64).sqrt();
        let skews = if metric.kind == Kind::Mean { [cell.skewness(), control.skewness()] } else { [0.0; 2] };
        Some(self.ends(claim, |judge, level| {
            let z = judge.one_sided_bound(&effect, level);
            let lower = z + beyond_normal(z, -skews[0].min(skews[1]), estimate.units);
            let upper = z + beyond_normal(z, skews[0].max(skews[1]), estimate.units);
            Interval { lower: estimate.mean - error * lower, upper: estimate.mean + error * upper }
        }))
    }

    /// An interval whose end that shows `claim` holds at the level, and whose other end at that of harm.
    pub fn ends(&self, claim: Claim, of: impl Fn(&Judge, Level) -> Interval) -> Interval {
        let (shown, harm) = (of(&self.judge, self.level), of(&self.harm.0, self.harm.1));
        match claim {
            Claim::NoIncrease => Interval { lower: harm.lower, upper: shown.upper },
            _ => Interval { lower: shown.lower, upper: harm.upper },
        }
    }
}

/// The variance of a lead when the mean is `bound`, from the control's leads: theirs, or less in proportion where their mean is larger.
/// Without large values the treatment's own variance is too small, just when its mean is too low.
fn variance_at(bound: f64, control: &Estimate) -> f64 {
    let part = bound / control.mean;
    let part = if part > 0.0 { part.min(1.0) } else { 1.0 };
    control.variance * part * part
}

/// Standard errors up to which the correction below holds.
const FARTHEST: f64 = 2.5;

/// Standard errors by which the end of an interval on the side of the longer tail lies beyond `z`, because a sample that lacks the tail
/// has a mean and a variance that are both too small.
///
/// # Formula
/// skewness (1 + 2z²) / (6√n), with z at most 2.5
///
/// # Source
/// Johnson (1978); Hall (1983), the Cornish-Fisher expansion of Student's ratio.
fn beyond_normal(z: f64, skewness: f64, units: u64) -> f64 {
    let near = z.min(FARTHEST);
    skewness.max(0.0) * (1.0 + 2.0 * near * near) / (6.0 * (units as f64).sqrt())
}

fn sentence(guardrail: &Guardrail, metric: &MetricReport, interval: Option<Interval>, finding: Finding, asked: Scale) -> String {
    let name = &guardrail.metric.name;
    let rate = guardrail.metric.kind == Kind::Rate;
    let figure = |x: f64| if rate { percent(x) } else { rounded(x, 3) };
    let scale = metric.outcome.measured().map_or(asked, |measured| measured.effect.scale);
    let (limit, of) = match guardrail.demand {
        Demand::Margin(margin) => {
            let direction = if guardrail.metric.better == Better::More { "decline" } else { "increase" };
            let size = moved(margin, asked, rate);
            let share = if asked == scale { "" } else { " of the control's mean" };
            (format!("{direction} of less than {}{share}", size.trim_start_matches('+')), "the change")
        }
        Demand::AtLeast(bound) => (format!("at least {}", figure(bound)), "the value"),
        Demand::AtMost(bound) => (format!("at most {}", figure(bound)), "the value"),
    };
    let end = |x: f64| if matches!(guardrail.demand, Demand::Margin(_)) { moved(x, scale, rate) } else { figure(x) };
    let verdict = against_limit(finding);
    match (interval.filter(|i| i.lower.is_finite() || i.upper.is_finite()), &metric.outcome) {
        (Some(Interval { lower, upper }), _) if lower == upper => {
            format!("{name} {verdict} ({limit}): {of} is {} for every lead.", end(lower))
        }
        (Some(Interval { lower, upper }), _) => {
            let span = match (lower.is_finite(), upper.is_finite()) {
                (true, true) => format!("lies between {} and {}", end(lower), end(upper)),
                (true, false) => format!("is at least {}", end(lower)),
                (false, _) => format!("is at most {}", end(upper)),
            };
            format!("{name} {verdict} ({limit}): {of} {span}.")
        }
        (None, Outcome::Unknown { message, .. }) => format!("{name} {verdict} ({limit}): {message}."),
        (None, _) => format!("{name} {verdict} ({limit})."),
    }
}
