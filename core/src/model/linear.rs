//! Linear models: logistic regression, XGBoost's gblinear.

use serde::{Deserialize, Serialize};

use super::Arithmetic;

/// A weighted sum of the row per output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// Width of inputs and sums.
    pub arithmetic: Arithmetic,
    /// Start of each output's sum: bias and base score, already added.
    pub base: Vec<f64>,
    /// Weights, output-major: `weights[output * columns + column]`.
    pub weights: Vec<f64>,
    /// Mean of each column in the training data, for explanations; empty when unknown (then 0).
    pub means: Vec<f64>,
}

impl Linear {
    pub(crate) fn margins(&self, row: &[f64], out: &mut [f64]) {
        let columns = self.weights.len() / self.base.len().max(1);
        for ((k, sum), base) in out.iter_mut().enumerate().zip(&self.base) {
            let weights = self.weights.iter().skip(k * columns).take(columns);
            let terms = row.iter().zip(weights).filter(|(x, _)| !x.is_nan());
            *sum = match self.arithmetic {
                Arithmetic::F64 => terms.fold(*base, |s, (x, w)| s + x * w),
                Arithmetic::F32 => f64::from(terms.fold(*base as f32, |s, (x, w)| s + *x as f32 * *w as f32)),
            };
        }
    }
}
