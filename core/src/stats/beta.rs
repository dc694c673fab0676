//! The regularised incomplete beta function and its inverse.

use super::bracket;
use super::gamma::nudge;
use super::saddle::binomial_term;
use crate::math;

/// The fraction needs about √max(a, b) steps.
const STEPS: usize = 2_000_000;

/// Iₓ(a, b): the probability that a beta variable is at most `x`.
///
/// # Example
/// ```
/// use plumbline_core::stats::beta;
/// assert!((beta::lower(2.0, 3.0, 0.4) / 0.5248 - 1.0).abs() < 1e-13);
/// ```
pub fn lower(a: f64, b: f64, x: f64) -> f64 {
    both(a, b, x, 1.0 - x).0
}

/// 1 − Iₓ(a, b), exact in the far tail.
pub fn upper(a: f64, b: f64, x: f64) -> f64 {
    both(a, b, x, 1.0 - x).1
}

/// The x with Iₓ(a, b) = `p`.
pub fn quantile(a: f64, b: f64, p: f64) -> f64 {
    solve(a, b, p, 1.0 - p).0
}

/// The x with 1 − Iₓ(a, b) = `q`, exact for a tiny `q`.
pub fn upper_quantile(a: f64, b: f64, q: f64) -> f64 {
    solve(a, b, 1.0 - q, q).0
}

/// Iₓ(a, b) and its complement for x + y = 1, where the caller may know y better than 1 − x; each is exact where it is the smaller.
///
/// # Formula
/// x^a y^b / B(a, b) over a continued fraction, by Lentz's method, on that side of the mean where it converges.
///
/// # Source
/// Didonato & Morris (1992), equation 9; the leading factor as Loader (2000).
pub(super) fn both(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    if !(a > 0.0 && b > 0.0 && (a + b).is_finite() && x >= 0.0 && y >= 0.0) {
        return (f64::NAN, f64::NAN);
    }
    if x == 0.0 {
        return (0.0, 1.0);
    }
    if y == 0.0 {
        return (1.0, 0.0);
    }
    let lead = binomial_term(a, b, x, y) * (a * b / (a + b));
    if a * y - b * x + 1.0 > 2.0 * x {
        let lower = (lead / fraction(a, b, x, y)).min(1.0);
        (lower, 1.0 - lower)
    } else {
        let upper = (lead / fraction(b, a, y, x)).min(1.0);
        (1.0 - upper, upper)
    }
}

/// β₀ + α₁ / (β₁ + α₂ / …) of Didonato & Morris, the even part of the classical fraction: a·y − b·x is computed from both x and y, so
/// that nothing is lost when one of them is near 1.
fn fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let distance = a * y - b * x + 1.0;
    let mut f = nudge(a * distance / (a + 1.0), TINY);
    let (mut c, mut d, mut m) = (f, 0.0, 0.0);
    for _ in 0..STEPS {
        m += 1.0;
        let odd = a + 2.0 * m - 1.0;
        let numerator = (a + m - 1.0) / odd * ((a + b + m - 1.0) / odd) * m * (b - m) * x * x;
        let denominator = m + m * (b - m) * x / odd + (a + m) * (distance + m * (1.0 + y)) / (odd + 2.0);
        d = 1.0 / nudge(denominator + numerator * d, TINY);
        c = nudge(denominator + numerator / c, TINY);
        f *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    f
}

/// (x, 1 − x) with Iₓ(a, b) = `p` = 1 − `q`, both to full relative accuracy.
pub(super) fn solve(a: f64, b: f64, p: f64, q: f64) -> (f64, f64) {
    if !(a > 0.0 && b > 0.0 && (a + b).is_finite() && p >= 0.0 && q >= 0.0) {
        return (f64::NAN, f64::NAN);
    }
    if p == 0.0 {
        return (0.0, 1.0);
    }
    if q == 0.0 {
        return (1.0, 0.0);
    }
    let (lower_half, upper_half) = both(a, b, 0.5, 0.5);
    let root_is_low = if p <= q { p <= lower_half } else { q >= upper_half };
    if root_is_low {
        let x = low_root(a, b, p, q);
        (x, 1.0 - x)
    } else {
        let y = low_root(b, a, q, p);
        (1.0 - y, y)
    }
}

/// The root x ≤ ½, by Newton's method on the logarithm of the smaller tail against ln x.
fn low_root(a: f64, b: f64, p: f64, q: f64) -> f64 {
    let ln_beta = math::ln_gamma(a) + math::ln_gamma(b) - math::ln_gamma(a + b);
    let small = math::exp((math::ln(p) + math::ln(a) + ln_beta) / a);
    let guess = small.min(a / (a + b)).min(0.5);
    bracket::newton(guess, (f64::MIN_POSITIVE, 0.5 + 1e-12), |x| {
        let y = 1.0 - x;
        let (lower, upper) = both(a, b, x, y);
        let slope = binomial_term(a, b, x, y) * (a * b / (a + b)) / y;
        if p <= q { (math::ln(lower / p), slope / lower) } else { (-math::ln(upper / q), slope / upper) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_name_no_distribution_answer_nan() {
        for (a, b, x) in
            [(0.0, 1.0, 0.5), (1.0, -1.0, 0.5), (f64::NAN, 1.0, 0.5), (1.0, 1.0, -0.1), (1.0, 1.0, 1.1), (1.0, 1.0, f64::NAN)]
        {
            assert!(lower(a, b, x).is_nan() && upper(a, b, x).is_nan(), "{a} {b} {x}");
        }
        assert!(quantile(1.0, 1.0, -0.1).is_nan() && quantile(1.0, 1.0, f64::NAN).is_nan() && quantile(0.0, 1.0, 0.5).is_nan());
        assert_eq!((quantile(2.0, 3.0, 0.0), quantile(2.0, 3.0, 1.0)), (0.0, 1.0));
    }

    #[test]
    fn quantiles_invert_both_tails() {
        for (a, b) in [(0.5, 0.5), (0.2, 7.0), (1.0, 1.0), (3.0, 40.0), (40.0, 3.0), (120.0, 881.0), (5e4, 2e5)] {
            for p in [1e-100, 1e-12, 1e-3, 0.025, 0.3, 0.5, 0.8] {
                let (x, y) = solve(a, b, p, 1.0 - p);
                assert!(x < 1e-300 || (both(a, b, x, y).0 / p - 1.0).abs() < 1e-11, "lower {a} {b} {p}: {x}");
                let (x, y) = solve(a, b, 1.0 - p, p);
                assert!(y < 1e-300 || (both(a, b, x, y).1 / p - 1.0).abs() < 1e-11, "upper {a} {b} {p}: {x}");
            }
        }
    }
}
