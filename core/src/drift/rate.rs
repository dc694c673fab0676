//! Whether something happens more often than it did: missing values, outliers, new categories.

use serde::{Deserialize, Serialize};

use crate::stats::hypergeometric::Urn;

/// How often something happened in the reference and happens now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DriftRate"))]
pub struct Rate {
    /// Part of the reference values.
    pub reference: f64,
    /// Part of the current values.
    pub current: f64,
    /// The chance of at least so many now if nothing had changed.
    pub p_value: f64,
}

impl Rate {
    /// Compares `now` of `current` values with `before` of `reference` ones; none when a side has no values.
    ///
    /// # Formula
    /// P(X ≥ now) with X hypergeometric: as many draws as there are current values from all values, of which those it happened to are
    /// marked. Exact at every count, so a first occurrence is judged rightly too.
    ///
    /// # Source
    /// Fisher (1935), one-sided.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::drift::Rate;
    /// let rate = Rate::new(0, 10, 2, 10).expect("both sides have values");
    /// assert!((rate.p_value - 9.0 / 38.0).abs() < 1e-12);
    /// ```
    pub fn new(before: u64, reference: u64, now: u64, current: u64) -> Option<Rate> {
        if reference == 0 || current == 0 || before > reference || now > current {
            return None;
        }
        let urn = Urn::new(reference.checked_add(current)?, before.checked_add(now)?, current)?;
        Some(Rate {
            reference: before as f64 / reference as f64,
            current: now as f64 / current as f64,
            p_value: urn.at_least(now),
        })
    }

    /// How much more often it happens now; below 0 when less.
    pub fn rise(&self) -> f64 {
        self.current - self.reference
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_no_alarm_and_nothing_is_no_rate() {
        assert!(Rate::new(50, 100, 5, 100).unwrap().p_value > 0.999);
        assert!(Rate::new(5, 100, 50, 100).unwrap().p_value < 1e-10);
        assert_eq!(Rate::new(0, 10, 0, 10).unwrap().p_value, 1.0);
        assert_eq!((Rate::new(0, 0, 0, 10), Rate::new(0, 10, 0, 0), Rate::new(11, 10, 0, 10)), (None, None, None));
    }
}
