//! The Poisson distribution.

use super::{gamma, saddle};

/// P(X = k) at the given mean.
pub fn pmf(k: u64, mean: f64) -> f64 {
    if mean >= 0.0 { saddle::poisson_term(k as f64, mean) } else { f64::NAN }
}

/// P(X ≤ k).
///
/// # Example
/// ```
/// use plumbline_core::stats::poisson;
/// assert!((poisson::cdf(2, 3.0) / 0.42319008112684353 - 1.0).abs() < 1e-13);
/// ```
pub fn cdf(k: u64, mean: f64) -> f64 {
    gamma::upper(k as f64 + 1.0, mean)
}

/// P(X > k), exact in the far tail.
pub fn sf(k: u64, mean: f64) -> f64 {
    gamma::lower(k as f64 + 1.0, mean)
}
