//! The difference a treatment makes, absolute or relative, with its standard error; tested once, against a margin, or at every look.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::alternative::Alternative;
use super::estimate::Estimate;
use super::level::{Interval, Level};
use super::sequential::Mixture;
use super::student;
use crate::evidence::InsufficientData;

/// The scale of a difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// treatment / control − 1: 0.05 is five per cent more.
    #[default]
    Relative,
    /// treatment − control, in the metric's own unit.
    Absolute,
}

/// Why a difference cannot be computed: an answer, not a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoEffect {
    /// Too few units.
    #[error("{0}")]
    Insufficient(#[from] InsufficientData),
    /// A change relative to 0.
    #[error("the control's mean is 0, so a relative change is undefined: use the absolute difference")]
    ZeroBaseline,
    /// All units of an arm are alike.
    #[error("all leads of an arm have the same value, so its standard error is unknown")]
    NoVariation,
    /// Numbers beyond what a double holds.
    #[error("the values are too large or too small to be compared")]
    OutOfRange,
}

impl NoEffect {
    /// A stable name of the kind of answer.
    pub fn code(&self) -> &'static str {
        match self {
            NoEffect::Insufficient(_) => "INSUFFICIENT_DATA",
            NoEffect::ZeroBaseline => "ZERO_BASELINE",
            NoEffect::NoVariation => "NO_VARIATION",
            NoEffect::OutOfRange => "OUT_OF_RANGE",
        }
    }
}

/// What a treatment changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Effect {
    /// Absolute or relative.
    pub scale: Scale,
    /// Treatment less control; relative: as a part of the control's (unadjusted) mean.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Welch and Satterthwaite's degrees of freedom.
    pub freedom: f64,
    /// Units of both arms.
    pub units: u64,
    /// What the change is made of.
    #[serde(skip)]
    pub contrast: Contrast,
}

/// A difference and what it is relative to, with their variances: what the ratio of the two can be tested by without dividing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Contrast {
    /// Treatment less control.
    pub difference: f64,
    /// Its variance.
    pub variance: f64,
    /// The control's unadjusted mean.
    pub base: f64,
    /// Its variance.
    pub base_variance: f64,
    /// The covariance of the two.
    pub covariance: f64,
}

/// What a test found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "EffectTest"))]
pub struct Test {
    /// The probability of an effect at least as large by chance.
    pub p_value: f64,
    /// The values of the effect that the test does not reject.
    pub interval: Interval,
}

impl Effect {
    /// What `treatment` changes against `control`.
    ///
    /// # Errors
    /// [`NoEffect`] when an arm has fewer than two units or does not vary, or the change is relative to a mean of 0.
    ///
    /// # Formula
    /// absolute: b − a, variance v_b/n_b + v_a/n_a. Relative: (b − a) / A, variance v_b/(A² n_b) + v_a B²/(A⁴ n_a), with A, B the
    /// unadjusted means (delta method). Degrees of freedom: (v_a/n_a + v_b/n_b)² / Σ (v/n)²/(n − 1).
    ///
    /// # Source
    /// GrowthBook gbstats 0.8.0, `frequentist/tests.py`; Welch (1947); Deng, Knoblich & Lu (2018) for the relative change.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::alternative::Alternative;
    /// use plumbline_core::stats::effect::{Effect, Scale};
    /// use plumbline_core::stats::estimate::Estimate;
    /// use plumbline_core::stats::level::Level;
    /// let [a, b] = [Estimate::proportion(500, 5_000).unwrap(), Estimate::proportion(560, 5_000).unwrap()];
    /// let effect = Effect::between(&a, &b, Scale::Relative).unwrap();
    /// let test = effect.t_test(0.0, Alternative::TwoSided, Level::FIVE_PERCENT);
    /// assert!((effect.value - 0.12).abs() < 1e-12 && (test.p_value - 0.065599).abs() < 5e-7);
    /// assert!((test.interval.lower + 0.00775).abs() < 5e-6 && (test.interval.upper - 0.24775).abs() < 5e-6);
    /// ```
    pub fn between(control: &Estimate, treatment: &Estimate, scale: Scale) -> Result<Effect, NoEffect> {
        let (a, b) = (control, treatment);
        InsufficientData::unless(a.units, 2, "leads with an outcome in the control")?;
        InsufficientData::unless(b.units, 2, "leads with an outcome in the treatment")?;
        if !(a.variance > 0.0 && b.variance > 0.0) {
            return Err(NoEffect::NoVariation);
        }
        let (of_a, of_b) = (a.sampling_variance(), b.sampling_variance());
        let (value, variance) = match scale {
            Scale::Absolute => (b.mean - a.mean, of_a + of_b),
            Scale::Relative if a.unadjusted == 0.0 => return Err(NoEffect::ZeroBaseline),
            Scale::Relative => {
                let (base, ratio) = (a.unadjusted, b.unadjusted / a.unadjusted);
                ((b.mean - a.mean) / base, of_b / (base * base) + of_a * (ratio * ratio) / (base * base))
            }
        };
        let squared = |v: f64, n: u64| v * v / (n as f64 - 1.0);
        let freedom = (of_a + of_b) * (of_a + of_b) / (squared(of_a, a.units) + squared(of_b, b.units));
        let of_base = |variance: f64| variance / a.units as f64;
        let contrast = Contrast {
            difference: b.mean - a.mean,
            variance: of_a + of_b,
            base: a.unadjusted,
            base_variance: of_base(a.unadjusted_variance),
            covariance: -of_base(a.shared),
        };
        let units = a.units.saturating_add(b.units);
        let effect = Effect { scale, value, standard_error: variance.sqrt(), freedom, units, contrast };
        let sound = value.is_finite() && effect.standard_error > 0.0 && effect.standard_error.is_finite() && freedom.is_finite();
        if sound { Ok(effect) } else { Err(NoEffect::OutOfRange) }
    }

