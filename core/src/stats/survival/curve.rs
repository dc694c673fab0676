//! Kaplan and Meier's curve of those still open, and Nelson and Aalen's cumulative hazard.

use serde::Serialize;

use super::Durations;
use crate::math;
use crate::stats::level::{Interval, Level};
use crate::stats::normal;

/// A survival of ½ is met up to rounding of the product.
const REACHED: f64 = 1.0 + 1e-12;

/// The curve from one time to the next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// From when.
    pub time: f64,
    /// Those that had not ended or left before.
    pub at_risk: u64,
    /// Those that end at this time.
    pub ended: u64,
    /// The share still open after it.
    pub survival: f64,
    /// Greenwood's sum Σ d / (n (n − d)): the variance of the survival's logarithm. Infinite once none are left.
    pub greenwood: f64,
    /// The cumulative hazard.
    pub hazard: f64,
}

/// A step at time 0 and at every time at which a duration ended or was last seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    steps: Vec<Step>,
}

impl Curve {
    /// The curve of these durations.
    ///
    /// # Formula
    /// S(t) = Π (1 − d / n) over the times up to t; hazard Σ (1/n + 1/(n − 1) + … + 1/(n − d + 1)), as if simultaneous ends had happened one
    /// after the other.
    ///
    /// # Source
    /// Kaplan & Meier (1958), Fleming & Harrington (1984); `lifelines` 0.30 `KaplanMeierFitter`, `NelsonAalenFitter`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::survival::{Curve, Duration, Durations};
    /// let days = [(3.0, true), (5.0, false), (8.0, true), (9.0, true)].map(|(time, ended)| Duration { time, ended });
    /// let curve = Curve::new(&Durations::new(days)?);
    /// assert_eq!(curve.steps().iter().map(|step| step.survival).collect::<Vec<_>>(), [1.0, 0.75, 0.75, 0.375, 0.0]);
    /// assert_eq!(curve.median(), Some(8.0));
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn new(durations: &Durations) -> Curve {
        let mut last = Step { time: 0.0, at_risk: durations.count(), ended: 0, survival: 1.0, greenwood: 0.0, hazard: 0.0 };
        let mut steps = vec![last];
        for moment in durations.moments() {
            let (n, d) = (moment.at_risk as f64, moment.ended as f64);
            let (survival, greenwood) = match moment.ended {
                0 => (last.survival, last.greenwood),
                ended if ended == moment.at_risk => (0.0, f64::INFINITY),
                _ => (last.survival * ((n - d) / n), last.greenwood + d / (n * (n - d))),
            };
            let hazard = last.hazard + (0..moment.ended).map(|i| 1.0 / (moment.at_risk - i) as f64).sum::<f64>();
            last = Step { time: moment.time, at_risk: moment.at_risk, ended: moment.ended, survival, greenwood, hazard };
            // What happens at time 0 belongs to the step that is there.
            if last.time == 0.0 {
                steps.clear();
            }
            steps.push(last);
        }
        Curve { steps }
    }

    /// The steps in order of time.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The share still open after `time`; none beyond the longest observed time unless none were open then.
    pub fn survival(&self, time: f64) -> Option<f64> {
        let step = self.steps.iter().rev().find(|step| step.time <= time)?;
        let last = self.steps.last()?;
        (time <= last.time || last.survival == 0.0).then_some(step.survival)
    }

    /// The first time after which at most half are still open; none when more stay open to the end of the observation.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// The first time by which a `share` in (0, 1) has ended; none when it was not seen.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let open = (1.0 - share) * REACHED;
        self.steps.iter().find(|step| step.survival <= open).map(|step| step.time)
    }
}

impl Step {
    /// The interval of the survival, symmetric on the scale of ln(−ln S) and so inside (0, 1); none at a survival of 0, where the
    /// variance is not known. Before the first end it is all or nothing: [1, 1], as `lifelines` has it.
    ///
    /// # Formula
    /// S^exp(±z √greenwood / ln S)
    ///
    /// # Source
    /// Kalbfleisch & Prentice (1980); `lifelines` 0.30, which gives [0, 0] at a survival of 0.
    pub fn interval(&self, level: Level) -> Option<Interval> {
        if self.survival == 1.0 {
            return Some(Interval { lower: 1.0, upper: 1.0 });
        }
        let log = math::ln(self.survival);
        let half = -normal::quantile(level.alpha() / 2.0) * self.greenwood.sqrt() / -log;
        let end = |half: f64| math::exp(log * math::exp(half));
        (self.survival > 0.0).then(|| Interval { lower: end(half), upper: end(-half) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::survival::Duration;

    fn of(rows: &[(f64, bool)]) -> Curve {
        Curve::new(&Durations::new(rows.iter().map(|(time, ended)| Duration { time: *time, ended: *ended })).unwrap())
    }

    #[test]
    fn times_that_are_no_times_are_refused() {
        assert_eq!(Durations::new([]).unwrap_err().code(), "INSUFFICIENT_DATA");
        for time in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Durations::new([Duration { time, ended: true }]).unwrap_err().code(), "OUT_OF_RANGE");
        }
    }

    #[test]
    fn open_deals_count_as_long_as_they_lasted() {
        // Without the open ones the median were 10.
        let curve = of(&[(5.0, true), (10.0, true), (15.0, true), (12.0, false), (13.0, false), (14.0, false)]);
        assert_eq!((curve.median(), curve.survival(20.0)), (Some(15.0), Some(0.0)));
        assert!(curve.survival(11.0).is_some_and(|open| (open - 4.0 / 6.0).abs() < 1e-15));
        let open = of(&[(5.0, true), (10.0, false), (15.0, false)]);
        assert_eq!((open.median(), open.survival(15.0), open.survival(15.1)), (None, Some(2.0 / 3.0), None));
        assert_eq!(of(&[(3.0, false)]).median(), None);
    }

    #[test]
    fn without_open_deals_the_curve_is_the_share_left() {
        let times = [1.0, 2.0, 2.0, 4.0, 7.0, 7.0, 9.0, 9.5];
        let curve = of(&times.map(|time| (time, true)));
        for step in curve.steps() {
            let left = times.iter().filter(|time| **time > step.time).count() as f64 / 8.0;
            assert!((step.survival - left).abs() < 1e-15, "{step:?}");
            // Greenwood's formula is then the binomial's variance.
            let variance = step.survival * step.survival * step.greenwood;
            assert!(step.survival == 0.0 || (variance - left * (1.0 - left) / 8.0).abs() < 1e-15, "{step:?}");
            let interval = step.interval(Level::FIVE_PERCENT);
            assert_eq!(interval.is_none(), step.survival == 0.0);
            assert!(
                interval
                    .is_none_or(|interval| interval.contains(step.survival) && interval.lower >= 0.0 && interval.upper <= 1.0)
            );
        }
    }

    #[test]
    fn an_end_at_time_nought_is_seen() {
        let curve = of(&[(0.0, true), (1.0, true)]);
        assert_eq!(curve.steps().iter().map(|step| (step.time, step.survival)).collect::<Vec<_>>(), [(0.0, 0.5), (1.0, 0.0)]);
    }
}
