//! Scores by outcome in a thousand bins: the area under the ROC curve of any number of leads, with a bound on its error.

use serde::{Deserialize, Serialize};

use super::sparse;
pub use crate::drift::SCORE_BINS;
use crate::drift::score_bin;
use crate::evidence::InsufficientData;
use crate::metric::{Area, Confusion};
use crate::sum::Sum;

/// Counts of leads by score and outcome. A side that counted nothing has no bins yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scores {
    #[serde(serialize_with = "sparse::write", deserialize_with = "sparse::read::<_, SCORE_BINS>")]
    pub(super) converted: Vec<u64>,
    #[serde(serialize_with = "sparse::write", deserialize_with = "sparse::read::<_, SCORE_BINS>")]
    pub(super) not_converted: Vec<u64>,
    #[serde(serialize_with = "sparse::write", deserialize_with = "sparse::read::<_, SCORE_BINS>")]
    pub(super) open: Vec<u64>,
}

/// A figure with the precision of bins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Binned {
    /// The middle: of an area, pairs of one bin counted half.
    pub value: f64,
    /// The exact figure is at least that.
    pub at_least: f64,
    /// The exact figure is at most that.
    pub at_most: f64,
}

/// How far chance moves a calibration error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationNoise {
    /// Its standard error.
    pub standard_error: f64,
    /// Its expected value if the scores are calibrated.
    pub bias: f64,
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
        side.resize(SCORE_BINS, 0);
        if let Some(count) = side.get_mut(score_bin(score)) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Scores) {
        super::add_side(&mut self.converted, &other.converted);
        super::add_side(&mut self.not_converted, &other.not_converted);
        super::add_side(&mut self.open, &other.open);
    }

    /// Takes out what `was` counted and puts in what `is` counted. False, and nothing is changed: it does not hold what `was` counted.
    pub fn exchange(&mut self, was: &Scores, is: &Scores) -> bool {
        let side = |side: &Vec<u64>, was: &Vec<u64>, is: &Vec<u64>| {
            let mut moved = side.clone();
            if moved.is_empty() && !was.is_empty() {
                return None;
            }
            for (count, less) in moved.iter_mut().zip(was) {
                *count = count.checked_sub(*less)?;
            }
            super::add_side(&mut moved, is);
            // A side that counts nothing has no bins.
            Some(if moved.iter().all(|count| *count == 0) { Vec::new() } else { moved })
        };
        let moved = [
            side(&self.converted, &was.converted, &is.converted),
            side(&self.not_converted, &was.not_converted, &is.not_converted),
            side(&self.open, &was.open, &is.open),
        ];
        let [Some(converted), Some(not_converted), Some(open)] = moved else { return false };
        *self = Scores { converted, not_converted, open };
        true
    }

    /// Leads of each kind: converted, not converted, open.
    pub fn counts(&self) -> [u64; 3] {
        [&self.converted, &self.not_converted, &self.open]
            .map(|side| side.iter().fold(0u64, |sum, count| sum.saturating_add(*count)))
    }

    /// Leads with an outcome in each hundredth of [0, 1]: converted, not converted.
    pub fn by_hundredth(&self) -> [Vec<u64>; 2] {
        [&self.converted, &self.not_converted].map(|side| {
            let mut hundredths: Vec<u64> = side.chunks(SCORE_BINS / 100).map(|bins| bins.iter().sum()).collect();
            hundredths.resize(100, 0);
            hundredths
        })
    }

    /// Leads in each bin, whatever their outcome: prediction drift is computed from them.
    pub fn histogram(&self) -> Vec<u64> {
        let mut all = self.open.clone();
        super::add_side(&mut all, &self.converted);
        super::add_side(&mut all, &self.not_converted);
        all
    }

    /// The score that the part `q` of leads does not exceed, by nearest rank, as the middle of its thousandth; none without leads.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::window::Scores;
    /// let mut scores = Scores::default();
    /// (0..1000).for_each(|i| scores.add((f64::from(i) + 0.5) / 1000.0, None));
    /// assert_eq!((scores.quantile(0.1), scores.quantile(0.75)), (Some(0.0995), Some(0.7495)));
    /// assert_eq!(Scores::default().quantile(0.5), None);
    /// ```
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let counts = self.histogram();
        let all = counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count));
        let rank = (q * all as f64).ceil().max(1.0) as u64;
        let mut passed = 0u64;
        let bin = counts.iter().position(|count| {
            passed = passed.saturating_add(*count);
            passed >= rank
        })?;
        Some((bin as f64 + 0.5) / SCORE_BINS as f64)
    }

    /// The least part of leads that score below `score`, and the most that score at most that; none without leads. The two differ by the
    /// leads of its thousandth.
    pub fn part_below(&self, score: f64) -> Option<(f64, f64)> {
        let counts = self.histogram();
        let sum = |counts: &[u64]| counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count)) as f64;
        let all = sum(&counts);
        let bin = score_bin(score);
        let [below, to] = [bin, bin + 1].map(|end| sum(counts.get(..end).unwrap_or(&counts)));
        (all > 0.0).then(|| (below / all, to / all))
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
    pub fn roc_auc(&self) -> Result<Binned, InsufficientData> {
        let [converted, not_converted, _] = self.counts();
        InsufficientData::unless(converted, 1, "leads that converted")?;
        InsufficientData::unless(not_converted, 1, "leads that did not convert")?;
        let (mut below, mut ordered, mut tied) = (0u128, 0u128, 0u128);
        for (p, n) in self.converted.iter().zip(&self.not_converted) {
            ordered = ordered.saturating_add(u128::from(*p).saturating_mul(below));
            tied = tied.saturating_add(u128::from(*p) * u128::from(*n));
            below += u128::from(*n);
        }
        let pairs = converted as f64 * not_converted as f64;
        let at_least = ordered as f64 / pairs;
        let width = tied as f64 / pairs;
        Ok(Binned { value: at_least + width / 2.0, at_least, at_most: (at_least + width).min(1.0) })
    }
}

