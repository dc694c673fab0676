//! A map from the model's probability to the observed rate, fitted after training by `train`.

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
    /// Checks that the map is finite, complete and does not fall.
    ///
    /// # Errors
    /// The first thing that is wrong, as a sentence.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Calibration::None => Ok(()),
            Calibration::Sigmoid { slope, intercept } if !(slope.is_finite() && intercept.is_finite()) => {
                Err(format!("the sigmoid's slope {slope} or intercept {intercept} is not finite"))
            }
            Calibration::Sigmoid { slope, .. } if *slope > 0.0 => {
                Err(format!("the sigmoid's slope {slope} would reverse the order of the leads; it must not be positive"))
            }
            Calibration::Sigmoid { .. } => Ok(()),
            Calibration::Isotonic { x, y } => check_knots(x, y),
        }
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

fn check_knots(x: &[f64], y: &[f64]) -> Result<(), String> {
    if x.is_empty() || x.len() != y.len() {
        return Err(format!(
            "the isotonic map has {} x and {} y values; it needs equally many of both, at least one",
            x.len(),
            y.len()
        ));
    }
    if let Some(v) = x.iter().chain(y).find(|v| !(0.0..=1.0).contains(*v)) {
        return Err(format!("the isotonic map has a knot at {v}, which is not in [0, 1]"));
    }
    let first = |v: &[f64], wrong: fn(f64, f64) -> bool| {
        v.iter().zip(v.iter().skip(1)).find(|(a, b)| wrong(**a, **b)).map(|(a, b)| (*a, *b))
    };
    if let Some((a, b)) = first(x, |a, b| a >= b) {
        return Err(format!("the isotonic map's x must increase, but {b} follows {a}"));
    }
    match first(y, |a, b| a > b) {
        Some((a, b)) => Err(format!("the isotonic map's y must not decrease, but {b} follows {a}")),
        None => Ok(()),
    }
}

fn interpolate(x: &[f64], y: &[f64], at: f64) -> f64 {
    let hi = x.partition_point(|knot| *knot <= at);
    let y_at = |i: usize| y.get(i).copied().unwrap_or(at);
    match hi {
        0 => y_at(0),
        _ => match (x.get(hi - 1), x.get(hi)) {
            // Rounding must not carry it over the next knot.
            (Some(a), Some(b)) => (y_at(hi - 1) + (y_at(hi) - y_at(hi - 1)) * ((at - a) / (b - a))).min(y_at(hi)),
            _ => y_at(hi - 1),
        },
    }
}
