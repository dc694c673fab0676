//! Whether two samples have the same spread.

use super::Sample;
use crate::stats::alternative::Outcome;
use crate::stats::error::StatsError;
use crate::stats::fisher_f;

/// Brown and Forsythe's form of Levene's test: an analysis of variance of the distances from the medians.
///
/// # Errors
/// Fewer than three values in all; distances that do not vary within either sample.
///
/// # Formula
/// (N − 2) Σ nᵢ (z̄ᵢ − z̄)² / Σ (zᵢⱼ − z̄ᵢ)², against F with 1 and N − 2 degrees of freedom
///
/// # Source
/// Brown & Forsythe (1974); `scipy.stats.levene(center="median")` 1.17, which divides by 0 where we give no answer.
///
/// # Example
/// ```
/// use plumbline_core::stats::two_sample::{Sample, levene};
/// let test = levene(&Sample::new(&[1.0, 2.0, 3.0])?, &Sample::new(&[10.0, 11.0, 12.0, 13.0])?)?;
/// assert!((test.statistic - 4.0 / 7.0).abs() < 1e-14 && (test.p_value / 0.48376289371953357 - 1.0).abs() < 1e-12);
/// # Ok::<(), plumbline_core::stats::error::StatsError>(())
/// ```
pub fn levene(first: &Sample<'_>, second: &Sample<'_>) -> Result<Outcome, StatsError> {
    StatsError::unless_enough((first.count() + second.count()) as u64, 3, "values in both samples")?;
    let (far, near) = (distances(first), distances(second));
    let (first, second) = (Sample::new(&far)?, Sample::new(&near)?);
    let (n, m) = (first.count(), second.count());
    let within = first.squares() + second.squares();
    let off = first.mean() - second.mean();
    let between = off * off * (n * m / (n + m));
    let freedom = n + m - 2.0;
    if within > 0.0 {
        let statistic = freedom * between / within;
        Ok(Outcome { statistic, p_value: fisher_f::sf(statistic, 1.0, freedom) })
    } else {
        Err(StatsError::NoVariation { what: "the distance from the median in both samples" })
    }
}

fn distances(sample: &Sample<'_>) -> Vec<f64> {
    let mut sorted = sample.values().to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |i: usize| sorted.get(i).copied().unwrap_or_default();
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 { at(middle) } else { 0.5 * at(middle - 1) + 0.5 * at(middle) };
    sample.values().iter().map(|x| (x - median).abs()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_without_spread_give_no_answer() {
        let of = |xs: &[f64], ys: &[f64]| levene(&Sample::new(xs).unwrap(), &Sample::new(ys).unwrap());
        assert_eq!(of(&[1.0], &[2.0, 3.0]).unwrap_err().code(), "NO_VARIATION");
        assert_eq!(of(&[2.0, 2.0], &[2.0, 2.0, 2.0]).unwrap_err().code(), "NO_VARIATION");
        assert_eq!(of(&[2.0], &[2.0]).unwrap_err().code(), "INSUFFICIENT_DATA");
    }
}
