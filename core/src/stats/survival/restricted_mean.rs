//! The mean time up to a horizon: the part of a mean that can be estimated when the longest durations are still open.

use serde::Serialize;

use super::{Curve, Durations};
use crate::stats::alternative::{Alternative, Outcome};
use crate::stats::error::StatsError;
use crate::stats::level::{Interval, Level, SettingError};
use crate::stats::normal;

/// The area under the survival curve up to a horizon: the mean of min(duration, horizon).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RestrictedMean {
    /// The horizon.
    pub horizon: f64,
    /// The mean, in the unit of the durations.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
}

/// Two groups' restricted means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanDifference {
    /// First less second.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
}

impl RestrictedMean {
    /// The mean of these durations up to `horizon`.
    ///
    /// # Errors
    /// A horizon that is not positive and finite; one beyond the longest duration while that is still open, where the curve is not known.
    ///
    /// # Formula
    /// ∫₀^h S(t) dt, with the variance Σ (∫ₜ^h S(u) du)² d / (n (n − d)) over the times t of ends up to h
    ///
    /// # Source
    /// Irwin (1949), Klein & Moeschberger (2003) 4.5.1 and 4.5.2; `survRM2` in R. (lifelines 0.30 reports the variance of a single
    /// duration, not of the mean.)
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::survival::{Duration, Durations, RestrictedMean};
    /// let days = [(3.0, true), (5.0, false), (8.0, true), (9.0, true)].map(|(time, ended)| Duration { time, ended });
    /// let mean = RestrictedMean::new(&Durations::new(days)?, 9.0)?;
    /// assert_eq!(mean.mean, 3.0 + 0.75 * 5.0 + 0.375);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn new(durations: &Durations, horizon: f64) -> Result<RestrictedMean, StatsError> {
        SettingError::unless(horizon > 0.0 && horizon.is_finite(), "the horizon", horizon, "a positive number")?;
        let curve = Curve::new(durations);
        let end = durations.longest();
        if horizon > end && curve.survival(horizon).is_none() {
            return Err(StatsError::BeyondData { what: "the horizon", value: horizon, end });
        }
        let (mut mean, mut variance, mut until) = (0.0, 0.0, horizon);
        // From the horizon backwards `mean` is the area still to come.
        for step in curve.steps().iter().rev().filter(|step| step.time < horizon) {
            mean += step.survival * (until - step.time);
            let (n, d) = (step.at_risk as f64, step.ended as f64);
            // Where none are left there is no remaining area either.
            if step.ended < step.at_risk {
                variance += mean * mean * (d / (n * (n - d)));
            }
            until = step.time;
        }
        // The first step is at time 0, unless nothing is seen before the first duration.
        Ok(RestrictedMean { horizon, mean, variance })
    }

    /// The normal interval of the mean.
    pub fn interval(&self, level: Level) -> Interval {
        Interval::around(self.mean, -normal::quantile(level.alpha() / 2.0) * self.variance.sqrt())
    }

    /// This mean less `other`'s, of other leads up to the same horizon.
    ///
    /// # Errors
    /// Another horizon; no variation in either.
    pub fn against(&self, other: &RestrictedMean) -> Result<MeanDifference, StatsError> {
        SettingError::unless(self.horizon == other.horizon, "the other mean's horizon", other.horizon, "the same")?;
        let standard_error = (self.variance + other.variance).sqrt();
        if standard_error > 0.0 {
            Ok(MeanDifference { difference: self.mean - other.mean, standard_error })
        } else {
            Err(StatsError::NoVariation { what: "the time up to the horizon" })
        }
    }
}

impl MeanDifference {
    /// The z test of no difference.
    pub fn test(&self, alternative: Alternative) -> Outcome {
        Outcome::of_normal(self.difference / self.standard_error, alternative)
    }

    /// The normal interval of the difference.
    pub fn interval(&self, level: Level) -> Interval {
        Interval::around(self.difference, -normal::quantile(level.alpha() / 2.0) * self.standard_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::survival::Duration;

    fn of(rows: &[(f64, bool)]) -> Durations {
        Durations::new(rows.iter().map(|(time, ended)| Duration { time: *time, ended: *ended })).unwrap()
    }

    #[test]
    fn without_open_deals_it_is_the_plain_mean_cut_at_the_horizon() {
        let times = [1.0, 2.0, 2.0, 4.0, 7.0, 7.0, 9.0, 9.5];
        let durations = of(&times.map(|time| (time, true)));
        for horizon in [0.5, 2.0, 4.0, 6.0, 9.5, 30.0] {
            let cut = times.map(|time| time.min(horizon));
            let mean = cut.iter().sum::<f64>() / 8.0;
            let variance = cut.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 64.0;
            let ours = RestrictedMean::new(&durations, horizon).unwrap();
            assert!(
                (ours.mean - mean).abs() < 1e-13 && (ours.variance - variance).abs() < 1e-13,
                "{horizon}: {ours:?} {mean} {variance}"
            );
        }
    }

    #[test]
    fn the_horizon_ends_where_the_curve_does() {
        let open = of(&[(5.0, true), (10.0, false)]);
        assert!(RestrictedMean::new(&open, 10.0).is_ok());
        let beyond = RestrictedMean::new(&open, 10.5).unwrap_err();
        assert!(beyond.code() == "BEYOND_DATA" && beyond.is_silence());
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(RestrictedMean::new(&open, bad).unwrap_err().code(), "BAD_SETTING");
        }
        let (one, two) = (RestrictedMean::new(&open, 10.0).unwrap(), RestrictedMean::new(&open, 9.0).unwrap());
        assert!(one.against(&two).is_err());
        assert_eq!(one.against(&one).unwrap().test(Alternative::TwoSided).p_value, 1.0);
        let early = RestrictedMean::new(&open, 3.0).unwrap();
        assert_eq!((early.mean, early.against(&early).unwrap_err().code()), (3.0, "NO_VARIATION"));
    }
}
