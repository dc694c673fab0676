//! Fitting on leads whose outcomes are known: the calibration and the sampling errors.

use super::error::Errors;
use super::estimate::Performance;
use crate::evidence::InsufficientData;
use crate::metric::{Labelled, MetricError, Ranking};
use crate::model::Calibration;
use crate::order::sort_by_score;
use crate::random::Random;
use crate::sum::Sum;
use crate::train::calibrate;

/// Parts of the cross-validation, and bins of the calibration error it compares.
const PARTS: usize = 10;
const SEED: u64 = 42;

/// What estimates performance of leads whose outcomes are not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimator {
    calibration: Calibration,
    threshold: f64,
    errors: Errors,
}

impl Estimator {
    /// Fits on reference leads: probabilities and outcomes, such as those of the last month that has matured. Weights are not
    /// regarded. A lead is called at `threshold`.
    ///
    /// Probabilities are recalibrated by isotonic regression when that lowers the calibration error out of sample: in ten parts, each
    /// calibrated by the other nine.
    ///
    /// # Errors
    /// A score outside [0, 1]; the inner error with fewer than two leads of a class or fewer than 20 leads.
    pub fn fit(reference: &Labelled<'_>, threshold: f64) -> Result<Result<Estimator, InsufficientData>, MetricError> {
        reference.check_probabilities()?;
        let unweighted = Labelled::new(reference.scores(), reference.converted())?;
        Ok(Self::of(&unweighted, threshold))
    }

    fn of(reference: &Labelled<'_>, threshold: f64) -> Result<Estimator, InsufficientData> {
        InsufficientData::unless(reference.scores().len() as u64, 2 * PARTS as u64, "reference leads")?;
        let errors = Errors::of(reference, threshold)?;
        let calibrate = improves(reference);
        let calibration = if calibrate { calibrate::isotonic_of(&Ranking::new(reference)) } else { Calibration::None };
        Ok(Estimator { calibration, threshold, errors })
    }

    /// The calibration that was fitted; [`Calibration::None`] where the probabilities were better as they are.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The score from which on a lead is called.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The performance to expect on leads with these probabilities.
    ///
    /// # Errors
    /// A score outside [0, 1]; the inner error without leads.
    ///
    /// # Formula
    /// With c the calibrated probability: TP = Σ c and FP = Σ (1 − c) over the leads called, FN and TN over the others; the curves by
    /// the same sums over all leads that score at least as much, ties together.
    ///
    /// # Source
    /// NannyML 0.13, CBPE; Garg et al. (2022) for when it holds.
    pub fn estimate(&self, scores: &[f64]) -> Result<Result<Performance, InsufficientData>, MetricError> {
        if let Some((row, value)) = scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
            return Err(MetricError::NotAProbability { row, value: *value });
        }
        Ok(InsufficientData::unless(scores.len() as u64, 1, "leads")
            .map(|()| Performance::expected(scores, &self.calibration, self.threshold, &self.errors)))
    }
}

/// Whether isotonic calibration lowers the calibration error on leads it was not fitted on.
fn improves(data: &Labelled<'_>) -> bool {
    let mut order: Vec<usize> = (0..data.scores().len()).collect();
    Random::new(SEED).shuffle(&mut order);
    let mut part_of = vec![0usize; order.len()];
    for (place, row) in order.iter().enumerate() {
        if let Some(part) = part_of.get_mut(*row) {
            *part = place % PARTS;
        }
    }
    let rows = || data.scores().iter().copied().zip(data.converted().iter().copied()).zip(part_of.iter().copied());
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for part in 0..PARTS {
        let (scores, converted): (Vec<f64>, Vec<bool>) = rows().filter(|(_, of)| *of != part).map(|(row, _)| row).unzip();
        let Ok(Ok(map)) = Labelled::new(&scores, &converted).and_then(|rest| calibrate::isotonic(&rest)) else {
            return false;
        };
        for ((score, converted), _) in rows().filter(|(_, of)| *of == part) {
            before.push((score, converted));
            after.push((map.apply(0.0, score), converted));
        }
    }
    error_of(before) > error_of(after)
}

/// The expected calibration error in bins of equal counts.
fn error_of(mut rows: Vec<(f64, bool)>) -> f64 {
    sort_by_score(&mut rows);
    let n = rows.len();
    let mut error = 0.0;
    for part in 0..PARTS {
        let bin = rows.get(n * part / PARTS..n * (part + 1) / PARTS).unwrap_or_default();
        let mut off = Sum::default();
        bin.iter().for_each(|(score, converted)| off.add(score - f64::from(u8::from(*converted))));
        error += off.value().abs() / n as f64;
    }
    error
}
