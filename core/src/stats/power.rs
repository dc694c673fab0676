//! The power of a test, the leads it needs, and the smallest effect it can detect: for comparisons of two
//! independent groups.

use serde::{Deserialize, Serialize};

use super::alternative::Alternative;
use super::error::StatsError;
use super::level::{Level, SettingError};
use super::{noncentral_t, normal, root, student};
use crate::math;

/// Cohen's h of two rates.
///
/// # Formula
/// 2 asin √p₁ − 2 asin √p₂
///
/// # Source
/// Cohen (1988), chapter 6.
pub fn cohens_h(first: f64, second: f64) -> f64 {
    2.0 * math::asin(first.sqrt()) - 2.0 * math::asin(second.sqrt())
}

/// The power of a two-sided test at z with an estimate expected `drift` standard errors from the null, both tails.
pub(crate) fn two_sided(z: f64, drift: f64) -> f64 {
    normal::sf(z - drift) + normal::sf(z + drift)
}

/// Which test is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The z test of a standardised effect, such as Cohen's h of two rates.
    Normal,
    /// Student's t test of a standardised difference of means.
    Student,
}

/// A test of two groups at a level: `ratio` leads of the second group for each of the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoGroups {
    level: Level,
    alternative: Alternative,
    ratio: f64,
    kind: Kind,
}

/// The largest group considered.
const MOST: f64 = 1e15;

impl TwoGroups {
    /// The test.
    ///
    /// # Errors
    /// A ratio that is not positive and finite.
    pub fn new(kind: Kind, level: Level, alternative: Alternative, ratio: f64) -> Result<TwoGroups, StatsError> {
        SettingError::unless(ratio > 0.0 && ratio.is_finite(), "the ratio of the groups", ratio, "a positive number")?;
        Ok(TwoGroups { level, alternative, ratio, kind })
    }

    /// The probability that the test detects a standardised `effect` with `first` leads in the first group.
    ///
    /// # Errors
    /// An effect that is not finite; a size that is not above 1.
    ///
    /// # Formula
    /// With λ = effect · √(n₁ n₂ / (n₁ + n₂)): P(Z > z − λ) + P(Z < −z − λ), or the same of the noncentral t at n₁ + n₂ − 2 degrees of
    /// freedom; one-sided tests have one of the terms.
    ///
    /// # Source
    /// Cohen (1988); `statsmodels.stats.power.NormalIndPower`, `TTestIndPower` 0.15.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::alternative::Alternative;
    /// use plumbline_core::stats::level::Level;
    /// use plumbline_core::stats::power::{Kind, TwoGroups, cohens_h};
    /// let test = TwoGroups::new(Kind::Normal, Level::FIVE_PERCENT, Alternative::TwoSided, 1.0)?;
    /// let power = test.power(cohens_h(0.12, 0.1), 1_000.0)?;
    /// assert!((power / 0.29865402084576337 - 1.0).abs() < 1e-12);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn power(&self, effect: f64, first: f64) -> Result<f64, StatsError> {
        SettingError::unless(effect.is_finite(), "the effect", effect, "finite")?;
        SettingError::unless(first > 1.0 && first <= MOST, "the size of the first group", first, "above 1 and at most 1e15")?;
        Ok(self.power_of(effect, first))
    }

    /// The leads that the first group needs to detect a standardised `effect` with a probability of `power`; a fraction, to be rounded up.
    ///
    /// # Errors
    /// An effect of 0, or of the wrong sign for a one-sided test; a power that is not above the level and below 1.
    pub fn size(&self, effect: f64, power: f64) -> Result<f64, StatsError> {
        let wrong_side = match self.alternative {
            Alternative::TwoSided => effect == 0.0,
            Alternative::Greater => effect <= 0.0,
            Alternative::Less => effect >= 0.0,
        };
        SettingError::unless(!wrong_side && effect.is_finite(), "the effect", effect, "finite, not 0, and on the tested side")?;
        self.check_power(power)?;
        let missing = |first: f64| self.power_of(effect, first) - power;
        let (mut least, mut most): (f64, f64) = (1.0 + 1e-9, 4.0);
        while missing(most) < 0.0 {
            (least, most) = (most, most * 2.0);
            if most > MOST {
                return Err(StatsError::TooLarge { what: "the size of the first group", found: u64::MAX, most: MOST as u64 });
            }
        }
        Ok(root::of_increasing(least, most, missing))
    }

    /// The smallest positive standardised effect that `first` leads in the first group detect with a probability of `power`.
    ///
    /// # Errors
    /// A size that is not above 1; a power that is not above the level and below 1.
    pub fn detectable(&self, first: f64, power: f64) -> Result<f64, StatsError> {
        SettingError::unless(first > 1.0 && first <= MOST, "the size of the first group", first, "above 1 and at most 1e15")?;
        self.check_power(power)?;
        let sign = if self.alternative == Alternative::Less { -1.0 } else { 1.0 };
        let missing = |effect: f64| self.power_of(sign * effect, first) - power;
        let mut most = 1.0 / self.units(first).sqrt();
        while missing(most) < 0.0 && most < 1e9 {
            most *= 2.0;
        }
        Ok(root::of_increasing(0.0, most, missing))
    }

    fn check_power(&self, power: f64) -> Result<(), SettingError> {
        SettingError::unless(power > self.level.alpha() && power < 1.0, "the power", power, "above the level and below 1")
    }

    /// n₁ n₂ / (n₁ + n₂).
    fn units(&self, first: f64) -> f64 {
        first * (self.ratio / (1.0 + self.ratio))
    }

    fn power_of(&self, effect: f64, first: f64) -> f64 {
        let shift = effect * self.units(first).sqrt();
        let tail = if self.alternative == Alternative::TwoSided { self.level.alpha() / 2.0 } else { self.level.alpha() };
        let beyond = |shift: f64| match self.kind {
            Kind::Normal => normal::sf(-normal::quantile(tail) - shift),
            Kind::Student => {
                let df = first * (1.0 + self.ratio) - 2.0;
                if df > 0.0 { noncentral_t::sf(student::upper_quantile(tail, df), df, shift) } else { 0.0 }
            }
        };
        match self.alternative {
            Alternative::TwoSided => beyond(shift) + beyond(-shift),
            Alternative::Greater => beyond(shift),
            Alternative::Less => beyond(-shift),
        }
    }
}

