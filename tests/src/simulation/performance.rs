//! Performance estimated before outcomes arrive (CBPE): how often the interval of each measure holds the value that comes.

use plumbline_core::drift::performance::{Estimator, Measure, Realised};
use plumbline_core::metric::Labelled;

use super::{Promise, Row};
use crate::golden::Draw;

/// Leads of a window.
const WINDOW: usize = 1_000;

/// How the true probability follows from the score.
#[derive(Debug, Clone, Copy)]
pub enum Truth {
    /// It is the score.
    Calibrated,
    /// The score's square: the scores are too high.
    Square,
}

fn leads(draw: &mut Draw, n: usize, truth: Truth) -> (Vec<f64>, Vec<bool>) {
    let lead = |draw: &mut Draw| {
        let score = draw.unit();
        let probability = match truth {
            Truth::Calibrated => score,
            Truth::Square => score * score,
        };
        (score, draw.unit() < probability)
    };
    (0..n).map(|_| lead(draw)).unzip()
}

/// A fresh reference of `reference` leads and a fresh window in every run: the intervals of all measures.
pub fn coverage(truth: Truth, reference: usize, runs: u32, seed: u64) -> Vec<Row> {
    let mut held = [0u32; Measure::ALL.len()];
    let mut draw = Draw::new(seed);
    for _ in 0..runs {
        let (scores, converted) = leads(&mut draw, reference, truth);
        let estimator = Labelled::new(&scores, &converted).ok().and_then(|data| Estimator::fit(&data, 0.5).ok()?.ok());
        let (scores, converted) = leads(&mut draw, WINDOW, truth);
        let estimate = estimator.and_then(|estimator| estimator.estimate(&scores).ok()?.ok());
        let realised = Labelled::new(&scores, &converted).map(|data| Realised::new(&data, 0.5));
        for (held, measure) in held.iter_mut().zip(Measure::ALL) {
            let pair = estimate.as_ref().and_then(|e| e.of(measure)).zip(realised.as_ref().ok().and_then(|r| r.of(measure)));
            *held += u32::from(pair.is_some_and(|(e, value)| e.interval.0 <= value && value <= e.interval.1));
        }
    }
    let row = |(measure, count): (Measure, u32)| Row {
        what: format!("{} of scores that are {truth:?}, {reference} reference leads", measure.name()).to_lowercase(),
        runs,
        count,
        promise: Promise::Between(0.93, 0.99),
    };
    Measure::ALL.into_iter().zip(held).map(row).collect()
}

/// Both truths at each size of the reference.
pub fn table(references: &[usize], runs: impl Fn(usize) -> u32) -> Vec<Row> {
    let cases = [Truth::Calibrated, Truth::Square].into_iter().flat_map(|truth| references.iter().map(move |n| (truth, *n)));
    cases.flat_map(|(truth, n)| coverage(truth, n, runs(n), n as u64)).collect()
}
