//! One arm's figure of a metric: a mean with the variance of one unit, however it came about. What it came from (a share, a mean,
//! a ratio of means, a mean adjusted for what was known before, a quantile, strata put together) no longer matters to the tests.

use super::moments::Moments;
use super::normal;
use crate::evidence::InsufficientData;

/// A mean of so many units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Units (leads) it is the mean of.
    pub units: u64,
    /// The mean.
    pub mean: f64,
    /// The variance of one unit: the mean's own is this / units.
    pub variance: f64,
    /// The mean before any adjustment: what a relative change is relative to.
    pub unadjusted: f64,
    /// The variance of one unit before any adjustment.
    pub unadjusted_variance: f64,
    /// The covariance of one unit after and before adjustment.
    pub shared: f64,
}

impl Estimate {
    /// A mean without adjustment.
    pub fn plain(units: u64, mean: f64, variance: f64) -> Estimate {
        Estimate { units, mean, variance, unadjusted: mean, unadjusted_variance: variance, shared: variance }
    }

    /// A share of `units`, such as a conversion rate.
    ///
    /// # Errors
    /// [`InsufficientData`] with fewer than two units, or more that did than there are.
    ///
    /// # Formula
    /// p = successes / units, variance p(1 − p)
    ///
    /// # Source
    /// GrowthBook gbstats 0.8.0, `ProportionStatistic`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::estimate::Estimate;
    /// let rate = Estimate::proportion(500, 5_000)?;
    /// assert_eq!((rate.mean, rate.variance), (0.1, 0.1 * 0.9));
    /// # Ok::<(), plumbline_core::evidence::InsufficientData>(())
    /// ```
    pub fn proportion(successes: u64, units: u64) -> Result<Estimate, InsufficientData> {
        InsufficientData::unless(units, successes.max(2), "leads with an outcome")?;
        let mean = successes as f64 / units as f64;
        Ok(Estimate::plain(units, mean, mean * (1.0 - mean)))
    }

    /// The mean of a quantity.
    ///
    /// # Errors
    /// [`InsufficientData`] with fewer than two units.
    ///
    /// # Source
    /// GrowthBook gbstats 0.8.0, `SampleMeanStatistic`.
    pub fn mean(moments: &Moments) -> Result<Estimate, InsufficientData> {
        match moments.variance() {
            Some(variance) => Ok(Estimate::plain(moments.count, moments.mean, variance)),
            None => Err(InsufficientData { of: "leads with an outcome", found: moments.count, needed: 2 }),
        }
    }

    /// The quantile at `level` (0.9: what nine in ten stay below), from the sample's and the ends of its 95 % interval by ranks.
    ///
    /// # Errors
    /// [`InsufficientData`] when the rank interval leaves the sample, or the sample varies so little that a quantile has no error.
    ///
    /// # Formula
    /// The variance is read back from the interval: units · ((upper − lower) / (2·1.96))², less one unit; at least 1e-5 from 100
    /// units on.
    ///
    /// # Source
    /// GrowthBook gbstats 0.8.0, `QuantileStatistic`; Deng, Knoblich & Lu (2018).
    pub fn quantile(units: u64, level: f64, estimate: f64, lower: f64, upper: f64) -> Result<Estimate, InsufficientData> {
        let (n, z) = (units as f64, normal::quantile(0.975));
        let needed = z * z * (level / (1.0 - level)).max((1.0 - level) / level);
        let needed = if needed.is_finite() && needed < 1e15 { needed as u64 + 1 } else { u64::MAX };
        InsufficientData::unless(units, needed.max(2), "leads for this quantile")?;
        let width = (upper - lower) / (2.0 * z);
        let variance = (n - 1.0) * (width * width);
        if variance <= 0.0 || variance.is_nan() {
            InsufficientData::unless(units, 1000, "leads for a quantile that barely varies")?;
        }
        Ok(Estimate::plain(units, estimate, if units < 100 { variance } else { variance.max(1e-5) }))
    }

    /// The variance of the mean.
    pub fn sampling_variance(&self) -> f64 {
        self.variance / self.units as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_leads_give_no_estimate() {
        assert_eq!(Estimate::proportion(0, 0).unwrap_err().needed, 2);
        assert_eq!(Estimate::proportion(9, 5).unwrap_err().needed, 9);
        assert!(Estimate::mean(&Moments::from_sums(1, 3.0, 9.0)).is_err());
        // 0.9: 3.84 · 9 = 34.6 leads are needed for the rank interval to stay inside the sample.
        assert_eq!(Estimate::quantile(20, 0.9, 1.0, 0.5, 1.5).unwrap_err().needed, 35);
        assert!(Estimate::quantile(200, 0.9, 1.0, 1.0, 1.0).is_err());
        assert!(Estimate::quantile(200, 1.0, 1.0, 0.5, 1.5).is_err());
        assert!((Estimate::quantile(400, 0.9, 1.0, 0.5, 1.5).unwrap().sampling_variance() / 0.0649 - 1.0).abs() < 0.01);
    }
}
