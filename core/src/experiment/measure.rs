//! From sums to a change: the estimate of each arm, the effect, and the result of each test.

use super::data::Cell;
use super::method::Judge;
use super::report::{Figure, GuardrailReport, Measurement, MetricReport, Outcome};
use super::settings::{Better, Demand, Guardrail, Kind, Metric, Settings};
use super::words::{against_limit, change, percent, rounded};
use crate::evidence::InsufficientData;
use crate::math;
use crate::metric::{Area, Labelled};
use crate::stats::bayes::{Belief, Loss, Posterior, Prior};
use crate::stats::cuped;
use crate::stats::effect::{Contrast, Effect, NoEffect, Scale};
use crate::stats::estimate::Estimate;
use crate::stats::level::{Interval, Level};
use crate::stats::margin::{Claim, Finding};

/// With fewer successes or failures, a rate's error is not near normal.
pub(super) const LEAST_OF_A_KIND: u64 = 10;
/// With fewer leads, a mean's error is not near normal.
const LEAST_FOR_A_MEAN: u64 = 30;

/// How one comparison is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Yardstick {
    pub judge: Judge,
    pub level: Level,
    pub scale: Scale,
}

impl Yardstick {
    /// One metric of control and treatment.
    pub fn metric(&self, metric: &Metric, control: &Cell, treatment: &Cell) -> MetricReport {
        let slope = metric.adjusted.then(|| cuped::slope(&control.moments, &treatment.moments));
        let [a, b] = [control, treatment].map(|cell| estimate(metric, cell, slope.unwrap_or(0.0)));
        let figure = |cell: &Cell, estimate: &Result<Estimate, NoEffect>| {
            Figure::of(estimate.as_ref().ok(), cell.moments.count(), cell.open)
        };
        MetricReport {
            name: metric.name.clone(),
            better: metric.better,
            control: figure(control, &a),
            treatment: figure(treatment, &b),
            slope,
            outcome: self.outcome(metric, control, treatment, a, b),
        }
    }

    fn outcome(
        &self,
        metric: &Metric,
        control: &Cell,
        treatment: &Cell,
        a: Result<Estimate, NoEffect>,
        b: Result<Estimate, NoEffect>,
    ) -> Outcome {
        let enough = near_normal(metric, control).and_then(|()| near_normal(metric, treatment));
        let effect = enough.map_err(NoEffect::from).and_then(|()| Effect::between(&a?, &b?, self.scale));
        match effect {
            Ok(effect) => Outcome::Measured(self.measurement(&effect, metric.better)),
            Err(reason) => reason.into(),
        }
    }

    fn measurement(&self, effect: &Effect, better: Better) -> Measurement {
        let posterior = Posterior::new(effect, Prior::Flat);
        let loss = posterior.loss();
        let (chance_to_win, expected_loss) = match better {
            Better::More => (posterior.chance_to_win(), loss),
            Better::Less => (posterior.chance_to_lose(), Loss { control: loss.treatment, treatment: loss.control }),
        };
        let (test, delta_method) = (self.judge.two_sided(effect, self.level), self.judge.delta(effect, self.level));
        Measurement { effect: *effect, test, delta_method, chance_to_win, expected_loss }
    }

    /// A guardrail of control and treatment.
    pub fn guardrail(&self, guardrail: &Guardrail, control: &Cell, treatment: &Cell) -> GuardrailReport {
        let metric = self.metric(&guardrail.metric, control, treatment);
        let (interval, finding) = match guardrail.demand {
            Demand::Margin(margin) => {
                let claim = match guardrail.metric.better {
                    Better::More => Claim::NoDecline,
                    Better::Less => Claim::NoIncrease,
                };
                let interval = metric.outcome.measured().map(|m| self.judge.one_sided(&m.effect, self.level));
                (interval, interval.map_or(Finding::Open, |interval| claim.judge(&interval, margin)))
            }
            Demand::AtLeast(bound) => self.against(&guardrail.metric, treatment, bound, Claim::NoDecline),
            Demand::AtMost(bound) => self.against(&guardrail.metric, treatment, bound, Claim::NoIncrease),
        };
        let sentence = told(guardrail, &metric, interval, finding, self.scale);
        GuardrailReport { metric, demand: guardrail.demand, interval, finding, sentence }
    }

    /// The treatment's own mean against a bound.
    fn against(&self, metric: &Metric, cell: &Cell, bound: f64, claim: Claim) -> (Option<Interval>, Finding) {
        let enough = near_normal(metric, cell).is_ok();
        let Some(estimate) = estimate(metric, cell, 0.0).ok().filter(|e| enough && e.variance > 0.0) else {
            return (None, Finding::Open);
        };
        // An AUC's interval is computed on the logit scale, so that it stays within 0 and 1.
        let area = metric.kind == Kind::Auc;
        let slope = if area { estimate.mean * (1.0 - estimate.mean) } else { 1.0 };
        let value = if area { math::logit(estimate.mean) } else { estimate.mean };
        let variance = estimate.sampling_variance() / (slope * slope);
        let effect = Effect {
            scale: Scale::Absolute,
            value,
            standard_error: variance.sqrt(),
            freedom: estimate.units as f64 - 1.0,
            units: estimate.units,
            contrast: Contrast { difference: value, variance, ..Contrast::default() },
        };
        let mut interval = self.judge.one_sided(&effect, self.level);
        if area {
            interval = Interval { lower: math::logistic(interval.lower), upper: math::logistic(interval.upper) };
        }
        let off = Interval { lower: interval.lower - bound, upper: interval.upper - bound };
        (Some(interval), claim.judge(&off, 0.0))
    }
}