/// Two rates to be distinguished by the z test with pooled variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoRates {
    first: f64,
    second: f64,
    ratio: f64,
}

impl TwoRates {
    /// The rates of the groups, and the leads of the second group for each of the first.
    ///
    /// # Errors
    /// A rate outside (0, 1), a ratio that is not positive and finite, equal rates.
    pub fn new(first: f64, second: f64, ratio: f64) -> Result<TwoRates, StatsError> {
        SettingError::unless(first > 0.0 && first < 1.0, "the first group's rate", first, "above 0 and below 1")?;
        SettingError::unless(second > 0.0 && second < 1.0, "the second group's rate", second, "above 0 and below 1")?;
        SettingError::unless(first != second, "the second group's rate", second, "different from the first group's")?;
        SettingError::unless(ratio > 0.0 && ratio.is_finite(), "the ratio of the groups", ratio, "a positive number")?;
        Ok(TwoRates { first, second, ratio })
    }

    /// The probability that the two-sided test detects the difference with `leads` in the first group.
    ///
    /// # Errors
    /// A size that is not positive and finite.
    ///
    /// # Formula
    /// P(Z > (z σ₀ − d √n₁) / σ₁) + P(Z < (−z σ₀ − d √n₁) / σ₁) with σ₀² = p(1 − p)(1 + 1/r) at the pooled rate p = (p₁ + r p₂) / (1 + r)
    /// and σ₁² = p₁(1 − p₁) + p₂(1 − p₂) / r
    ///
    /// # Source
    /// Fleiss, Levin & Paik (2003), chapter 4; `statsmodels.stats.proportion.power_proportions_2indep` 0.15.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::level::Level;
    /// use plumbline_core::stats::power::TwoRates;
    /// let power = TwoRates::new(0.105, 0.1, 1.0)?.power(5_000.0, Level::FIVE_PERCENT)?;
    /// assert!((power - 0.131).abs() < 0.0005);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn power(&self, leads: f64, level: Level) -> Result<f64, StatsError> {
        SettingError::unless(leads > 0.0 && leads <= MOST, "the size of the first group", leads, "above 0 and at most 1e15")?;
        let (null, alternative) = self.deviations();
        let z = -normal::quantile(level.alpha() / 2.0) * null;
        let shift = (self.first - self.second) * leads.sqrt();
        Ok(normal::sf((z - shift) / alternative) + normal::cdf((-z - shift) / alternative))
    }

    /// The leads that the first group needs to detect the difference with a probability of `power`; a fraction, to be rounded up.
    ///
    /// # Errors
    /// A power that is not above the level and below 1.
    ///
    /// # Formula
    /// ((z₁₋α/₂ σ₀ + z_power σ₁) / d)²: the wrong tail is ignored, because it is negligible at any useful power.
    ///
    /// # Source
    /// Fleiss, Levin & Paik (2003) 4.14; `statsmodels.stats.proportion.samplesize_proportions_2indep_onetail` 0.15.
    pub fn size(&self, power: f64, level: Level) -> Result<f64, StatsError> {
        SettingError::unless(power > level.alpha() && power < 1.0, "the power", power, "above the level and below 1")?;
        let (null, alternative) = self.deviations();
        let needed = -normal::quantile(level.alpha() / 2.0) * null + normal::quantile(power) * alternative;
        let root = needed.max(0.0) / (self.first - self.second);
        Ok(root * root)
    }

    /// σ₀ and σ₁.
    fn deviations(&self) -> (f64, f64) {
        let deviation = |p: f64, q: f64| (p * (1.0 - p) + q * (1.0 - q) / self.ratio).sqrt();
        let pooled = (self.first + self.second * self.ratio) / (1.0 + self.ratio);
        (deviation(pooled, pooled), deviation(self.first, self.second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(kind: Kind, alternative: Alternative, ratio: f64) -> TwoGroups {
        TwoGroups::new(kind, Level::FIVE_PERCENT, alternative, ratio).unwrap()
    }

    #[test]
    fn size_and_detectable_effect_invert_power() {
        for kind in [Kind::Normal, Kind::Student] {
            for (alternative, sign) in [
                (Alternative::TwoSided, 1.0),
                (Alternative::TwoSided, -1.0),
                (Alternative::Greater, 1.0),
                (Alternative::Less, -1.0),
            ] {
                for (effect, power, ratio) in [(0.05, 0.8, 1.0), (0.3, 0.9, 2.0), (1.2, 0.6, 0.5)] {
                    let test = test(kind, alternative, ratio);
                    let size = test.size(sign * effect, power).unwrap();
                    assert!((test.power(sign * effect, size).unwrap() - power).abs() < 1e-11, "{kind:?} {alternative:?} {size}");
                    assert!(
                        (test.detectable(size, power).unwrap() / effect - 1.0).abs() < 1e-9,
                        "{kind:?} {alternative:?} {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_planned_is_refused() {
        let test = test(Kind::Normal, Alternative::Greater, 1.0);
        for (effect, power) in [(0.0, 0.8), (-0.1, 0.8), (f64::NAN, 0.8), (0.1, 1.0), (0.1, 0.05), (0.1, f64::NAN)] {
            assert_eq!(test.size(effect, power).unwrap_err().code(), "BAD_SETTING", "{effect} {power}");
        }
        assert_eq!(test.size(1e-12, 0.8).unwrap_err().code(), "TOO_LARGE");
        assert_eq!(test.power(f64::INFINITY, 10.0).unwrap_err().code(), "BAD_SETTING");
        assert_eq!(test.power(0.1, 1.0).unwrap_err().code(), "BAD_SETTING");
        assert!(
            test.detectable(0.5, 0.8).is_err()
                && TwoGroups::new(Kind::Normal, Level::FIVE_PERCENT, Alternative::Less, 0.0).is_err()
        );
        for (first, second, ratio) in [(0.0, 0.1, 1.0), (0.1, 1.0, 1.0), (0.1, 0.1, 1.0), (0.1, 0.2, -1.0), (f64::NAN, 0.1, 1.0)]
        {
            assert!(TwoRates::new(first, second, ratio).is_err());
        }
    }

    #[test]
    fn the_plan_for_five_per_cent_more_is_as_tabled() {
        // +5 % relative, two-sided 0.05: leads per arm for 80 %, and the power of 5,000.
        for (rate, size, power) in [(0.05, 122_106.0, 0.088), (0.1, 57_755.0, 0.131), (0.2, 25_579.0, 0.236)] {
            let h = cohens_h(rate * 1.05, rate);
            let rates = TwoRates::new(rate * 1.05, rate, 1.0).unwrap();
            let by_h = test(Kind::Normal, Alternative::TwoSided, 1.0).size(h, 0.8).unwrap();
            let by_rates = rates.size(0.8, Level::FIVE_PERCENT).unwrap();
            assert!(
                (by_rates / size - 1.0).abs() < 0.002 && (by_h / size - 1.0).abs() < 0.002,
                "{rate}: {by_h} {by_rates} {size}"
            );
            assert!((rates.power(5_000.0, Level::FIVE_PERCENT).unwrap() - power).abs() < 0.001, "{rate}");
        }
    }
}
