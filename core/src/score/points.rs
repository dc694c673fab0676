//! From margin units to points on the 0–100 scale.
//!
//! # Formula
//! p(m) is the calibrated probability as a function of the margins, b the margins a path starts from (SHAP's bias: the average
//! training lead), m = b + Σ φᵢ the lead's. Field i moves the score by ∫₀¹ 100 · ∇p(b + t·(m − b)) · φᵢ dt points. The points of
//! all fields add up to 100 · (p(m) − p(b)). With one margin the integral is the secant, φᵢ · 100 · (p(m) − p(b)) / (m − b), so a
//! field that raises the margin never gets negative points. With a softmax it is taken by the midpoint rule over
//! 32 steps, then scaled to its exact sum.
//!
//! # Source
//! The Aumann–Shapley value of p along the straight path (Aumann & Shapley 1974, *Values of Non-Atomic Games*; Sundararajan,
//! Taly & Yan 2017, eq. 1).

use crate::bundle::Bundle;
use crate::model::{Averaged, Link};

/// 100 × `probability`, rounded to 0–100.
pub(crate) fn whole(probability: f64) -> u8 {
    (100.0 * probability).round().clamp(0.0, 100.0) as u8
}

/// The path from one lead (or the average one) to another.
pub(crate) struct Path<'a> {
    pub(crate) bundle: &'a Bundle,
    /// The output whose probability is the score.
    pub(crate) positive: usize,
    /// Margins at the start, one per output.
    pub(crate) start: Vec<f64>,
    /// What each field adds to each margin: output-major, outputs × fields.
    pub(crate) steps: Vec<f64>,
}

impl Path<'_> {
    /// Points of each field, not rounded.
    pub(crate) fn points(&self) -> Vec<f64> {
        let fields = self.steps.len() / self.start.len().max(1);
        let steps: Vec<&[f64]> = self.steps.chunks(fields.max(1)).collect();
        let whole: Vec<f64> = (0..self.start.len()).map(|k| steps.get(k).map_or(0.0, |s| s.iter().sum())).collect();
        let own = |field: usize| steps.get(self.positive).and_then(|s| s.get(field)).copied().unwrap_or(0.0);
        if self.start.len() == 1 || !is_coupled(&self.bundle.model().link) {
            let scale = self.slope(whole.get(self.positive).copied().unwrap_or(0.0));
            return (0..fields).map(|field| scale * own(field)).collect();
        }
        let mut points = vec![0.0; fields];
        const NODES: u32 = 32;
        for node in 0..NODES {
            let mut p = self.at(&whole, (f64::from(node) + 0.5) / f64::from(NODES));
            self.bundle.model().link.apply(&mut p);
            let of_positive = p.get(self.positive).copied().unwrap_or(0.0);
            for (field, points) in points.iter_mut().enumerate() {
                let mean: f64 = p.iter().zip(&steps).map(|(p, s)| p * s.get(field).copied().unwrap_or(0.0)).sum();
                *points += of_positive * (own(field) - mean);
            }
        }
        let (sum, exact) = (points.iter().sum::<f64>(), self.probability(&whole, 1.0) - self.probability(&whole, 0.0));
        let scale = if sum.abs() > 1e-9 { 100.0 * exact / sum } else { 0.0 };
        points.iter().map(|x| x * scale).collect()
    }

    /// Points per unit of the positive margin, over a step of `step`.
    fn slope(&self, step: f64) -> f64 {
        // Too close for a quotient of rounded differences: the slope there, over a step that rounding does not disturb.
        let (from, to) = if step.abs() < 1e-6 { (-1e-4, 1e-4) } else { (0.0, step) };
        let unit: Vec<f64> = (0..self.start.len()).map(|k| f64::from(u8::from(k == self.positive))).collect();
        100.0 * (self.probability(&unit, to) - self.probability(&unit, from)) / (to - from)
    }

    fn at(&self, direction: &[f64], t: f64) -> Vec<f64> {
        self.start.iter().zip(direction).map(|(start, d)| start + t * d).collect()
    }

    /// The calibrated probability at start + t · direction.
    fn probability(&self, direction: &[f64], t: f64) -> f64 {
        let mut values = self.at(direction, t);
        let positive = |values: &[f64]| values.get(self.positive).copied().unwrap_or(0.0);
        let margin = positive(&values);
        self.bundle.model().link.apply(&mut values);
        self.bundle.manifest.calibration.apply(margin, positive(&values))
    }
}

/// Whether one output's probability depends on the other margins.
fn is_coupled(link: &Link) -> bool {
    matches!(link, Link::Softmax | Link::SoftmaxF32 | Link::Average { then: Averaged::Softmax, .. })
}