/// One arm's figure.
pub(super) fn estimate(metric: &Metric, cell: &Cell, slope: f64) -> Result<Estimate, NoEffect> {
    Ok(match (metric.kind, metric.adjusted) {
        (Kind::Auc, _) => {
            let units = cell.moments.count();
            // Scores were checked when they were added.
            let data = Labelled::new(&cell.ranked.0, &cell.ranked.1);
            let area = data
                .map_err(|_| InsufficientData { of: "finite scores", found: 0, needed: 1 })
                .and_then(|data| Area::new(&data))?;
            Estimate::plain(units, area.auc, area.variance * units as f64)
        }
        (Kind::Ratio, _) => Estimate::ratio(&cell.moments)?,
        (_, true) => Estimate::adjusted(&cell.moments, slope)?,
        (Kind::Rate, _) => Estimate::proportion(successes(cell), cell.moments.count())?,
        (Kind::Mean, _) => Estimate::mean(&cell.moments.x)?,
    })
}

/// The posterior of one arm, oriented so that more is better; none while its error is unknown.
pub(super) fn belief(metric: &Metric, cell: &Cell) -> Option<Belief> {
    near_normal(metric, cell).ok()?;
    let estimate = estimate(&Metric { adjusted: false, ..metric.clone() }, cell, 0.0).ok()?;
    let less = metric.better == Better::Less;
    match metric.kind {
        Kind::Rate => {
            let (successes, leads) = (successes(cell), cell.moments.count());
            Belief::rate((1.0, 1.0), if less { leads - successes } else { successes }, leads).ok()
        }
        _ => Belief::mean(if less { -estimate.mean } else { estimate.mean }, estimate.sampling_variance().sqrt()).ok(),
    }
}

fn successes(cell: &Cell) -> u64 {
    (cell.moments.x.mean * cell.moments.count() as f64).round() as u64
}

fn near_normal(metric: &Metric, cell: &Cell) -> Result<(), InsufficientData> {
    let leads = cell.moments.count();
    match metric.kind {
        Kind::Rate => {
            let successes = successes(cell);
            InsufficientData::unless(leads, 1, "leads with an outcome in an arm")?;
            InsufficientData::unless(successes, LEAST_OF_A_KIND, "leads in an arm with outcome 1")?;
            InsufficientData::unless(leads - successes.min(leads), LEAST_OF_A_KIND, "leads in an arm with outcome 0")
        }
        Kind::Auc => {
            let converted = cell.ranked.1.iter().filter(|converted| **converted).count() as u64;
            InsufficientData::unless(converted, LEAST_OF_A_KIND, "converted leads in an arm")?;
            InsufficientData::unless(leads - converted.min(leads), LEAST_OF_A_KIND, "unconverted leads in an arm")
        }
        _ => InsufficientData::unless(leads, LEAST_FOR_A_MEAN, "leads with an outcome in an arm"),
    }
}

fn told(guardrail: &Guardrail, metric: &MetricReport, interval: Option<Interval>, finding: Finding, scale: Scale) -> String {
    let name = &guardrail.metric.name;
    let rate = guardrail.metric.kind == Kind::Rate;
    let figure = |x: f64| if rate { percent(x) } else { rounded(x, 3) };
    let moved = |x: f64| moved(x, scale, rate);
    let (limit, of, ends) = match (guardrail.demand, interval) {
        (Demand::Margin(margin), ends) => {
            let direction = if guardrail.metric.better == Better::More { "decline" } else { "increase" };
            let margin = moved(margin);
            let limit = format!("{direction} of less than {}", margin.trim_start_matches('+'));
            (limit, "the change", ends.map(|i| (moved(i.lower), moved(i.upper))))
        }
        (Demand::AtLeast(bound), ends) => {
            (format!("at least {}", figure(bound)), "the value", ends.map(|i| (figure(i.lower), figure(i.upper))))
        }
        (Demand::AtMost(bound), ends) => {
            (format!("at most {}", figure(bound)), "the value", ends.map(|i| (figure(i.lower), figure(i.upper))))
        }
    };
    let verdict = against_limit(finding);
    match (ends, &metric.outcome) {
        (Some((lower, upper)), _) => format!("{name} {verdict} ({limit}): {of} lies between {lower} and {upper}."),
        (None, Outcome::Unknown { message, .. }) => format!("{name} {verdict} ({limit}): {message}."),
        (None, _) => format!("{name} {verdict} ({limit})."),
    }
}

/// A change as people read it.
pub(super) fn moved(x: f64, scale: Scale, rate: bool) -> String {
    match (scale, rate) {
        (Scale::Relative, _) => change(x),
        (Scale::Absolute, true) => change(x).replace(" %", " points"),
        (Scale::Absolute, false) => {
            let text = rounded(x, 3);
            if text.starts_with('−') || text == "0" { text } else { format!("+{text}") }
        }
    }
}

/// How the primary metric's change is judged with these settings, for one of `treatments`.
pub(super) fn yardstick(settings: &Settings) -> Result<Yardstick, crate::stats::level::SettingError> {
    let level = settings.alpha.divided(settings.arms.len().saturating_sub(1));
    Ok(Yardstick { judge: settings.method.judge(level)?, level, scale: settings.scale })
}
