//! Frozen bins of a number.

use thiserror::Error;

use crate::evidence::InsufficientData;

/// Bins of all numbers: n inner edges, rising, make n + 1 bins. A value on an edge belongs to the bin below it.
///
/// # Example
/// ```
/// use plumbline_core::histogram::Bins;
/// let bins = Bins::new(vec![0.0, 5.0])?;
/// assert_eq!([-1.0, 0.0, 0.1, 5.0, 9.0].map(|x| bins.of(x)), [0, 0, 1, 1, 2]);
/// # Ok::<(), plumbline_core::histogram::BadEdge>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bins {
    edges: Vec<f64>,
}

/// An edge that is not finite, or not above the edge before it.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("edge {edge} of the bins is {value}; edges must be finite and rise")]
pub struct BadEdge {
    /// The place of the edge, from 0.
    pub edge: usize,
    /// Its value.
    pub value: f64,
}

impl BadEdge {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "BAD_EDGE"
    }
}

impl Bins {
    /// Bins between `edges`.
    ///
    /// # Errors
    /// An edge that is not finite or does not rise.
    pub fn new(edges: Vec<f64>) -> Result<Bins, BadEdge> {
        let rises = |i: usize, edge: f64| i == 0 || edges.get(i - 1).is_some_and(|before| *before < edge);
        match edges.iter().enumerate().find(|(i, edge)| !(edge.is_finite() && rises(*i, **edge))) {
            Some((edge, value)) => Err(BadEdge { edge, value: *value }),
            None => Ok(Bins { edges }),
        }
    }

    /// Bins between cuts of the form `x < cut`, where a value on a cut belongs to the bin above it: each edge is the largest double
    /// below its cut, so every finite value falls into the bin that the cuts give it.
    ///
    /// # Errors
    /// A cut that is not finite, does not rise, or has no finite double below it.
    pub fn below(cuts: Vec<f64>) -> Result<Bins, BadEdge> {
        let Bins { edges } = Bins::new(cuts)?;
        Bins::new(edges.into_iter().map(f64::next_down).collect())
    }

    /// At most `count` bins that hold about equally many of the values in `sorted`, edges at its own values. Fewer when values are tied;
    /// one when all are.
    ///
    /// `sorted` rises and has no NaN.
    ///
    /// # Errors
    /// [`InsufficientData`] without values or bins.
    pub fn of_quantiles(sorted: &[f64], count: usize) -> Result<Bins, InsufficientData> {
        InsufficientData::unless(sorted.len() as u64, 1, "values")?;
        InsufficientData::unless(count as u64, 1, "bins")?;
        let last = sorted.last().copied().unwrap_or_default();
        // In 64 bits: the product of the two does not fit the addresses of wasm32.
        let place = |i: usize| (sorted.len() as u64 * i as u64).div_ceil(count as u64).saturating_sub(1);
        let at = |i: usize| usize::try_from(place(i)).ok().and_then(|at| sorted.get(at)).copied();
        let mut edges: Vec<f64> = (1..count).filter_map(at).collect();
        edges.dedup_by(|next, before| *next <= *before);
        // Above the largest value lies nothing of the reference; an edge there would make an empty bin.
        edges.retain(|edge| edge.is_finite() && *edge < last);
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

    /// How many of the values in `sorted` lie in each bin; they rise and have no NaN.
    pub fn histogram_of_sorted(&self, sorted: &[f64]) -> Vec<u64> {
        let ends = self.edges.iter().map(|edge| sorted.partition_point(|x| x <= edge)).chain([sorted.len()]);
        ends.scan(0, |before, end| Some((end - std::mem::replace(before, end)) as u64)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantile_bins_are_about_equal() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(Bins::of_quantiles(&values, 10).unwrap().histogram(&values), [100; 10]);
        assert_eq!(Bins::of_quantiles(&[1.0, 1.0, 1.0, 1.0, 2.0], 10).unwrap().edges(), [1.0]);
        assert_eq!(Bins::of_quantiles(&[7.0; 20], 10).unwrap().count(), 1);
        assert!(Bins::of_quantiles(&[], 10).is_err() && Bins::of_quantiles(&values, 0).is_err());
    }

    #[test]
    fn edges_must_rise() {
        assert!(Bins::new(vec![1.0, 2.0]).is_ok() && Bins::new(vec![]).is_ok());
        for bad in [vec![1.0, 1.0], vec![2.0, 1.0], vec![f64::NAN], vec![f64::INFINITY]] {
            assert_eq!(Bins::new(bad.clone()).unwrap_err().code(), "BAD_EDGE");
            assert!(Bins::below(bad).is_err());
        }
        assert!(Bins::below(vec![f64::MIN]).is_err());
        assert_eq!(Bins::new(vec![1.0]).unwrap().histogram(&[0.0, 1.0, 1.5, f64::NAN]), [2, 1]);
    }

    proptest! {
        #[test]
        fn a_cut_puts_every_value_where_it_belongs(
            cuts in prop::collection::btree_set(-8i32..8, 0..6),
            values in prop::collection::vec(prop_oneof![(-9i32..9).prop_map(|x| f64::from(x) / 2.0), prop::num::f64::NORMAL], 0..20),
        ) {
            let cuts: Vec<f64> = cuts.into_iter().map(|x| f64::from(x) / 2.0).collect();
            let bins = Bins::below(cuts.clone()).unwrap();
            let near = cuts.iter().flat_map(|cut| [cut.next_down(), *cut, cut.next_up()]);
            for x in values.into_iter().chain(near) {
                prop_assert_eq!(bins.of(x), cuts.iter().filter(|cut| x >= **cut).count());
            }
        }

        #[test]
        fn sorted_values_are_counted_alike(values in prop::collection::vec(-20i32..20, 1..60), count in 1usize..12) {
            let mut values: Vec<f64> = values.into_iter().map(|x| f64::from(x) / 4.0).collect();
            values.sort_unstable_by(f64::total_cmp);
            let bins = Bins::of_quantiles(&values, count).unwrap();
            prop_assert_eq!(bins.histogram_of_sorted(&values), bins.histogram(&values));
        }
    }
}
