//! The noncentral t distribution of a t statistic when there is an effect, used for the power of t tests.

use super::saddle::poisson_term;
use super::{normal, student};
use crate::math;

/// P(T ≤ t) at `df` degrees of freedom and noncentrality `delta`.
pub fn cdf(t: f64, df: f64, delta: f64) -> f64 {
    sf(-t, df, -delta)
}

/// P(T > t), exact in the far tail.
///
/// # Formula
/// E Φ(δ − t S) with S = √(χ² / df): an integral over ln S, where the integrand is smooth and falls faster than exponentially, so
/// that the trapezoidal rule converges geometrically. Every term is positive: nothing cancels in either tail.
///
/// # Example
/// ```
/// use plumbline_core::stats::noncentral_t;
/// assert!((noncentral_t::sf(2.0, 10.0, 1.5) / 0.3408459275578092 - 1.0).abs() < 1e-12);
/// ```
pub fn sf(t: f64, df: f64, delta: f64) -> f64 {
    if df.is_nan() || df <= 0.0 || !delta.is_finite() || t.is_nan() {
        return f64::NAN;
    }
    if delta == 0.0 {
        return student::sf(t, df);
    }
    if df == f64::INFINITY || t.is_infinite() || t == 0.0 {
        return normal::sf(t - if t.is_infinite() { 0.0 } else { delta });
    }
    let step = 0.35 * (1.0 / (2.0 * df + 1.0).sqrt()).min(1.0 / (1.0 + t.abs() + delta.abs()));
    let term = |i: f64| {
        let s = math::exp(i * step);
        df * poisson_term(df / 2.0, df / 2.0 * s * s) * normal::sf(t * s - delta)
    };
    let peak = climb(&term);
    let mut sum = term(peak);
    for direction in [-1.0, 1.0] {
        let mut i = peak;
        loop {
            i += direction;
            let next = term(i);
            sum += next;
            if next <= sum * 1e-18 {
                break;
            }
        }
    }
    (sum * step).min(1.0)
}

/// The whole number near the largest term, from 0 by doubling strides; the integrand has one peak.
fn climb(term: &impl Fn(f64) -> f64) -> f64 {
    let (mut at, mut stride) = (0.0, 64.0);
    while stride >= 1.0 {
        let here = term(at);
        let (left, right) = (term(at - stride), term(at + stride));
        if right > here && right >= left {
            at += stride;
        } else if left > here {
            at -= stride;
        } else {
            stride /= 2.0;
        }
    }
    at
}
