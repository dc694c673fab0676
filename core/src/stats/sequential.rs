//! Always-valid confidence: intervals that hold at all looks together, however often you look and whenever you stop.
//!
//! The normal mixture of Robbins. One parameter sets where the interval is tightest; no choice of it can break the guarantee, which is
//! asymptotic in the units (the variance is estimated), so do not rely on it for the first few dozen leads.

use super::effect::Effect;
use super::level::{Interval, Level, SettingError};
use crate::math;

/// Where the interval is tightest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mixture {
    /// At about this many units of both arms together.
    Units(f64),
    /// For effects of about this size, in the unit of the effect: the standard deviation of a normal prior (mSPRT).
    Effects(f64),
}

/// The mixture at one look: its variance in units of the estimate's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread(f64);

impl Mixture {
    /// Tightest at about `units` units of both arms together.
    ///
    /// # Errors
    /// A number of units that is not positive and finite.
    ///
    /// # Formula
    /// ρ² = (−2 ln α + ln(1 − 2 ln α)) / units
    ///
    /// # Source
    /// Waudby-Smith et al. (2023), arXiv:2103.06476v7, equation 161.
    pub fn tuned(units: f64) -> Result<Mixture, SettingError> {
        SettingError::unless(units > 0.0 && units.is_finite(), "the tuning parameter", units, "a positive number of leads")?;
        Ok(Mixture::Units(units))
    }

    /// The mixture sequential probability ratio test with a normal prior of standard deviation `size` on the effect.
    ///
    /// # Errors
    /// A size that is not positive and finite.
    ///
    /// # Source
    /// Johari, Pekelis & Walsh (2015), arXiv:1512.04922, with the prior's variance τ² = size².
    pub fn for_effects(size: f64) -> Result<Mixture, SettingError> {
        SettingError::unless(size > 0.0 && size.is_finite(), "the effect's size", size, "a positive number")?;
        Ok(Mixture::Effects(size))
    }

    /// The mixture at the look that gave `effect`.
    pub fn spread(&self, effect: &Effect, level: Level) -> Spread {
        match *self {
            Mixture::Units(tuned) => Spread(effect.units as f64 * squared_rho(level.alpha(), tuned)),
            Mixture::Effects(size) => {
                let ratio = size / effect.standard_error;
                Spread(ratio * ratio)
            }
        }
    }
}

fn squared_rho(alpha: f64, units: f64) -> f64 {
    let l = -2.0 * math::ln(alpha);
    (l + math::ln(l + 1.0)) / units
}

impl Spread {
    /// The mixture after `units` units when it is tightest at `tuned`.
    pub fn after(units: f64, tuned: f64, level: Level) -> Spread {
        Spread(units * squared_rho(level.alpha(), tuned))
    }

    /// Half the interval's width, in standard errors.
    ///
    /// # Formula
    /// √((1 + 1/r)(ln(1 + r) − 2 ln α)), r the mixture's variance in units of the estimate's
    ///
    /// # Source
    /// Waudby-Smith et al. (2023), equation 9, where r = nρ²; the same as Johari et al. (2015) with r = τ²/V.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::{level::Level, sequential::Spread};
    /// // Tuned to this very look, looking at any time costs 3.04 standard errors instead of 1.96.
    /// let half = Spread::after(5_000.0, 5_000.0, Level::FIVE_PERCENT).half_width(Level::FIVE_PERCENT);
    /// assert!((half - 3.0352).abs() < 5e-5, "{half}");
    /// ```
    pub fn half_width(&self, level: Level) -> f64 {
        let r = self.0;
        ((1.0 + 1.0 / r) * (math::ln_1p(r) - 2.0 * math::ln(level.alpha()))).sqrt()
    }

    /// How far below the estimate the lower end of a one-sided interval lies, in standard errors.
    ///
    /// # Formula
    /// √(2 (1 + 1/r) ln(1 + √(1 + r) / (2α)))
    ///
    /// # Source
    /// Waudby-Smith et al. (2023), proposition B.1.
    pub fn one_sided_width(&self, level: Level) -> f64 {
        let r = self.0;
        (2.0 * (1.0 + 1.0 / r) * math::ln_1p((1.0 + r).sqrt() / (2.0 * level.alpha()))).sqrt()
    }

    /// The p-value, valid at every look, of an estimate `z` standard errors from the null.
    ///
    /// # Formula
    /// min(1, √(1 + r) · exp(−z² r / (2(1 + r)))): the inverse of the mixture's likelihood ratio, which is an e-value
    pub fn p_value(&self, z: f64) -> f64 {
        let r = self.0;
        ((1.0 + r).sqrt() * math::exp(-(z * z) * (r / (2.0 * (1.0 + r))))).min(1.0)
    }
}

/// Intervals of successive looks, each intersected with those before it: if each holds at every look, so does the intersection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Running {
    interval: Interval,
}

impl Default for Running {
    fn default() -> Running {
        Running { interval: Interval { lower: f64::NEG_INFINITY, upper: f64::INFINITY } }
    }
}

impl Running {
    /// Adds one more look and returns the interval so far; none when the looks contradict each other, which happens with
    /// probability at most α unless the effect changes over time.
    pub fn take(&mut self, look: &Interval) -> Option<Interval> {
        self.interval.lower = self.interval.lower.max(look.lower);
        self.interval.upper = self.interval.upper.min(look.upper);
        (self.interval.lower <= self.interval.upper).then_some(self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_and_p_value_tell_the_same() {
        for alpha in [0.01, 0.05, 0.2] {
            let level = Level::new(alpha).unwrap();
            for r in [1e-3, 0.1, 1.0, 10.0, 1e4] {
                let p = Spread(r).p_value(Spread(r).half_width(level));
                assert!((p / alpha - 1.0).abs() < 1e-12, "{alpha} {r}: {p}");
                assert!(Spread(r).one_sided_width(level) < Spread(r).half_width(level), "{alpha} {r}");
            }
        }
        assert_eq!(Spread(10.0).p_value(0.0), 1.0);
    }

    #[test]
    fn the_interval_is_tightest_where_it_is_tuned_to_be() {
        let level = Level::FIVE_PERCENT;
        let half = |n: f64| Spread::after(n, 5_000.0, level).half_width(level) / n.sqrt() * 5_000f64.sqrt();
        let best = Spread::after(5_000.0, 5_000.0, level).half_width(level);
        for tuned in [500.0, 2_500.0, 4_000.0, 6_500.0, 20_000.0] {
            assert!(Spread::after(5_000.0, tuned, level).half_width(level) >= best * 0.999, "{tuned}");
        }
        assert!(half(1_000.0) > half(5_000.0) && half(5_000.0) > half(25_000.0), "and it always shrinks");
    }

    #[test]
    fn looks_only_narrow() {
        let mut running = Running::default();
        assert_eq!(running.take(&Interval::around(0.0, 2.0)), Some(Interval::around(0.0, 2.0)));
        assert_eq!(running.take(&Interval::around(1.5, 2.0)), Some(Interval { lower: -0.5, upper: 2.0 }));
        assert_eq!(running.take(&Interval::around(9.0, 1.0)), None);
    }

    #[test]
    fn settings_are_checked() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Mixture::tuned(bad).is_err() && Mixture::for_effects(bad).is_err());
        }
    }
}
