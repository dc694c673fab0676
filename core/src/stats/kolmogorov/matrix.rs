//! Durbin's matrix: the distribution of one sample's distance where it is small.
#![allow(clippy::indexing_slicing, reason = "square matrices of one size, indexed by loops over that size")]

/// 2^128, by which powers are scaled; a power of two loses nothing.
const BIG: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;

/// P(Dₙ ≤ `d`) for 0.5 < n·d; the work grows with (n·d)³.
///
/// # Source
/// Marsaglia, Tsang & Wang (2003).
pub(super) fn cdf(n: u64, d: f64) -> f64 {
    let count = n as f64;
    let t = count * d;
    let k = t.ceil() as usize;
    let (h, m) = (k as f64 - t, 2 * k - 1);
    let mut base = Power { matrix: first(h, m), size: m, exponent: 0 };
    let mut power = Power { matrix: identity(m), size: m, exponent: 0 };
    let mut rest = n;
    while rest > 0 {
        if rest % 2 == 1 {
            power = power.times(&base, k - 1);
        }
        base = base.times(&base, k - 1);
        rest /= 2;
    }
    let (mut p, mut exponent) = (power.matrix[(k - 1) * m + k - 1], power.exponent);
    for i in 1..=n {
        p *= i as f64 / count;
        if p < 1.0 / BIG {
            p *= BIG;
            exponent -= 1;
        }
    }
    // Of a probability nothing is left below the smallest scale.
    while exponent < 0 && p > 0.0 {
        p /= BIG;
        exponent += 1;
    }
    while exponent > 0 && p.is_finite() {
        p *= BIG;
        exponent -= 1;
    }
    p.clamp(0.0, 1.0)
}

struct Power {
    matrix: Vec<f64>,
    size: usize,
    /// Power of [`BIG`] that the matrix is to be multiplied with.
    exponent: i32,
}

impl Power {
    fn times(&self, other: &Power, centre: usize) -> Power {
        let m = self.size;
        let mut matrix = vec![0.0; m * m];
        for row in 0..m {
            for inner in 0..m {
                let factor = self.matrix[row * m + inner];
                for column in 0..m {
                    matrix[row * m + column] += factor * other.matrix[inner * m + column];
                }
            }
        }
        let mut exponent = self.exponent + other.exponent;
        if matrix[centre * m + centre] > BIG {
            matrix.iter_mut().for_each(|x| *x /= BIG);
            exponent += 1;
        }
        Power { matrix, size: m, exponent }
    }
}

fn identity(m: usize) -> Vec<f64> {
    (0..m * m).map(|i| if i % (m + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

/// Durbin's H: 1/(i − j + 1)! below the second diagonal, corrected in the first column and the last row for the part h of a step.
fn first(h: f64, m: usize) -> Vec<f64> {
    let mut inverse = vec![1.0; m + 2];
    for j in 1..m + 2 {
        inverse[j] = inverse[j - 1] / j as f64;
    }
    let powers = |x: f64| {
        (0..m)
            .scan(1.0, move |power, _| {
                *power *= x;
                Some(*power)
            })
            .collect::<Vec<f64>>()
    };
    let of_h = powers(h);
    let mut edge: Vec<f64> = (0..m).map(|j| (1.0 - of_h[j]) * inverse[j + 1]).collect();
    let overlap = powers((2.0 * h - 1.0).max(0.0))[m - 1] - 2.0 * of_h[m - 1];
    edge[m - 1] = (1.0 + overlap) * inverse[m];
    let mut matrix = vec![0.0; m * m];
    for row in 0..m {
        for column in 1..(row + 2).min(m) {
            matrix[row * m + column] = inverse[row + 1 - column];
        }
    }
    for i in 0..m {
        matrix[i * m] = edge[i];
        matrix[(m - 1) * m + m - 1 - i] = edge[i];
    }
    matrix
}
