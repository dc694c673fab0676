//! How likely each finding is without drift, exactly or as a bound that holds at every sample size. The report and the shuffles that
//! measure its false alarms judge by the same functions.

use crate::drift::{DriftError, Frequency, Rate};
use crate::math;
use crate::stats::alternative::Alternative;
use crate::stats::contingency::TwoByTwo;
use crate::stats::kolmogorov::{self, Boundary, gcd};

/// Up to this product of both sample sizes, the Kolmogorov–Smirnov p-value is exact; beyond it the asymptotic one is as good.
const EXACT_PRODUCT: u64 = 40_000;
/// Categories expected less often than that in the smaller sample are counted together.
const LEAST_EXPECTED: f64 = 5.0;

/// The chance of at least a Kolmogorov–Smirnov `distance` between samples of `m` and `n` values.
pub(crate) fn of_distance(m: u64, n: u64, distance: f64) -> f64 {
    if m.saturating_mul(n) <= EXACT_PRODUCT {
        let whole = (distance * m as f64 * n as f64).round() as u64;
        return kolmogorov::two_sample_sf(m, n, whole / gcd(m, n), Boundary::Both);
    }
    let effective = m as f64 * n as f64 / (m as f64 + n as f64);
    kolmogorov::sf(effective.round_ties_even() as u64, distance)
}

/// The chance of counts of categories at least as different; none with one category or no value on a side.
///
/// # Formula
/// Pearson's chi-square, categories that are expected fewer than five times in the smaller sample taken together. Where fewer than two
/// are left, the category that changed most, against the rest by Fisher's exact test, times the number of categories (Bonferroni).
pub(crate) fn of_categories(before: &[u64], now: &[u64]) -> Result<Option<f64>, DriftError> {
    let [m, n] = [before, now].map(|counts| counts.iter().sum::<u64>());
    if m == 0 || n == 0 {
        return Ok(None);
    }
    let part = m.min(n) as f64 / (m + n) as f64;
    let (mut kept, mut rare) = ([Vec::new(), Vec::new()], [0u64; 2]);
    for (reference, current) in before.iter().zip(now).filter(|(reference, current)| **reference + **current > 0) {
        if (reference + current) as f64 * part >= LEAST_EXPECTED {
            kept[0].push(*reference);
            kept[1].push(*current);
        } else {
            rare = [rare[0] + reference, rare[1] + current];
        }
    }
    if (rare[0] + rare[1]) as f64 * part >= LEAST_EXPECTED {
        kept[0].push(rare[0]);
        kept[1].push(rare[1]);
    }
    if kept[0].len() >= 2 {
        return Ok(Frequency::chi_square(&kept[0], &kept[1])?.ok().map(|test| test.p_value));
    }
    let several = before.iter().zip(now).filter(|(reference, current)| *reference + *current > 1);
    let of_one = |(reference, current): (&u64, &u64)| {
        let table = TwoByTwo::new([[*reference, m - reference], [*current, n - current]]).ok()?;
        table.fisher(Alternative::TwoSided).ok()
    };
    let kinds = several.clone().count() as f64;
    Ok(several.filter_map(of_one).reduce(f64::min).map(|least| (least * kinds).min(1.0)))
}

/// Values of categories that only the current sample has, and how many there would be without drift: a long tail always has some.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unseen {
    /// Current values in categories that the reference does not have.
    pub values: u64,
    /// As many as that are expected without drift.
    pub expected: f64,
    /// At most the chance of at least so many without drift.
    pub p_value: f64,
}

impl Unseen {
    /// # Formula
    /// Without drift, a category that both samples together have t times is in the current sample alone with the chance
    /// q = C(N − t, n − t) / C(N, n). These events are negatively associated, so P(Σ t ≥ s) ≤ min over θ of e^(−θs) Π (1 − q + q e^(θt)).
    ///
    /// # Source
    /// Chernoff (1952); Joag-Dev & Proschan (1983) for draws without replacement.
    pub fn new(before: &[u64], now: &[u64]) -> Unseen {
        let [m, n] = [before, now].map(|counts| counts.iter().sum::<u64>());
        let values: u64 = before.iter().zip(now).filter(|(before, _)| **before == 0).map(|(_, now)| *now).sum();
        let mut totals: Vec<u64> = before.iter().zip(now).map(|(a, b)| a + b).filter(|t| *t > 0 && *t <= n).collect();
        totals.sort_unstable();
        // (t, q, how many categories)
        let mut groups: Vec<(f64, f64, f64)> = Vec::new();
        let (mut q, mut reached) = (1.0, 0u64);
        for same in totals.chunk_by(|a, b| a == b) {
            let Some(t) = same.first() else { continue };
            while reached < *t && q > 0.0 {
                q *= (n - reached) as f64 / (m + n - reached) as f64;
                reached += 1;
            }
            if q > 0.0 {
                groups.push((*t as f64, q, same.len() as f64));
            }
        }
        let expected = groups.iter().fold(0.0, |sum, (t, q, count)| sum + t * q * count);
        Unseen { values, expected, p_value: bound(&groups, values as f64, expected) }
    }
}

