//! The bootstrap: how a statistic varies when the leads it was computed from are resampled.

use serde::{Deserialize, Serialize};

use super::error::StatsError;
use super::level::{Interval, Level, SettingError};
use super::normal;
use super::two_sample::Sample;
use crate::random::Random;

/// Which interval is read off the replicates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// The replicates' own quantiles.
    Percentile,
    /// Quantiles corrected for the bias and the skew of the figure. It computes the figure once more for every value left out.
    #[default]
    Accelerated,
}

/// The number of resamples and the seed: the same seed gives the same interval on every host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    replicates: usize,
    seed: u64,
}

/// A statistic with its resampling distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Resampled {
    /// The statistic of the samples themselves.
    pub estimate: f64,
    /// The standard deviation of the replicates.
    pub standard_error: f64,
    /// The interval.
    pub interval: Interval,
}

impl Bootstrap {
    /// This many replicates from this seed.
    ///
    /// # Errors
    /// Fewer than 100 or more than a million.
    pub fn new(replicates: usize, seed: u64) -> Result<Bootstrap, StatsError> {
        let sound = (100..=1_000_000).contains(&replicates);
        SettingError::unless(sound, "the number of replicates", replicates as f64, "from 100 to 1,000,000")?;
        Ok(Bootstrap { replicates, seed })
    }

    /// The interval of `figure`, a number computed from the samples, each of which is resampled separately.
    ///
    /// # Errors
    /// No sample; a figure that is undefined or infinite for the samples or for a replicate; one that does not vary.
    ///
    /// # Formula
    /// The quantile α of the replicates is taken at Φ(z₀ + (z₀ + z) / (1 − a (z₀ + z))), z = Φ⁻¹(α), z₀ = Φ⁻¹(share of replicates below the
    /// estimate, ties half), a = Σ U³/n³ / 6 (Σ U²/n²)^(3/2) with U = (n − 1)(mean − figure without one value); plain quantiles have
    /// z₀ = a = 0. Quantiles are interpolated between order statistics.
    ///
    /// # Source
    /// Efron (1987), Efron & Tibshirani (1993) 14.3; `scipy.stats.bootstrap` 1.17.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::bootstrap::{Bootstrap, Reading};
    /// use plumbline_core::stats::level::Level;
    /// use plumbline_core::stats::two_sample::Sample;
    /// let deals = [12.0, 15.0, 9.0, 30.0, 14.0, 11.0, 8.0, 22.0];
    /// let mean = |samples: &[Vec<f64>]| samples.first().map(|deals| deals.iter().sum::<f64>() / deals.len() as f64);
    /// let found = Bootstrap::new(2_000, 1)?.interval(&[Sample::new(&deals)?], mean, Level::FIVE_PERCENT, Reading::Accelerated)?;
    /// assert!(found.estimate == 15.125 && found.interval.lower > 11.0 && found.interval.upper < 22.0);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn interval(
        &self,
        samples: &[Sample<'_>],
        figure: impl Fn(&[Vec<f64>]) -> Option<f64>,
        level: Level,
        reading: Reading,
    ) -> Result<Resampled, StatsError> {
        StatsError::unless_enough(samples.len() as u64, 1, "samples")?;
        let figure = |samples: &[Vec<f64>]| match figure(samples) {
            Some(value) if value.is_finite() => Ok(value),
            _ => Err(StatsError::NoVariation { what: "a resample" }),
        };
        let whole: Vec<Vec<f64>> = samples.iter().map(|sample| sample.values().to_vec()).collect();
        let estimate = figure(&whole)?;
        let mut random = Random::new(self.seed);
        let mut drawn = whole.clone();
        let mut replicates = Vec::with_capacity(self.replicates);
        for _ in 0..self.replicates {
            for (drawn, whole) in drawn.iter_mut().zip(&whole) {
                for place in drawn {
                    *place = whole.get(random.below(whole.len() as u64) as usize).copied().unwrap_or_default();
                }
            }
            replicates.push(figure(&drawn)?);
        }
        let spread = Sample::new(&replicates)?;
        let standard_error = (spread.squares() / (spread.count() - 1.0)).sqrt();
        if standard_error == 0.0 {
            return Err(StatsError::NoVariation { what: "the resampled statistic" });
        }
        let (bias, acceleration) = match reading {
            Reading::Percentile => (0.0, 0.0),
            Reading::Accelerated => (bias(&replicates, estimate)?, acceleration(&whole, &figure)?),
        };
        replicates.sort_unstable_by(f64::total_cmp);
        let at = |tail: f64| {
            let z = bias + normal::quantile(tail);
            quantile(&replicates, normal::cdf(bias + z / (1.0 - acceleration * z)))
        };
        let tail = level.alpha() / 2.0;
        Ok(Resampled { estimate, standard_error, interval: Interval { lower: at(tail), upper: at(1.0 - tail) } })
    }
}

