//! One conversion rate and its intervals.

use crate::stats::error::StatsError;
use crate::stats::level::{Interval, Level, SettingError};
use crate::stats::{beta, normal};

/// The number of leads that converted out of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proportion {
    successes: u64,
    trials: u64,
}

impl Proportion {
    /// `successes` of `trials`.
    ///
    /// # Errors
    /// More successes than trials; no trials.
    pub fn new(successes: u64, trials: u64) -> Result<Proportion, StatsError> {
        StatsError::unless_enough(trials, 1, "leads with an outcome")?;
        SettingError::unless(successes <= trials, "the number of conversions", successes as f64, "at most the number of leads")?;
        Ok(Proportion { successes, trials })
    }

    /// Those that converted.
    pub fn successes(&self) -> f64 {
        self.successes as f64
    }

    /// All.
    pub fn trials(&self) -> f64 {
        self.trials as f64
    }

    /// Those that did not convert.
    pub fn failures(&self) -> f64 {
        (self.trials - self.successes) as f64
    }

    /// The rate.
    pub fn rate(&self) -> f64 {
        self.successes() / self.trials()
    }

    /// The score interval: it contains exactly the rates that a test does not reject.
    ///
    /// # Formula
    /// (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)
    ///
    /// # Source
    /// Wilson (1927); `statsmodels.stats.proportion.proportion_confint(method="wilson")` 0.15.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::{level::Level, proportion::Proportion};
    /// let interval = Proportion::new(0, 50)?.wilson(Level::FIVE_PERCENT);
    /// assert!(interval.lower == 0.0 && (interval.upper - 0.07134759913335874).abs() < 1e-15);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn wilson(&self, level: Level) -> Interval {
        let (n, p, z) = (self.trials(), self.rate(), critical(level));
        let square = z * z;
        let denominator = 1.0 + square / n;
        let centre = (p + square / (2.0 * n)) / denominator;
        let half = z * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt() / denominator;
        let mut interval = clipped(centre, half);
        if self.successes == 0 {
            interval.lower = 0.0;
        }
        if self.successes == self.trials {
            interval.upper = 1.0;
        }
        interval
    }

    /// The normal interval about Wilson's centre, clipped to [0, 1]: a little wider than Wilson's.
    ///
    /// # Source
    /// Agresti & Coull (1998); statsmodels 0.15.
    pub fn agresti_coull(&self, level: Level) -> Interval {
        let z = critical(level);
        let n = self.trials() + z * z;
        let p = (self.successes() + z * z / 2.0) / n;
        clipped(p, z * (p * (1.0 - p) / n).sqrt())
    }

    /// The interval that never covers less than its level, and usually more.
    ///
    /// # Formula
    /// Quantiles α/2 of Beta(x, n − x + 1) and 1 − α/2 of Beta(x + 1, n − x)
    ///
    /// # Source
    /// Clopper & Pearson (1934); statsmodels 0.15, `method="beta"`.
    pub fn clopper_pearson(&self, level: Level) -> Interval {
        let (x, rest, tail) = (self.successes(), self.failures(), level.alpha() / 2.0);
        Interval {
            lower: if self.successes == 0 { 0.0 } else { beta::quantile(x, rest + 1.0, tail) },
            upper: if self.successes == self.trials { 1.0 } else { beta::upper_quantile(x + 1.0, rest, tail) },
        }
    }

    /// The equal-tailed Bayesian interval under Jeffreys's prior.
    ///
    /// # Formula
    /// Quantiles α/2 and 1 − α/2 of Beta(x + ½, n − x + ½)
    ///
    /// # Source
    /// Brown, Cai & DasGupta (2001), without their exception at 0 and n; statsmodels 0.15.
    pub fn jeffreys(&self, level: Level) -> Interval {
        let (a, b, tail) = (self.successes() + 0.5, self.failures() + 0.5, level.alpha() / 2.0);
        Interval { lower: beta::quantile(a, b, tail), upper: beta::upper_quantile(a, b, tail) }
    }

    /// The normal (Wald) interval, clipped to [0, 1]: of no width when none or all converted.
    pub fn normal(&self, level: Level) -> Interval {
        let p = self.rate();
        clipped(p, critical(level) * (p * (1.0 - p) / self.trials()).sqrt())
    }
}

/// The two-sided critical value.
pub(super) fn critical(level: Level) -> f64 {
    -normal::quantile(level.alpha() / 2.0)
}

fn clipped(centre: f64, half: f64) -> Interval {
    Interval { lower: (centre - half).max(0.0), upper: (centre + half).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_counts_are_refused() {
        assert_eq!(Proportion::new(0, 0).unwrap_err().code(), "INSUFFICIENT_DATA");
        assert_eq!(Proportion::new(3, 2).unwrap_err().code(), "BAD_SETTING");
    }

    #[test]
    fn every_interval_holds_its_rate_and_mirrors() {
        let level = Level::FIVE_PERCENT;
        let all: [fn(&Proportion, Level) -> Interval; 5] = [
            Proportion::wilson,
            Proportion::agresti_coull,
            Proportion::clopper_pearson,
            Proportion::jeffreys,
            Proportion::normal,
        ];
        for (x, n) in [(0, 1), (1, 1), (0, 50), (1, 50), (25, 50), (117, 1_000_000), (u64::MAX / 4, u64::MAX / 2)] {
            let (here, mirrored) = (Proportion::new(x, n).unwrap(), Proportion::new(n - x, n).unwrap());
            for (i, interval) in all.iter().enumerate() {
                if i == 3 && (x == 0 || x == n) || n > 1 << 60 && (i == 2 || i == 3) {
                    // Jeffreys's interval leaves out a rate of 0 or 1; the incomplete beta of 1e18 leads would take for ever.
                    continue;
                }
                let (ours, other) = (interval(&here, level), interval(&mirrored, level));
                assert!(ours.contains(here.rate()) && ours.lower >= 0.0 && ours.upper <= 1.0, "{i} {x} {n} {ours:?}");
                assert!((ours.lower + other.upper - 1.0).abs() < 1e-14, "{i} {x} {n} {ours:?} {other:?}");
            }
        }
    }

    #[test]
    fn wilson_is_the_score_test_turned_round() {
        let (share, z) = (Proportion::new(7, 60).unwrap(), critical(Level::FIVE_PERCENT));
        let interval = share.wilson(Level::FIVE_PERCENT);
        for end in [interval.lower, interval.upper] {
            let score = (share.rate() - end) / (end * (1.0 - end) / 60.0).sqrt();
            assert!((score.abs() / z - 1.0).abs() < 1e-13, "{score}");
        }
    }
}
