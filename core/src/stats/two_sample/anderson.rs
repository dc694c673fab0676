//! The k-sample Anderson-Darling test: whether several samples come from one distribution, with weight on the tails.

use serde::Serialize;

use super::Sample;
use crate::math;
use crate::stats::error::StatsError;

/// The test's finding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AndersonDarling {
    /// The statistic, standardised: about 0 for samples of one distribution, larger when they differ.
    pub statistic: f64,
    /// The p-value, interpolated in Scholz and Stephens's table, which holds 0.001 to 0.25: none beyond its ends.
    pub p_value: Option<f64>,
    /// The table's bound where there is no p-value: the p-value is at least 0.25, or at most 0.001.
    pub bound: Option<f64>,
}

/// Levels of the table and, by rows, b₀ + b₁ / √(k − 1) + b₂ / (k − 1).
const LEVELS: [f64; 7] = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
const B0: [f64; 7] = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085];
const B1: [f64; 7] = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615];
const B2: [f64; 7] = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154];

/// Compares several samples; tied values take their mid-rank.
///
/// # Errors
/// Fewer than two samples, fewer than four values in all, all values tied.
///
/// # Source
/// Scholz & Stephens (1987), equations 6 and 7 and table 1; `scipy.stats.anderson_ksamp(variant="midrank")` 1.17, which reports the
/// table's end as the p-value beyond it.
///
/// # Example
/// ```
/// use plumbline_core::stats::two_sample::{Sample, anderson_darling};
/// let (xs, ys) = ([1.0, 2.0, 3.0, 4.0, 7.0], [3.0, 5.0, 6.0, 8.0, 9.0, 9.0]);
/// let test = anderson_darling(&[Sample::new(&xs)?, Sample::new(&ys)?])?;
/// assert!((test.statistic - 2.0931579911717053).abs() < 1e-12);
/// # Ok::<(), plumbline_core::stats::error::StatsError>(())
/// ```
pub fn anderson_darling(samples: &[Sample<'_>]) -> Result<AndersonDarling, StatsError> {
    StatsError::unless_enough(samples.len() as u64, 2, "samples")?;
    let total: usize = samples.iter().map(|sample| sample.values().len()).sum();
    StatsError::unless_enough(total as u64, 4, "values in all samples")?;
    let sorted = |sample: &Sample<'_>| {
        let mut values: Vec<f64> = sample.values().iter().map(|x| x + 0.0).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let samples: Vec<Vec<f64>> = samples.iter().map(sorted).collect();
    let mut pooled: Vec<f64> = samples.iter().flatten().copied().collect();
    pooled.sort_unstable_by(f64::total_cmp);
    if pooled.first() == pooled.last() {
        return Err(StatsError::NoVariation { what: "the pooled sample" });
    }
    let statistic = (distance(&samples, &pooled) - (samples.len() as f64 - 1.0)) / deviation(&samples, total as f64);
    Ok(judge(statistic, samples.len() as f64 - 1.0))
}

/// A²: for each distinct value the samples' mid-rank counts against the pooled one, weighted to the tails.
fn distance(samples: &[Vec<f64>], pooled: &[f64]) -> f64 {
    let n = pooled.len() as f64;
    let parts = samples.iter().map(|sample| {
        let (size, mut before, mut inner, mut seen) = (sample.len() as f64, 0.0, 0.0, 0);
        for group in pooled.chunk_by(|a, b| a == b) {
            let value = group.first().copied().unwrap_or_default();
            let here = sample.iter().skip(seen).take_while(|x| **x == value).count();
            let ties = group.len() as f64;
            let (b, m) = (before + ties / 2.0, seen as f64 + here as f64 / 2.0);
            let off = n * m - b * size;
            inner += ties / n * (off * off) / (b * (n - b) - n * ties / 4.0);
            before += ties;
            seen += here;
        }
        inner / size
    });
    parts.sum::<f64>() * ((n - 1.0) / n)
}

/// The standard deviation of A² under one distribution without ties.
fn deviation(samples: &[Vec<f64>], n: f64) -> f64 {
    let k = samples.len() as f64;
    let inverse: f64 = samples.iter().map(|sample| 1.0 / sample.len() as f64).sum();
    let (mut harmonic, mut g) = (0.0, 0.0);
    let last = n as u64;
    // g = Σ_{i<j<n} 1 / ((n − i) j), with the inner sum over j carried along.
    let mut tail = 0.0;
    for i in (1..last).rev() {
        harmonic += 1.0 / i as f64;
        g += tail / (n - i as f64);
        tail += 1.0 / i as f64;
    }
    let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * inverse;
    let b = (2.0 * g - 4.0) * k * k + 8.0 * harmonic * k + (2.0 * g - 14.0 * harmonic - 4.0) * inverse - 8.0 * harmonic + 4.0 * g
        - 6.0;
    let c = (6.0 * harmonic + 2.0 * g - 2.0) * k * k
        + (4.0 * harmonic - 4.0 * g + 6.0) * k
        + (2.0 * harmonic - 6.0) * inverse
        + 4.0 * harmonic;
    let d = (2.0 * harmonic + 6.0) * k * k - 4.0 * harmonic * k;
    ((((a * n + b) * n + c) * n + d) / ((n - 1.0) * (n - 2.0) * (n - 3.0))).sqrt()
}

/// A quadratic through the logarithms of the table's levels, by least squares.
fn judge(statistic: f64, m: f64) -> AndersonDarling {
    let critical: Vec<f64> = B0.iter().zip(B1).zip(B2).map(|((b0, b1), b2)| b0 + b1 / m.sqrt() + b2 / m).collect();
    let (least, most) = (critical.first().copied().unwrap_or_default(), critical.last().copied().unwrap_or_default());
    let none = |bound| AndersonDarling { statistic, p_value: None, bound: Some(bound) };
    if statistic < least {
        return none(0.25);
    }
    if statistic > most {
        return none(0.001);
    }
    // Centred and scaled, so that the normal equations of three unknowns are harmless.
    let (centre, scale) = ((least + most) / 2.0, (most - least) / 2.0);
    let mut sums = [0.0; 5];
    let mut right = [0.0; 3];
    for (x, level) in critical.iter().map(|x| (x - centre) / scale).zip(LEVELS) {
        let mut power = 1.0;
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum += power;
            if let Some(right) = right.get_mut(i) {
                *right += power * math::ln(level);
            }
            power *= x;
        }
    }
    let [s0, s1, s2, s3, s4] = sums;
    let [r0, r1, r2] = right;
    let x = (statistic - centre) / scale;
    let determinant = |[a, b, c]: [f64; 3], [d, e, f]: [f64; 3], [g, h, i]: [f64; 3]| {
        a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    };
    let whole = determinant([s0, s1, s2], [s1, s2, s3], [s2, s3, s4]);
    let c0 = determinant([r0, s1, s2], [r1, s2, s3], [r2, s3, s4]) / whole;
    let c1 = determinant([s0, r0, s2], [s1, r1, s3], [s2, r2, s4]) / whole;
    let c2 = determinant([s0, s1, r0], [s1, s2, r1], [s2, s3, r2]) / whole;
    AndersonDarling { statistic, p_value: Some(math::exp((c2 * x + c1) * x + c0)), bound: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistic_and_p_value_are_scipys() {
        type Row = (&'static [f64], &'static [f64], f64, f64);
        let rows: [Row; 5] = [
            (&[1.0, 2.0, 3.0, 4.0, 7.0], &[3.0, 5.0, 6.0, 8.0, 9.0, 9.0], 2.0931579911717053, 0.044671647194481086),
            (&[1.0, 2.0, 3.0, 4.0, 7.0, 8.0, 9.0, 10.0], &[3.0, 5.0, 6.0, 8.0, 9.0, 9.0, 2.5, 1.0], -1.2850735556416888, 0.25),
            (&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &[11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0], 7.279058003730384, 0.001),
            (&[0.1, 0.5, 0.9, 1.4, 2.2, 2.9, 3.1], &[1.5, 2.6, 3.3, 4.8, 5.2, 2.25], 2.129023246547871, 0.043204058454477154),
            (&[-0.0, 0.0, 1.0, 2.0], &[0.0, 0.0, 0.0, 3.0], -0.8798146540550831, 0.25),
        ];
        for (xs, ys, statistic, p) in rows {
            let test = anderson_darling(&[Sample::new(xs).unwrap(), Sample::new(ys).unwrap()]).unwrap();
            assert!((test.statistic - statistic).abs() < 1e-11, "{test:?} {statistic}");
            match test.p_value {
                Some(ours) => assert!((ours / p - 1.0).abs() < 1e-10, "{test:?} {p}"),
                None => assert_eq!(test.bound, Some(p)),
            }
        }
    }

    #[test]
    fn too_little_or_all_tied_gives_no_answer() {
        let (one, two, same) =
            (Sample::new(&[1.0]).unwrap(), Sample::new(&[2.0, 3.0]).unwrap(), Sample::new(&[2.0, 2.0]).unwrap());
        assert_eq!(anderson_darling(&[two]).unwrap_err().code(), "INSUFFICIENT_DATA");
        assert_eq!(anderson_darling(&[one, two]).unwrap_err().code(), "INSUFFICIENT_DATA");
        assert_eq!(anderson_darling(&[same, same]).unwrap_err().code(), "NO_VARIATION");
    }
}
