//! Count, mean and squared deviations of one quantity, or of two measured on the same units: mergeable, without the cancellation
//! that sums of squares suffer.
//!
//! Values are assumed to be finite: the caller rejects others, with their place.

use serde::{Deserialize, Serialize};

/// Count, mean and Σ(x − mean)² of one quantity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Values seen.
    pub count: u64,
    /// Their mean; 0 when there are none.
    pub mean: f64,
    /// The sum of squared deviations from the mean.
    pub squares: f64,
}

impl Moments {
    /// The moments of `count` values with this sum and sum of squares, as a database reports them.
    ///
    /// # Formula
    /// Σx² − (Σx)² / n, never below 0
    pub fn from_sums(count: u64, sum: f64, sum_squares: f64) -> Moments {
        if count == 0 {
            return Moments::default();
        }
        let n = count as f64;
        Moments { count, mean: sum / n, squares: (sum_squares - sum * sum / n).max(0.0) }
    }

    /// Takes in one more value.
    ///
    /// # Source
    /// Welford (1962).
    pub fn push(&mut self, x: f64) {
        self.count += 1;
        let off = x - self.mean;
        self.mean += off / self.count as f64;
        self.squares += off * (x - self.mean);
    }

    /// Takes in everything `other` has seen.
    ///
    /// # Source
    /// Chan, Golub & LeVeque (1979).
    pub fn merge(&mut self, other: &Moments) {
        if self.count == 0 {
            *self = *other;
        } else if other.count > 0 {
            let (n, m) = (self.count as f64, other.count as f64);
            let off = other.mean - self.mean;
            self.count += other.count;
            self.mean += off * (m / (n + m));
            self.squares += other.squares + off * off * (n * m / (n + m));
        }
    }

    /// The sample variance; none of fewer than two values.
    ///
    /// # Formula
    /// Σ(x − mean)² / (n − 1)
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::moments::Moments;
    /// let mut moments = Moments::default();
    /// [2.0, 4.0, 9.0].iter().for_each(|x| moments.push(*x));
    /// assert_eq!((moments.mean, moments.variance()), (5.0, Some(13.0)));
    /// ```
    pub fn variance(&self) -> Option<f64> {
        (self.count >= 2).then(|| self.squares / (self.count as f64 - 1.0))
    }
}

/// Moments of two quantities of the same units, with Σ(x − mean)(y − mean).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Comoments {
    /// The first quantity: the outcome, the numerator.
    pub x: Moments,
    /// The second: what was known before, the denominator.
    pub y: Moments,
    /// The sum of products of deviations.
    pub products: f64,
}

impl Comoments {
    /// The moments of two quantities with these sums, as a database reports them. Both must be of the same number of units.
    pub fn from_sums(count: u64, sums: [f64; 2], sums_squares: [f64; 2], sum_products: f64) -> Comoments {
        let n = count.max(1) as f64;
        let [x, y] = sums;
        let [xx, yy] = sums_squares;
        Comoments { x: Moments::from_sums(count, x, xx), y: Moments::from_sums(count, y, yy), products: sum_products - x * y / n }
    }

    /// Units seen.
    pub fn count(&self) -> u64 {
        self.x.count
    }

    /// Takes in one more unit.
    pub fn push(&mut self, x: f64, y: f64) {
        let off = x - self.x.mean;
        self.x.push(x);
        self.y.push(y);
        self.products += off * (y - self.y.mean);
    }

    /// Takes in everything `other` has seen.
    pub fn merge(&mut self, other: &Comoments) {
        let (n, m) = (self.count() as f64, other.count() as f64);
        if n + m > 0.0 {
            let (off_x, off_y) = (other.x.mean - self.x.mean, other.y.mean - self.y.mean);
            self.products += other.products + off_x * off_y * (n * m / (n + m));
        }
        self.x.merge(&other.x);
        self.y.merge(&other.y);
    }

    /// The sample covariance; none of fewer than two units.
    pub fn covariance(&self) -> Option<f64> {
        (self.count() >= 2).then(|| self.products / (self.count() as f64 - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(f64, f64)]) -> Comoments {
        let mut moments = Comoments::default();
        rows.iter().for_each(|(x, y)| moments.push(*x, *y));
        moments
    }

    #[test]
    fn merging_is_as_good_as_seeing_all() {
        // A mean of 1e9 loses nine digits to a sum of squares; here nothing is lost.
        let rows: Vec<(f64, f64)> = (0..97).map(|i| (1e9 + f64::from(i % 7), f64::from(i * i % 11))).collect();
        let whole = of(&rows);
        for cut in [0, 1, 13, 96, 97] {
            let (left, right) = rows.split_at(cut);
            let mut merged = of(left);
            merged.merge(&of(right));
            assert_eq!(merged.count(), whole.count());
            for (ours, expected) in [
                (merged.x.squares, whole.x.squares),
                (merged.y.squares, whole.y.squares),
                (merged.products, whole.products),
                (merged.x.mean, whole.x.mean),
            ] {
                // The mean itself is known to 1e-7 only, out here.
                assert!((ours - expected).abs() <= 1e-6 * expected.abs(), "{cut}: {ours} {expected}");
            }
        }
        let near: Vec<(f64, f64)> = rows.iter().map(|(x, y)| (x - 1e9, *y)).collect();
        assert!((whole.x.squares / of(&near).x.squares - 1.0).abs() < 1e-7);
    }

    #[test]
    fn sums_and_values_agree() {
        let rows = [(1.0, 2.0), (3.0, 5.0), (4.0, 1.0), (8.0, 7.0)];
        let sum = |f: fn(f64, f64) -> f64| rows.iter().map(|(x, y)| f(*x, *y)).sum::<f64>();
        let sums =
            Comoments::from_sums(4, [sum(|x, _| x), sum(|_, y| y)], [sum(|x, _| x * x), sum(|_, y| y * y)], sum(|x, y| x * y));
        let seen = of(&rows);
        assert!((sums.products - seen.products).abs() < 1e-12 && (sums.x.squares - seen.x.squares).abs() < 1e-12);
        assert_eq!(Moments::from_sums(0, 0.0, 0.0).variance(), None);
        assert_eq!(Moments::from_sums(3, 3.0, 3.0 - 1e-13).variance(), Some(0.0));
    }
}
