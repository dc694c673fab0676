//! How far the Kolmogorov–Smirnov statistic can be from the one that counts in frozen bins give.

use super::DriftError;
use crate::evidence::InsufficientData;

/// Bounds of the largest difference between two distributions, known from their counts in the same bins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// The largest difference at an edge: the statistic is at least this.
    pub at_least: f64,
    /// The statistic is at most this.
    pub at_most: f64,
}

impl Bracket {
    /// Bounds of the Kolmogorov–Smirnov statistic from counts in the same bins.
    ///
    /// # Errors
    /// Lists of different length; the inner error when a side has no counts.
    ///
    /// # Formula
    /// With F and G the shares up to each edge: at least max |F(e) − G(e)|; at most, over the bins (d, e], max of F(e) − G(d) and
    /// G(e) − F(d), because between two edges neither distribution leaves the range of its values at them.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::drift::Bracket;
    /// let bracket = Bracket::new(&[50, 50], &[25, 75])?.expect("both sides have counts");
    /// assert_eq!((bracket.at_least, bracket.at_most), (0.25, 0.75));
    /// # Ok::<(), plumbline_core::drift::DriftError>(())
    /// ```
    pub fn new(reference: &[u64], current: &[u64]) -> Result<Result<Bracket, InsufficientData>, DriftError> {
        if reference.len() != current.len() {
            let (found, expected) = (current.len(), reference.len());
            return Err(DriftError::LengthMismatch { what: "the list of current counts", found, expected });
        }
        Ok(Self::of(reference, current))
    }

    fn of(reference: &[u64], current: &[u64]) -> Result<Bracket, InsufficientData> {
        let [before, now] = [reference, current].map(|counts| counts.iter().fold(0u64, |sum, n| sum.saturating_add(*n)));
        InsufficientData::unless(before, 1, "reference values")?;
        InsufficientData::unless(now, 1, "current values")?;
        let (before, now) = (before as f64, now as f64);
        let (mut bracket, mut sums) = (Bracket { at_least: 0.0, at_most: 0.0 }, (0u64, 0u64));
        for (reference, current) in reference.iter().zip(current) {
            let (f, g) = (sums.0 as f64 / before, sums.1 as f64 / now);
            sums = (sums.0.saturating_add(*reference), sums.1.saturating_add(*current));
            let (next_f, next_g) = (sums.0 as f64 / before, sums.1 as f64 / now);
            bracket.at_least = bracket.at_least.max((next_f - next_g).abs());
            bracket.at_most = bracket.at_most.max(next_f - g).max(next_g - f);
        }
        Ok(bracket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::{KolmogorovSmirnov, Sample};
    use crate::histogram::Bins;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_statistic_lies_in_the_bracket(
            a in prop::collection::vec(-20i32..20, 1..60),
            b in prop::collection::vec(-20i32..20, 1..60),
            count in 1usize..12,
        ) {
            let of = |v: &[i32]| v.iter().map(|x| f64::from(*x) / 4.0).collect::<Vec<_>>();
            let (a, b) = (of(&a), of(&b));
            let (reference, current) = (Sample::reference(&a).unwrap(), Sample::current(&b).unwrap());
            let bins = Bins::of_quantiles(reference.values(), count).unwrap();
            let bracket = Bracket::new(&bins.histogram(&a), &bins.histogram(&b)).unwrap().unwrap();
            let statistic = KolmogorovSmirnov::new(&reference, &current).unwrap().statistic();
            prop_assert!(bracket.at_least <= statistic + 1e-12 && statistic <= bracket.at_most + 1e-12);
        }
    }
}
