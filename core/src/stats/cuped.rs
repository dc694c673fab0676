//! CUPED: the part of an outcome explained by data from before the experiment is removed, and with it much of the noise.

use super::estimate::Estimate;
use super::moments::Comoments;
use crate::evidence::InsufficientData;

/// The slope of the outcome on what was known before, over both arms together; 0 when either does not vary, and then nothing is
/// adjusted.
///
/// # Formula
/// cov(outcome, before) / var(before)
///
/// # Source
/// Deng, Xu, Kohavi & Walker (2013), equation 4; pooled as in GrowthBook gbstats 0.8.0, `compute_theta`.
pub fn slope(control: &Comoments, treatment: &Comoments) -> f64 {
    let mut both = *control;
    both.merge(treatment);
    let varies = both.x.squares > 0.0 && both.y.squares > 0.0;
    if varies { both.products / both.y.squares } else { 0.0 }
}

impl Estimate {
    /// The mean of `x`, less `slope` times the mean of `y`, which was known before.
    ///
    /// # Errors
    /// [`InsufficientData`] with fewer than two units.
    ///
    /// # Formula
    /// x̄ − θȳ, variance s²ₓ + θ²s²ᵧ − 2θ cov
    ///
    /// # Source
    /// GrowthBook gbstats 0.8.0, `RegressionAdjustedStatistic`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::{cuped, estimate::Estimate, moments::Comoments};
    /// let mut arm = Comoments::default();
    /// [(3.0, 1.0), (5.0, 2.0), (7.5, 3.0)].iter().for_each(|(after, before)| arm.push(*after, *before));
    /// let slope = cuped::slope(&arm, &Comoments::default());
    /// let estimate = Estimate::adjusted(&arm, slope)?;
    /// assert_eq!((slope, estimate.unadjusted), (2.25, 15.5 / 3.0));
    /// assert!(estimate.variance < 0.01 * arm.x.variance().unwrap());
    /// # Ok::<(), plumbline_core::evidence::InsufficientData>(())
    /// ```
    pub fn adjusted(arm: &Comoments, slope: f64) -> Result<Estimate, InsufficientData> {
        let plain = Estimate::mean(&arm.x)?;
        let (y, covariance) = (arm.y.variance().unwrap_or_default(), arm.covariance().unwrap_or_default());
        let variance = plain.variance + slope * slope * y - 2.0 * slope * covariance;
        let shared = plain.variance - slope * covariance;
        Ok(Estimate { mean: plain.mean - slope * arm.y.mean, variance, shared, ..plain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_known_before_adjusts_nothing() {
        let mut arm = Comoments::default();
        (0..9).for_each(|i| arm.push(f64::from(i), 4.0));
        assert_eq!(slope(&arm, &arm), 0.0);
        assert_eq!(Estimate::adjusted(&arm, 0.0), Estimate::mean(&arm.x));
        assert_eq!(slope(&Comoments::default(), &Comoments::default()), 0.0);
        assert!(Estimate::adjusted(&Comoments::default(), 1.0).is_err());
    }
}
