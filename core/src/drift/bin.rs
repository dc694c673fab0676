//! Bins frozen at training time: counts in them can be merged, and the distance of two samples is known from them within a bound.

use super::{DriftError, Sample};
use crate::metric::InsufficientData;

/// Inner edges of bins, rising; n edges make n + 1 bins. A value on an edge belongs to the bin below it, so that the counts up to an
/// edge are those of values that are at most that edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    edges: Vec<f64>,
}

/// What the counts of frozen bins tell of the largest difference between the two distributions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// The largest difference at an edge: the statistic is at least that.
    pub at_least: f64,
    /// The statistic is at most that.
    pub at_most: f64,
}

impl Bins {
    /// Bins between `edges`.
    ///
    /// # Errors
    /// An edge that is not finite or does not rise.
    pub fn new(edges: Vec<f64>) -> Result<Bins, DriftError> {
        let rises = |i: usize, edge: f64| i == 0 || edges.get(i - 1).is_some_and(|before| *before < edge);
        match edges.iter().enumerate().find(|(i, edge)| !(edge.is_finite() && rises(*i, **edge))) {
            Some((edge, value)) => Err(DriftError::BadEdge { edge, value: *value }),
            None => Ok(Bins { edges }),
        }
    }

    /// At most `count` bins of about equal counts of `sample`, edges at its own values. Fewer when values are tied; one when all are.
    ///
    /// # Errors
    /// [`InsufficientData`] without values or bins.
    pub fn of_quantiles(sample: &Sample, count: usize) -> Result<Bins, InsufficientData> {
        InsufficientData::unless(sample.count(), 1, "values")?;
        InsufficientData::unless(count as u64, 1, "bins")?;
        let (values, last) = (sample.values(), sample.values().last().copied().unwrap_or_default());
        // In 64 bits: the product of the two does not fit the addresses of wasm32.
        let place = |i: usize| (values.len() as u64 * i as u64).div_ceil(count as u64).saturating_sub(1);
        let at = |i: usize| usize::try_from(place(i)).ok().and_then(|at| values.get(at)).copied();
        let mut edges: Vec<f64> = (1..count).filter_map(at).collect();
        edges.dedup();
        // Above the largest value lies nothing of the reference; an edge there would make an empty bin.
        edges.retain(|edge| *edge < last);
        Ok(Bins { edges })
    }

    /// The inner edges.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// How many bins there are.
    pub fn count(&self) -> usize {
        self.edges.len() + 1
    }

    /// The bin of a value that is not NaN.
    pub fn of(&self, value: f64) -> usize {
        self.edges.partition_point(|edge| *edge < value)
    }

    /// How many of `values` lie in each bin. NaN counts in none.
    pub fn histogram(&self, values: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; self.count()];
        for value in values.iter().filter(|value| !value.is_nan()) {
            if let Some(count) = counts.get_mut(self.of(*value)) {
                *count += 1;
            }
        }
        counts
    }
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
    use crate::drift::KolmogorovSmirnov;
    use proptest::prelude::*;

    #[test]
    fn quantile_bins_are_about_equal() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let sample = Sample::reference(&values).unwrap();
        assert_eq!(Bins::of_quantiles(&sample, 10).unwrap().histogram(&values), [100; 10]);
        let tied = Sample::reference(&[1.0, 1.0, 1.0, 1.0, 2.0]).unwrap();
        assert_eq!(Bins::of_quantiles(&tied, 10).unwrap().edges(), [1.0]);
        let constant = Sample::reference(&[7.0; 20]).unwrap();
        assert_eq!(Bins::of_quantiles(&constant, 10).unwrap().count(), 1);
        assert!(Bins::of_quantiles(&Sample::reference(&[]).unwrap(), 10).is_err());
    }

    #[test]
    fn edges_must_rise() {
        assert!(Bins::new(vec![1.0, 2.0]).is_ok() && Bins::new(vec![]).is_ok());
        for bad in [vec![1.0, 1.0], vec![2.0, 1.0], vec![f64::NAN], vec![f64::INFINITY]] {
            assert_eq!(Bins::new(bad).unwrap_err().code(), "BAD_EDGE");
        }
        assert_eq!(Bins::new(vec![1.0]).unwrap().histogram(&[0.0, 1.0, 1.5, f64::NAN]), [2, 1]);
    }

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
            let bins = Bins::of_quantiles(&reference, count).unwrap();
            let bracket = Bracket::new(&bins.histogram(&a), &bins.histogram(&b)).unwrap().unwrap();
            let statistic = KolmogorovSmirnov::new(&reference, &current).unwrap().statistic();
            prop_assert!(bracket.at_least <= statistic + 1e-12 && statistic <= bracket.at_most + 1e-12);
        }
    }
}
