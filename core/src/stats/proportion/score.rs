//! Miettinen and Nurminen's score statistics, and the intervals of what they do not reject.

use super::difference::TwoProportions;
use crate::math;
use crate::stats::level::Interval;
use crate::stats::root;

/// The variance of p₁ − p₂ at the maximum-likelihood rates whose difference is `delta`, with the factor N / (N − 1).
///
/// # Source
/// Miettinen & Nurminen (1985), appendix: the middle root of a cubic, in closed form; here one or two Newton steps restore what the
/// arccosine loses where two roots nearly coincide.
pub(super) fn difference_variance(arms: &TwoProportions, delta: f64) -> f64 {
    let (n1, n0) = (arms.first.trials(), arms.second.trials());
    let (x1, x0) = (arms.first.successes(), arms.second.successes());
    let (n, x) = (n1 + n0, x1 + x0);
    let p0 = if delta == 0.0 { x / n } else { restricted_rate([n1, n0, x1, x0], delta) };
    let p1 = p0 + delta;
    let variance = p1 * (1.0 - p1) / n1 + p0 * (1.0 - p0) / n0;
    (variance * (n / (n - 1.0))).max(0.0)
}

fn restricted_rate([n1, n0, x1, x0]: [f64; 4], delta: f64) -> f64 {
    let (n, x) = (n1 + n0, x1 + x0);
    let cubic = [x0 * delta * (1.0 - delta), (n0 * delta - n - 2.0 * x0) * delta + x, (n1 + 2.0 * n0) * delta - n - x, n];
    let [l0, l1, l2, l3] = cubic;
    let third = l2 / (3.0 * l3);
    let q = third * third * third - l1 * l2 / (6.0 * l3 * l3) + l0 / (2.0 * l3);
    let radius = (third * third - l1 / (3.0 * l3)).max(0.0).sqrt();
    let p = if q < 0.0 { -radius } else { radius };
    let angle = if p == 0.0 { 0.0 } else { (std::f64::consts::PI + math::acos((q / (p * p * p)).clamp(-1.0, 1.0))) / 3.0 };
    let (least, most) = ((-delta).max(0.0), (1.0 - delta).min(1.0));
    let mut rate = (2.0 * p * math::cos(angle) - third).clamp(least, most);
    for _ in 0..2 {
        let value = ((l3 * rate + l2) * rate + l1) * rate + l0;
        let slope = (3.0 * l3 * rate + 2.0 * l2) * rate + l1;
        let next = rate - value / slope;
        // Near a double root the slope vanishes and the closed form is the better one.
        if slope.abs() > 1e-6 * n && next >= least && next <= most {
            rate = next;
        }
    }
    rate
}

/// The differences at which the statistic lies within ±z.
pub(super) fn difference_interval(arms: &TwoProportions, z: f64) -> Interval {
    let difference = arms.difference();
    let statistic = |delta: f64| of(difference - delta, difference_variance(arms, delta));
    Interval {
        lower: root::of_increasing(-1.0, difference, |delta| z - statistic(delta)),
        upper: root::of_increasing(difference, 1.0, |delta| -z - statistic(delta)),
    }
}

/// The score statistic of the ratio `theta` of the rates.
///
/// # Formula
/// (p₁ − θ p₂) / √((p̃₁(1 − p̃₁)/n₁ + θ² p̃₂(1 − p̃₂)/n₂) · N/(N − 1)), with the maximum-likelihood rates p̃ whose ratio is θ: the lesser
/// root of N θ p₂² − (n₁ θ + x₁ + n₂ + x₂ θ) p₂ + x₁ + x₂
pub(super) fn ratio_statistic(arms: &TwoProportions, theta: f64) -> f64 {
    let (n1, n0) = (arms.first.trials(), arms.second.trials());
    let (x1, x0) = (arms.first.successes(), arms.second.successes());
    let (n, x) = (n1 + n0, x1 + x0);
    let (a, b) = (n * theta, n1 * theta + x1 + n0 + x0 * theta);
    let p0 = 2.0 * x / (b + (b * b - 4.0 * a * x).max(0.0).sqrt());
    let p1 = (p0 * theta).min(1.0);
    let variance = (p1 * (1.0 - p1) / n1 + theta * theta * p0 * (1.0 - p0) / n0) * (n / (n - 1.0));
    of(arms.first.rate() - theta * arms.second.rate(), variance)
}

/// The ratios at which the statistic lies within ±z: from 0 when the first arm has no conversion, without end when the second has none.
pub(super) fn ratio_interval(arms: &TwoProportions, z: f64) -> Interval {
    let (p1, p0) = (arms.first.rate(), arms.second.rate());
    let statistic = |log: f64| ratio_statistic(arms, math::exp(log));
    // From a ratio near the arms' own, in doubling steps on the logarithm's scale, until the statistic has passed the `target`.
    let (n1, n0) = (arms.first.trials(), arms.second.trials());
    let near = math::ln((p1 + 0.5 / n1) / (p0 + 0.5 / n0));
    let end = |target: f64| {
        let reach = |sign: f64| {
            let mut step = 0.5;
            while step < 300.0 && sign * (statistic(near + sign * step) - target) > 0.0 {
                step *= 2.0;
            }
            near + sign * step
        };
        math::exp(root::of_increasing(reach(-1.0), reach(1.0), |log| target - statistic(log)))
    };
    Interval { lower: if p1 == 0.0 { 0.0 } else { end(z) }, upper: if p0 == 0.0 { f64::INFINITY } else { end(-z) } }
}