impl Scores {
    /// Those that are not among `part`.
    pub fn without(&self, part: &Scores) -> Scores {
        let less = |side: &Vec<u64>, part: &Vec<u64>| {
            let mut left = side.clone();
            left.iter_mut().zip(part).for_each(|(count, part)| *count = count.saturating_sub(*part));
            if left.iter().all(|count| *count == 0) { Vec::new() } else { left }
        };
        Scores {
            converted: less(&self.converted, &part.converted),
            not_converted: less(&self.not_converted, &part.not_converted),
            open: less(&self.open, &part.open),
        }
    }

    /// Leads with an outcome by bin: converted, not converted.
    fn sides(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let of = |side: &[u64], bin: usize| side.get(bin).copied().unwrap_or_default() as f64;
        (0..SCORE_BINS).map(move |bin| (of(&self.converted, bin), of(&self.not_converted, bin)))
    }

    /// The area, leads of one bin being ties, with DeLong's variance; none with fewer than two leads of a class.
    pub fn delong(&self) -> Option<Area> {
        let [positives, negatives, _] = self.counts().map(|count| count as f64);
        if positives < 2.0 || negatives < 2.0 {
            return None;
        }
        let auc = self.roc_auc().ok()?.value;
        let (mut below, mut placed, mut ranked) = ((0.0, 0.0), Sum::default(), Sum::default());
        for (p, n) in self.sides() {
            let (above, under) = ((positives - below.0 - p / 2.0) / positives, (below.1 + n / 2.0) / negatives);
            placed.add(p * (under - auc) * (under - auc));
            ranked.add(n * (above - auc) * (above - auc));
            below = (below.0 + p, below.1 + n);
        }
        let variance = placed.value() / (positives - 1.0) / positives + ranked.value() / (negatives - 1.0) / negatives;
        let [converted, not_converted, _] = self.counts();
        Some(Area { auc, variance, classes: [converted, not_converted] })
    }

    /// The counts when leads are called from a score of 0.5 on, which is an edge of the bins: they are exact.
    pub fn confusion_at_half(&self) -> Confusion {
        self.confusion_at(0.5)
    }

    /// The counts when leads are called from `threshold` on, rounded to a thousandth: thousandths are the edges of the bins, so the counts
    /// are exact.
    pub fn confusion_at(&self, threshold: f64) -> Confusion {
        let first = (threshold * SCORE_BINS as f64).round().clamp(0.0, SCORE_BINS as f64) as usize;
        let mut counts = Confusion::default();
        for (bin, (p, n)) in self.sides().enumerate() {
            let (yes, no) = match bin >= first {
                true => (&mut counts.true_positive, &mut counts.false_positive),
                false => (&mut counts.false_negative, &mut counts.true_negative),
            };
            *yes += p;
            *no += n;
        }
        counts
    }

    /// How far chance moves [`Scores::calibration_error`]; none without leads that have an outcome.
    ///
    /// # Formula
    /// With n leads at a rate of r in each of the ten bins, N in all: standard error √(Σ n r (1 − r)) / N; bias, what the error of a model
    /// that is calibrated everywhere is expected to be, Σ √(2 n r (1 − r) / π) / N.
    pub fn calibration_noise(&self) -> Option<CalibrationNoise> {
        let sides: Vec<(f64, f64)> = self.sides().collect();
        let total: f64 = sides.iter().map(|(p, n)| p + n).sum();
        let (mut squares, mut means) = (Sum::default(), Sum::default());
        for bin in sides.chunks(SCORE_BINS / 10) {
            let (p, n) = bin.iter().fold((0.0, 0.0), |(p, n), (more_p, more_n)| (p + more_p, n + more_n));
            if p + n > 0.0 {
                let variance = p * n / (p + n);
                squares.add(variance);
                means.add((2.0 * variance / core::f64::consts::PI).sqrt());
            }
        }
        (total > 0.0).then(|| CalibrationNoise { standard_error: squares.value().sqrt() / total, bias: means.value() / total })
    }

