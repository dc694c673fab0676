//! The difference of two independent conversion rates: tests and intervals.

use serde::{Deserialize, Serialize};

use super::one::{Proportion, critical};
use super::score;
use crate::math;
use crate::stats::alternative::{Alternative, Outcome};
use crate::stats::error::StatsError;
use crate::stats::level::{Interval, Level, SettingError};

/// Two arms; differences and ratios are of the first against the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoProportions {
    pub(super) first: Proportion,
    pub(super) second: Proportion,
}

/// How a difference of rates is tested against a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceTest {
    /// The error is that of the rates as observed.
    Wald,
    /// The same after one conversion and one other lead were added to each arm.
    AgrestiCaffo,
    /// Miettinen and Nurminen: the error is that of the rates that fit best under the null hypothesis.
    Score,
}

/// Two one-sided tests: whether a difference lies within a margin either way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Equivalence {
    /// Whether it is above −margin (non-inferiority).
    pub above: Outcome,
    /// Whether it is below +margin.
    pub below: Outcome,
    /// The one with the larger p-value, which decides.
    pub overall: Outcome,
}

impl TwoProportions {
    /// The two.
    pub fn new(first: Proportion, second: Proportion) -> TwoProportions {
        TwoProportions { first, second }
    }

    /// The first.
    pub fn first(&self) -> Proportion {
        self.first
    }

    /// The second.
    pub fn second(&self) -> Proportion {
        self.second
    }

    /// First rate less the second.
    pub fn difference(&self) -> f64 {
        self.first.rate() - self.second.rate()
    }

    /// Cohen's h: the difference of the rates on the scale where their variance is the same everywhere.
    ///
    /// # Formula
    /// 2 asin √p₁ − 2 asin √p₂
    ///
    /// # Source
    /// Cohen (1988), chapter 6.
    pub fn cohens_h(&self) -> f64 {
        crate::stats::power::cohens_h(self.first.rate(), self.second.rate())
    }

