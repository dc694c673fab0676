//! A sorted sample: what every distance between two samples is computed from.

use super::DriftError;
use crate::order;

/// Finite values, sorted; −0 is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    sorted: Vec<f64>,
}

impl Sample {
    /// Sorts `values`, which messages call the `of` sample.
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn new(values: &[f64], of: &'static str) -> Result<Sample, DriftError> {
        match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            Some((row, value)) => Err(DriftError::NotFinite { of, row, value: *value }),
            None => Ok(Sample { sorted: order::sorted(values) }),
        }
    }

    /// Sorts those of `values` that are not NaN.
    ///
    /// # Errors
    /// A value that is infinite.
    pub(super) fn present(values: &[f64], of: &'static str) -> Result<Sample, DriftError> {
        // Looked for in all values at once: there is seldom one.
        let infinite = values.iter().fold(false, |found, value| found | value.is_infinite());
        let first = || values.iter().enumerate().find(|(_, value)| value.is_infinite());
        match infinite.then(first).flatten() {
            Some((row, value)) => Err(DriftError::NotFinite { of, row, value: *value }),
            None => Ok(Sample { sorted: order::sorted(values) }),
        }
    }

    /// The reference sample: what was seen in training.
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn reference(values: &[f64]) -> Result<Sample, DriftError> {
        Sample::new(values, "reference")
    }

    /// The current sample: what is seen now.
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn current(values: &[f64]) -> Result<Sample, DriftError> {
        Sample::new(values, "current")
    }

    /// The values, rising.
    pub fn values(&self) -> &[f64] {
        &self.sorted
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.sorted.len() as u64
    }

    /// The quantile `q`, linear between order statistics as NumPy's default has it; none of an empty sample.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        order::quantile(&self.sorted, q)
    }

    /// Every distinct value of the two samples, rising, with how many of each sample are at most that value.
    pub(super) fn steps<'a>(&'a self, other: &'a Sample) -> Steps<'a> {
        Steps { first: &self.sorted, second: &other.sorted, at: [0, 0] }
    }
}

/// One distinct value of two samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepAt {
    /// The value.
    pub value: f64,
    /// Values of each sample that are at most that.
    pub at_most: [u64; 2],
    /// Values of each sample that are equal to it.
    pub equal: [u64; 2],
}

/// Merges two sorted samples.
pub(super) struct Steps<'a> {
    first: &'a [f64],
    second: &'a [f64],
    at: [usize; 2],
}

impl Iterator for Steps<'_> {
    type Item = StepAt;

    fn next(&mut self) -> Option<StepAt> {
        let value = match (self.first.first(), self.second.first()) {
            (Some(a), Some(b)) => a.min(*b),
            (Some(x), None) | (None, Some(x)) => *x,
            (None, None) => return None,
        };
        let take = |rest: &mut &[f64]| {
            let equal = rest.iter().take_while(|x| **x == value).count();
            *rest = rest.get(equal..).unwrap_or_default();
            equal
        };
        let equal = [take(&mut self.first), take(&mut self.second)];
        self.at = [self.at[0] + equal[0], self.at[1] + equal[1]];
        Some(StepAt { value, at_most: self.at.map(|n| n as u64), equal: equal.map(|n| n as u64) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_merge_ties_and_zeros() {
        let (a, b) = (Sample::reference(&[2.0, -0.0, 0.0, 5.0]).unwrap(), Sample::current(&[0.0, 3.0, 3.0]).unwrap());
        let steps: Vec<_> = a.steps(&b).map(|step| (step.value, step.at_most, step.equal)).collect();
        let expected = [(0.0, [2, 1], [2, 1]), (2.0, [3, 1], [1, 0]), (3.0, [3, 3], [0, 2]), (5.0, [4, 3], [1, 0])];
        assert_eq!(steps, expected);
        let error = Sample::current(&[1.0, f64::NAN]).unwrap_err();
        assert_eq!((error.code(), error.to_string().contains("row 1 of the current")), ("VALUE_NOT_FINITE", true));
        assert_eq!((a.quantile(0.5), Sample::current(&[]).unwrap().quantile(0.5)), (Some(1.0), None));
    }
}
