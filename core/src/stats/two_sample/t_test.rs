//! Student's and Welch's t tests of two means, and Cohen's d.

use serde::Serialize;

use super::Sample;
use crate::stats::alternative::Alternative;
use crate::stats::error::StatsError;
use crate::stats::level::{Interval, Level};
use crate::stats::student as distribution;

/// A test of two means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TTest {
    /// First mean less the second.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// difference / standard error.
    pub statistic: f64,
    /// Degrees of freedom.
    pub freedom: f64,
}

impl TTest {
    fn new(difference: f64, variance: f64, freedom: f64) -> Result<TTest, StatsError> {
        let standard_error = variance.sqrt();
        if standard_error > 0.0 && freedom.is_finite() {
            Ok(TTest { difference, standard_error, statistic: difference / standard_error, freedom })
        } else {
            Err(StatsError::NoVariation { what: "each sample" })
        }
    }

    /// The p-value.
    pub fn p_value(&self, alternative: Alternative) -> f64 {
        alternative.of_student(self.statistic, self.freedom)
    }

    /// The two-sided interval of the difference.
    pub fn interval(&self, level: Level) -> Interval {
        Interval::around(self.difference, distribution::upper_quantile(level.alpha() / 2.0, self.freedom) * self.standard_error)
    }
}

/// Student's t test: both samples are taken to have one variance.
///
/// # Errors
/// Fewer than three values in all; no variation within either sample.
///
/// # Source
/// Student (1908); `scipy.stats.ttest_ind` 1.17.
pub fn student(first: &Sample<'_>, second: &Sample<'_>) -> Result<TTest, StatsError> {
    let freedom = first.count() + second.count() - 2.0;
    StatsError::unless_enough((first.count() + second.count()) as u64, 3, "values in both samples")?;
    let variance = (first.squares() + second.squares()) / freedom;
    let variance = variance * (1.0 / first.count() + 1.0 / second.count());
    TTest::new(first.excess(second), variance, freedom)
}

/// Welch's t test: each sample has its own variance.
///
/// # Errors
/// Fewer than two values in a sample; no variation within either.
///
/// # Formula
/// (x̄ − ȳ) / √(v₁ + v₂) with v = s² / n, at (v₁ + v₂)² / (v₁² / (n₁ − 1) + v₂² / (n₂ − 1)) degrees of freedom
///
/// # Source
/// Welch (1947), Satterthwaite (1946); `scipy.stats.ttest_ind(equal_var=False)` 1.17.
///
/// # Example
/// ```
/// use plumbline_core::stats::alternative::Alternative;
/// use plumbline_core::stats::two_sample::{Sample, welch};
/// let test = welch(&Sample::new(&[1.0, 2.0, 3.0])?, &Sample::new(&[10.0, 11.0, 12.0, 13.0])?)?;
/// assert!((test.p_value(Alternative::TwoSided) / 0.00011509167363355509 - 1.0).abs() < 1e-12);
/// # Ok::<(), plumbline_core::stats::error::StatsError>(())
/// ```
pub fn welch(first: &Sample<'_>, second: &Sample<'_>) -> Result<TTest, StatsError> {
    let least = first.count().min(second.count()) as u64;
    StatsError::unless_enough(least, 2, "values in each sample")?;
    let of = |sample: &Sample<'_>| sample.squares() / (sample.count() - 1.0) / sample.count();
    let (v, w) = (of(first), of(second));
    // Parts of the whole, so that tiny variances do not vanish when they are squared.
    let (share, rest) = (v / (v + w), w / (v + w));
    let freedom = 1.0 / (share * share / (first.count() - 1.0) + rest * rest / (second.count() - 1.0));
    TTest::new(first.excess(second), v + w, freedom)
}

/// The difference of the means in pooled standard deviations.
///
/// # Errors
/// Fewer than two values in a sample; no variation within either.
///
/// # Source
/// Cohen (1988), chapter 2.
pub fn cohens_d(first: &Sample<'_>, second: &Sample<'_>) -> Result<f64, StatsError> {
    let least = first.count().min(second.count()) as u64;
    StatsError::unless_enough(least, 2, "values in each sample")?;
    let variance = (first.squares() + second.squares()) / (first.count() + second.count() - 2.0);
    if variance > 0.0 {
        Ok((first.excess(second)) / variance.sqrt())
    } else {
        Err(StatsError::NoVariation { what: "each sample" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_and_tiny_samples_give_no_answer() {
        let (constant, other) = (Sample::new(&[2.0, 2.0, 2.0]).unwrap(), Sample::new(&[3.0, 3.0]).unwrap());
        let one = Sample::new(&[1.0]).unwrap();
        for refused in [
            student(&constant, &other).unwrap_err(),
            welch(&constant, &other).unwrap_err(),
            cohens_d(&constant, &other).unwrap_err(),
        ] {
            assert_eq!(refused.code(), "NO_VARIATION");
        }
        for refused in
            [student(&one, &one).unwrap_err(), welch(&one, &constant).unwrap_err(), cohens_d(&one, &constant).unwrap_err()]
        {
            assert_eq!(refused.code(), "INSUFFICIENT_DATA");
        }
    }

    #[test]
    fn an_offset_does_not_matter() {
        // Eighths are exact beside 1e9; the means are not.
        let (xs, ys) = ([0.25, 0.5, 1.0], [1.0, 1.5, 1.75, 2.125]);
        let (far_xs, far_ys) = (xs.map(|x| x + 1e9), ys.map(|y| y + 1e9));
        let near = welch(&Sample::new(&xs).unwrap(), &Sample::new(&ys).unwrap()).unwrap();
        let far = welch(&Sample::new(&far_xs).unwrap(), &Sample::new(&far_ys).unwrap()).unwrap();
        assert!((far.statistic / near.statistic - 1.0).abs() < 1e-12, "{far:?} {near:?}");
        assert!((far.freedom / near.freedom - 1.0).abs() < 1e-12, "{far:?} {near:?}");
    }

    #[test]
    fn scale_does_not_matter() {
        let (xs, ys) = ([1.0, 2.0, 4.0], [3.0, 5.0, 9.0, 4.0]);
        for scale in [1e-150, 1e-9, 1.0, 1e150] {
            let (xs, ys) = (xs.map(|x| x * scale), ys.map(|y| y * scale));
            let test = welch(&Sample::new(&xs).unwrap(), &Sample::new(&ys).unwrap()).unwrap();
            assert!((test.statistic + 1.8421052631578947).abs() < 1e-12, "{scale} {test:?}");
            assert!(test.p_value(Alternative::TwoSided) < 1.0 && test.freedom > 2.0, "{scale} {test:?}");
        }
    }
}