/// Φ⁻¹ of the share of replicates below the estimate.
fn bias(replicates: &[f64], estimate: f64) -> Result<f64, StatsError> {
    let below = replicates.iter().filter(|replicate| **replicate < estimate).count() as f64;
    let equal = replicates.iter().filter(|replicate| **replicate == estimate).count() as f64;
    let share = (below + equal / 2.0) / replicates.len() as f64;
    if share > 0.0 && share < 1.0 {
        Ok(normal::quantile(share))
    } else {
        // Every replicate lies on one side: the samples' statistic is not typical.
        Err(StatsError::NoVariation { what: "the side of the estimate on which resampled statistics fall" })
    }
}

/// The skewness of what each value contributes, by leaving it out.
fn acceleration(whole: &[Vec<f64>], figure: &impl Fn(&[Vec<f64>]) -> Result<f64, StatsError>) -> Result<f64, StatsError> {
    let (mut cubes, mut squares) = (0.0, 0.0);
    for (group, values) in whole.iter().enumerate() {
        let n = values.len() as f64;
        let mut rest = whole.to_vec();
        let mut without = Vec::with_capacity(values.len());
        for left_out in 0..values.len() {
            let kept = values.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, x)| *x);
            if let Some(place) = rest.get_mut(group) {
                place.clear();
                place.extend(kept);
            }
            without.push(figure(&rest)?);
        }
        let mean = without.iter().sum::<f64>() / n;
        for value in without {
            let u = (n - 1.0) * (mean - value) / n;
            cubes += u * u * u;
            squares += u * u;
        }
    }
    Ok(if squares > 0.0 { cubes / (6.0 * squares * squares.sqrt()) } else { 0.0 })
}

/// Linear between order statistics, the first at 0 and the last at 1.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = |i: usize| sorted.get(i.min(sorted.len() - 1)).copied().unwrap_or_default();
    let place = p * (sorted.len() as f64 - 1.0);
    let floor = place.floor();
    at(floor as usize) + (place - floor) * (at(floor as usize + 1) - at(floor as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(samples: &[Vec<f64>]) -> Option<f64> {
        samples.first().map(|values| values.iter().sum::<f64>() / values.len() as f64)
    }

    #[test]
    fn of_a_mean_it_is_the_normal_interval_and_moves_with_skew() {
        let mut random = Random::new(3);
        let mut normal = || normal::quantile(random.unit());
        let values: Vec<f64> = (0..400).map(|_| normal()).collect();
        let sample = Sample::new(&values).unwrap();
        let error = (sample.squares() / 400.0 / 400.0).sqrt();
        for reading in [Reading::Percentile, Reading::Accelerated] {
            let found = Bootstrap::new(20_000, 5).unwrap().interval(&[sample], mean, Level::FIVE_PERCENT, reading).unwrap();
            assert!((found.standard_error / error - 1.0).abs() < 0.02, "{found:?} {error}");
            assert!((found.interval.lower - (sample.mean() - 1.96 * error)).abs() < 0.1 * error, "{found:?}");
            assert!((found.interval.upper - (sample.mean() + 1.96 * error)).abs() < 0.1 * error, "{found:?}");
        }
        let skewed: Vec<f64> = (0..60).map(|_| crate::math::exp(normal())).collect();
        let skewed = Sample::new(&skewed).unwrap();
        let of = |reading| Bootstrap::new(20_000, 5).unwrap().interval(&[skewed], mean, Level::FIVE_PERCENT, reading).unwrap();
        let (plain, corrected) = (of(Reading::Percentile), of(Reading::Accelerated));
        assert!(corrected.interval.lower > plain.interval.lower && corrected.interval.upper > plain.interval.upper);
    }

    #[test]
    fn acceleration_of_a_mean_is_a_sixth_of_its_skewness() {
        let values = vec![1.0, 2.0, 4.0, 9.0];
        let deviations: Vec<f64> = values.iter().map(|x| x - 4.0).collect();
        let (squares, cubes): (f64, f64) = (deviations.iter().map(|d| d * d).sum(), deviations.iter().map(|d| d * d * d).sum());
        let ours = acceleration(&[values], &|samples: &[Vec<f64>]| Ok(mean(samples).unwrap())).unwrap();
        assert!((ours - cubes / (6.0 * squares * squares.sqrt())).abs() < 1e-15);
    }

    #[test]
    fn what_cannot_be_drawn_again_is_refused() {
        assert!(Bootstrap::new(99, 1).is_err() && Bootstrap::new(1_000_001, 1).is_err());
        let bootstrap = Bootstrap::new(100, 1).unwrap();
        let run =
            |values: &[f64]| bootstrap.interval(&[Sample::new(values).unwrap()], mean, Level::FIVE_PERCENT, Reading::Percentile);
        assert_eq!(run(&[2.0, 2.0]).unwrap_err().code(), "NO_VARIATION");
        assert_eq!(run(&[1.0, 2.0, 5.0]).unwrap(), run(&[1.0, 2.0, 5.0]).unwrap());
        assert!(bootstrap.interval(&[], mean, Level::FIVE_PERCENT, Reading::Percentile).is_err());
        let ratio = |samples: &[Vec<f64>]| samples.first().map(|values| 1.0 / values.iter().sum::<f64>());
        let zeros = bootstrap.interval(&[Sample::new(&[0.0, 1.0]).unwrap()], ratio, Level::FIVE_PERCENT, Reading::Percentile);
        assert_eq!(zeros.unwrap_err().code(), "NO_VARIATION");
    }
}
