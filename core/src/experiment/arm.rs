//! One arm's figure of a metric, and whether its leads are enough for a standard error.

use super::data::Cell;
use super::settings::{Kind, Metric};
use crate::evidence::InsufficientData;
use crate::metric::{Area, Labelled};
use crate::stats::effect::NoEffect;
use crate::stats::estimate::Estimate;

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
