//! Smirnov's one-sided distribution of one sample.

use crate::math;
use crate::stats::saddle::binomial_term;

/// Below this many terms every one is added; above it the middle of the sum, which is smooth, is integrated.
const FEW: u64 = 4_096;
/// Terms at each end that are added one by one when the middle is integrated.
const END: u64 = 256;

/// P(Dₙ⁺ > `d`): the chance that the empirical distribution of `n` draws lies above the true one by more than `d` somewhere.
///
/// # Formula
/// Σ over j ≤ n(1 − d) of d / (d + j/n) · b(j), with b(j) the binomial probability of j in n at d + j/n. For more than 4,096 terms
/// all but the first and last 256 by Euler–Maclaurin's formula, the integral by Gauss–Legendre panels.
///
/// # Source
/// Smirnov (1944); Birnbaum & Tingey (1951), equation 3.0.
pub fn sf(n: u64, d: f64) -> f64 {
    if d.is_nan() {
        return f64::NAN;
    }
    if d <= 0.0 || n == 0 {
        return if d <= 0.0 { 1.0 } else { 0.0 };
    }
    if d >= 1.0 {
        return 0.0;
    }
    let count = n as f64;
    let t = count * d;
    // Term j, for real j too.
    let term = |j: f64| {
        let rest = count - j;
        if rest <= t {
            return 0.0;
        }
        if j == 0.0 {
            return math::exp(count * math::ln_1p(-d));
        }
        t / (t + j) * binomial_term(j, rest, (t + j) / count, (rest - t) / count)
    };
    let last = (count - t).floor().max(0.0) as u64;
    let sum = if last <= FEW {
        add(0, last, term)
    } else {
        let (from, to) = (END, last - END);
        add(0, from - 1, term) + middle(from as f64 - 0.5, to as f64 + 0.5, term) + add(to + 1, last, term)
    };
    sum.min(1.0)
}

fn add(from: u64, to: u64, term: impl Fn(f64) -> f64) -> f64 {
    (from..=to).fold(0.0, |sum, j| sum + term(j as f64))
}

/// The sum of `term` over the integers between `from` and `to`, two halves of integers.
fn middle(from: f64, to: f64, term: impl Fn(f64) -> f64) -> f64 {
    // Midpoint rule turned round: a sum is its integral less f' / 24 at the ends.
    let slope = |x: f64| (term(x + 0.5) - term(x - 0.5)) / 24.0;
    let mut sum = slope(from) - slope(to);
    let middle = (from + to) / 2.0;
    // Panels grow with the distance from the nearer end, where the terms change fastest.
    let mut left = from;
    while left < middle {
        let right = (left * 1.12).min(middle);
        sum += panel(left, right, &term) + panel(from + to - right, from + to - left, &term);
        left = right;
    }
    sum
}

/// ∫ of `f` from `left` to `right` by eight points of Gauss and Legendre.
fn panel(left: f64, right: f64, f: &impl Fn(f64) -> f64) -> f64 {
    let (centre, half) = ((left + right) / 2.0, (right - left) / 2.0);
    let pair = |(x, weight): &(f64, f64)| weight * (f(centre - half * x) + f(centre + half * x));
    half * GAUSS.iter().map(pair).fold(0.0, |sum, part| sum + part)
}

/// Points and weights of Gauss–Legendre on [−1, 1], the positive half of eight.
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_2, 0.101_228_536_290_376_26),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_scipy() {
        // scipy.special.smirnov(n, d), scipy 1.17.1.
        for (n, d, expected) in TABLE {
            let ours = sf(n, d);
            assert!((ours - expected).abs() <= 1e-11 * expected, "sf({n}, {d}): {ours:e}, {expected:e}");
        }
    }

    #[test]
    fn ends_are_sharp() {
        assert_eq!((sf(5, 0.0), sf(5, -1.0), sf(5, 1.0), sf(0, 0.5)), (1.0, 1.0, 0.0, 0.0));
        // One draw lies at most at 1 − d with that chance.
        assert!((sf(1, 0.3) - 0.7).abs() < 1e-15);
        assert!(sf(3, f64::NAN).is_nan());
    }

    #[rustfmt::skip]
    const TABLE: [(u64, f64, f64); 14] = [
        (1, 0.4, 0.6),
        (5, 0.1, 0.85359),
        (10, 0.5, 0.003888705),
        (50, 0.2, 0.01571942744940561),
        (200, 0.05, 0.3560149424330643),
        (1000, 0.03, 0.16203171395455085),
        (5000, 0.3, 0.0),
        (20000, 0.001, 0.9601495485740135),
        (20000, 0.02, 1.1090635035024872e-07),
        (50000, 0.003, 0.4057582254697232),
        (50000, 0.01, 4.509024405921801e-05),
        (500000, 0.0005, 0.7785413018118335),
        (500000, 0.002, 0.018291201767145205),
        (500000, 0.01, 3.6873178225417635e-44),
    ];
}
