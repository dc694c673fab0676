//! The change between two arms and what it is tested by: its standard error, or exact counts where there are too few of a kind for
//! that. Minimum counts limit a win; an arm that collapsed is judged however few are left of what it lost.

use super::arm::{LEAST_OF_A_KIND, area, estimate, lend, near_normal, units_alone};
use super::data::Cell;
use super::method::Judge;
use super::settings::{Kind, Metric};
use crate::evidence::InsufficientData;
use crate::stats::alternative::Alternative;
use crate::stats::contingency::TwoByTwo;
use crate::stats::effect::{Contrast, Effect, NoEffect, Scale};
use crate::stats::level::{Interval, Level};
use crate::stats::normal;
use crate::stats::proportion::{Proportion, TwoProportions};

/// With fewer leads in an arm, a mean is not compared at all.
const LEAST_FOR_HARM: u64 = 5;

/// A change and what it is tested by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Change {
    /// An estimate with a standard error.
    Estimated(Effect),
    /// Counts of one of two values.
    Counted(Counts),
}

/// Leads of either arm that have the upper of two values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counts {
    effect: Effect,
    /// Treatment, then control.
    arms: TwoProportions,
    /// The upper value less the lower.
    unit: f64,
    /// Twice the exact probability of a change as large in its direction.
    p: f64,
}

impl Change {
    /// The change of `metric`, relative where the control's mean is above 0 beyond doubt and absolute elsewhere.
    ///
    /// # Errors
    /// [`NoEffect`] where nothing varies, or the data are too few even to show harm.
    pub fn between(
        metric: &Metric,
        [control, treatment]: [&Cell; 2],
        slope: f64,
        scale: Scale,
        (judge, level): (&Judge, Level),
    ) -> Result<Change, NoEffect> {
        let few = near_normal(metric, control).and_then(|()| near_normal(metric, treatment)).err();
        let values = two_values(metric, control, treatment);
        let counted =
            || values.and_then(|values| Counts::new(values, [control, treatment].map(|cell| upper_of(cell, values)), scale));
        if is_rare(metric, control, treatment) {
            return counted().map(Change::Counted).ok_or(few.map_or(NoEffect::NoVariation, NoEffect::from));
        }
        // Of an area the leads of the rarer class are what bounds its error.
        let leads = [control, treatment].into_iter().map(|cell| match metric.kind {
            Kind::Auc => area(cell).map_or(0, |area| area.classes[0].min(area.classes[1])),
            _ => cell.moments.count(),
        });
        let leads = leads.min().unwrap_or(0);
        if let Some(few) = few.filter(|_| leads < LEAST_FOR_HARM) {
            return Err(few.into());
        }
        let scarce = few.is_some() || metric.kind == Kind::Auc;
        let (a, b) = (estimate(metric, control, slope)?, estimate(metric, treatment, slope)?);
        let tail = judge.tail(&units_alone(a.units + b.units), level);
        let (a, b) = (lend(a, &b, tail), lend(b, &a, tail));
        let freedom = |effect: Effect| Effect {
            // With few leads the smaller arm alone bounds what is known of the variance.
            freedom: if scarce { (leads as f64 - 1.0).min(effect.freedom) } else { effect.freedom },
            ..effect
        };
        let absolute = freedom(Effect::between(&a, &b, Scale::Absolute)?);
        if scale == Scale::Absolute {
            return Ok(Change::Estimated(absolute));
        }
        let bound = Some(judge.bound(&absolute, level)).filter(|bound| bound.is_finite());
        let bound = bound.unwrap_or_else(|| normal::quantile(1.0 - level.alpha() / 2.0));
        if absolute.base_is_positive(bound) {
            return Ok(Change::Estimated(freedom(Effect::between(&a, &b, Scale::Relative)?)));
        }
        Ok(counted().map_or(Change::Estimated(absolute), Change::Counted))
    }

    /// The change.
    pub fn effect(&self) -> &Effect {
        match self {
            Change::Estimated(effect) => effect,
            Change::Counted(counts) => &counts.effect,
        }
    }

    /// The change in standard errors: its sign is that of the difference.
    pub fn z(&self) -> f64 {
        match self {
            Change::Estimated(effect) => effect.z(),
            Change::Counted(counts) => (-normal::quantile(counts.p / 2.0)).min(FAR).copysign(counts.effect.contrast.difference),
        }
    }

    /// The interval of which each end holds at α on its own.
    pub fn one_sided(&self, (judge, level): (&Judge, Level)) -> Interval {
        match self {
            Change::Estimated(effect) => judge.one_sided(effect, level),
            Change::Counted(counts) => counts.within(judge.one_sided_tail(&counts.effect, level)),
        }
    }
}

/// Standard errors at which a p-value is too small for a double.
const FAR: f64 = 38.0;