    /// Tests once whether the effect is `null`, by Student's t. A one-sided test leaves the interval open on its side.
    ///
    /// # Source
    /// GrowthBook gbstats 0.8.0, `TwoSidedTTest` and its one-sided variants; of those, "lesser" has its interval's end on the wrong
    /// side of the estimate, which is not reproduced.
    pub fn t_test(&self, null: f64, alternative: Alternative, level: Level) -> Test {
        let t = (self.value - null) / self.standard_error;
        let half = |alpha: f64| student::upper_quantile(alpha, self.freedom) * self.standard_error;
        let (p_value, interval) = match alternative {
            Alternative::TwoSided => {
                let p = 2.0 * student::sf(t.abs(), self.freedom);
                (p.min(1.0), Interval::around(self.value, half(level.alpha() / 2.0)))
            }
            Alternative::Greater => {
                let interval = Interval { lower: self.value - half(level.alpha()), upper: f64::INFINITY };
                (student::sf(t, self.freedom), interval)
            }
            Alternative::Less => {
                let interval = Interval { lower: f64::NEG_INFINITY, upper: self.value + half(level.alpha()) };
                (student::sf(-t, self.freedom), interval)
            }
        };
        Test { p_value, interval }
    }

    /// Tests at any number of looks whether the effect is `null`: p-value and interval hold at all looks together.
    ///
    /// # Source
    /// Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2023), arXiv:2103.06476, as gbstats 0.8.0 computes it.
    pub fn always_valid(&self, null: f64, mixture: &Mixture, level: Level) -> Test {
        let spread = mixture.spread(self, level);
        let half = self.standard_error * spread.half_width(level);
        Test { p_value: spread.p_value((self.value - null) / self.standard_error), interval: Interval::around(self.value, half) }
    }

    /// The difference in its own standard errors: whether there is any change does not depend on the scale, and on this one the test
    /// is closer to its nominal level.
    pub fn z(&self) -> f64 {
        self.contrast.difference / self.contrast.variance.sqrt()
    }

    /// Whether the control's mean is above 0 by more than `bound` standard errors: below that a change relative to it may have any
    /// size, and relative to a mean below 0 it has the wrong sign.
    pub fn base_is_positive(&self, bound: f64) -> bool {
        let Contrast { base, base_variance, .. } = self.contrast;
        base > bound * base_variance.sqrt()
    }

    /// The values of the effect that lie within `bound` standard errors of what was seen. A relative effect is not divided by a mean
    /// that is itself uncertain: the interval holds the r for which treatment − (1 + r) · control is no further than that from 0. It
    /// is not symmetric, and it is unbounded when the control's mean may be 0.
    ///
    /// # Formula
    /// (d − rA)² ≤ c² (v_d − 2r cov(d, A) + r² v_A), solved for r
    ///
    /// # Source
    /// Fieller (1954).
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::effect::{Effect, Scale};
    /// use plumbline_core::stats::estimate::Estimate;
    /// let [a, b] = [Estimate::proportion(500, 5_000).unwrap(), Estimate::proportion(560, 5_000).unwrap()];
    /// let effect = Effect::between(&a, &b, Scale::Relative).unwrap();
    /// // It ends at 0 exactly when the difference is as many standard errors from 0.
    /// assert!(effect.within(effect.z()).lower.abs() < 1e-12);
    /// assert!(effect.within(1.96).upper > 0.25);
    /// ```
    pub fn within(&self, bound: f64) -> Interval {
        const OPEN: Interval = Interval { lower: f64::NEG_INFINITY, upper: f64::INFINITY };
        if !bound.is_finite() {
            return OPEN;
        }
        let Contrast { difference: d, variance, base, base_variance, covariance } = self.contrast;
        if self.scale == Scale::Absolute {
            return Interval::around(d, bound * variance.sqrt());
        }
        let square = bound * bound;
        let (leading, middle) = (base * base - square * base_variance, d * base - square * covariance);
        if leading <= 0.0 {
            return OPEN;
        }
        let root = (middle * middle - leading * (d * d - square * variance)).max(0.0).sqrt();
        Interval { lower: (middle - root) / leading, upper: (middle + root) / leading }
    }

