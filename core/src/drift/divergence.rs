//! Divergences between two distributions over the same bins.

use super::DriftError;
use crate::evidence::InsufficientData;
use crate::math;
use crate::sum::sum;

/// What stands for the share of an empty bin in [`Shares::population_stability`].
pub const EMPTY_SHARE: f64 = 1e-4;

/// Two distributions over the same bins: shares that sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    reference: Vec<f64>,
    current: Vec<f64>,
}

impl Shares {
    /// Shares of weights of any scale.
    ///
    /// # Errors
    /// Lists of different length, a weight that is negative or not finite; the inner error when all weights of a side are 0.
    pub fn new(reference: &[f64], current: &[f64]) -> Result<Result<Shares, InsufficientData>, DriftError> {
        if reference.len() != current.len() {
            let (found, expected) = (current.len(), reference.len());
            return Err(DriftError::LengthMismatch { what: "the current distribution", found, expected });
        }
        for (of, side) in [("reference", reference), ("current", current)] {
            if let Some((bin, value)) = side.iter().enumerate().find(|(_, share)| !(share.is_finite() && **share >= 0.0)) {
                return Err(DriftError::BadShare { of, bin, value: *value });
            }
        }
        Ok(Self::of(reference, current))
    }

    /// Shares of counts.
    ///
    /// # Errors
    /// Lists of different length; the inner error when a side has no counts.
    pub fn of_counts(reference: &[u64], current: &[u64]) -> Result<Result<Shares, InsufficientData>, DriftError> {
        let doubles = |counts: &[u64]| counts.iter().map(|count| *count as f64).collect::<Vec<f64>>();
        Shares::new(&doubles(reference), &doubles(current))
    }

    fn of(reference: &[f64], current: &[f64]) -> Result<Shares, InsufficientData> {
        let normed = |side: &[f64], of| {
            // Scaled first, so that no sum overflows.
            let most = side.iter().fold(0.0, |most: f64, share| most.max(*share));
            InsufficientData::unless(u64::from(most > 0.0), 1, of)?;
            let total = sum(side.iter().map(|share| share / most));
            Ok(side.iter().map(|share| share / most / total).collect::<Vec<f64>>())
        };
        Ok(Shares { reference: normed(reference, "reference values")?, current: normed(current, "current values")? })
    }

    fn bins(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.reference.iter().copied().zip(self.current.iter().copied())
    }

    /// The population stability index, in nats. An empty bin counts as a share of `empty`.
    ///
    /// # Formula
    /// Σ (p − q) · ln(p / q)
    ///
    /// # Source
    /// Siddiqi (2006); below 0.1 is usually called stable, above 0.25 shifted.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::drift::{EMPTY_SHARE, Shares};
    /// let shares = Shares::of_counts(&[50, 50], &[75, 25])?.expect("both sides have counts");
    /// assert!((shares.population_stability(EMPTY_SHARE) - 0.25 * 3f64.ln()).abs() < 1e-15);
    /// # Ok::<(), plumbline_core::drift::DriftError>(())
    /// ```
    pub fn population_stability(&self, empty: f64) -> f64 {
        let filled = |share: f64| if share == 0.0 { empty } else { share };
        sum(self.bins().map(|(p, q)| (filled(p), filled(q))).map(|(p, q)| (p - q) * math::ln(p / q)))
    }

    /// Kullback and Leibler's divergence of the reference from the current distribution, in nats: infinite when a bin that the
    /// reference fills is empty now.
    ///
    /// # Formula
    /// Σ p · ln(p / q)
    pub fn kullback_leibler(&self) -> f64 {
        if self.bins().any(|(p, q)| p > 0.0 && q == 0.0) {
            return f64::INFINITY;
        }
        // Rounding must not carry it below 0.
        sum(self.bins().filter(|(p, _)| *p > 0.0).map(|(p, q)| p * math::ln(p / q))).max(0.0)
    }