    /// The two-proportion z test of equal rates.
    ///
    /// # Errors
    /// No lead, or every lead, of both arms converted.
    ///
    /// # Formula
    /// (p₁ − p₂) / √(p(1 − p)(1/n₁ + 1/n₂)) with the pooled rate p
    ///
    /// # Source
    /// `statsmodels.stats.proportion.proportions_ztest` 0.15.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::{alternative::Alternative, proportion::{Proportion, TwoProportions}};
    /// let arms = TwoProportions::new(Proportion::new(120, 1_000)?, Proportion::new(150, 1_000)?);
    /// let test = arms.z_test(Alternative::TwoSided)?;
    /// assert!((test.p_value / 0.04964038686536878 - 1.0).abs() < 1e-12);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn z_test(&self, alternative: Alternative) -> Result<Outcome, StatsError> {
        let (n, m) = (self.first.trials(), self.second.trials());
        let pooled = (self.first.successes() + self.second.successes()) / (n + m);
        let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
        Ok(Outcome::of_normal(self.difference() / spread(variance)?, alternative))
    }

    /// Tests a difference of `value`.
    ///
    /// # Errors
    /// A value outside (−1, 1); rates under which nothing varies.
    ///
    /// # Formula
    /// (p₁ − p₂ − value) / √(variance), the variance as the method has it; the score's is
    /// (p̃₁(1 − p̃₁)/n₁ + p̃₂(1 − p̃₂)/n₂) · N/(N − 1) with the maximum-likelihood rates p̃ that differ by `value`.
    ///
    /// # Source
    /// Miettinen & Nurminen (1985), Agresti & Caffo (2000). `statsmodels.stats.proportion.test_proportions_2indep` 0.15 agrees but for the
    /// score test of a value other than 0, where its cubic has x₂ in the place of n₂.
    pub fn test(&self, method: DifferenceTest, value: f64, alternative: Alternative) -> Result<Outcome, StatsError> {
        SettingError::unless(value > -1.0 && value < 1.0, "the tested difference", value, "above -1 and below 1")?;
        let z = match method {
            DifferenceTest::Wald => self.wald(0.0, value)?,
            DifferenceTest::AgrestiCaffo => self.wald(1.0, value)?,
            DifferenceTest::Score => {
                let variance = score::difference_variance(self, value);
                (self.difference() - value) / spread(variance)?
            }
        };
        Ok(Outcome::of_normal(z, alternative))
    }

    /// Tests that the difference lies within `margin` either way: equivalence, of which [`Equivalence::above`] is non-inferiority.
    ///
    /// # Errors
    /// A margin outside (0, 1); rates under which nothing varies.
    ///
    /// # Source
    /// Schuirmann (1987); `statsmodels.stats.proportion.tost_proportions_2indep` 0.15.
    pub fn equivalence(&self, method: DifferenceTest, margin: f64) -> Result<Equivalence, StatsError> {
        SettingError::unless(margin > 0.0 && margin < 1.0, "the margin", margin, "above 0 and below 1")?;
        let above = self.test(method, -margin, Alternative::Greater)?;
        let below = self.test(method, margin, Alternative::Less)?;
        let overall = if above.p_value < below.p_value { below } else { above };
        Ok(Equivalence { above, below, overall })
    }

    /// The interval of the difference from the arms' own Wilson intervals: close to the score interval, and in closed form.
    ///
    /// # Formula
    /// d − √((p₁ − l₁)² + (u₂ − p₂)²), d + √((u₁ − p₁)² + (p₂ − l₂)²)
    ///
    /// # Source
    /// Newcombe (1998), method 10; `confint_proportions_2indep(method="newcomb")` of statsmodels 0.15.
    pub fn newcombe(&self, level: Level) -> Interval {
        let (one, two) = (self.first.wilson(level), self.second.wilson(level));
        let (p1, p2, difference) = (self.first.rate(), self.second.rate(), self.difference());
        let length = |a: f64, b: f64| (a * a + b * b).sqrt();
        Interval {
            lower: difference - length(p1 - one.lower, two.upper - p2),
            upper: difference + length(one.upper - p1, p2 - two.lower),
        }
    }

    /// The interval of the differences that Miettinen and Nurminen's score test does not reject.
    ///
    /// # Source
    /// Miettinen & Nurminen (1985). statsmodels 0.15 inverts a statistic with an error in it (see [`test`](Self::test)), and fails where
    /// the Wald interval is too narrow to start from.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::{level::Level, proportion::{Proportion, TwoProportions}};
    /// // Newcombe (1998), table II, method 6: 56/70 against 48/80.
    /// let arms = TwoProportions::new(Proportion::new(56, 70)?, Proportion::new(48, 80)?);
    /// let interval = arms.score_difference(Level::FIVE_PERCENT);
    /// assert!((interval.lower - 0.0528).abs() < 5e-5 && (interval.upper - 0.3382).abs() < 5e-5);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn score_difference(&self, level: Level) -> Interval {
        score::difference_interval(self, critical(level))
    }

    /// The normal interval of the difference, which may leave [−1, 1].
    pub fn wald_difference(&self, level: Level) -> Interval {
        let (difference, variance) = self.shifted(0.0);
        Interval::around(difference, critical(level) * variance.sqrt())
    }

    /// The normal interval after one conversion and one other lead were added to each arm.
    ///
    /// # Source
    /// Agresti & Caffo (2000).
    pub fn agresti_caffo(&self, level: Level) -> Interval {
        let (difference, variance) = self.shifted(1.0);
        Interval::around(difference, critical(level) * variance.sqrt())
    }

    /// The difference and its variance after `add` conversions and as many others were added to each arm.
    fn shifted(&self, add: f64) -> (f64, f64) {
        let of = |arm: &Proportion| {
            let n = arm.trials() + 2.0 * add;
            let p = (arm.successes() + add) / n;
            (p, p * (1.0 - p) / n)
        };
        let ((p1, v1), (p2, v2)) = (of(&self.first), of(&self.second));
        (p1 - p2, v1 + v2)
    }

    fn wald(&self, add: f64, value: f64) -> Result<f64, StatsError> {
        let (difference, variance) = self.shifted(add);
        Ok((difference - value) / spread(variance)?)
    }

    /// The interval of the ratio of the rates, symmetric on the logarithm's scale.
    ///
    /// # Errors
    /// An arm without a conversion.
    ///
    /// # Formula
    /// exp(ln(p₁ / p₂) ± z √(1/x₁ − 1/n₁ + 1/x₂ − 1/n₂))
    ///
    /// # Source
    /// Katz et al. (1978); statsmodels 0.15, `method="log"`.
    pub fn log_ratio(&self, level: Level) -> Result<Interval, StatsError> {
        let least = self.first.successes().min(self.second.successes()) as u64;
        StatsError::unless_enough(least, 1, "conversions in each arm")?;
        let part = |arm: &Proportion| 1.0 / arm.successes() - 1.0 / arm.trials();
        let half = critical(level) * (part(&self.first) + part(&self.second)).sqrt();
        Ok(around_log(self.first.rate() / self.second.rate(), half))
    }

    /// The interval of the odds ratio, symmetric on the logarithm's scale.
    ///
    /// # Errors
    /// An arm in which no lead, or every lead, converted.
    ///
    /// # Source
    /// Woolf (1955); statsmodels 0.15, `method="logit"`.
    pub fn logit_odds_ratio(&self, level: Level) -> Result<Interval, StatsError> {
        let cells = [self.first.successes(), self.first.failures(), self.second.successes(), self.second.failures()];
        let least = cells.iter().copied().fold(f64::INFINITY, f64::min) as u64;
        StatsError::unless_enough(least, 1, "converted and unconverted leads in each arm")?;
        let half = critical(level) * cells.iter().map(|count| 1.0 / count).sum::<f64>().sqrt();
        let odds = |arm: &Proportion| arm.successes() / arm.failures();
        Ok(around_log(odds(&self.first) / odds(&self.second), half))
    }
}

