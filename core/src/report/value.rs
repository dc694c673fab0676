//! Figures as the report writes them.

use serde::{Deserialize, Serialize};

use super::time::time_text;
use crate::rollout::Outcome;

/// What a measure, gate or check says: the five outcomes, and `tracked` for what has no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportStatus"))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The target is met beyond doubt.
    Pass,
    /// It is missed beyond doubt.
    Fail,
    /// The data do not decide.
    Inconclusive,
    /// Too few data.
    InsufficientData,
    /// It could not be worked out.
    Error,
    /// There is no target.
    Tracked,
}

impl From<Outcome> for Status {
    fn from(outcome: Outcome) -> Status {
        match outcome {
            Outcome::Pass => Status::Pass,
            Outcome::Fail => Status::Fail,
            Outcome::Inconclusive => Status::Inconclusive,
            Outcome::InsufficientData => Status::InsufficientData,
            Outcome::Error => Status::Error,
        }
    }
}

/// Percentiles of scores that are compared, as parts of 1.
pub const PERCENTILES: [f64; 5] = [0.10, 0.25, 0.50, 0.75, 0.90];
/// The quantile of the normal distribution of a two-sided interval of 95 %.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// A figure with its interval. All parts are finite; what is not known is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportEstimate"))]
pub struct Estimate {
    /// The figure.
    pub value: Option<f64>,
    /// The lower end of its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The interval's level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<f64>,
    /// Cases behind the figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Cases needed for a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_needed: Option<u64>,
}

impl Estimate {
    /// The figure alone.
    pub fn of(value: Option<f64>) -> Estimate {
        Estimate { value: value.and_then(short), ..Estimate::default() }
    }

    /// With an interval of 95 %.
    #[must_use]
    pub fn within(self, interval: Option<(f64, f64)>) -> Estimate {
        let Some((low, high)) = interval else { return self };
        Estimate { low: short(low), high: short(high), level: Some(0.95), ..self }
    }

    /// The figure with its interval of 95 % by a standard error (normal approximation).
    pub fn by_error(value: f64, standard_error: f64) -> Estimate {
        let reach = Z * standard_error;
        Estimate::of(Some(value)).within(Some((value - reach, value + reach)))
    }

    /// Between ends that hold for certain, such as those of a figure that was read from bins.
    #[must_use]
    pub fn between(self, (low, high): (f64, f64)) -> Estimate {
        Estimate { low: short(low), high: short(high), ..self }
    }

    /// With the number of cases from which on it is judged.
    #[must_use]
    pub fn needing(self, n: u64) -> Estimate {
        Estimate { n_needed: Some(n), ..self }
    }

    /// With the cases behind it.
    #[must_use]
    pub fn from_cases(self, n: u64) -> Estimate {
        Estimate { n: Some(n), ..self }
    }
}

/// Figures at equal steps of time; `null` is a gap.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportSeries"))]
pub struct Series {
    /// The first step, RFC 3339.
    pub start: String,
    /// Seconds from one step to the next.
    pub step_s: u32,
    /// The figures.
    pub value: Vec<Option<f64>>,
    /// The lower ends of their intervals; empty when none is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub low: Vec<Option<f64>>,
    /// The upper ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub high: Vec<Option<f64>>,
}

impl Series {
    /// A series of `value` from `start_ms` on, a figure each `step_s` seconds.
    pub fn new(start_ms: i64, step_s: u32, value: impl IntoIterator<Item = Option<f64>>) -> Series {
        let value = value.into_iter().map(|value| value.and_then(short)).collect();
        Series { start: time_text(start_ms), step_s, value, ..Series::default() }
    }

    /// With the ends of the figures' intervals.
    #[must_use]
    pub fn within(mut self, ends: impl IntoIterator<Item = Option<(f64, f64)>>) -> Series {
        (self.low, self.high) =
            ends.into_iter().map(|ends| (ends.and_then(|e| short(e.0)), ends.and_then(|e| short(e.1)))).unzip();
        self
    }

    /// Whether no figure is known.
    pub fn is_empty(&self) -> bool {
        self.value.iter().all(Option::is_none)
    }
}

/// What a figure is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportTarget"))]
pub struct Target {
    /// `<`, `<=`, `>` or `>=`.
    pub op: String,
    /// The number.
    pub value: f64,
}

impl Target {
    /// The target `op value`.
    pub fn new(op: &str, value: f64) -> Target {
        Target { op: op.to_owned(), value }
    }
}

/// `x` with four significant digits, at least three decimals of those below 1; none where it is not finite. A report of 90 days stays
/// small, and no one reads more.
pub(super) fn short(x: f64) -> Option<f64> {
    if !x.is_finite() {
        return None;
    }
    let scale =
        [(0.01, 1e6), (1.0, 1e4), (100.0, 1e3), (1e4, 1e1)].into_iter().find(|(most, _)| x.abs() < *most).map_or(1.0, |(_, s)| s);
    Some((x * scale).round() / scale)
}

#[cfg(test)]
mod tests {
    use super::{Z, short};
    use crate::stats::normal;

    #[test]
    fn the_normal_quantile_is_that_of_the_distribution() {
        assert!((Z - normal::quantile(0.975)).abs() < 1e-15);
    }

    #[test]
    fn figures_keep_the_digits_that_people_read() {
        let cases = [(0.872_34, 0.8723), (0.000_123_456, 0.000_123), (141.26, 141.3), (18_400.4, 18_400.0), (-0.25, -0.25)];
        for (given, kept) in cases {
            assert_eq!(short(given), Some(kept), "{given}");
        }
        assert_eq!((short(f64::NAN), short(f64::INFINITY)), (None, None));
    }
}
