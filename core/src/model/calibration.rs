//! A map from the model's probability to the observed rate, fitted after training.

use serde::{Deserialize, Serialize};

use crate::math;

/// A monotone map on [0, 1].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Calibration {
    /// The probability stands.
    #[default]
    None,
    /// Platt: 1 / (1 + e^(slope·margin + intercept)).
    Sigmoid {
        /// Factor of the margin; negative for an increasing map.
        slope: f64,
        /// Constant term.
        intercept: f64,
    },
    /// Piecewise linear through the knots, constant outside.
    Isotonic {
        /// Probabilities, strictly increasing.
        x: Vec<f64>,
        /// Calibrated probabilities, non-decreasing; same length.
        y: Vec<f64>,
    },
}

impl Calibration {
    /// Checks that the map is finite, monotone and complete.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn check(&self) -> Result<(), String> {
        let sound = match self {
            Calibration::None => true,
            Calibration::Sigmoid { slope, intercept } => slope.is_finite() && intercept.is_finite(),
            Calibration::Isotonic { x, y } => {
                let pairs = |v: &[f64], holds: fn(f64, f64) -> bool| v.iter().zip(v.iter().skip(1)).all(|(a, b)| holds(*a, *b));
                let in_range = x.iter().chain(y).all(|v| (0.0..=1.0).contains(v));
                in_range && !x.is_empty() && x.len() == y.len() && pairs(x, |a, b| a < b) && pairs(y, |a, b| a <= b)
            }
        };
        if sound { Ok(()) } else { Err("the calibration is not a finite, rising map of [0, 1]".to_owned()) }
    }

    /// The calibrated probability of a lead whose margin is `margin` and whose uncalibrated probability is `p`.
    pub fn apply(&self, margin: f64, p: f64) -> f64 {
        match self {
            Calibration::None => p,
            Calibration::Sigmoid { slope, intercept } => math::logistic(-(slope * margin + intercept)),
            Calibration::Isotonic { x, y } => interpolate(x, y, p),
        }
    }
}

fn interpolate(x: &[f64], y: &[f64], at: f64) -> f64 {
    let hi = x.partition_point(|knot| *knot <= at);
    let y_at = |i: usize| y.get(i).copied().unwrap_or(at);
    match hi {
        0 => y_at(0),
        _ => match (x.get(hi - 1), x.get(hi)) {
            (Some(a), Some(b)) => y_at(hi - 1) + (y_at(hi) - y_at(hi - 1)) * ((at - a) / (b - a)),
            _ => y_at(hi - 1),
        },
    }
}