fn around_log(ratio: f64, half: f64) -> Interval {
    let log = math::ln(ratio);
    Interval { lower: math::exp(log - half), upper: math::exp(log + half) }
}

/// The standard error; an error of 0 is not informative.
fn spread(variance: f64) -> Result<f64, StatsError> {
    if variance > 0.0 {
        Ok(variance.sqrt())
    } else {
        Err(StatsError::NoVariation { what: "the conversion rate under the tested hypothesis" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arms(x1: u64, n1: u64, x2: u64, n2: u64) -> TwoProportions {
        TwoProportions::new(Proportion::new(x1, n1).unwrap(), Proportion::new(x2, n2).unwrap())
    }

    #[test]
    fn where_nothing_varies_there_is_no_answer() {
        for (x, n) in [(0, 9), (9, 9)] {
            let alike = arms(x, n, x, n);
            assert_eq!(alike.z_test(Alternative::TwoSided).unwrap_err().code(), "NO_VARIATION");
            for method in [DifferenceTest::Wald, DifferenceTest::Score] {
                assert_eq!(alike.test(method, 0.0, Alternative::TwoSided).unwrap_err().code(), "NO_VARIATION");
            }
            assert!(alike.test(DifferenceTest::AgrestiCaffo, 0.0, Alternative::TwoSided).is_ok());
            assert!(alike.logit_odds_ratio(Level::FIVE_PERCENT).unwrap_err().is_silence());
        }
        assert!(arms(0, 9, 3, 9).log_ratio(Level::FIVE_PERCENT).unwrap_err().is_silence());
        for bad in [-1.0, 1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(arms(1, 9, 3, 9).test(DifferenceTest::Wald, bad, Alternative::Less).unwrap_err().code(), "BAD_SETTING");
            assert_eq!(arms(1, 9, 3, 9).equivalence(DifferenceTest::Wald, bad).unwrap_err().code(), "BAD_SETTING");
        }
    }

    #[test]
    fn equivalence_is_decided_by_the_worse_side() {
        let test = arms(11_700, 100_000, 11_920, 100_000).equivalence(DifferenceTest::Score, 0.005).unwrap();
        assert!(test.overall.p_value == test.above.p_value.max(test.below.p_value) && test.overall.p_value < 0.05);
    }
}