/// The metric's two values, when it has but two: a rate's 1 and 0, or those of a number that takes no other.
fn two_values(metric: &Metric, control: &Cell, treatment: &Cell) -> Option<(f64, f64)> {
    let mut range = control.range;
    range.merge(&treatment.range);
    match metric.kind {
        Kind::Rate => Some((0.0, 1.0)),
        Kind::Mean => range.pair(),
        Kind::Ratio | Kind::Auc => None,
    }
}

/// Leads with the upper of two `values`, and all.
fn upper_of(cell: &Cell, (low, high): (f64, f64)) -> (u64, u64) {
    let leads = cell.moments.count();
    let share = (cell.moments.x.mean - low) / (high - low);
    (((share * leads as f64).round() as u64).min(leads), leads)
}

/// Whether the metric has but two values and an arm has too few leads of one of them for a standard error.
pub(super) fn is_rare(metric: &Metric, control: &Cell, treatment: &Cell) -> bool {
    let few = |values| [control, treatment].iter().any(|cell| least_of_a_kind(cell, values) < LEAST_OF_A_KIND);
    two_values(metric, control, treatment).is_some_and(few)
}

fn least_of_a_kind(cell: &Cell, values: (f64, f64)) -> u64 {
    let (upper, leads) = upper_of(cell, values);
    upper.min(leads - upper)
}

impl Counts {
    /// Leads of control and treatment with the upper of two `values`, and all leads; none where no lead, or every lead, of both arms has
    /// the upper value.
    pub fn new(values: (f64, f64), [(a, n), (b, m)]: [(u64, u64); 2], scale: Scale) -> Option<Counts> {
        let arms = TwoProportions::new(Proportion::new(b, m).ok()?, Proportion::new(a, n).ok()?);
        let table = TwoByTwo::new([[b, m - b], [a, n - a]]).ok()?;
        let side = |alternative| table.fisher(alternative).ok();
        let p = (2.0 * side(Alternative::Less)?.min(side(Alternative::Greater)?)).min(1.0);
        let unit = values.1 - values.0;
        let base = values.0 + unit * arms.second().rate();
        // A lead more of each kind (Agresti & Caffo 2000), so that no variance is 0.
        let spread = |k: u64, n: u64| {
            let (k, n) = (k as f64 + 1.0, n as f64 + 2.0);
            unit * unit * (k / n * (1.0 - k / n) / n)
        };
        let (base_variance, variance) = (spread(a, n), spread(a, n) + spread(b, m));
        let difference = unit * arms.difference();
        let relative = scale == Scale::Relative && values.0 == 0.0 && a > 0;
        let part = if relative { base } else { 1.0 };
        let effect = Effect {
            scale: if relative { Scale::Relative } else { Scale::Absolute },
            value: difference / part,
            standard_error: variance.sqrt() / part,
            freedom: (n + m) as f64 - 2.0,
            units: n + m,
            contrast: Contrast { difference, variance, base, base_variance, covariance: -base_variance },
        };
        Some(Counts { effect, arms, unit, p })
    }

    /// Twice the exact probability of a change as large in its direction.
    pub fn p(&self) -> f64 {
        self.p
    }

    /// The values that a test with `tail` on each side does not reject: by the score method, and with 0 in it unless the exact test
    /// rejects it too.
    pub fn within(&self, tail: f64) -> Interval {
        let Ok(level) = Level::new((2.0 * tail).min(0.5)) else {
            return Interval { lower: f64::NEG_INFINITY, upper: f64::INFINITY };
        };
        let Interval { lower, upper } = match self.effect.scale {
            Scale::Relative => {
                let ratio = self.arms.score_ratio(level);
                Interval { lower: ratio.lower - 1.0, upper: ratio.upper - 1.0 }
            }
            Scale::Absolute => self.arms.score_difference(level).scaled(self.unit),
        };
        let rejected = self.p / 2.0 < tail;
        if rejected { Interval { lower, upper } } else { Interval { lower: lower.min(0.0), upper: upper.max(0.0) } }
    }
}

/// The ends that each hold at `tail` for the mean of one arm with two values; none where `other` does not complete them.
pub(super) fn of_one_arm(metric: &Metric, cell: &Cell, other: &Cell, tail: f64) -> Option<Interval> {
    let values = two_values(metric, other, cell)?;
    let (upper, leads) = upper_of(cell, values);
    let ends = Proportion::new(upper, leads).ok()?.clopper_pearson(Level::new((2.0 * tail).min(0.5)).ok()?);
    let scaled = ends.scaled(values.1 - values.0);
    Some(Interval { lower: values.0 + scaled.lower, upper: values.0 + scaled.upper })
}

/// The leads too few for a win, when there are.
pub(super) fn too_few(metric: &Metric, control: &Cell, treatment: &Cell) -> Option<InsufficientData> {
    near_normal(metric, control).and_then(|()| near_normal(metric, treatment)).err()
}