fn bound(groups: &[(f64, f64, f64)], values: f64, expected: f64) -> f64 {
    if values <= expected || values <= 0.0 {
        return 1.0;
    }
    // q e^(θt) / (1 − q + q e^(θt)), without overflow.
    let tilted = |t: f64, q: f64, theta: f64| q / (q + (1.0 - q) * math::exp(-theta * t));
    let mean = |theta: f64| groups.iter().fold(0.0, |sum, (t, q, count)| sum + t * count * tilted(*t, *q, theta));
    let (mut low, mut high) = (0.0, 1.0);
    while high < 700.0 && mean(high) < values {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if mean(middle) < values { low = middle } else { high = middle }
    }
    let log = groups
        .iter()
        .fold(-low * values, |sum, (t, q, count)| sum + count * (low * t + math::ln(q + (1.0 - q) * math::exp(-low * t))));
    math::exp(log.min(0.0))
}

/// Values beyond fences: those of the reference, which say what is an outlier, and those of both samples together, which do not depend
/// on which sample is which.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Beyond {
    /// Reference values, then current ones.
    pub counts: [u64; 2],
    /// The same beyond the fences of both samples together.
    pub pooled: [u64; 2],
    /// Whether the reference's fences are its own least and largest value.
    pub at_ends: bool,
}

impl Beyond {
    /// The rates, and the chance of at least so many now: by Fisher's exact test, but for the reference's own fences, outside which its own
    /// values lie too seldom.
    pub fn rate(&self, [m, n]: [u64; 2]) -> Option<Rate> {
        let [before, now] = self.counts;
        let rate = Rate::new(before, m, now, n)?;
        let p_value = if self.at_ends {
            // Of the least and the largest values together, so many are all current, however they are split between the two ends.
            (rate.p_value * (now as f64 + 1.0)).min(1.0)
        } else {
            let [before, now] = self.pooled;
            rate.p_value.max(Rate::new(before, m, now, n)?.p_value)
        };
        Some(Rate { p_value, ..rate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn small_samples_have_exact_chances() {
        assert!((of_distance(2, 2, 1.0) - 1.0 / 3.0).abs() < 1e-15);
        assert!((of_distance(3, 4, 1.0) - 2.0 / 35.0).abs() < 1e-15);
        let (exact, large) = (of_distance(200, 200, 0.15), kolmogorov::sf(100, 0.15));
        assert!((exact / large - 1.0).abs() < 0.25, "{exact} {large}");
        // Two of two in another category: one draw in six.
        assert_eq!(of_categories(&[2, 0], &[0, 2]).unwrap().map(|p| (p * 3.0).round()), Some(2.0));
        assert_eq!(of_categories(&[1, 1, 0], &[0, 0, 2]).unwrap().map(|p| (p * 1e9).round()), Some((1e9f64 / 3.0).round()));
        assert_eq!(of_categories(&[3], &[4]).unwrap(), None);
        assert_eq!(of_categories(&[3, 1], &[0, 0]).unwrap(), None);
    }

    #[test]
    fn the_bound_of_new_categories_holds_and_is_not_idle() {
        // 40 values that occur once and 20 that occur three times, dealt again and again.
        let kinds: Vec<usize> = (0..40).chain((40..60).flat_map(|kind| [kind; 3])).collect();
        let mut random = Random::new(5);
        let (mut sum, mut alarms, deals) = (0.0, [0u32; 2], 4_000);
        for _ in 0..deals {
            let mut rows: Vec<usize> = kinds.clone();
            random.shuffle(&mut rows);
            let count = |rows: &[usize]| {
                let mut counts = vec![0u64; 60];
                rows.iter().for_each(|kind| counts[*kind] += 1);
                counts
            };
            let found = Unseen::new(&count(&rows[..60]), &count(&rows[60..]));
            sum += found.values as f64 - found.expected;
            alarms[0] += u32::from(found.p_value < 0.05);
            alarms[1] += u32::from(found.p_value < 0.3);
        }
        assert!((sum / f64::from(deals)).abs() < 0.2, "{sum}");
        let [strict, loose] = alarms.map(|n| f64::from(n) / f64::from(deals));
        assert!(strict <= 0.05 && loose <= 0.3 && loose > 0.002, "{strict} {loose}");
        let replaced = Unseen::new(&[50, 50, 0], &[50, 0, 50]);
        assert!(replaced.values == 50 && replaced.p_value < 1e-12, "{replaced:?}");
    }
}
