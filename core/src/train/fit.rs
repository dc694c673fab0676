//! A calibrated model from a table: rows to train and to test on, trees, and a calibration by cross-fitting.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::RowsError;
use super::boost::{self, Boost};
use super::calibrate;
use super::logistic::{self, Logistic};
use crate::evidence::InsufficientData;
use crate::math::logistic;
use crate::metric::{Labelled, MetricError};
use crate::model::{Calibration, Model};
use crate::random::Random;

/// How margins become probabilities that match observed rates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Calibrate {
    /// They stay as they are.
    None,
    /// Platt's map of the margin: two numbers.
    #[default]
    Sigmoid,
    /// A monotone map of the probability: needs thousands of rows.
    Isotonic,
}

/// Rows that are looked at in one step: where growing stopped early, a margin is a walk through all trees.
const ROWS: usize = 1 << 14;

/// Parts that a calibration is cross-fitted on.
const FOLDS: u64 = 5;

/// Which rows are to test on: the newest `share` of them where every row has its time, otherwise as many drawn by their keys. Rows with one
/// time, and rows with one key, are on the same side.
pub fn test_rows(keys: &[u64], at_ms: &[Option<i64>], share: f64) -> Vec<bool> {
    let known: Vec<i64> = at_ms.iter().flatten().copied().collect();
    if known.len() == keys.len() && !known.is_empty() {
        let mut sorted = known.clone();
        sorted.sort_unstable();
        let first = ((1.0 - share) * sorted.len() as f64).ceil() as usize;
        let from = sorted.get(first).copied().unwrap_or(i64::MAX);
        return known.iter().map(|at| *at >= from).collect();
    }
    keys.iter().map(|key| draw(*key, 0x7e57) < share).collect()
}

/// A draw in [0, 1) by a row's key, for one purpose.
fn draw(key: u64, purpose: u64) -> f64 {
    Random::new(key ^ Random::new(purpose).bits()).unit()
}

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FitError {
    /// There are no rows to train on.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The calibration cannot be fitted.
    #[error("the calibration cannot be fitted: {0}")]
    Calibration(InsufficientData),
    /// Margins that are no numbers.
    #[error(transparent)]
    Metric(#[from] MetricError),
}

impl FitError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            FitError::Rows(error) => error.code(),
            FitError::Calibration(_) => "TRAIN_TOO_FEW_ROWS",
            FitError::Metric(error) => error.code(),
        }
    }
}

/// What a model is fitted to: rows in the form that its kind reads, and its settings.
#[derive(Debug, Clone)]
pub enum Data {
    /// Gradient-boosted trees.
    Trees(boost::Settings, Arc<boost::Rows>),
    /// A logistic regression.
    Logistic(logistic::Settings, Arc<logistic::Rows>),
}

impl Data {
    fn keys(&self) -> &[u64] {
        match self {
            Data::Trees(_, rows) => rows.keys(),
            Data::Logistic(_, rows) => rows.keys(),
        }
    }

    fn outcomes(&self) -> &[bool] {
        match self {
            Data::Trees(_, rows) => rows.outcomes(),
            Data::Logistic(_, rows) => rows.outcomes(),
        }
    }

    /// Most steps of one model.
    fn steps(&self) -> u64 {
        match self {
            Data::Trees(settings, _) => u64::from(settings.trees),
            Data::Logistic(settings, _) => u64::from(settings.iterations),
        }
    }
}

/// A model under way: one step is a level of a tree, or a step of the solver.
#[derive(Debug)]
enum Learner {
    Trees(Box<Boost>),
    Logistic(Logistic),
}

impl Learner {
    fn is_done(&self) -> bool {
        match self {
            Learner::Trees(boost) => boost.is_done(),
            Learner::Logistic(logistic) => logistic.is_done(),
        }
    }

    fn step(&mut self) {
        match self {
            Learner::Trees(boost) => boost.step(),
            Learner::Logistic(logistic) => logistic.step(),
        }
    }

    fn steps(&self) -> u64 {
        match self {
            Learner::Trees(boost) => boost.trees() as u64,
            Learner::Logistic(logistic) => u64::from(logistic.iterations()),
        }
    }

    fn margin(&self, row: usize) -> f64 {
        match self {
            Learner::Trees(boost) => boost.margin(row),
            Learner::Logistic(logistic) => logistic.margin(row),
        }
    }

