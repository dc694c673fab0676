//! The binomial distribution.

use super::{beta, saddle};

/// P(X = k) of `n` draws at probability `p`.
///
/// # Example
/// ```
/// use plumbline_core::stats::binomial;
/// assert!((binomial::pmf(3, 10, 0.25) / 0.25028228759765625 - 1.0).abs() < 1e-13);
/// ```
pub fn pmf(k: u64, n: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        f64::NAN
    } else if k > n {
        0.0
    } else {
        saddle::binomial_term(k as f64, (n - k) as f64, p, 1.0 - p)
    }
}

/// P(X ≤ k).
pub fn cdf(k: u64, n: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        f64::NAN
    } else if k >= n {
        1.0
    } else {
        beta::upper(k as f64 + 1.0, (n - k) as f64, p)
    }
}

/// P(X > k), exact in the far tail.
///
/// # Formula
/// I_p(k + 1, n − k)
pub fn sf(k: u64, n: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        f64::NAN
    } else if k >= n {
        0.0
    } else {
        beta::lower(k as f64 + 1.0, (n - k) as f64, p)
    }
}