    /// The `interval` of an absolute effect per unit, scaled to a day on which all units get the treatment.
    ///
    /// # Formula
    /// × treated units / (their share of traffic · days)
    ///
    /// # Source
    /// GrowthBook gbstats 0.8.0, difference type "scaled".
    pub fn per_day(treated: u64, share: f64, days: f64) -> f64 {
        treated as f64 / share / days
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::moments::Moments;

    fn rate(successes: u64, units: u64) -> Estimate {
        Estimate::proportion(successes, units).unwrap()
    }

    #[test]
    fn the_figures_of_the_always_valid_example() {
        let effect = Effect::between(&rate(500, 5_000), &rate(560, 5_000), Scale::Relative).unwrap();
        let test = effect.always_valid(0.0, &Mixture::tuned(5_000.0).unwrap(), Level::FIVE_PERCENT);
        assert!((test.interval.lower + 0.07951).abs() < 5e-6 && (test.interval.upper - 0.31951).abs() < 5e-6, "{test:?}");
        assert!((test.p_value - 0.833615).abs() < 5e-7, "{test:?}");
    }

    #[test]
    fn one_sided_tests_are_each_others_mirror() {
        let effect = Effect::between(&rate(100, 800), &rate(114, 820), Scale::Absolute).unwrap();
        let [greater, less] = [Alternative::Greater, Alternative::Less].map(|tail| effect.t_test(0.0, tail, Level::FIVE_PERCENT));
        assert!((greater.p_value + less.p_value - 1.0).abs() < 1e-14);
        assert!((greater.interval.lower + less.interval.upper - 2.0 * effect.value).abs() < 1e-15);
        assert!(less.interval.upper > effect.value, "the upper end lies above the estimate");
    }

    #[test]
    fn an_adjusted_change_is_relative_to_what_was() {
        let mut arms = [crate::stats::moments::Comoments::default(); 2];
        for i in 0..400u32 {
            let (before, noise) = (f64::from(i % 20), f64::from(i * 7 % 13));
            arms[0].push(before + 0.1 * noise, before);
            arms[1].push(1.0 + before + 0.1 * f64::from(i * 5 % 13), before);
        }
        let slope = crate::stats::cuped::slope(&arms[0], &arms[1]);
        let [a, b] = [0, 1].map(|i| Estimate::adjusted(&arms[i], slope).unwrap());
        let effect = Effect::between(&a, &b, Scale::Relative).unwrap();
        let (exact, delta) = (effect.within(1.96), effect.t_test(0.0, Alternative::TwoSided, Level::FIVE_PERCENT).interval);
        assert!(exact.contains(effect.value) && exact.lower > 0.0, "{exact:?}");
        // Most of the base's noise was taken out of the difference but not out of the base, which the delta method forgets.
        assert!(exact.upper - exact.lower > delta.upper - delta.lower, "{exact:?} {delta:?}");
    }

    #[test]
    fn a_base_that_may_be_nothing_leaves_the_change_open() {
        let wide = Estimate::plain(10, 0.1, 100.0);
        let effect = Effect::between(&wide, &Estimate::plain(10, 0.2, 100.0), Scale::Relative).unwrap();
        assert_eq!(effect.within(1.96).upper, f64::INFINITY);
        assert!(effect.within(0.01).upper.is_finite());
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let mean = |n, sum, squares| Estimate::mean(&Moments::from_sums(n, sum, squares)).unwrap();
        let cases = [
            (rate(0, 100), rate(5, 100), Scale::Relative, "NO_VARIATION"),
            (rate(5, 100), rate(100, 100), Scale::Absolute, "NO_VARIATION"),
            (mean(3, 0.0, 6.0), mean(3, 3.0, 9.0), Scale::Relative, "ZERO_BASELINE"),
            (mean(3, 3e300, 0.0), mean(3, 3.0, 9.0), Scale::Absolute, "NO_VARIATION"),
        ];
        for (a, b, scale, code) in cases {
            assert_eq!(Effect::between(&a, &b, scale).unwrap_err().code(), code);
        }
        let tiny = Estimate::plain(9, 1e-320, 1e-320);
        assert_eq!(Effect::between(&tiny, &tiny, Scale::Relative).unwrap_err(), NoEffect::OutOfRange);
        let lonely = Estimate { units: 1, ..tiny };
        assert_eq!(Effect::between(&lonely, &tiny, Scale::Absolute).unwrap_err().code(), "INSUFFICIENT_DATA");
    }
}