    fn model(&self) -> Model {
        match self {
            Learner::Trees(boost) => boost.model(),
            Learner::Logistic(logistic) => logistic.model(),
        }
    }
}

/// A model under way: first one on each four fifths of the rows, whose margins on the other fifth the calibration is fitted on, then the model
/// on all of them.
#[derive(Debug)]
pub struct Fit {
    data: Data,
    is_test: Vec<bool>,
    calibrate: Calibrate,
    fold: Vec<u64>,
    /// The fold that is left out now; [`FOLDS`]: none, it is the model itself.
    left_out: u64,
    learner: Learner,
    /// Margins of rows by a model that has not seen them …
    margins: Vec<f64>,
    /// … and how many rows were looked at for those of this fold.
    judged: usize,
    /// The sigmoid under way.
    sigmoid: Option<calibrate::Sigmoid>,
    calibration: Calibration,
}

impl Fit {
    /// A model of those rows of `data` that are not to test on.
    ///
    /// # Errors
    /// [`FitError`]: one class only.
    pub fn new(data: Data, is_test: Vec<bool>, calibrate: Calibrate) -> Result<Fit, FitError> {
        let fold: Vec<u64> = data.keys().iter().map(|key| (draw(*key, 0xf01d) * FOLDS as f64) as u64).collect();
        let left_out = if calibrate == Calibrate::None { FOLDS } else { 0 };
        let learner = begin(&data, &is_test, &fold, left_out)?;
        let margins = vec![f64::NAN; fold.len()];
        Ok(Fit {
            data,
            is_test,
            calibrate,
            fold,
            left_out,
            learner,
            margins,
            judged: 0,
            sigmoid: None,
            calibration: Calibration::None,
        })
    }

    /// How far it is: trees or steps of the solver so far, and the most that there may be.
    pub fn progress(&self) -> (u64, u64) {
        let each = self.data.steps();
        let (first, models) = if self.calibrate == Calibrate::None { (FOLDS, 1) } else { (0, FOLDS + 1) };
        ((self.left_out - first) * each + self.learner.steps(), models * each)
    }

    /// Begins, grows or ends a tree, a level at a time, or makes a step of the solver or of the calibration; false once
    /// the model is complete.
    ///
    /// # Errors
    /// [`FitError`]: a fold has one class only, or the calibration cannot be fitted.
    pub fn step(&mut self) -> Result<bool, FitError> {
        if !self.learner.is_done() {
            self.learner.step();
            return Ok(true);
        }
        if self.left_out == FOLDS {
            return Ok(false);
        }
        if self.judged < self.margins.len() {
            for (row, margin) in self.margins.iter_mut().enumerate().skip(self.judged).take(ROWS) {
                if self.fold.get(row) == Some(&self.left_out) && self.is_test.get(row) == Some(&false) {
                    *margin = self.learner.margin(row);
                }
            }
            self.judged += ROWS;
            return Ok(true);
        }
        let is_calibrated = self.left_out + 1 < FOLDS || self.step_calibration()?;
        if is_calibrated {
            self.judged = 0;
            self.left_out += 1;
            self.learner = begin(&self.data, &self.is_test, &self.fold, self.left_out)?;
        }
        Ok(true)
    }

    /// Makes a step of the calibration; whether it is complete.
    fn step_calibration(&mut self) -> Result<bool, FitError> {
        let Some(sigmoid) = &mut self.sigmoid else {
            return self.begin_calibration();
        };
        if sigmoid.step() {
            return Ok(false);
        }
        self.calibration = sigmoid.map();
        self.sigmoid = None;
        Ok(true)
    }

    /// Begins the calibration that the margins of unseen rows ask for; whether it is complete. Rows are taken in the order of their margins,
    /// so theirs does not matter.
    fn begin_calibration(&mut self) -> Result<bool, FitError> {
        let seen = self.margins.iter().zip(self.data.outcomes()).filter(|(margin, _)| !margin.is_nan());
        let mut pairs: Vec<(f64, bool)> = seen.map(|(margin, outcome)| (*margin, *outcome)).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let outcomes: Vec<bool> = pairs.iter().map(|(_, outcome)| *outcome).collect();
        if self.calibrate == Calibrate::Isotonic {
            let scores: Vec<f64> = pairs.iter().map(|(margin, _)| logistic(*margin)).collect();
            let data = Labelled::new(&scores, &outcomes)?;
            self.calibration = calibrate::isotonic(&data)?.map_err(FitError::Calibration)?;
            return Ok(true);
        }
        let scores: Vec<f64> = pairs.iter().map(|(margin, _)| *margin).collect();
        let data = Labelled::new(&scores, &outcomes)?;
        self.sigmoid = Some(calibrate::Sigmoid::new(&data).map_err(FitError::Calibration)?);
        Ok(false)
    }