    /// The expected calibration error of scores in [0, 1], in ten bins of equal width of which each has its lower end.
    ///
    /// # Errors
    /// [`InsufficientData`] without leads that have an outcome.
    ///
    /// # Formula
    /// A score counts as the middle of its thousandth, so each bin's mean probability is off by half a thousandth at most, and so is
    /// the mean of |rate − mean probability| over leads.
    pub fn calibration_error(&self) -> Result<Binned, InsufficientData> {
        let sides: Vec<(f64, f64)> = self.sides().collect();
        let total: f64 = sides.iter().map(|(p, n)| p + n).sum();
        InsufficientData::unless(total as u64, 1, "leads with an outcome")?;
        let (mut apart, mut error) = (Sum::default(), Sum::default());
        for (at, bin) in sides.chunks(SCORE_BINS / 10).enumerate() {
            for (within, (p, n)) in bin.iter().enumerate() {
                let middle = ((at * (SCORE_BINS / 10) + within) as f64 + 0.5) / SCORE_BINS as f64;
                apart.add(p - (p + n) * middle);
            }
            error.add(std::mem::take(&mut apart).value().abs());
        }
        let (value, off) = (error.value() / total, 0.5 / SCORE_BINS as f64);
        Ok(Binned { value, at_least: (value - off).max(0.0), at_most: (value + off).min(1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Binning, Labelled, Ranking, Reliability};
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

    #[test]
    fn chance_moves_a_calibration_error_by_the_rates_of_its_bins() {
        let mut scores = Scores::default();
        assert_eq!(scores.calibration_noise(), None);
        (0..100).for_each(|lead| scores.add(0.35, Some(lead < 30)));
        (0..50).for_each(|_| scores.add(0.05, Some(false)));
        let noise = scores.calibration_noise().unwrap();
        assert!((noise.standard_error - f64::sqrt(21.0) / 150.0).abs() < 1e-12, "{noise:?}");
        assert!((noise.bias - f64::sqrt(42.0 / std::f64::consts::PI) / 150.0).abs() < 1e-12, "{noise:?}");
    }

    #[test]
    fn a_document_holds_the_bins_that_are_not_empty() {
        let mut scores = Scores::default();
        [(0.7, true), (0.2, false), (0.2, false)].into_iter().for_each(|(score, converted)| scores.add(score, Some(converted)));
        let json = serde_json::to_string(&scores).unwrap();
        assert_eq!(json, r#"{"converted":[[700,1]],"not_converted":[[200,2]],"open":[]}"#);
        assert_eq!(serde_json::from_str::<Scores>(&json).unwrap(), scores);
        assert!(serde_json::from_str::<Scores>(&json.replace("700", "1000")).is_err());
    }

    proptest! {
        #[test]
        fn counts_at_any_thousandth_are_exact(rows in prop::collection::vec((0u16..1000, any::<bool>()), 1..200), at in 0u16..=1000) {
            let (values, converted): (Vec<f64>, Vec<bool>) = rows.into_iter().map(|(k, c)| ((f64::from(k) + 0.5) / 1000.0, c)).unzip();
            let mut scores = Scores::default();
            values.iter().zip(&converted).for_each(|(score, converted)| scores.add(*score, Some(*converted)));
            let data = Labelled::new(&values, &converted).unwrap();
            let threshold = f64::from(at) / 1000.0;
            prop_assert_eq!(scores.confusion_at(threshold), Confusion::at(&data, threshold));
        }

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

        #[test]
        fn scores_that_share_no_bin_have_delongs_variance(rows in prop::collection::vec((0u16..100, any::<bool>()), 4..200)) {
            let (values, converted): (Vec<f64>, Vec<bool>) = rows.into_iter().map(|(k, c)| ((f64::from(k) + 0.5) / 100.0, c)).unzip();
            let mut scores = Scores::default();
            values.iter().zip(&converted).for_each(|(score, converted)| scores.add(*score, Some(*converted)));
            let exact = Area::new(&Labelled::new(&values, &converted).unwrap()).ok();
            prop_assert_eq!(scores.delong().is_some(), exact.is_some());
            for (ours, exact) in scores.delong().into_iter().zip(exact) {
                prop_assert!((ours.auc - exact.auc).abs() < 1e-12 && (ours.variance - exact.variance).abs() < 1e-12, "{ours:?} {exact:?}");
            }
        }

        #[test]
        fn the_exact_calibration_error_lies_within_the_bound(rows in prop::collection::vec((0.0f64..1.0, any::<bool>()), 1..200)) {
            let (values, converted): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let (mut scores, data) = (Scores::default(), Labelled::new(&values, &converted).unwrap());
            values.iter().zip(&converted).for_each(|(score, converted)| scores.add(*score, Some(*converted)));
            let exact = Reliability::new(&data, Binning::Uniform(10)).unwrap().unwrap().expected_error;
            let binned = scores.calibration_error().unwrap();
            prop_assert!(binned.at_least <= exact + 1e-12 && exact <= binned.at_most + 1e-12, "{binned:?} {exact}");
            prop_assert_eq!(scores.confusion_at_half(), Confusion::at(&data, 0.5));
            prop_assert_eq!(scores.without(&scores), Scores::default());
            prop_assert_eq!(scores.without(&Scores::default()), scores);
        }
    }
}
