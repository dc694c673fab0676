//! Terms of the Poisson and the binomial distribution for real arguments, without the cancellation of three log-gammas.
//!
//! # Source
//! Loader (2000), "Fast and accurate computation of binomial probabilities": the Stirling error and the deviance.

use crate::math;

/// ln √(2π)
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// mean^x e^−mean / Γ(x + 1): the Poisson probability of `x`, for any real x ≥ 0 and mean ≥ 0.
pub(super) fn poisson_term(x: f64, mean: f64) -> f64 {
    if x == 0.0 {
        return math::exp(-mean);
    }
    if mean == 0.0 {
        return 0.0;
    }
    math::exp(-stirling_error(x) - deviance(x, mean, x - mean) - HALF_LN_TAU) / x.sqrt()
}

/// Γ(a + b + 1) / (Γ(a + 1) Γ(b + 1)) · x^a · y^b with x + y = 1: the binomial probability of a successes and b failures, for any
/// real a, b ≥ 0.
pub(super) fn binomial_term(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if a == 0.0 {
        return math::exp(b * if y < x { math::ln(y) } else { math::ln_1p(-x) });
    }
    if b == 0.0 {
        return math::exp(a * if x < y { math::ln(x) } else { math::ln_1p(-y) });
    }
    if x == 0.0 || y == 0.0 {
        return 0.0;
    }
    // a − n·x and b − n·y are opposite: computed from the smaller of x and y, which is more precise.
    let n = a + b;
    let excess = if x < y { a - n * x } else { n * y - b };
    let exponent =
        stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x, excess) - deviance(b, n * y, -excess);
    math::exp(exponent - HALF_LN_TAU) * (n / a / b).sqrt()
}

/// ln Γ(n + 1) − ((n + ½) ln n − n + ln √(2π)), for n > 0.
///
/// # Formula
/// The asymptotic series from 16 up; below it δ(n) − δ(n + 1) = (n + ½) ln(1 + 1/n) − 1, which is artanh(z)/z − 1 of z = 1/(2n + 1).
fn stirling_error(mut n: f64) -> f64 {
    let mut sum = 0.0;
    while n < 16.0 {
        sum += if n < 1.0 { (n + 0.5) * math::ln_1p(1.0 / n) - 1.0 } else { artanh_excess(1.0 / (2.0 * n + 1.0)) };
        n += 1.0;
    }
    let square = 1.0 / (n * n);
    sum + SERIES.iter().rev().fold(0.0, |total, term| total * square + term) / n
}

/// B₂ₖ / (2k (2k − 1)), k from 1.
const SERIES: [f64; 7] = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];

/// artanh(z)/z − 1 for |z| ≤ 1/3: z²/3 + z⁴/5 + …
fn artanh_excess(z: f64) -> f64 {
    let square = z * z;
    let (mut power, mut sum, mut odd) = (square, 0.0, 3.0);
    while power / odd > sum * 1e-18 {
        sum += power / odd;
        power *= square;
        odd += 2.0;
    }
    sum
}

/// x ln(x / mean) + mean − x, where the caller may know the `difference` x − mean better than by subtraction; x, mean > 0.
fn deviance(x: f64, mean: f64, difference: f64) -> f64 {
    if difference.abs() >= 0.1 * (x + mean) {
        let share = difference / x;
        return -x * if share.abs() < 0.5 { math::ln_1p(-share) } else { math::ln(mean / x) } - difference;
    }
    let v = difference / (x + mean);
    let square = v * v;
    let (mut total, mut term, mut odd) = (difference * v, 2.0 * x * v, 3.0);
    for _ in 0..100 {
        term *= square;
        let next = total + term / odd;
        if next == total {
            break;
        }
        total = next;
        odd += 2.0;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stirling_error_is_the_rest_of_stirlings_formula() {
        // mpmath: loggamma(n+1) - (n+1/2) log n + n - log sqrt(2 pi), 40 digits.
        let rows = [
            [0.01, 1.4340079537031842],
            [0.5, 0.15342640972002736],
            [1.0, 0.08106146679532726],
            [3.0, 0.02767792568499834],
            [10.5, 0.00793411456431402],
            [100.0, 0.0008333305556349147],
        ];
        for [n, truth] in rows {
            let ours = stirling_error(n);
            assert!((ours / truth - 1.0).abs() < 2e-15, "{n}: {ours:e} is not {truth:e}");
        }
    }
}
