//! Gradients of the logistic loss as integers: sums of them are the same in any order, so a model depends on the set of rows alone.
//!
//! Floats become integers once per row and tree: to 2^−30 of the largest weight (`fine`), of which leaf values are sums; and to as many
//! of these bits as the tree's sums leave room for in 32 (`packed`: the gradient in the upper half of an i64, the hessian in the lower),
//! of which histograms are sums, one addition a cell.

use super::settings::Settings;
use crate::math::exp_of_sums;

const FINE: f64 = (1u64 << 30) as f64;
/// Rows whose probabilities are worked out together: floats in one loop, which vectorises, integers in the next.
const CHUNK: usize = 64;

/// Gradient and hessian of each row, and what a unit of them is worth.
#[derive(Debug, Default)]
pub(super) struct Gradients {
    /// In units of 2^−30 of the largest weight.
    fine: Vec<[i32; 2]>,
    /// In units of `unit`.
    pub packed: Vec<i64>,
    unit: [f64; 2],
    top: f64,
}

impl Gradients {
    /// The gradients at `margins` of rows with these outcomes; `order` are the rows of which sums are taken.
    pub fn fill(&mut self, settings: &Settings, margins: &[f64], outcomes: &[bool], order: &[u32]) {
        self.top = settings.top_weight();
        let weights = [FINE / self.top, settings.positive_weight / self.top * FINE];
        self.fine.resize(margins.len(), [0; 2]);
        let chunks = self.fine.chunks_mut(CHUNK).zip(margins.chunks(CHUNK)).zip(outcomes.chunks(CHUNK));
        for ((fine, margins), outcomes) in chunks {
            let mut probabilities = [0.0; CHUNK];
            for (p, margin) in probabilities.iter_mut().zip(margins) {
                *p = 1.0 / (1.0 + exp_of_sums(-margin));
            }
            for ((fine, p), outcome) in fine.iter_mut().zip(probabilities).zip(outcomes) {
                let (y, weight) = if *outcome { (1.0, weights[1]) } else { (0.0, weights[0]) };
                *fine = [rounded((p - y) * weight), rounded(p * (1.0 - p) * weight).max(1)];
            }
        }
        let (mut gradient, mut hessian) = (0i64, 0i64);
        for fine in order.iter().filter_map(|row| self.fine.get(*row as usize)) {
            gradient += i64::from(fine[0].unsigned_abs());
            hessian += i64::from(fine[1]);
        }
        let rows = order.len() as i64;
        let shift = |sum: i64, bits: u32| (1..31).find(|shift| (sum >> shift) + rows < 1 << bits).unwrap_or(31);
        let (a, b) = (shift(gradient, 31), shift(hessian, 32));
        self.unit = [(1u64 << a) as f64 / FINE * self.top, (1u64 << b) as f64 / FINE * self.top];
        let half = |value: i32, shift: i32| (i64::from(value) + (1 << (shift - 1))) >> shift;
        self.packed.clear();
        self.packed.extend(self.fine.iter().map(|fine| (half(fine[0], a) << 32) + half(fine[1], b)));
    }

    /// Gradient and hessian of a sum of packed ones.
    pub fn real(&self, packed: i64) -> (f64, f64) {
        ((packed >> 32) as f64 * self.unit[0], (packed & 0xffff_ffff) as f64 * self.unit[1])
    }

    /// The packed sum of `rows`.
    pub fn sum(&self, rows: &[u32]) -> i64 {
        rows.iter().filter_map(|row| self.packed.get(*row as usize)).sum()
    }

    /// Gradient and hessian of `rows`, from the fine ones.
    pub fn fine_sum(&self, rows: &[u32]) -> (f64, f64) {
        let (mut gradient, mut hessian) = (0i64, 0i64);
        for fine in rows.iter().filter_map(|row| self.fine.get(*row as usize)) {
            gradient += i64::from(fine[0]);
            hessian += i64::from(fine[1]);
        }
        (gradient as f64 / FINE * self.top, hessian as f64 / FINE * self.top)
    }
}

/// The log loss of a row at `margin`, in units of 2^−30: sums of them have no order either.
pub(super) fn loss(margin: f64, outcome: bool) -> i64 {
    let against = if outcome { -margin } else { margin };
    let softplus = against.max(0.0) + crate::math::ln_1p(exp_of_sums(-against.abs()));
    (softplus * FINE) as i64
}

/// `x` rounded half to even, for |x| < 2^31, without the call that `f64::round` is on baseline x86-64.
fn rounded(x: f64) -> i32 {
    (x + 6_755_399_441_055_744.0).to_bits() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_the_logistic_loss() {
        let settings = Settings { positive_weight: 3.0, ..Settings::default() };
        let (margins, outcomes) = ([-2.0, 0.0, 1.5, 40.0], [true, false, true, true]);
        let mut gradients = Gradients::default();
        gradients.fill(&settings, &margins, &outcomes, &[0, 1, 2, 3]);
        for (row, (margin, outcome)) in margins.iter().zip(outcomes).enumerate() {
            let p = crate::math::logistic(*margin);
            let (weight, y) = if outcome { (3.0, 1.0) } else { (1.0, 0.0) };
            let (g, h) = gradients.fine_sum(&[row as u32]);
            assert!((g - weight * (p - y)).abs() < 1e-8 && (h - weight * p * (1.0 - p)).abs() < 1e-8, "{row}: {g} {h}");
            let (g, h) = gradients.real(gradients.sum(&[row as u32]));
            assert!((g - weight * (p - y)).abs() < 1e-6 && (h - weight * p * (1.0 - p)).abs() < 1e-6, "{row}: {g} {h}");
        }
    }

    #[test]
    fn sums_of_many_rows_fit() {
        let rows = 300_000;
        let (margins, outcomes, order): (Vec<f64>, Vec<bool>, Vec<u32>) =
            (vec![0.0; rows], (0..rows).map(|row| row % 2 == 0).collect(), (0..rows as u32).collect());
        let mut gradients = Gradients::default();
        gradients.fill(&Settings::default(), &margins, &outcomes, &order);
        let (g, h) = gradients.real(gradients.sum(&order));
        assert!(g.abs() < 1.0 && (h - 75_000.0).abs() < 10.0, "{g} {h}");
    }
}
