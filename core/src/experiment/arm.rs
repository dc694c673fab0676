//! One arm's figure of a metric, and whether its leads are enough for a standard error.

use super::data::Cell;
use super::settings::{Kind, Metric};
use crate::evidence::InsufficientData;
use crate::math;
use crate::metric::{Area, Labelled};
use crate::stats::effect::{Effect, NoEffect, Scale};
use crate::stats::estimate::Estimate;
use crate::stats::normal;

/// With fewer successes or failures, a rate's error is not near normal.
pub(super) const LEAST_OF_A_KIND: u64 = 10;
/// With fewer leads, a mean's error is not near normal.
pub(super) const LEAST_FOR_A_MEAN: u64 = 30;

/// One arm's figure.
pub(super) fn estimate(metric: &Metric, cell: &Cell, slope: f64) -> Result<Estimate, NoEffect> {
    Ok(match (metric.kind, metric.adjusted) {
        (Kind::Auc, _) => {
            let units = cell.moments.count();
            let area = area(cell)?;
            Estimate::plain(units, area.auc, area.cautious_variance() * units as f64)
        }
        (Kind::Ratio, _) => Estimate::ratio(&cell.moments)?,
        (_, true) => Estimate::adjusted(&cell.moments, slope)?,
        (Kind::Rate, _) => Estimate::proportion(successes(cell), cell.moments.count())?,
        (Kind::Mean, _) => Estimate::mean(&cell.moments.x)?,
    })
}

/// `one` with a variance: leads that are all alike do not say how far the next one may be off, so it is taken from the other arm's.
pub(super) fn lend(one: Estimate, other: &Estimate, tail: f64) -> Estimate {
    if one.variance > 0.0 || other.variance.is_nan() {
        return one;
    }
    let z = -normal::quantile(tail);
    let off = off_of_alike(&one, other, tail) / z;
    let variance = one.units as f64 * off * off;
    if z > 0.0 && variance.is_finite() {
        Estimate { variance, unadjusted_variance: variance, shared: variance, ..one }
    } else {
        Estimate { variance: other.variance, unadjusted_variance: other.unadjusted_variance, shared: other.shared, ..one }
    }
}

/// How far off the mean of leads that are all alike may be, with `tail` on its side: if only a share of leads has another value, and with
/// it the mean and the variance of the `other` arm, so many leads rarely miss all of them. Nearly all revenues are 0, few are large.
///
/// # Formula
/// d (1 − tail^(1/n)) / share, share = d² / (d² + v) with d the difference of the means and v the other arm's variance; at most the
/// normal z √(v/n)
pub(super) fn off_of_alike(alike: &Estimate, other: &Estimate, tail: f64) -> f64 {
    let (leads, apart) = (alike.units as f64, (other.mean - alike.mean).abs());
    let share = apart * apart / (apart * apart + other.variance);
    let counted = apart * (1.0 - math::pow(tail, 1.0 / leads)) / share;
    let normal = -normal::quantile(tail) * (other.variance / leads).sqrt();
    if share > 0.0 { counted.min(normal) } else { normal }
}

/// What a method has to know of an estimate to say how many standard errors it must clear: its leads.
pub(super) fn units_alone(units: u64) -> Effect {
    let freedom = units as f64 - 1.0;
    Effect { scale: Scale::Absolute, value: 0.0, standard_error: 0.0, freedom, units, contrast: Default::default() }
}

/// The area under the ROC curve of one arm.
pub(super) fn area(cell: &Cell) -> Result<Area, InsufficientData> {
    // Scores were checked when they were added.
    let data = Labelled::new(&cell.ranked.0, &cell.ranked.1);
    data.map_err(|_| InsufficientData { of: "finite scores", found: 0, needed: 1 }).and_then(|data| Area::new(&data))
}

fn successes(cell: &Cell) -> u64 {
    (cell.moments.x.mean * cell.moments.count() as f64).round() as u64
}

pub(super) fn near_normal(metric: &Metric, cell: &Cell) -> Result<(), InsufficientData> {
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
