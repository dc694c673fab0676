//! Whether an imported model predicts what its own library predicted, row by row, and which usual cause explains a difference.
//!
//! What it does not do: read tables (the command does). Tested by the command's tests, cause by cause.

mod cause;
mod fit;
mod scaling;

use self::scaling::Spread;
use super::Imported;
use crate::model::{Arithmetic, Body, Calibration, Engine, Model, Scratch};

/// Rows kept to look for a cause, and to become golden leads.
const KEPT: usize = 2_000;

/// What the library said of one row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// Margins, one per output; empty when not given.
    pub margins: Vec<f64>,
    /// The probability (or prediction); one per output of a model with several; empty when not given.
    pub predictions: Vec<f64>,
}

/// A model and what makes a probability of its margins.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The model as it is imported.
    pub model: &'a Model,
    /// Its calibration.
    pub calibration: &'a Calibration,
    /// Per column the texts of its category codes, where a schema lists them.
    pub categories: &'a [Vec<String>],
    /// Each file with all of its rounds.
    pub files: &'a [Imported],
}

/// What was compared so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Rows compared.
    pub rows: u64,
    /// Rows that differ.
    pub differing: u64,
    /// The largest difference of a prediction, or of a margin where no predictions are given.
    pub largest: f64,
    /// The first row that differs, by number from 0, and what differs in words.
    pub first: Option<(u64, String)>,
    /// Whether margins were compared.
    pub margins: bool,
}

/// A comparison under way.
pub struct Check<'a> {
    subject: Subject<'a>,
    engine: Engine,
    scratch: Scratch,
    tally: Tally,
    kept: Vec<(Vec<f64>, Given)>,
    /// Per column of the model, of all rows.
    spreads: Vec<Spread>,
    /// Every so many-th row is kept.
    stride: u64,
}

impl<'a> Check<'a> {
    /// A comparison with `subject`.
    pub fn new(subject: Subject<'a>) -> Check<'a> {
        let engine = Engine::compile(subject.model);
        let spreads = vec![Spread::default(); subject.model.columns.len()];
        Check { subject, engine, scratch: Scratch::default(), tally: Tally::default(), kept: Vec::new(), spreads, stride: 1 }
    }

    /// Compares one row, a value per column of the model.
    pub fn add(&mut self, row: &[f64], given: Given) {
        let mut margins = vec![0.0; self.engine.outputs()];
        self.engine.margins(row, &mut self.scratch, &mut margins);
        let found = self.subject.said(margins);
        let difference = self.subject.difference(&found, &given);
        self.spreads.iter_mut().zip(row).for_each(|(spread, x)| spread.add(*x));
        let number = self.tally.rows;
        self.tally.rows += 1;
        self.tally.margins |= !given.margins.is_empty();
        if difference.size.is_finite() {
            self.tally.largest = self.tally.largest.max(difference.size);
        }
        if let Some(words) = difference.words {
            self.tally.differing += 1;
            self.tally.first.get_or_insert((number, words));
        }
        if number.is_multiple_of(self.stride) {
            self.kept.push((row.to_vec(), given));
        }
        // Half of them go, and the others stay spread over all rows.
        if self.kept.len() > KEPT {
            let mut place = 0;
            self.kept.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// What was compared.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// At most `n` rows, spread over all that were compared.
    pub fn rows(&self, n: usize) -> Vec<Vec<f64>> {
        let step = (self.kept.len() / n.max(1)).max(1);
        self.kept.iter().step_by(step).take(n).map(|(row, _)| row.clone()).collect()
    }

    /// Why the library's predictions differ: a sentence with what to do, when one of the usual causes explains every row.
    pub fn cause(&self) -> Option<String> {
        cause::find(&self.subject, &self.kept, &self.spreads)
    }
}

/// How far two predictions of a row are apart.
struct Difference {
    size: f64,
    /// What differs; none when it is within the tolerance.
    words: Option<String>,
}

impl Subject<'_> {
    fn is_single(&self) -> bool {
        let ensemble = if let Body::Trees(ensemble) = &self.model.body { Some(ensemble.arithmetic) } else { None };
        match (&self.model.body, ensemble) {
            (_, Some(arithmetic)) => arithmetic == Arithmetic::F32,
            (Body::Linear(linear), None) => linear.arithmetic == Arithmetic::F32,
            _ => false,
        }
    }

    /// Largest difference of a probability that counts as equal, relative above 1: XGBoost's are single precision.
    fn tolerance(&self) -> f64 {
        if self.is_single() { 1e-6 } else { 1e-12 }
    }

    /// What we say of a row with these `margins`.
    fn said(&self, margins: Vec<f64>) -> Given {
        self.said_through(margins, self.calibration)
    }

    fn said_through(&self, margins: Vec<f64>, calibration: &Calibration) -> Given {
        let mut probabilities = margins.clone();
        self.model.link.apply(&mut probabilities);
        let predictions = match margins.len() {
            // Of several outputs the library gives the probability of each.
            2.. if !calibration.is_average() => probabilities,
            _ => vec![calibration.apply_to_outputs(&margins, &probabilities, 0)],
        };
        Given { margins, predictions }
    }

    /// Compares what we `found` with what is `given`: margins bit for bit, predictions within the tolerance.
    fn difference(&self, found: &Given, given: &Given) -> Difference {
        let apart = |a: f64, b: f64| if a == b || (a.is_nan() && b.is_nan()) { 0.0 } else { (a - b).abs() };
        let single = self.is_single();
        let same_bits =
            |a: f64, b: f64| if single { apart(f64::from(a as f32), f64::from(b as f32)) } else { apart(a, b) } == 0.0;
        let close = |a: f64, b: f64| apart(a, b) <= self.tolerance() * a.abs().max(b.abs()).max(1.0);
        let mut result = Difference { size: 0.0, words: None };
        let sides = [("margin", &found.margins, &given.margins), ("prediction", &found.predictions, &given.predictions)];
        for (name, found, given) in sides {
            if given.is_empty() {
                continue;
            }
            let size = found.iter().zip(given).map(|(a, b)| apart(*a, *b)).fold(0.0, f64::max);
            let pair = |(a, b): &(&f64, &f64)| if name == "margin" { !same_bits(**a, **b) } else { !close(**a, **b) };
            if let Some((ours, theirs)) = found.iter().zip(given).find(pair) {
                result.words.get_or_insert_with(|| format!("{name} {ours}, in the file {theirs}"));
            }
            result.size = size;
        }
        result
    }

    /// Whether what we `found` is what is `given`.
    fn agrees(&self, found: &Given, given: &Given) -> bool {
        self.difference(found, given).words.is_none()
    }
}