    /// Jensen and Shannon's distance, the root of the divergence in nats: from 0 to √ln 2 = 0.8326.
    ///
    /// # Formula
    /// √((KL(p, m) + KL(q, m)) / 2) with m = (p + q) / 2
    ///
    /// # Source
    /// Endres & Schindelin (2003); `scipy.spatial.distance.jensenshannon` 1.17.
    pub fn jensen_shannon(&self) -> f64 {
        let part = |x: f64, m: f64| if x > 0.0 { x * math::ln(x / m) } else { 0.0 };
        let divergence = sum(self.bins().map(|(p, q)| {
            let m = (p + q) / 2.0;
            part(p, m) + part(q, m)
        }));
        (divergence.max(0.0) / 2.0).sqrt()
    }

    /// Hellinger's distance, in [0, 1].
    ///
    /// # Formula
    /// √(½ Σ (√p − √q)²)
    pub fn hellinger(&self) -> f64 {
        let square = |x: f64| x * x;
        (sum(self.bins().map(|(p, q)| square(p.sqrt() - q.sqrt()))) / 2.0).sqrt().min(1.0)
    }

    /// The total variation distance, in [0, 1]: the largest difference in the probability of any set of bins.
    ///
    /// # Formula
    /// ½ Σ |p − q|
    pub fn total_variation(&self) -> f64 {
        (sum(self.bins().map(|(p, q)| (p - q).abs())) / 2.0).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn disjoint_and_equal_distributions_are_the_ends() {
        let apart = Shares::of_counts(&[3, 0], &[0, 9]).unwrap().unwrap();
        assert_eq!((apart.hellinger(), apart.total_variation()), (1.0, 1.0));
        assert!((apart.jensen_shannon() - std::f64::consts::LN_2.sqrt()).abs() < 1e-15);
        assert_eq!(apart.kullback_leibler(), f64::INFINITY);
        assert!(apart.population_stability(EMPTY_SHARE).is_finite());
        let same = Shares::of_counts(&[3, 6, 0], &[1, 2, 0]).unwrap().unwrap();
        assert_eq!([same.hellinger(), same.total_variation(), same.jensen_shannon(), same.kullback_leibler()], [0.0; 4]);
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        assert_eq!(Shares::new(&[1.0], &[1.0, 2.0]).unwrap_err().code(), "LENGTH_MISMATCH");
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Shares::new(&[1.0, 1.0], &[1.0, bad]).unwrap_err().code(), "BAD_SHARE");
        }
        assert_eq!(Shares::of_counts(&[0, 0], &[1, 2]).unwrap().unwrap_err().of, "reference values");
        assert!(Shares::of_counts(&[], &[]).unwrap().is_err());
        let huge = Shares::new(&[f64::MAX, f64::MAX], &[5e-324, 0.0]).unwrap().unwrap();
        assert_eq!(huge.total_variation(), 0.5);
    }

    proptest! {
        #[test]
        fn distances_bound_one_another(counts in prop::collection::vec((0u64..50, 0u64..50), 1..12)) {
            let (p, q): (Vec<u64>, Vec<u64>) = counts.into_iter().unzip();
            let Ok(shares) = Shares::of_counts(&p, &q).unwrap() else { return Ok(()) };
            let back = Shares::of_counts(&q, &p).unwrap().unwrap();
            let (h, tv, js) = (shares.hellinger(), shares.total_variation(), shares.jensen_shannon());
            // Le Cam: h² ≤ tv ≤ h√2; Lin: js² ≤ ln 2 · tv; Pinsker: 2 tv² ≤ KL.
            prop_assert!(h * h <= tv + 1e-12 && tv <= h * 2f64.sqrt() + 1e-12);
            prop_assert!(js * js <= std::f64::consts::LN_2 * tv + 1e-12);
            prop_assert!(2.0 * tv * tv <= shares.kullback_leibler() + 1e-12);
            prop_assert!(shares.population_stability(EMPTY_SHARE) >= 0.0);
            prop_assert!((back.jensen_shannon() - js).abs() < 1e-12 && (back.hellinger() - h).abs() < 1e-12);
        }
    }
}