    /// The margin that the model under way gives `row`.
    pub fn margin(&self, row: usize) -> f64 {
        self.learner.margin(row)
    }

    /// What the splits by each column gain in the model under way; none where it is no model of trees.
    pub fn gains(&self) -> Option<Vec<f64>> {
        match &self.learner {
            Learner::Trees(boost) => Some(boost.gains()),
            Learner::Logistic(_) => None,
        }
    }

    /// The model and its calibration, once [`Fit::step`] says so.
    pub fn finish(&self) -> (Model, Calibration) {
        (self.learner.model(), self.calibration.clone())
    }
}

fn begin(data: &Data, is_test: &[bool], fold: &[u64], left_out: u64) -> Result<Learner, FitError> {
    let takes_part = |row: usize| is_test.get(row) == Some(&false) && fold.get(row).is_some_and(|fold| *fold != left_out);
    Ok(match data {
        Data::Trees(settings, rows) => Learner::Trees(Box::new(Boost::new(settings.clone(), Arc::clone(rows), takes_part)?)),
        Data::Logistic(settings, rows) => Learner::Logistic(Logistic::new(settings.clone(), Arc::clone(rows), takes_part)?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::boost::{Input, Rows, Settings};
    use super::*;

    #[test]
    fn the_newest_rows_are_tested_on_and_without_times_drawn_ones() {
        let keys: Vec<u64> = (0..1_000).collect();
        let times: Vec<Option<i64>> = (0..1_000).map(|row| Some((row * 7919) % 1_000)).collect();
        let newest = test_rows(&keys, &times, 0.2);
        assert_eq!(newest.iter().filter(|is| **is).count(), 200);
        assert!(newest.iter().zip(&times).all(|(is, at)| *is == (at.unwrap() >= 800)));
        let drawn = test_rows(&keys, &vec![None; 1_000], 0.2).iter().filter(|is| **is).count();
        assert!((160..240).contains(&drawn), "{drawn}");
    }

    #[test]
    fn a_calibration_takes_back_what_weights_and_trees_exaggerate() {
        let mut random = Random::new(5);
        let rows = 6_000;
        let x: Vec<f64> = (0..rows).map(|_| random.normal()).collect();
        let outcomes: Vec<bool> = x.iter().map(|x| random.unit() < logistic(x - 1.5)).collect();
        let keys: Vec<u64> = (0..rows).map(|_| random.bits()).collect();
        let inputs = vec![Input { name: "x".into(), categorical: false, monotone: 0 }];
        let settings = Settings { trees: 100, positive_weight: 4.0, ..Settings::default() };
        for calibrate in [Calibrate::None, Calibrate::Sigmoid, Calibrate::Isotonic] {
            let table = Rows::new(inputs.clone(), (outcomes.clone(), keys.clone()), |_| x.clone()).unwrap();
            let is_test = test_rows(&keys, &vec![None; rows], 0.3);
            let mut fit = Fit::new(Data::Trees(settings.clone(), Arc::new(table)), is_test.clone(), calibrate).unwrap();
            while fit.step().unwrap() {}
            let (done, all) = fit.progress();
            assert_eq!(done, all);
            let (model, calibration) = fit.finish();
            let (mut said, mut seen, mut count) = (0.0, 0.0, 0.0);
            for row in (0..rows).filter(|row| is_test[*row]) {
                let mut margin = [0.0];
                model.margins(&[x[row]], &mut margin);
                said += calibration.apply(margin[0], logistic(margin[0]));
                seen += f64::from(u8::from(outcomes[row]));
                count += 1.0;
            }
            let off = (said - seen) / count;
            assert_eq!(off.abs() < 0.02, calibrate != Calibrate::None, "{calibrate:?}: {off}");
        }
    }
}