/// excess / √variance; without variance an excess is infinitely significant and none is none.
fn of(excess: f64, variance: f64) -> f64 {
    if variance > 0.0 {
        excess / variance.sqrt()
    } else if excess == 0.0 {
        0.0
    } else {
        excess.signum() * f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::level::Level;
    use crate::stats::proportion::{DifferenceTest, Proportion};
    use crate::stats::{alternative::Alternative, normal};

    fn arms(x1: u64, n1: u64, x2: u64, n2: u64) -> TwoProportions {
        TwoProportions::new(Proportion::new(x1, n1).unwrap(), Proportion::new(x2, n2).unwrap())
    }

    const ROWS: [[u64; 4]; 9] = [
        [120, 1000, 150, 1000],
        [5, 40, 9, 38],
        [0, 50, 3, 50],
        [50, 50, 48, 50],
        [1, 1, 0, 1],
        [0, 10, 0, 10],
        [10, 10, 10, 10],
        [1, 100_000, 2, 30],
        [11_700, 100_000, 11_920, 100_000],
    ];

    #[test]
    fn the_restricted_rates_are_where_the_likelihood_is_greatest() {
        for [x1, n1, x2, n2] in [[5, 40, 9, 38], [3, 50, 30, 60], [0, 50, 3, 50], [50, 50, 48, 50], [1, 1, 0, 1]] {
            let counts = [n1 as f64, n2 as f64, x1 as f64, x2 as f64];
            for delta in [-0.9, -0.3, -1e-3, 1e-9, 0.02, 0.4, 0.95] {
                let term = |count: f64, p: f64| if count == 0.0 { 0.0 } else { count * math::ln(p) };
                let likelihood = |p0: f64| {
                    let p1 = p0 + delta;
                    term(counts[2], p1)
                        + term(counts[0] - counts[2], 1.0 - p1)
                        + term(counts[3], p0)
                        + term(counts[1] - counts[3], 1.0 - p0)
                };
                let rate = restricted_rate(counts, delta);
                let best = likelihood(rate);
                for step in [-1e-4, 1e-4] {
                    let p0 = rate + step;
                    if p0 >= (-delta).max(0.0) && p0 <= (1.0 - delta).min(1.0) {
                        assert!(likelihood(p0) <= best + 1e-9, "{counts:?} {delta}: {rate} is not best");
                    }
                }
            }
        }
    }

    #[test]
    fn the_ends_of_an_interval_are_where_the_test_turns() {
        let z = -normal::quantile(0.025);
        for [x1, n1, x2, n2] in ROWS {
            let arms = arms(x1, n1, x2, n2);
            let interval = arms.score_difference(Level::FIVE_PERCENT);
            assert!(interval.contains(arms.difference()) && interval.lower >= -1.0 && interval.upper <= 1.0, "{interval:?}");
            for (end, sign) in [(interval.lower, 1.0), (interval.upper, -1.0)] {
                if end.abs() < 1.0 {
                    let test = arms.test(DifferenceTest::Score, end, Alternative::TwoSided).unwrap();
                    assert!((test.statistic - sign * z).abs() < 1e-7, "{x1}/{n1} {x2}/{n2} {end}: {}", test.statistic);
                }
            }
            let interval = arms.score_ratio(Level::FIVE_PERCENT);
            assert!(interval.lower >= 0.0 && interval.lower <= interval.upper, "{interval:?}");
            for (end, sign) in [(interval.lower, 1.0), (interval.upper, -1.0)] {
                if end > 0.0 && end.is_finite() {
                    assert!((ratio_statistic(&arms, end) - sign * z).abs() < 1e-7, "{x1}/{n1} {x2}/{n2} ratio {end}");
                }
            }
        }
    }

    #[test]
    fn swapping_the_arms_mirrors_the_intervals() {
        for [x1, n1, x2, n2] in ROWS {
            let (one, two) = (arms(x1, n1, x2, n2), arms(x2, n2, x1, n1));
            let (a, b) = (one.score_difference(Level::FIVE_PERCENT), two.score_difference(Level::FIVE_PERCENT).negated());
            assert!((a.lower - b.lower).abs() < 1e-7 && (a.upper - b.upper).abs() < 1e-7, "{a:?} {b:?}");
            let (a, b) = (one.score_ratio(Level::FIVE_PERCENT), two.score_ratio(Level::FIVE_PERCENT));
            assert!((a.lower * b.upper - 1.0).abs() < 1e-9 || a.lower == 0.0 && b.upper == f64::INFINITY, "{a:?} {b:?}");
        }
    }
}
