//! Regularised logistic regression: ½ · l2 · ‖w‖² + Σ weight · ln(1 + e^(∓margin)) at its minimum, by L-BFGS (Nocedal & Wright 2006, algorithms
//! 7.4 and 7.5) with backtracking (ibid., 3.1). The penalty treats all columns alike, so they should have one scale.
//!
//! Sums go over the rows in an order of their content, and a margin over the columns in theirs: the model depends on the set of rows alone,
//! and its bits are the same on every host.

mod rows;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

pub use rows::{Loading, Rows};
pub use settings::Settings;

use super::RowsError;
use crate::math::{exp, ln, ln_1p};
use crate::model::{Arithmetic, Body, Column, Linear, Link, Model};

/// Pairs of steps and changes of the gradient that the solver remembers.
const MEMORY: usize = 10;
/// The largest part of the gradient per unit of weight of the rows at which it stops.
const GRADIENT: f64 = 1e-7;
/// Armijo's constant, and how often a step is halved.
const DESCENT: f64 = 1e-4;
const HALVINGS: u32 = 40;

/// A place of the solver: weights, bias last, with what is known there.
#[derive(Debug, Clone)]
struct Place {
    weights: Vec<f64>,
    margins: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
}

/// A fit under way.
#[derive(Debug)]
pub struct Logistic {
    settings: Settings,
    rows: Arc<Rows>,
    /// Weight of each row; 0 of those that take no part.
    part: Vec<f64>,
    total: f64,
    place: Place,
    history: VecDeque<Pair>,
    iterations: u32,
    is_at_minimum: bool,
}

/// A step, the change of the gradient by it, and 1 / their product.
#[derive(Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    scale: f64,
}

impl Logistic {
    /// A fit on those of `rows` of which `takes_part` says so.
    ///
    /// # Errors
    /// [`RowsError::OneClass`].
    pub fn new(settings: Settings, rows: Arc<Rows>, takes_part: impl Fn(usize) -> bool) -> Result<Logistic, RowsError> {
        let weight = |(row, outcome): (usize, &bool)| match (takes_part(row), outcome) {
            (false, _) => 0.0,
            (true, true) => settings.positive_weight,
            (true, false) => 1.0,
        };
        let part: Vec<f64> = rows.outcomes.iter().enumerate().map(weight).collect();
        let count = part.iter().filter(|weight| **weight > 0.0).count();
        let yes = part.iter().zip(&rows.outcomes).filter(|(weight, outcome)| **weight > 0.0 && **outcome).count();
        if yes == 0 || yes == count {
            return Err(RowsError::OneClass { rows: count, outcome: yes > 0 });
        }
        let mut weights = vec![0.0; rows.names.len() + 1];
        if let Some(bias) = weights.last_mut() {
            *bias = ln(settings.positive_weight * yes as f64 / (count - yes) as f64);
        }
        let total = settings.positive_weight * yes as f64 + (count - yes) as f64;
        let empty = Place { weights: Vec::new(), margins: Vec::new(), loss: 0.0, gradient: Vec::new() };
        let mut fit =
            Logistic { settings, rows, part, total, place: empty, history: VecDeque::new(), iterations: 0, is_at_minimum: false };
        fit.place = fit.at(weights);
        fit.is_at_minimum = fit.is_flat();
        Ok(fit)
    }

    /// Whether the minimum is reached, or as many steps were made as may be.
    pub fn is_done(&self) -> bool {
        self.is_at_minimum || self.iterations >= self.settings.iterations
    }

    /// Steps so far.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// Makes a step; does nothing once the fit [is done](Logistic::is_done).
    pub fn step(&mut self) {
        if self.is_done() {
            return;
        }
        self.iterations += 1;
        let direction = self.direction();
        let slope = dot(&direction, &self.place.gradient);
        let mut length = if self.history.is_empty() {
            1.0 / self.place.gradient.iter().fold(1.0, |most: f64, g| most.max(g.abs()))
        } else {
            1.0
        };
        for _ in 0..HALVINGS {
            let weights = self.place.weights.iter().zip(&direction).map(|(weight, part)| weight + length * part).collect();
            let next = self.at(weights);
            if next.loss <= self.place.loss + DESCENT * length * slope {
                self.remember(&next);
                self.place = next;
                self.is_at_minimum = self.is_flat();
                return;
            }
            length *= 0.5;
        }
        // No shorter step descends: rounding is all that is left.
        self.is_at_minimum = true;
    }

