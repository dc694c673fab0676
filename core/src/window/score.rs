//! Scores by outcome in a thousand bins: the area under the ROC curve of any number of leads, within a bound that is told.

use crate::metric::InsufficientData;

/// Bins of [0, 1].
pub const SCORE_BINS: usize = 1000;

/// How many leads scored what, by what became of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scores {
    pub(super) converted: Vec<u64>,
    pub(super) not_converted: Vec<u64>,
    pub(super) open: Vec<u64>,
}

/// The area under the ROC curve, as far as bins tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinnedAuc {
    /// Pairs of one bin counted half.
    pub value: f64,
    /// The exact area is at least that.
    pub at_least: f64,
    /// The exact area is at most that.
    pub at_most: f64,
}

impl Default for Scores {
    fn default() -> Scores {
        let empty = || vec![0; SCORE_BINS];
        Scores { converted: empty(), not_converted: empty(), open: empty() }
    }
}

impl Scores {
    /// Counts a lead; `converted` is none while its outcome may still come. A score outside [0, 1] counts in the nearest bin, NaN in
    /// none.
    pub fn add(&mut self, score: f64, converted: Option<bool>) {
        let side = match converted {
            Some(true) => &mut self.converted,
            Some(false) => &mut self.not_converted,
            None => &mut self.open,
        };
        if score.is_nan() {
            return;
        }
        let bin = ((score * SCORE_BINS as f64).clamp(0.0, SCORE_BINS as f64) as usize).min(SCORE_BINS - 1);
        if let Some(count) = side.get_mut(bin) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Scores) {
        super::add_all(&mut self.converted, &other.converted);
        super::add_all(&mut self.not_converted, &other.not_converted);
        super::add_all(&mut self.open, &other.open);
    }

    /// Leads of each kind: converted, not converted, open.
    pub fn counts(&self) -> [u64; 3] {
        [&self.converted, &self.not_converted, &self.open]
            .map(|side| side.iter().fold(0u64, |sum, count| sum.saturating_add(*count)))
    }

    /// Leads in each bin, whatever became of them: what prediction drift is told from.
    pub fn histogram(&self) -> Vec<u64> {
        let mut all = self.open.clone();
        super::add_all(&mut all, &self.converted);
        super::add_all(&mut all, &self.not_converted);
        all
    }

    /// The area under the ROC curve of the leads with an outcome.
    ///
    /// # Errors
    /// [`InsufficientData`] without a lead of each outcome.
    ///
    /// # Formula
    /// With p and n the counts of a bin, P and N of all: pairs in different bins are in their exact order, and of the Σ p·n pairs in one
    /// bin between none and all are. So the exact area lies in [A, A + Σ p·n / PN] with A the pairs in order in different bins.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::window::Scores;
    /// let mut scores = Scores::default();
    /// for (score, converted) in [(0.1, false), (0.4, false), (0.35, true), (0.8, true)] {
    ///     scores.add(score, Some(converted));
    /// }
    /// let auc = scores.roc_auc().expect("both outcomes occur");
    /// assert_eq!((auc.value, auc.at_least, auc.at_most), (0.75, 0.75, 0.75));
    /// ```
    pub fn roc_auc(&self) -> Result<BinnedAuc, InsufficientData> {
        let [converted, not_converted, _] = self.counts();
        InsufficientData::unless(converted, 1, "leads that converted")?;
        InsufficientData::unless(not_converted, 1, "leads that did not convert")?;
        let (mut below, mut ordered, mut tied) = (0u128, 0u128, 0u128);
        for (p, n) in self.converted.iter().zip(&self.not_converted) {
            ordered += u128::from(*p) * below;
            tied += u128::from(*p) * u128::from(*n);
            below += u128::from(*n);
        }
        let pairs = converted as f64 * not_converted as f64;
        let at_least = ordered as f64 / pairs;
        let width = tied as f64 / pairs;
        Ok(BinnedAuc { value: at_least + width / 2.0, at_least, at_most: (at_least + width).min(1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Labelled, Ranking};
    use proptest::prelude::*;

    #[test]
    fn odd_scores_count_in_the_nearest_bin_and_nan_in_none() {
        let mut scores = Scores::default();
        for score in [-1.0, 0.0, 1.0, 7.0, f64::NAN] {
            scores.add(score, None);
        }
        assert_eq!((scores.counts(), scores.open[0], scores.open[SCORE_BINS - 1]), ([0, 0, 4], 2, 2));
        assert!(scores.roc_auc().is_err());
    }

    proptest! {
        #[test]
        fn the_exact_area_lies_within_the_bound(rows in prop::collection::vec((0.0f64..=1.0, any::<bool>()), 2..200), coarse in any::<bool>()) {
            let unit = |score: f64| if coarse { score / 50.0 } else { score };
            let (values, converted): (Vec<f64>, Vec<bool>) = rows.into_iter().map(|(score, c)| (unit(score), c)).unzip();
            let mut scores = Scores::default();
            values.iter().zip(&converted).for_each(|(score, converted)| scores.add(*score, Some(*converted)));
            let Ok(exact) = Ranking::new(&Labelled::new(&values, &converted).unwrap()).roc_auc() else { return Ok(()) };
            let binned = scores.roc_auc().unwrap();
            prop_assert!(binned.at_least <= exact + 1e-12 && exact <= binned.at_most + 1e-12, "{binned:?} {exact}");
        }
    }
}
