//! The F distribution of a ratio of two mean squares.

use super::beta;

/// P(F ≤ f) at `numerator` and `denominator` degrees of freedom.
pub fn cdf(f: f64, numerator: f64, denominator: f64) -> f64 {
    tails(f, numerator, denominator).1
}

/// P(F > f), exact in the far tail.
///
/// # Formula
/// Iₓ(d₂ / 2, d₁ / 2) with x = d₂ / (d₂ + d₁ f)
///
/// # Example
/// ```
/// use plumbline_core::stats::fisher_f;
/// assert!((fisher_f::sf(3.0, 2.0, 10.0) / 0.095367431640625 - 1.0).abs() < 1e-13);
/// ```
pub fn sf(f: f64, numerator: f64, denominator: f64) -> f64 {
    tails(f, numerator, denominator).0
}

fn tails(f: f64, numerator: f64, denominator: f64) -> (f64, f64) {
    if f.is_nan() || f < 0.0 {
        return (f64::NAN, f64::NAN);
    }
    let ratio = numerator * f / denominator;
    let (x, y) = if ratio == f64::INFINITY { (0.0, 1.0) } else { (1.0 / (1.0 + ratio), ratio / (1.0 + ratio)) };
    beta::both(denominator / 2.0, numerator / 2.0, x, y)
}
