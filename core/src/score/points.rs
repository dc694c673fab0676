//! From margin units to points on the 0–100 scale.
//!
//! # Formula
//! p(m) is the calibrated probability as a function of the margins, b the margins a path starts from (SHAP's bias: the average
//! training lead), m = b + Σ φᵢ the lead's. Field i moves the score by ∫₀¹ 100 · ∇p(b + t·(m − b)) · φᵢ dt points. The points of
//! all fields add up to 100 · (p(m) − p(b)). With one margin the integral is the secant, φᵢ · 100 · (p(m) − p(b)) / (m − b), so a
//! field that raises the margin never gets negative points; an average of models is a sum of such secants. With a softmax it is taken by the midpoint rule over 32 steps or
//! more, and what that leaves of the exact sum is shared by size.
//!
//! # Source
//! The Aumann–Shapley value of p along the straight path (Aumann & Shapley 1974, *Values of Non-Atomic Games*; Sundararajan,
//! Taly & Yan 2017, eq. 1).

use crate::bundle::Bundle;
use crate::model::{Averaged, Calibration, Link, Scale};

/// 100 × `probability`, rounded to 0–100.
pub(crate) fn whole(probability: f64) -> u8 {
    (100.0 * probability).round().clamp(0.0, 100.0) as u8
}

/// Points as they are shown: whole, and bounded so that a model with absurd leaves cannot overflow their sums.
pub(crate) fn rounded(points: f64) -> i32 {
    points.round().clamp(-1e6, 1e6) as i32
}

/// What is left of `total` after the points of some reasons.
pub(crate) fn left(total: i32, shown: impl Iterator<Item = i32>) -> i32 {
    shown.fold(total, i32::saturating_sub)
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
        if self.start.len() > 1 && self.is_coupled() {
            return self.coupled(&steps, &whole, fields);
        }
        // Each output moves the probability by itself: the positive one alone, or every member of an average.
        let mut points = vec![0.0; fields];
        let average = self.bundle.manifest.calibration.is_average();
        for (k, (own, whole)) in steps.iter().zip(&whole).enumerate().filter(|(k, _)| average || *k == self.positive) {
            let scale = self.slope(k, *whole);
            points.iter_mut().zip(*own).for_each(|(points, step)| *points += scale * step);
        }
        points
    }

    /// Points per unit of the margin of `output`, over a step of `step`.
    fn slope(&self, output: usize, step: f64) -> f64 {
        // Too close for a quotient of rounded differences (some links are rounded to f32): the slope round the middle.
        let (from, to) = if step.abs() < 1e-3 { (step / 2.0 - 5e-4, step / 2.0 + 5e-4) } else { (0.0, step) };
        let unit: Vec<f64> = (0..self.start.len()).map(|k| f64::from(u8::from(k == output))).collect();
        100.0 * (self.probability(&unit, to) - self.probability(&unit, from)) / (to - from)
    }

    /// [`points`](Self::points) where every margin moves the positive output's probability: by the gradient of the softmax.
    fn coupled(&self, steps: &[&[f64]], whole: &[f64], fields: usize) -> Vec<f64> {
        let divisor = match self.bundle.model().link {
            Link::Average { divisor, .. } => f64::from(divisor.max(1)),
            _ => 1.0,
        };
        let furthest = whole.iter().fold(0.0, |most: f64, step| most.max(step.abs())) / divisor;
        let nodes = 32 + (8.0 * furthest).min(992.0) as u32;
        let mut points = vec![0.0; fields];
        for node in 0..nodes {
            let mut p = self.at(whole, (f64::from(node) + 0.5) / f64::from(nodes));
            self.bundle.model().link.apply(&mut p);
            let of_positive = p.get(self.positive).copied().unwrap_or(0.0);
            let weight = 100.0 * of_positive * self.calibration_slope(of_positive) / (divisor * f64::from(nodes));
            for (field, points) in points.iter_mut().enumerate() {
                let step = |of_output: &[f64]| of_output.get(field).copied().unwrap_or(0.0);
                let mean: f64 = p.iter().zip(steps).map(|(p, of_output)| p * step(of_output)).sum();
                *points += weight * (steps.get(self.positive).map_or(0.0, |own| step(own)) - mean);
            }
        }
        // What the midpoint rule leaves, shared by size: no field changes its sign for it.
        let left = 100.0 * (self.probability(whole, 1.0) - self.probability(whole, 0.0)) - points.iter().sum::<f64>();
        let size: f64 = points.iter().map(|x| x.abs()).sum();
        let share = if size > 0.0 { (left / size).clamp(-1.0, 1.0) } else { 0.0 };
        points.iter().map(|x| x + share * x.abs()).collect()
    }

    /// How fast the calibrated probability rises with the uncalibrated one, at `p`.
    fn calibration_slope(&self, p: f64) -> f64 {
        let calibrated = |p: f64| self.bundle.manifest.calibration.apply(0.0, p);
        let (from, to) = ((p - 1e-4).max(0.0), (p + 1e-4).min(1.0));
        match self.bundle.manifest.calibration {
            Calibration::None => 1.0,
            _ => (calibrated(to) - calibrated(from)) / (to - from),
        }
    }

    fn at(&self, direction: &[f64], t: f64) -> Vec<f64> {
        self.start.iter().zip(direction).map(|(start, d)| start + t * d).collect()
    }

    /// The calibrated probability at start + t · direction; a prediction that is none is moved into [0, 1], as the score is.
    fn probability(&self, direction: &[f64], t: f64) -> f64 {
        let mut values = self.at(direction, t);
        let margins = values.clone();
        self.bundle.model().link.apply(&mut values);
        self.bundle.manifest.calibration.apply_to_outputs(&margins, &values, self.positive).clamp(0.0, 1.0)
    }

    /// Whether the positive output's probability depends on the other margins. A map of the margin starts from its own alone.
    fn is_coupled(&self) -> bool {
        let softmax =
            matches!(self.bundle.model().link, Link::Softmax | Link::SoftmaxF32 | Link::Average { then: Averaged::Softmax, .. });
        let of_margin = matches!(
            self.bundle.manifest.calibration,
            Calibration::Sigmoid { on: Scale::Margin, .. } | Calibration::Isotonic { on: Scale::Margin, .. }
        );
        softmax && !of_margin
    }
}
