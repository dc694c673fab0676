//! Why a Brier score is what it is: calibration, separation, and what no model can help.

use super::reliability::{Binning, edges};
use super::{Labelled, MetricError};
use crate::evidence::InsufficientData;
use crate::sum::Sum;

/// The parts of a Brier score: `reliability − resolution + uncertainty + within`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decomposition {
    /// The Brier score.
    pub brier: f64,
    /// How far the bins' probabilities are from what happened in them: 0 when calibrated.
    pub reliability: f64,
    /// How far the bins' rates are from the rate of all: more is better.
    pub resolution: f64,
    /// The Brier score of saying the rate of all of every lead.
    pub uncertainty: f64,
    /// What the bins hide: the variance of the probabilities within them less twice their covariance with the outcome.
    pub within: f64,
}

impl Decomposition {
    /// The parts of the Brier score of unweighted leads.
    ///
    /// # Errors
    /// A score outside [0, 1]; the inner error without leads or bins.
    ///
    /// # Formula
    /// With n_k leads, mean probability p_k and rate o_k in bin k, rate o of all: Σ n_k (p_k − o_k)² / n, Σ n_k (o_k − o)² / n, o(1 − o).
    ///
    /// # Source
    /// Murphy (1973); the part within bins by Stephenson, Coelho & Jolliffe (2008).
    ///
    /// # Example
    /// ```
    /// use plumbline_core::metric::{Binning, Decomposition, Labelled};
    /// let data = Labelled::new(&[0.25, 0.25, 0.25, 0.25], &[true, false, false, false])?;
    /// let parts = Decomposition::new(&data, Binning::Uniform(10))?.expect("there are leads");
    /// assert_eq!((parts.reliability, parts.resolution, parts.uncertainty), (0.0, 0.0, 0.1875));
    /// # Ok::<(), plumbline_core::metric::MetricError>(())
    /// ```
    pub fn new(data: &Labelled<'_>, binning: Binning) -> Result<Result<Decomposition, InsufficientData>, MetricError> {
        data.check_probabilities()?;
        Ok(Self::of(data, binning))
    }

    fn of(data: &Labelled<'_>, binning: Binning) -> Result<Decomposition, InsufficientData> {
        InsufficientData::unless(data.scores().len() as u64, 1, "leads")?;
        InsufficientData::unless(binning.count() as u64, 1, "bins")?;
        let edges = edges(data.scores(), binning);
        let bin = |score: f64| edges.partition_point(|edge| *edge < score);
        let outcome = |converted: bool| f64::from(u8::from(converted));
        let rows = || data.scores().iter().copied().zip(data.converted().iter().map(|converted| outcome(*converted)));
        let mut sums = vec![(0.0, Sum::default(), 0.0); edges.len() + 1];
        let (mut brier, mut positives) = (Sum::default(), 0.0);
        for (score, outcome) in rows() {
            brier.add((score - outcome) * (score - outcome));
            positives += outcome;
            if let Some((count, sum, hits)) = sums.get_mut(bin(score)) {
                *count += 1.0;
                sum.add(score);
                *hits += outcome;
            }
        }
        let n = data.scores().len() as f64;
        let base = positives / n;
        let means: Vec<(f64, f64)> = sums.iter().map(|(count, sum, hits)| (sum.value() / count, hits / count)).collect();
        let mut within = Sum::default();
        for (score, outcome) in rows() {
            if let Some((mean, rate)) = means.get(bin(score)) {
                within.add((score - mean) * (score - mean) - 2.0 * (score - mean) * (outcome - rate));
            }
        }
        let (mut reliability, mut resolution) = (Sum::default(), Sum::default());
        for ((count, ..), (mean, rate)) in sums.iter().zip(&means).filter(|((count, ..), _)| *count > 0.0) {
            reliability.add(count * (mean - rate) * (mean - rate));
            resolution.add(count * (rate - base) * (rate - base));
        }
        Ok(Decomposition {
            brier: brier.value() / n,
            reliability: reliability.value() / n,
            resolution: resolution.value() / n,
            uncertainty: base * (1.0 - base),
            within: within.value() / n,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_has_no_parts() {
        assert!(Decomposition::new(&Labelled::new(&[], &[]).unwrap(), Binning::Uniform(5)).unwrap().is_err());
        let one = Labelled::new(&[0.5], &[true]).unwrap();
        assert!(Decomposition::new(&one, Binning::Quantile(0)).unwrap().is_err());
        assert!(Decomposition::new(&Labelled::new(&[1.5], &[true]).unwrap(), Binning::Uniform(5)).is_err());
    }

    proptest! {
        #[test]
        fn the_parts_are_the_score(rows in prop::collection::vec((0.0f64..=1.0, any::<bool>()), 1..60), bins in 1usize..12) {
            let (scores, converted): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let data = Labelled::new(&scores, &converted).unwrap();
            for binning in [Binning::Uniform(bins), Binning::Quantile(bins)] {
                let parts = Decomposition::new(&data, binning).unwrap().unwrap();
                let sum = parts.reliability - parts.resolution + parts.uncertainty + parts.within;
                prop_assert!((sum - parts.brier).abs() < 1e-12, "{parts:?}");
                prop_assert!((parts.brier - crate::metric::brier(&data).unwrap().unwrap()).abs() < 1e-12);
            }
        }
    }
}
