//! The ratio of two independent conversion rates by the score method.

use super::difference::TwoProportions;
use super::one::critical;
use super::score;
use crate::stats::alternative::{Alternative, Outcome};
use crate::stats::error::StatsError;
use crate::stats::level::{Interval, Level, SettingError};

impl TwoProportions {
    /// The interval of the ratios that the score test does not reject; from 0 when the first arm has no conversion, without end when
    /// the second has none.
    ///
    /// # Source
    /// Koopman (1984) with the factor N / (N − 1) of Miettinen & Nurminen (1985). The closed form that statsmodels 0.15 takes from Nam
    /// (1995) picks a wrong root when every lead of an arm converted; here the test itself is inverted.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::{level::Level, proportion::{Proportion, TwoProportions}};
    /// let arms = TwoProportions::new(Proportion::new(120, 1_000)?, Proportion::new(150, 1_000)?);
    /// let interval = arms.score_ratio(Level::FIVE_PERCENT);
    /// assert!((interval.upper / 0.9997064451773386 - 1.0).abs() < 1e-10);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn score_ratio(&self, level: Level) -> Interval {
        score::ratio_interval(self, critical(level))
    }

    /// Tests a ratio of `value` by the score method.
    ///
    /// # Errors
    /// A value that is not positive and finite.
    ///
    /// # Formula
    /// (p₁ − θ p₂) / √((p̃₁(1 − p̃₁)/n₁ + θ² p̃₂(1 − p̃₂)/n₂) · N/(N − 1)), with the maximum-likelihood rates p̃ whose ratio is θ
    ///
    /// # Source
    /// Miettinen & Nurminen (1985), equation 10; `score_test_proportions_2indep(compare="ratio")` of statsmodels 0.15.
    pub fn score_ratio_test(&self, value: f64, alternative: Alternative) -> Result<Outcome, StatsError> {
        SettingError::unless(value > 0.0 && value.is_finite(), "the tested ratio", value, "a positive number")?;
        let statistic = score::ratio_statistic(self, value);
        if statistic.is_finite() {
            Ok(Outcome::of_normal(statistic, alternative))
        } else {
            Err(StatsError::NoVariation { what: "the conversion rate under the tested hypothesis" })
        }
    }
}
