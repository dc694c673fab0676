//! The regularised incomplete gamma functions and their inverse.

use super::saddle::poisson_term;
use crate::math;

/// A converged sum or fraction no longer changes; near x = a both need about 9 √a steps.
const STEPS: usize = 2_000_000;

/// P(a, x) = γ(a, x) / Γ(a): the probability that a gamma variable of shape `a` and scale 1 is at most `x`.
///
/// # Example
/// ```
/// use plumbline_core::stats::gamma;
/// assert!((gamma::lower(3.0, 2.0) / 0.32332358381693654 - 1.0).abs() < 1e-13);
/// ```
pub fn lower(a: f64, x: f64) -> f64 {
    both(a, x).0
}

/// Q(a, x) = Γ(a, x) / Γ(a), exact in the far tail.
///
/// # Formula
/// For x < a + 1 one minus the series e^−x x^a Σ xᵏ / Γ(a + 1 + k), otherwise Legendre's continued fraction, by Lentz's method;
/// below a = ½ the alternating series about the complement.
///
/// # Source
/// Abramowitz & Stegun 6.5.29, 6.5.31; the leading factor as Loader (2000).
pub fn upper(a: f64, x: f64) -> f64 {
    both(a, x).1
}

/// The x with P(a, x) = `p`.
pub fn quantile(a: f64, p: f64) -> f64 {
    solve(a, p, 1.0 - p)
}

/// The x with Q(a, x) = `q`, exact for a tiny `q`.
pub fn upper_quantile(a: f64, q: f64) -> f64 {
    solve(a, 1.0 - q, q)
}

/// P and Q; each is exact where it is the smaller.
pub(super) fn both(a: f64, x: f64) -> (f64, f64) {
    if !(a > 0.0 && a.is_finite() && x >= 0.0) {
        return (f64::NAN, f64::NAN);
    }
    if x == 0.0 {
        return (0.0, 1.0);
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    if x < a + 1.0 {
        let lower = (poisson_term(a, x) * series(a, x)).min(1.0);
        (lower, if a < 0.5 && lower > 0.5 && x < 1.0 { small_shape(a, x) } else { 1.0 - lower })
    } else {
        let upper = (poisson_term(a, x) * a * fraction(a, x)).min(1.0);
        (1.0 - upper, upper)
    }
}

/// Σ xᵏ / ((a + 1) … (a + k)), k from 0.
fn series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut denominator) = (1.0, 1.0, a);
    for _ in 0..STEPS {
        denominator += 1.0;
        term *= x / denominator;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

/// 1 / (x + 1 − a − 1·(1 − a) / (x + 3 − a − 2·(2 − a) / …)).
fn fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut h = d;
    let mut i = 0.0;
    for _ in 0..STEPS {
        i += 1.0;
        let numerator = -i * (i - a);
        b += 2.0;
        d = 1.0 / nudge(numerator * d + b, TINY);
        c = nudge(b + numerator / c, TINY);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

pub(super) fn nudge(x: f64, tiny: f64) -> f64 {
    if x.abs() < tiny { tiny } else { x }
}

/// Q for a < ½ and x < 1: 1 − x^a / Γ(a + 1) · (1 + a Σ (−x)ᵏ / ((a + k) k!)), without the loss of the first subtraction.
fn small_shape(a: f64, x: f64) -> f64 {
    let (mut power, mut sum, mut k) = (1.0, 0.0, 0.0);
    for _ in 0..100 {
        k += 1.0;
        power *= -x / k;
        let term: f64 = power / (a + k);
        sum += term;
        if term.abs() < 1e-18 {
            break;
        }
    }
    let exponent = a * math::ln(x) - math::ln_gamma(1.0 + a);
    -math::exp_m1(exponent) - math::exp(exponent) * a * sum
}

/// Newton's method on the logarithm of the smaller tail against ln x, where both tails are nearly straight, inside a bracket.
fn solve(a: f64, p: f64, q: f64) -> f64 {
    if !(a > 0.0 && a.is_finite() && p >= 0.0 && q >= 0.0) {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if q == 0.0 {
        return f64::INFINITY;
    }
    let guess = {
        let z = if p < q { super::normal::quantile(p) } else { -super::normal::quantile(q) };
        let cube = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * a.sqrt());
        let wilson_hilferty = a * cube * cube * cube;
        if cube > 0.0 && wilson_hilferty > 0.01 * a {
            wilson_hilferty
        } else {
            math::exp((math::ln(p) + math::ln_gamma(a + 1.0)) / a)
        }
    };
    super::bracket::newton(guess, (f64::MIN_POSITIVE, f64::MAX), |x| {
        let (lower, upper) = both(a, x);
        let slope = poisson_term(a, x) * a;
        if p <= q { (math::ln(lower / p), slope / lower) } else { (-math::ln(upper / q), slope / upper) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_name_no_distribution_answer_nan() {
        for (a, x) in [(0.0, 1.0), (-1.0, 1.0), (f64::NAN, 1.0), (1.0, -1.0), (1.0, f64::NAN), (f64::INFINITY, 1.0)] {
            assert!(lower(a, x).is_nan() && upper(a, x).is_nan(), "{a} {x}");
        }
        for p in [-0.1, 1.1, f64::NAN] {
            assert!(quantile(2.0, p).is_nan() && upper_quantile(2.0, p).is_nan(), "{p}");
        }
        assert_eq!((quantile(2.0, 0.0), quantile(2.0, 1.0)), (0.0, f64::INFINITY));
    }

    #[test]
    fn quantiles_invert_both_tails() {
        for a in [0.01, 0.3, 0.5, 1.0, 2.5, 30.0, 1000.0, 1e5] {
            for p in [1e-200, 1e-12, 1e-3, 0.05, 0.3, 0.5, 0.9] {
                let x = quantile(a, p);
                if x > 1e-300 {
                    assert!((lower(a, x) / p - 1.0).abs() < 1e-12 * a.max(1.0).sqrt(), "lower {a} {p}: {x}");
                }
                let x = upper_quantile(a, p);
                assert!(x < 1e-300 || (upper(a, x) / p - 1.0).abs() < 1e-11, "upper {a} {p}: {x} gives {}", upper(a, x));
            }
        }
    }
}