    /// The place with these weights.
    fn at(&self, weights: Vec<f64>) -> Place {
        let (bias, own) = weights.split_last().map_or((0.0, &[] as &[f64]), |(bias, own)| (*bias, own));
        let margins = self.rows.products(bias, own);
        let mut residuals = vec![0.0; margins.len()];
        let mut loss = 0.0;
        for row in &self.rows.order {
            let row = *row as usize;
            let (Some(part), Some(margin), Some(outcome)) = (self.part.get(row), margins.get(row), self.rows.outcomes.get(row))
            else {
                continue;
            };
            if *part == 0.0 {
                continue;
            }
            // e^-|margin| serves the loss and the probability, and neither overflows.
            let small = exp(-margin.abs());
            let against = if *outcome == (*margin > 0.0) { 0.0 } else { margin.abs() };
            loss += part * (against + ln_1p(small));
            let probability = if *margin > 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
            if let Some(residual) = residuals.get_mut(row) {
                *residual = part * (probability - f64::from(u8::from(*outcome)));
            }
        }
        let (mut gradient, of_bias) = self.rows.transposed(&residuals);
        for (part, weight) in gradient.iter_mut().zip(own) {
            *part += self.settings.l2 * weight;
        }
        loss += 0.5 * self.settings.l2 * dot(own, own);
        gradient.push(of_bias);
        Place { weights, margins, loss, gradient }
    }

    fn is_flat(&self) -> bool {
        self.place.gradient.iter().all(|part| part.abs() <= GRADIENT * self.total)
    }

    /// Where to go: the gradient, bent by what the last steps showed of the curvature.
    fn direction(&self) -> Vec<f64> {
        let mut direction: Vec<f64> = self.place.gradient.iter().map(|part| -part).collect();
        let mut factors = Vec::new();
        for pair in self.history.iter().rev() {
            let factor = pair.scale * dot(&pair.step, &direction);
            add(&mut direction, -factor, &pair.change);
            factors.push(factor);
        }
        if let Some(last) = self.history.back() {
            let scale = 1.0 / (last.scale * dot(&last.change, &last.change));
            direction.iter_mut().for_each(|part| *part *= scale);
        }
        for (pair, factor) in self.history.iter().zip(factors.iter().rev()) {
            let back = pair.scale * dot(&pair.change, &direction);
            add(&mut direction, factor - back, &pair.step);
        }
        direction
    }

    fn remember(&mut self, next: &Place) {
        let step = difference(&next.weights, &self.place.weights);
        let change = difference(&next.gradient, &self.place.gradient);
        let product = dot(&step, &change);
        if product > 0.0 {
            self.history.push_back(Pair { step, change, scale: 1.0 / product });
            if self.history.len() > MEMORY {
                self.history.pop_front();
            }
        }
    }

    /// The margin that the model gives `row`.
    pub fn margin(&self, row: usize) -> f64 {
        self.place.margins.get(row).copied().unwrap_or(f64::NAN)
    }

    /// The model.
    pub fn model(&self) -> Model {
        let (bias, own) = self.place.weights.split_last().map_or((0.0, &[] as &[f64]), |(bias, own)| (*bias, own));
        let part: Vec<f64> = self.part.iter().map(|part| f64::from(u8::from(*part > 0.0))).collect();
        let (sums, count) = self.rows.transposed(&part);
        Model {
            columns: self.rows.names.iter().map(|name| Column { name: name.clone(), categorical: false }).collect(),
            body: Body::Linear(Linear {
                arithmetic: Arithmetic::F64,
                base: vec![bias],
                weights: own.to_vec(),
                means: sums.iter().map(|sum| sum / count).collect(),
            }),
            link: Link::Logistic { scale: 1.0 },
            outputs: 1,
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

fn add(to: &mut [f64], factor: f64, other: &[f64]) {
    for (to, other) in to.iter_mut().zip(other) {
        *to += factor * other;
    }
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}
