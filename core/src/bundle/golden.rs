//! Golden leads: inputs with the bits they score to, scored again before a bundle is accepted, on every host.

use serde::{Deserialize, Serialize};

use super::{BundleError, Manifest};
use crate::model::{Body, Engine, Model, Node, Scratch, Test};
use crate::random::Random;

/// How many golden leads of `columns` columns are made when none are given: 20, of very many columns fewer, for a small file.
pub(super) fn made(columns: usize) -> usize {
    ((1 << 21) / columns.max(1)).clamp(3, 20)
}

/// An input and the bits it must score to.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// What the model reads: one value per column, NaN is missing.
    pub row: Vec<f64>,
    /// What it must score to.
    pub expected: Expected,
}

/// Bits of a score, hexadecimal, so that no decimal text stands between two hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// `to_bits()` of each output's margin, 16 digits each.
    pub margins: Vec<String>,
    /// `to_bits()` of the calibrated probability of the first output, or of the average over all.
    pub probability: String,
}

/// The bits of a row's `values`, its margins, and of what a scorer makes of them.
#[inline(never)]
pub(super) fn expected(values: &[f64], manifest: &Manifest, model: &Model) -> Expected {
    let margins = values.iter().copied().map(hex).collect();
    let mut probabilities = values.to_vec();
    model.link.apply(&mut probabilities);
    Expected { margins, probability: hex(manifest.calibration.apply_to_outputs(values, &probabilities, 0)) }
}

/// Scores every golden lead with the engine and compares bits.
#[inline(never)]
pub(super) fn verify(goldens: &[Golden], manifest: &Manifest, model: &Model, engine: &Engine) -> Result<(), BundleError> {
    let mut scratch = Scratch::default();
    let mut margins = vec![0.0; engine.outputs()];
    for (index, golden) in goldens.iter().enumerate() {
        engine.margins(&golden.row, &mut scratch, &mut margins);
        let found = expected(&margins, manifest, model);
        if found != golden.expected {
            return Err(mismatch(index, &golden.expected, &found));
        }
    }
    Ok(())
}

#[cold]
#[inline(never)]
fn mismatch(index: usize, expected: &Expected, found: &Expected) -> BundleError {
    let text = |e: &Expected| {
        let margins: Vec<&str> = e.margins.iter().map(String::as_str).collect();
        [margins.join(",").as_str(), " ", e.probability.as_str()].concat()
    };
    BundleError::GoldenMismatch { index, expected: text(expected), found: text(found) }
}

/// A NaN's sign and payload are the host's own business; every other bit counts.
fn hex(x: f64) -> String {
    let bits = if x.is_nan() { f64::NAN.to_bits() & (u64::MAX >> 1) } else { x.to_bits() };
    super::header::hex(&bits.to_be_bytes())
}

/// `n` rows that walk through many leaves of `model`: all missing, all zero, then values at, just below and just above the
/// model's own thresholds, with missing values strewn in. The same rows for the same model, always.
pub(super) fn make_rows(model: &Model, n: usize) -> Vec<Vec<f64>> {
    let mut candidates: Vec<Vec<f64>> = vec![Vec::new(); model.columns.len()];
    if let Body::Trees(ensemble) = &model.body {
        let splits =
            ensemble.trees.iter().flat_map(|t| &t.nodes).filter_map(|n| if let Node::Split(s) = n { Some(s) } else { None });
        for split in splits {
            let Some(values) = candidates.get_mut(split.column as usize) else { continue };
            match &split.test {
                Test::Less(t) | Test::LessEqual(t) => values.push(*t),
                Test::In(set) | Test::NotIn(set) => {
                    // Of a large set a few hundred codes do: it is made of millions.
                    let codes = set.len() * 32;
                    values.extend((0..=codes).step_by((codes / 256).max(3)).map(|code| code as f64));
                }
            }
        }
    }
    let mut draw = Draw(Random::new(0x9e37_79b9_7f4a_7c15));
    let mut rows = vec![vec![f64::NAN; candidates.len()], vec![0.0; candidates.len()]];
    rows.resize_with(n, || candidates.iter().map(|values| draw.value(values)).collect());
    rows.truncate(n);
    rows
}

/// Draws of values.
struct Draw(Random);

impl Draw {
    fn next(&mut self, below: usize) -> usize {
        (self.0.bits() % below.max(1) as u64) as usize
    }

    fn value(&mut self, candidates: &[f64]) -> f64 {
        let kind = self.next(8);
        let Some(at) = candidates.get(self.next(candidates.len())) else { return kind as f64 - 3.0 };
        // Steps of an f32, so that a model that rounds its inputs to f32 sees them too.
        match kind {
            0 => f64::NAN,
            1 | 2 => *at,
            3 | 4 => f64::from((*at as f32).next_up()),
            5 => f64::from((*at as f32).next_down()),
            _ => (*at as i32).into(),
        }
    }
}
