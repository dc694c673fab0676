//! Where a series changed, and what changed with it.

use crate::order;

/// The place from which on the share of `hits` among `all` differs most from the share before: the split with the largest z statistic of
/// two proportions. None where no split has cases on both sides.
///
/// # Formula
/// z = |p₁ − p₂| / √(p (1 − p) (1/n₁ + 1/n₂)), the maximum-likelihood change point of a binomial series up to the approximation by a
/// normal distribution (Hinkley & Hinkley 1970).
pub(super) fn point(hits: &[u64], all: &[u64]) -> Option<usize> {
    let sum = |list: &[u64]| list.iter().fold(0u64, |sum, n| sum.saturating_add(*n)) as f64;
    let (total_hits, total) = (sum(hits), sum(all));
    let (mut before_hits, mut before) = (0.0, 0.0);
    let mut best: Option<(usize, f64)> = None;
    for (at, (hit, n)) in hits.iter().zip(all).enumerate() {
        let after = total - before;
        if before > 0.0 && after > 0.0 {
            let (p, q) = (before_hits / before, (total_hits - before_hits) / after);
            let pooled = total_hits / total;
            let error = (pooled * (1.0 - pooled) * (1.0 / before + 1.0 / after)).sqrt();
            let z = if error > 0.0 { (p - q).abs() / error } else { 0.0 };
            if best.is_none_or(|(_, known)| z > known) {
                best = Some((at, z));
            }
        }
        before_hits += *hit as f64;
        before += *n as f64;
    }
    best.map(|(at, _)| at)
}

/// Spearman's rank correlation of two series, ties at their middle rank; none where one of them does not vary or they are short.
///
/// # Source
/// Spearman (1904); the Pearson correlation of midranks.
pub(super) fn correlation(first: &[f64], second: &[f64]) -> Option<f64> {
    const LEAST: usize = 8;
    if first.len() != second.len() || first.len() < LEAST {
        return None;
    }
    let (a, b) = (ranks(first), ranks(second));
    let mean = (first.len() as f64 - 1.0) / 2.0;
    let sum = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
    let spread = (sum(&a, &a) * sum(&b, &b)).sqrt();
    (spread > 0.0).then(|| sum(&a, &b) / spread)
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let sorted = order::sorted(values);
    let rank = |x: &f64| {
        let (below, up_to) = (sorted.partition_point(|y| y < x), sorted.partition_point(|y| y <= x));
        (below + up_to) as f64 / 2.0 - 0.5
    };
    values.iter().map(rank).collect()
}

/// The mean of the values; none without any.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_found_where_it_happened() {
        let all = [100u64; 20];
        let hits: Vec<u64> = (0..20).map(|at| if at < 13 { at % 2 } else { 30 + at % 3 }).collect();
        assert_eq!(point(&hits, &all), Some(13));
        assert_eq!(point(&[1], &[10]), None);
        assert_eq!(point(&[0, 0], &[5, 0]), None);
    }

    #[test]
    fn correlation_is_of_ranks() {
        let a: Vec<f64> = (0..10).map(f64::from).collect();
        let b: Vec<f64> = a.iter().map(|x| x * x * x).collect();
        assert_eq!(correlation(&a, &b), Some(1.0));
        let down: Vec<f64> = a.iter().map(|x| -x).collect();
        assert_eq!(correlation(&a, &down), Some(-1.0));
        assert_eq!((correlation(&a, &[1.0; 10]), correlation(&a[..3], &b[..3])), (None, None));
        // By the definition: midranks 1, 2.5, 2.5, 4, 5, 7, 7, 7 and 2, 1, 4, 3, 6, 5, 7.5, 7.5.
        let found = correlation(&[1.0, 2.0, 2.0, 3.0, 5.0, 8.0, 8.0, 8.0], &[2.0, 1.0, 4.0, 3.0, 7.0, 6.0, 9.0, 9.0]).unwrap();
        assert!((found - 0.8521).abs() < 5e-4, "{found}");
    }
}
