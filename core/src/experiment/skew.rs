//! How lopsided a metric's values are: the mean of few large values among many small ones is seldom near its expectation's normal law.

use serde::{Deserialize, Serialize};

use crate::stats::moments::Moments;

/// The sum of cubed deviations from the mean, kept beside the [`Moments`] of the same values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Skew {
    cubes: f64,
}

impl Skew {
    /// Whether it is a number.
    pub fn is_finite(&self) -> bool {
        self.cubes.is_finite()
    }

    /// Adds `x` to the values that `before` describes.
    ///
    /// # Source
    /// Pébay (2008), equations 2.1 and 2.2.
    pub fn push(&mut self, before: &Moments, x: f64) {
        let n = before.count as f64 + 1.0;
        let off = x - before.mean;
        let part = off / n;
        self.cubes += off * part * (n - 1.0) * part * (n - 2.0) - 3.0 * part * before.squares;
    }

    /// Adds the values of `other`; `ours` and `theirs` are the moments before.
    pub fn merge(&mut self, ours: &Moments, other: &Skew, theirs: &Moments) {
        let (n, m) = (ours.count as f64, theirs.count as f64);
        if n + m > 0.0 {
            let off = theirs.mean - ours.mean;
            let between = off * off * off * (n * m / (n + m)) * ((n - m) / (n + m));
            self.cubes += other.cubes + between + 3.0 * off * ((n * theirs.squares - m * ours.squares) / (n + m));
        }
    }

    /// The skewness of the values that `moments` describes; 0 where they do not vary.
    ///
    /// # Formula
    /// √n Σ(x − mean)³ / (Σ(x − mean)²)^1.5
    pub fn skewness(&self, moments: &Moments) -> f64 {
        let found = (moments.count as f64).sqrt() * self.cubes / (moments.squares * moments.squares.sqrt());
        if found.is_finite() { found } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> (Moments, Skew) {
        let (mut moments, mut skew) = (Moments::default(), Skew::default());
        for x in values {
            skew.push(&moments, *x);
            moments.push(*x);
        }
        (moments, skew)
    }

    #[test]
    fn skewness_is_that_of_the_definition_in_any_order_and_any_parts() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 23) + if i == 7 { 500.0 } else { 0.0 }).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let power = |p: i32| values.iter().map(|x| (0..p).fold(1.0, |product, _| product * (x - mean))).sum::<f64>() / n;
        let expected = power(3) / (power(2) * power(2).sqrt());
        let (moments, skew) = of(&values);
        assert!((skew.skewness(&moments) - expected).abs() < 1e-9, "{} {expected}", skew.skewness(&moments));
        for cut in [0, 1, 8, 39, 40] {
            let (left, right) = values.split_at(cut);
            let ((mut left, mut merged), (right, other)) = (of(left), of(right));
            merged.merge(&left, &other, &right);
            left.merge(&right);
            assert!((merged.skewness(&left) - expected).abs() < 1e-9, "cut at {cut}");
        }
        let (alike, none) = of(&[3.0; 5]);
        assert_eq!(none.skewness(&alike), 0.0);
    }
}
