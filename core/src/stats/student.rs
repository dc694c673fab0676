//! Student's t distribution.

use super::beta;

/// P(T ≤ t) at `df` degrees of freedom.
pub fn cdf(t: f64, df: f64) -> f64 {
    sf(-t, df)
}

/// P(T > t), exact in the far tail.
///
/// # Formula
/// Iₓ(df / 2, ½) / 2 with x = df / (df + t²) for t ≥ 0.
///
/// # Example
/// ```
/// use plumbline_core::stats::student;
/// assert!((student::sf(2.306004135204166, 8.0) - 0.025).abs() < 1e-15);
/// ```
pub fn sf(t: f64, df: f64) -> f64 {
    if df.is_nan() || df <= 0.0 || t.is_nan() {
        return f64::NAN;
    }
    if df == f64::INFINITY {
        return super::normal::sf(t);
    }
    let square = t / df.sqrt() * (t / df.sqrt());
    let (x, y) = if square.is_infinite() { (0.0, 1.0) } else { (1.0 / (1.0 + square), square / (1.0 + square)) };
    let (tail, centre) = beta::both(df / 2.0, 0.5, x, y);
    if t >= 0.0 { 0.5 * tail } else { 0.5 + 0.5 * centre }
}

/// The t with P(T ≤ t) = `p`.
pub fn quantile(p: f64, df: f64) -> f64 {
    if !(df > 0.0 && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p > 0.5 { upper_quantile(1.0 - p, df) } else { -upper_quantile(p, df) }
}

/// The t with P(T > t) = `q`, exact for a tiny `q`.
pub fn upper_quantile(q: f64, df: f64) -> f64 {
    if !(df > 0.0 && (0.0..=1.0).contains(&q)) {
        return f64::NAN;
    }
    if q > 0.5 {
        return -upper_quantile(1.0 - q, df);
    }
    if df == f64::INFINITY {
        return -super::normal::quantile(q);
    }
    let (x, y) = beta::solve(df / 2.0, 0.5, 2.0 * q, 1.0 - 2.0 * q);
    (y / x).sqrt() * df.sqrt()
}
