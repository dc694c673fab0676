//! The ends of a metric's values, and whether every value is at an end: such a metric is a rate, whatever its two values are.

use serde::{Deserialize, Serialize};

/// The ends of values. Merging is exact: the order of values does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    ends: Option<(f64, f64)>,
    /// Whether a value lies between the ends.
    between: bool,
}

impl Range {
    /// Adds a value.
    pub fn push(&mut self, x: f64) {
        let Some((low, high)) = self.ends else {
            self.ends = Some((x, x));
            return;
        };
        if x < low {
            self.between |= low != high;
            self.ends = Some((x, high));
        } else if x > high {
            self.between |= low != high;
            self.ends = Some((low, x));
        } else if x != low && x != high {
            self.between = true;
        }
    }

    /// Adds the values of `other`.
    pub fn merge(&mut self, other: &Range) {
        self.between |= other.between;
        if let Some((low, high)) = other.ends {
            self.push(low);
            self.push(high);
        }
    }

    /// The two values, when there are exactly two.
    pub fn pair(&self) -> Option<(f64, f64)> {
        self.ends.filter(|(low, high)| low < high && !self.between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Range {
        let mut range = Range::default();
        values.iter().for_each(|x| range.push(*x));
        range
    }

    #[test]
    fn two_values_are_found_in_any_order_and_a_third_ends_it() {
        for (values, expected) in [
            (&[][..], None),
            (&[3.0, 3.0][..], None),
            (&[0.0, 5.0, 0.0][..], Some((0.0, 5.0))),
            (&[5.0, 0.0, -1.0][..], None),
            (&[5.0, 0.0, 7.0][..], None),
            (&[0.0, 7.0, 5.0][..], None),
            (&[-0.0, 0.0, 1.0][..], Some((0.0, 1.0))),
        ] {
            assert_eq!(of(values).pair(), expected, "{values:?}");
            for cut in 0..=values.len() {
                let (left, right) = values.split_at(cut);
                let mut merged = of(right);
                merged.merge(&of(left));
                assert_eq!(merged.pair(), expected, "{values:?} cut at {cut}");
            }
        }
    }
}
