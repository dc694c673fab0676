//! Settings of tests and intervals, checked once: how often one may be wrong, which side counts, and the interval itself.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A number that makes no sense as the setting it was given for.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{setting} is {value}; it must be {wanted}")]
pub struct SettingError {
    /// Which setting.
    pub setting: &'static str,
    /// What it was given as.
    pub value: f64,
    /// What it may be.
    pub wanted: &'static str,
}

impl SettingError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "BAD_SETTING"
    }

    /// `Ok` when `holds`; NaN never holds.
    pub(crate) fn unless(holds: bool, setting: &'static str, value: f64, wanted: &'static str) -> Result<(), SettingError> {
        if holds { Ok(()) } else { Err(SettingError { setting, value, wanted }) }
    }
}

/// The error one accepts: the probability of a false alarm, such as 0.05. An interval at this level has confidence 1 − α.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "f64", into = "f64")]
pub struct Level(f64);

impl Level {
    /// 0.05.
    pub const FIVE_PERCENT: Level = Level(0.05);

    /// The level `alpha`, in (0, 0.5].
    ///
    /// # Errors
    /// A number outside (0, 0.5].
    pub fn new(alpha: f64) -> Result<Level, SettingError> {
        SettingError::unless(alpha > 0.0 && alpha <= 0.5, "alpha", alpha, "above 0 and at most 0.5")?;
        Ok(Level(alpha))
    }

    /// α.
    pub fn alpha(self) -> f64 {
        self.0
    }

    /// α / `parts`, at least one: Bonferroni's share of one of so many comparisons.
    pub fn divided(self, parts: usize) -> Level {
        Level(self.0 / parts.max(1) as f64)
    }
}

impl TryFrom<f64> for Level {
    type Error = SettingError;

    fn try_from(alpha: f64) -> Result<Level, SettingError> {
        Level::new(alpha)
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> f64 {
        level.0
    }
}

/// From where to where; infinite on a side that is left open (JSON: null).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interval {
    /// The lower end.
    #[serde(with = "open_below")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub lower: f64,
    /// The upper end.
    #[serde(with = "open_above")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub upper: f64,
}

impl Interval {
    /// `half` to either side of `centre`.
    pub fn around(centre: f64, half: f64) -> Interval {
        Interval { lower: centre - half, upper: centre + half }
    }

    /// Whether `x` lies inside or on an end.
    pub fn contains(&self, x: f64) -> bool {
        self.lower <= x && x <= self.upper
    }

    /// Both ends times `factor`, which is positive.
    pub fn scaled(&self, factor: f64) -> Interval {
        Interval { lower: self.lower * factor, upper: self.upper * factor }
    }

    /// The interval of the negated quantity.
    pub fn negated(&self) -> Interval {
        Interval { lower: -self.upper, upper: -self.lower }
    }
}

/// A lower end in JSON: null when it is not finite, read again as minus infinity.
pub(crate) mod open_below {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(end: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Some(end).filter(|end| end.is_finite()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NEG_INFINITY))
    }
}

/// An upper end in JSON: null when it is not finite, read again as infinity.
pub(crate) mod open_above {
    use serde::{Deserialize, Deserializer};

    pub(crate) use super::open_below::serialize;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_ends_are_null_in_json() {
        for (interval, json) in [
            (Interval { lower: f64::NEG_INFINITY, upper: 0.5 }, r#"{"lower":null,"upper":0.5}"#),
            (Interval { lower: -1.0, upper: f64::INFINITY }, r#"{"lower":-1.0,"upper":null}"#),
        ] {
            assert_eq!(serde_json::to_string(&interval).unwrap(), json);
            assert_eq!(serde_json::from_str::<Interval>(json).unwrap(), interval);
        }
    }

    #[test]
    fn a_level_is_a_small_probability() {
        for bad in [0.0, -0.1, 0.6, 1.0, f64::NAN, f64::INFINITY] {
            let refused = Level::new(bad).unwrap_err();
            assert_eq!(refused.code(), "BAD_SETTING");
            assert!(refused.to_string().contains("alpha is"), "{refused}");
        }
        assert_eq!(Level::FIVE_PERCENT.divided(2).alpha(), 0.025);
        assert_eq!(Level::FIVE_PERCENT.divided(0), Level::FIVE_PERCENT);
    }
}
