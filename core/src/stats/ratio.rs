//! A ratio of two means of the same units, such as revenue per visit when leads are what is drawn: the delta method.

use super::effect::NoEffect;
use super::estimate::Estimate;
use super::moments::Comoments;
use crate::evidence::InsufficientData;

impl Estimate {
    /// The mean of `x` over the mean of `y`.
    ///
    /// # Errors
    /// [`NoEffect::Insufficient`] with fewer than two units, [`NoEffect::ZeroBaseline`] when `y` is 0 on average.
    ///
    /// # Formula
    /// x̄/ȳ, variance s²ₓ/ȳ² − 2 cov x̄/ȳ³ + x̄² s²ᵧ/ȳ⁴
    ///
    /// # Source
    /// Deng, Knoblich & Lu (2018), equation 3; GrowthBook gbstats 0.8.0, `RatioStatistic`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::{estimate::Estimate, moments::Comoments};
    /// let mut arm = Comoments::default();
    /// [(10.0, 1.0), (30.0, 3.0), (20.0, 2.0)].iter().for_each(|(revenue, visits)| arm.push(*revenue, *visits));
    /// let ratio = Estimate::ratio(&arm)?;
    /// assert_eq!(ratio.mean, 10.0);
    /// assert!(ratio.variance.abs() < 1e-12, "revenue is ten times the visits, always");
    /// # Ok::<(), plumbline_core::stats::effect::NoEffect>(())
    /// ```
    pub fn ratio(arm: &Comoments) -> Result<Estimate, NoEffect> {
        let insufficient = InsufficientData { of: "leads with an outcome", found: arm.count(), needed: 2 };
        let (Some(xx), Some(yy), Some(xy)) = (arm.x.variance(), arm.y.variance(), arm.covariance()) else {
            return Err(insufficient.into());
        };
        let (x, y) = (arm.x.mean, arm.y.mean);
        if y == 0.0 {
            return Err(NoEffect::ZeroBaseline);
        }
        let (mean, square) = (x / y, y * y);
        let variance = xx / square - 2.0 * xy * x / (square * y) + x * x * yy / (square * square);
        Ok(Estimate::plain(arm.count(), mean, variance))
    }
}
