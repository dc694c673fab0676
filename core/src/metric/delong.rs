//! DeLong's variance of the area under the ROC curve, and two models on the same leads.

use super::ranking::classes;
use super::{Labelled, MetricError};
use crate::evidence::InsufficientData;
use crate::math;
use crate::order::sorted;
use crate::stats::normal;
use crate::sum::Sum;

/// An area with its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// The area under the ROC curve.
    pub auc: f64,
    /// DeLong's variance of it.
    pub variance: f64,
    /// Leads that converted, and that did not.
    pub classes: [u64; 2],
}

/// Two models on the same leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The areas.
    pub areas: [Area; 2],
    /// Their covariance.
    pub covariance: f64,
    /// First area less the second.
    pub difference: f64,
    /// The difference in standard errors; none when the two models rank alike and nothing varies.
    pub z: Option<f64>,
    /// Two-sided p-value of no difference.
    pub p_value: Option<f64>,
}

impl Area {
    /// The area and its variance, of unweighted leads.
    ///
    /// # Errors
    /// [`InsufficientData`] with fewer than two leads of a class.
    ///
    /// # Formula
    /// With V₁₀ᵢ the part of the negatives below positive i (ties half) and V₀₁ⱼ the part of the positives above negative j:
    /// var(V₁₀) / m + var(V₀₁) / n, sample variances.
    ///
    /// # Source
    /// DeLong, DeLong & Clarke-Pearson (1988); by midranks as Sun & Xu (2014).
    pub fn new(data: &Labelled<'_>) -> Result<Area, InsufficientData> {
        let placements = Placements::new(data)?;
        Ok(placements.area())
    }

    /// The interval of the area at `confidence`, such as 0.95: symmetric on the logit scale and so inside (0, 1). `None` when the
    /// area is 0 or 1, where the scale ends and the variance says nothing.
    pub fn interval(&self, confidence: f64) -> Option<(f64, f64)> {
        if !(self.auc > 0.0 && self.auc < 1.0) {
            return None;
        }
        let z = normal::quantile(0.5 + confidence / 2.0);
        let half = z * self.variance.sqrt() / (self.auc * (1.0 - self.auc));
        let centre = math::logit(self.auc);
        Some((math::logistic(centre - half), math::logistic(centre + half)))
    }

    /// The interval symmetric about the area, which may leave [0, 1]: for comparison with other software.
    pub fn interval_normal(&self, confidence: f64) -> (f64, f64) {
        let half = normal::quantile(0.5 + confidence / 2.0) * self.variance.sqrt();
        (self.auc - half, self.auc + half)
    }
}

impl Comparison {
    /// Compares two models' scores of the same leads.
    ///
    /// # Errors
    /// Lists of different length or labels; the inner error with fewer than two leads of a class.
    ///
    /// # Source
    /// DeLong, DeLong & Clarke-Pearson (1988), equation 8 for two curves.
    pub fn new(first: &Labelled<'_>, second: &Labelled<'_>) -> Result<Result<Comparison, InsufficientData>, MetricError> {
        if first.converted() != second.converted() {
            let (found, expected) = (second.converted().len(), first.converted().len());
            return Err(MetricError::LengthMismatch {
                what: "the second model's list of the same leads' labels",
                found,
                expected,
            });
        }
        Ok(Self::of(first, second))
    }

    /// The interval of the difference at `confidence`, such as 0.95: symmetric about it, within −1 and 1. Of two models that rank alike it is
    /// the difference itself.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let variance = self.areas[0].variance + self.areas[1].variance - 2.0 * self.covariance;
        let half = normal::quantile(0.5 + confidence / 2.0) * variance.max(0.0).sqrt();
        ((self.difference - half).max(-1.0), (self.difference + half).min(1.0))
    }

    fn of(first: &Labelled<'_>, second: &Labelled<'_>) -> Result<Comparison, InsufficientData> {
        let (one, two) = (Placements::new(first)?, Placements::new(second)?);
        let areas = [one.area(), two.area()];
        let covariance = covariance(&one.positive, &two.positive) / one.positive.len() as f64
            + covariance(&one.negative, &two.negative) / one.negative.len() as f64;
        let difference = areas[0].auc - areas[1].auc;
        let variance = areas[0].variance + areas[1].variance - 2.0 * covariance;
        let z = (variance > 0.0).then(|| difference / variance.sqrt());
        Ok(Comparison { areas, covariance, difference, z, p_value: z.map(|z| 2.0 * normal::sf(z.abs())) })
    }
}

/// V₁₀ and V₀₁, in the order of the data.
pub(crate) struct Placements {
    pub(crate) positive: Vec<f64>,
    pub(crate) negative: Vec<f64>,
}

impl Placements {
    pub(crate) fn new(data: &Labelled<'_>) -> Result<Placements, InsufficientData> {
        let [negative, positive] = classes(data);
        InsufficientData::unless(positive.len() as u64, 2, "leads that converted")?;
        InsufficientData::unless(negative.len() as u64, 2, "leads that did not convert")?;
        let (ups, downs) = (sorted(&positive), sorted(&negative));
        let below = |sorted: &[f64], x: f64| {
            let (less, most) = (sorted.partition_point(|y| *y < x), sorted.partition_point(|y| *y <= x));
            (less + most) as f64 / 2.0 / sorted.len() as f64
        };
        Ok(Placements {
            positive: positive.iter().map(|x| below(&downs, *x)).collect(),
            negative: negative.iter().map(|x| 1.0 - below(&ups, *x)).collect(),
        })
    }

    fn area(&self) -> Area {
        let (m, n) = (self.positive.len() as f64, self.negative.len() as f64);
        let variance = covariance(&self.positive, &self.positive) / m + covariance(&self.negative, &self.negative) / n;
        let classes = [self.positive.len() as u64, self.negative.len() as u64];
        Area { auc: mean(&self.positive), variance, classes }
    }
}

fn mean(values: &[f64]) -> f64 {
    let mut sum = Sum::default();
    values.iter().for_each(|x| sum.add(*x));
    sum.value() / values.len() as f64
}

/// Sample covariance, two passes.
fn covariance(xs: &[f64], ys: &[f64]) -> f64 {
    let (mean_x, mean_y) = (mean(xs), mean(ys));
    let mut sum = Sum::default();
    xs.iter().zip(ys).for_each(|(x, y)| sum.add((x - mean_x) * (y - mean_y)));
    sum.value() / (xs.len() as f64 - 1.0)
}
