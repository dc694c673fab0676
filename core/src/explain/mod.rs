//! Why a lead has its score: exact SHAP values.
//!
//! Path-dependent TreeSHAP, exact to rounding, without recursion and in plain f64 arithmetic, so every host finds the same bits.
//! Not here: words for the reasons (`score`), interaction values, interventional SHAP. Tested against a brute force over all
//! subsets of columns and value by value against the peers' own contributions.

mod compare;
mod forest;
mod table;
mod walk;

use forest::Forest;
use table::Tables;

use crate::model::{Arithmetic, Body, Linear, Model};

/// A model compiled for explanation. Immutable; share it freely.
#[derive(Debug, Clone)]
pub struct Explainer {
    body: Compiled,
}

#[derive(Debug, Clone)]
enum Compiled {
    Tables(Tables),
    Trees(Forest),
    Linear(Linear),
}

impl Explainer {
    /// Compiles a valid `model`. `None` when its kind cannot be explained: a LightGBM linear tree (the training library cannot either), or a
    /// tree with more than 512 columns on one path.
    ///
    /// It costs about as much as compiling the engine: do it when an explanation is first requested.
    pub fn compile(model: &Model) -> Option<Explainer> {
        let body = match &model.body {
            Body::Trees(ensemble) => match Tables::compile(ensemble, model.columns.len()) {
                Some(tables) => Compiled::Tables(tables),
                None => Compiled::Trees(Forest::compile(ensemble, model.columns.len())?),
            },
            Body::Linear(linear) => Compiled::Linear(linear.clone()),
        };
        Some(Explainer { body })
    }

    /// Writes the contributions of `row` to `out`, length `outputs × (columns + 1)`, output-major: per output one value per
    /// column in margin units, then the bias (expected margin). They sum to the margin, up to rounding.
    ///
    /// Values missing at the end of a short row count as missing; `out` is filled as far as it has whole outputs.
    pub fn contributions(&self, row: &[f64], out: &mut [f64]) {
        match &self.body {
            Compiled::Tables(tables) => tables.contributions(row, out),
            Compiled::Trees(forest) => forest.contributions(row, out),
            Compiled::Linear(linear) => contributions_of_linear(linear, row, out),
        }
    }
}

/// # Formula
/// φᵢ = wᵢ·(xᵢ − meanᵢ), a missing xᵢ being 0; bias = base + Σ wᵢ·meanᵢ. Without known means (XGBoost) they are 0.
fn contributions_of_linear(linear: &Linear, row: &[f64], out: &mut [f64]) {
    let columns = linear.weights.len() / linear.base.len().max(1);
    let outputs = linear.base.iter().zip(linear.weights.chunks(columns.max(1)).chain(std::iter::repeat(&[][..])));
    for (out, (base, weights)) in out.chunks_exact_mut(columns + 1).zip(outputs) {
        let mut bias = *base;
        for (i, (out, weight)) in out.iter_mut().zip(weights).enumerate() {
            let x = row.get(i).copied().filter(|x| !x.is_nan());
            let mean = weight * linear.means.get(i).copied().unwrap_or(0.0);
            bias += mean;
            *out = match (x, linear.arithmetic) {
                (None, _) => -mean,
                (Some(x), Arithmetic::F64) => x * weight - mean,
                (Some(x), Arithmetic::F32) => f64::from(x as f32 * *weight as f32) - mean,
            };
        }
        if let Some(last) = out.last_mut() {
            *last = bias;
        }
    }
}

#[cfg(test)]
mod tests;
