//! The chi-square distribution: a gamma variable of shape df / 2 and scale 2.

use super::gamma;

/// P(X ≤ x) at `df` degrees of freedom.
pub fn cdf(x: f64, df: f64) -> f64 {
    gamma::lower(df / 2.0, x / 2.0)
}

/// P(X > x), exact in the far tail.
///
/// # Example
/// ```
/// use plumbline_core::stats::chi_square;
/// assert!((chi_square::sf(3.841458820694124, 1.0) - 0.05).abs() < 1e-15);
/// ```
pub fn sf(x: f64, df: f64) -> f64 {
    gamma::upper(df / 2.0, x / 2.0)
}

/// The x with P(X ≤ x) = `p`.
pub fn quantile(p: f64, df: f64) -> f64 {
    2.0 * gamma::quantile(df / 2.0, p)
}

/// The x with P(X > x) = `q`, exact for a tiny `q`.
pub fn upper_quantile(q: f64, df: f64) -> f64 {
    2.0 * gamma::upper_quantile(df / 2.0, q)
}
