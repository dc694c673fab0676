//! From margins to probabilities.

use serde::{Deserialize, Serialize};

use crate::math;

/// How margins become probabilities (or predictions).
///
/// The `…F32` variants follow XGBoost: each step is rounded to single precision.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Link {
    /// The margin is the prediction.
    Identity,
    /// 1 / (1 + e^(−scale·margin)), per output.
    Logistic {
        /// LightGBM's `sigmoid`; 1.0 elsewhere.
        scale: f64,
    },
    /// XGBoost's logistic function, per output.
    LogisticF32,
    /// e^margin_k / Σ e^margin_j.
    Softmax,
    /// XGBoost's softmax.
    SoftmaxF32,
    /// e^margin, per output (Poisson, gamma, Tweedie).
    Exp,
    /// XGBoost's exponential, per output.
    ExpF32,
    /// ln(1 + e^margin), per output (LightGBM `cross_entropy_lambda`).
    Log1pExp,
    /// sign(margin)·margin², per output (LightGBM `reg_sqrt`).
    SignedSquare,
    /// 1 above zero, else 0, per output (XGBoost `binary:hinge`).
    Step,
    /// Margins are sums over trees: divides them by `divisor` first (LightGBM random forest).
    Average {
        /// Number of trees per output.
        divisor: u32,
        /// What follows.
        then: Averaged,
    },
}

/// What may follow [`Link::Average`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Averaged {
    /// As [`Link::Identity`].
    Identity,
    /// As [`Link::Logistic`].
    Logistic {
        /// LightGBM's `sigmoid`.
        scale: f64,
    },
    /// As [`Link::Softmax`].
    Softmax,
    /// As [`Link::Exp`].
    Exp,
    /// As [`Link::Log1pExp`].
    Log1pExp,
    /// As [`Link::SignedSquare`].
    SignedSquare,
}

impl From<Averaged> for Link {
    fn from(averaged: Averaged) -> Link {
        match averaged {
            Averaged::Identity => Link::Identity,
            Averaged::Logistic { scale } => Link::Logistic { scale },
            Averaged::Softmax => Link::Softmax,
            Averaged::Exp => Link::Exp,
            Averaged::Log1pExp => Link::Log1pExp,
            Averaged::SignedSquare => Link::SignedSquare,
        }
    }
}

impl Link {
    /// Turns `values` from margins into probabilities, in place.
    pub fn apply(&self, values: &mut [f64]) {
        match self {
            Link::Identity => {}
            Link::Logistic { scale } => values.iter_mut().for_each(|v| *v = math::logistic(scale * *v)),
            Link::LogisticF32 => values.iter_mut().for_each(|v| *v = f64::from(logistic_f32(*v as f32))),
            Link::Softmax => {
                let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                values.iter_mut().for_each(|v| *v = math::exp(*v - top));
                let sum: f64 = values.iter().sum();
                values.iter_mut().for_each(|v| *v /= sum);
            }
            Link::SoftmaxF32 => softmax_f32(values),
            Link::Exp => values.iter_mut().for_each(|v| *v = math::exp(*v)),
            Link::ExpF32 => values.iter_mut().for_each(|v| *v = f64::from(math::expf(*v as f32))),
            Link::Log1pExp => values.iter_mut().for_each(|v| *v = math::ln_1p(math::exp(*v))),
            Link::SignedSquare => values.iter_mut().for_each(|v| *v = if *v < 0.0 { -(*v * *v) } else { *v * *v }),
            Link::Step => values.iter_mut().for_each(|v| *v = f64::from(u8::from(*v > 0.0))),
            Link::Average { divisor, then } => {
                values.iter_mut().for_each(|v| *v /= f64::from(*divisor));
                Link::from(*then).apply(values);
            }
        }
    }
}

/// XGBoost's `common::Sigmoid`: the exponent is capped at 88.7 so that e^x stays finite.
fn logistic_f32(x: f32) -> f32 {
    let exponent = if -x < 88.7 { -x } else { 88.7 };
    1.0 / (math::expf(exponent) + 1.0 + 1e-16)
}

/// XGBoost's `common::Softmax`: f32 terms, their sum in f64 and rounded once.
fn softmax_f32(values: &mut [f64]) {
    let top = values.iter().fold(f32::NEG_INFINITY, |top, v| top.max(*v as f32));
    let mut sum = 0.0;
    for v in values.iter_mut() {
        *v = f64::from(math::expf(*v as f32 - top));
        sum += *v;
    }
    let sum = sum as f32;
    values.iter_mut().for_each(|v| *v = f64::from(*v as f32 / sum));
}
