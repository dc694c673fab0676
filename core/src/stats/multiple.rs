//! p-values of several comparisons, adjusted for their number.

use serde::{Deserialize, Serialize};

use super::error::StatsError;
use crate::math;

/// How p-values are adjusted. All but the last two bound the chance of any false alarm; those bound the expected share of false
/// alarms among the alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// p · m. Any dependence.
    Bonferroni,
    /// 1 − (1 − p)^m. Independent tests.
    Sidak,
    /// Bonferroni stepwise, and never worse. Any dependence.
    Holm,
    /// Šidák stepwise. Independent tests.
    HolmSidak,
    /// Hochberg's step-up. Independent or positively dependent tests.
    SimesHochberg,
    /// Hommel's closed test by Simes. As Hochberg, and never worse.
    Hommel,
    /// Benjamini and Hochberg. Independent or positively dependent tests.
    BenjaminiHochberg,
    /// Benjamini and Yekutieli. Any dependence.
    BenjaminiYekutieli,
}

/// The adjusted p-values, in the order given: those at most α are significant at level α of the whole family.
///
/// # Errors
/// A p-value that is not a probability in [0, 1].
///
/// # Formula
/// Of p₍₁₎ ≤ … ≤ p₍ₘ₎: Holm max_{j≤i} (m − j + 1) p₍ⱼ₎; Hochberg min_{j≥i} (m − j + 1) p₍ⱼ₎; Benjamini-Hochberg min_{j≥i} m p₍ⱼ₎ / j;
/// Benjamini-Yekutieli the same times Σ 1/j; none above 1.
///
/// # Source
/// Holm (1979), Hochberg (1988), Hommel (1988) by Wright (1992), Benjamini & Hochberg (1995), Benjamini & Yekutieli (2001); compared
/// with `statsmodels.stats.multitest.multipletests` 0.15.
///
/// # Example
/// ```
/// use plumbline_core::stats::multiple::{Method, adjust};
/// assert_eq!(adjust(&[0.25, 0.125, 0.5], Method::Holm)?, [0.5, 0.375, 0.5]);
/// # Ok::<(), plumbline_core::stats::error::StatsError>(())
/// ```
pub fn adjust(p_values: &[f64], method: Method) -> Result<Vec<f64>, StatsError> {
    if let Some((row, value)) = p_values.iter().enumerate().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
        return Err(StatsError::OutOfRange {
            what: "the list of p-values",
            row,
            value: *value,
            wanted: "a probability in [0, 1]",
        });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    let p = |row: &usize| p_values.get(*row).copied().unwrap_or_default();
    order.sort_by(|a, b| p(a).total_cmp(&p(b)));
    let sorted: Vec<f64> = order.iter().map(p).collect();
    let mut adjusted = vec![0.0; p_values.len()];
    for (row, value) in order.iter().zip(adjust_sorted(&sorted, method)) {
        if let Some(place) = adjusted.get_mut(*row) {
            *place = value.min(1.0);
        }
    }
    Ok(adjusted)
}

fn adjust_sorted(p: &[f64], method: Method) -> Vec<f64> {
    let m = p.len() as f64;
    let sidak = |p: f64, tests: f64| -math::exp_m1(tests * math::ln_1p(-p));
    // Each with its rank from 1.
    let ranked = p.iter().enumerate().map(|(i, p)| (*p, i as f64 + 1.0));
    match method {
        Method::Bonferroni => p.iter().map(|p| p * m).collect(),
        Method::Sidak => p.iter().map(|p| sidak(*p, m)).collect(),
        Method::Holm => rising(ranked.map(|(p, rank)| p * (m - rank + 1.0))),
        Method::HolmSidak => rising(ranked.map(|(p, rank)| sidak(p, m - rank + 1.0))),
        Method::SimesHochberg => falling(ranked.map(|(p, rank)| p * (m - rank + 1.0)).collect()),
        Method::Hommel => hommel(p),
        Method::BenjaminiHochberg => falling(ranked.map(|(p, rank)| p * m / rank).collect()),
        Method::BenjaminiYekutieli => {
            let harmonic: f64 = (1..=p.len()).map(|rank| 1.0 / rank as f64).sum();
            falling(ranked.map(|(p, rank)| p * m * harmonic / rank).collect())
        }
    }
}

/// The largest so far.
fn rising(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let keep = |most: &mut f64, value: f64| {
        *most = most.max(value);
        Some(*most)
    };
    values.scan(0.0, keep).collect()
}

/// The smallest from here on.
fn falling(mut values: Vec<f64>) -> Vec<f64> {
    let mut least = 1.0f64;
    for value in values.iter_mut().rev() {
        least = least.min(*value);
        *value = least;
    }
    values
}

/// Wright's algorithm: for every size of a subset the worst of Simes's tests over it, in m² steps.
fn hommel(p: &[f64]) -> Vec<f64> {
    let mut adjusted = p.to_vec();
    for size in (2..=p.len()).rev() {
        let (low, high) = p.split_at(p.len() - size);
        let m = size as f64;
        let simes = high.iter().enumerate().fold(f64::INFINITY, |least, (i, p)| least.min(m * p / (i as f64 + 1.0)));
        let (low_adjusted, high_adjusted) = adjusted.split_at_mut(p.len() - size);
        high_adjusted.iter_mut().for_each(|a| *a = a.max(simes));
        low_adjusted.iter_mut().zip(low).for_each(|(a, p)| *a = a.max(simes.min(m * p)));
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Method; 8] = [
        Method::Bonferroni,
        Method::Sidak,
        Method::Holm,
        Method::HolmSidak,
        Method::SimesHochberg,
        Method::Hommel,
        Method::BenjaminiHochberg,
        Method::BenjaminiYekutieli,
    ];

    #[test]
    fn adjusted_values_are_larger_ordered_alike_and_at_most_one() {
        let p = [0.2, 0.0, 0.04, 0.9, 0.04, 0.011, 1.0];
        for method in ALL {
            let adjusted = adjust(&p, method).unwrap();
            for (i, a) in p.iter().enumerate() {
                assert!(adjusted[i] >= *a * (1.0 - 1e-15) && adjusted[i] <= 1.0, "{method:?} {adjusted:?}");
                for (j, b) in p.iter().enumerate() {
                    assert!(a > b || adjusted[i] <= adjusted[j] || a == b, "{method:?} {adjusted:?}");
                }
            }
        }
    }

    #[test]
    fn one_test_is_left_alone_and_none_is_no_fault() {
        for method in ALL {
            let one = adjust(&[0.03], method).unwrap();
            assert!((one[0] / 0.03 - 1.0).abs() < 1e-15, "{method:?} {one:?}");
            assert_eq!(adjust(&[], method), Ok(vec![]));
            for bad in [-0.1, 1.1, f64::NAN] {
                assert_eq!(adjust(&[0.5, bad], method).unwrap_err().code(), "OUT_OF_RANGE");
            }
        }
    }

    #[test]
    fn stepwise_methods_are_never_worse_than_what_they_refine() {
        let p = [0.012, 0.013, 0.014, 0.3, 0.04];
        let of = |method| adjust(&p, method).unwrap();
        for (better, worse) in [
            (Method::Holm, Method::Bonferroni),
            (Method::HolmSidak, Method::Sidak),
            (Method::SimesHochberg, Method::Holm),
            (Method::Hommel, Method::SimesHochberg),
            (Method::BenjaminiHochberg, Method::BenjaminiYekutieli),
        ] {
            assert!(of(better).iter().zip(of(worse)).all(|(b, w)| *b <= w * (1.0 + 1e-15)), "{better:?} {worse:?}");
        }
    }
}
