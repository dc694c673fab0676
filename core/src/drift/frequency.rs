//! Tests on counts of categories: Pearson's chi-square and the likelihood-ratio G.

use super::DriftError;
use crate::evidence::InsufficientData;
use crate::math;
use crate::stats::chi_square;
use crate::sum::Sum;

/// A statistic that is chi-square distributed for large counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frequency {
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom.
    pub degrees: u64,
    /// The chance of at least this statistic without drift.
    pub p_value: f64,
    /// The smallest expected count; below 5 the p-value is rough.
    pub least_expected: f64,
}

impl Frequency {
    /// Pearson's test that two samples are of one distribution. Categories that neither sample has are left out.
    ///
    /// # Errors
    /// Lists of different length; the inner error without counts on a side or with fewer than two categories.
    ///
    /// # Formula
    /// Σ (observed − expected)² / expected over both samples, k − 1 degrees of freedom.
    ///
    /// # Source
    /// Pearson (1911); `scipy.stats.chi2_contingency` 1.17 without Yates' correction.
    pub fn chi_square(reference: &[u64], current: &[u64]) -> Result<Result<Frequency, InsufficientData>, DriftError> {
        let squares = |observed: f64, expected: f64| (observed - expected) * (observed - expected) / expected;
        compare(reference, current, squares)
    }

    /// The likelihood-ratio test of the same.
    ///
    /// # Errors
    /// Lists of different length; the inner error without counts on a side or with fewer than two categories.
    ///
    /// # Formula
    /// 2 Σ observed · ln(observed / expected), k − 1 degrees of freedom.
    ///
    /// # Source
    /// Wilks (1938); `scipy.stats.chi2_contingency` 1.17 with `lambda_="log-likelihood"`, without correction.
    pub fn likelihood_ratio(reference: &[u64], current: &[u64]) -> Result<Result<Frequency, InsufficientData>, DriftError> {
        let terms = |observed: f64, expected: f64| {
            if observed > 0.0 { 2.0 * observed * math::ln(observed / expected) } else { 0.0 }
        };
        compare(reference, current, terms)
    }

    /// Pearson's test that the current counts are draws of the reference's shares, taken as exact. It takes the reference's own
    /// noise for drift, so it raises more false alarms than it says: prefer [`Frequency::chi_square`]. A category the reference
    /// does not have makes the statistic infinite.
    ///
    /// # Errors
    /// Lists of different length; the inner error without counts on a side or with fewer than two categories.
    ///
    /// # Source
    /// Pearson (1900); what Evidently 0.7 calls `chisquare`.
    pub fn goodness_of_fit(reference: &[u64], current: &[u64]) -> Result<Result<Frequency, InsufficientData>, DriftError> {
        check(reference, current)?;
        Ok(totals(reference, current).map(|[before, now]| {
            let (mut sum, mut kinds, mut least) = (Sum::default(), 0u64, f64::INFINITY);
            for (reference, current) in kept(reference, current) {
                let expected = reference as f64 * (now / before);
                let apart = current as f64 - expected;
                sum.add(if expected > 0.0 { apart * apart / expected } else { f64::INFINITY });
                (kinds, least) = (kinds + 1, least.min(expected));
            }
            let statistic = if least > 0.0 { sum.value() } else { f64::INFINITY };
            Frequency { statistic, degrees: kinds - 1, p_value: tail(statistic, kinds - 1), least_expected: least }
        }))
    }
}

fn compare(
    reference: &[u64],
    current: &[u64],
    term: impl Fn(f64, f64) -> f64,
) -> Result<Result<Frequency, InsufficientData>, DriftError> {
    check(reference, current)?;
    Ok(totals(reference, current).map(|[before, now]| {
        let (mut sum, mut kinds, mut least) = (Sum::default(), 0u64, f64::INFINITY);
        for (reference, current) in kept(reference, current) {
            let (reference, current) = (reference as f64, current as f64);
            let both = reference + current;
            for (observed, total) in [(reference, before), (current, now)] {
                let expected = both * total / (before + now);
                sum.add(term(observed, expected));
                least = least.min(expected);
            }
            kinds += 1;
        }
        let statistic = sum.value().max(0.0);
        Frequency { statistic, degrees: kinds - 1, p_value: tail(statistic, kinds - 1), least_expected: least }
    }))
}

fn tail(statistic: f64, degrees: u64) -> f64 {
    if statistic.is_infinite() { 0.0 } else { chi_square::sf(statistic, degrees as f64) }
}

fn kept<'a>(reference: &'a [u64], current: &'a [u64]) -> impl Iterator<Item = (u64, u64)> + 'a {
    reference.iter().copied().zip(current.iter().copied()).filter(|(reference, current)| reference + current > 0)
}

fn check(reference: &[u64], current: &[u64]) -> Result<(), DriftError> {
    let (found, expected) = (current.len(), reference.len());
    if found == expected {
        Ok(())
    } else {
        Err(DriftError::LengthMismatch { what: "the list of current counts", found, expected })
    }
}

fn totals(reference: &[u64], current: &[u64]) -> Result<[f64; 2], InsufficientData> {
    let [before, now] = [reference, current].map(|counts| counts.iter().sum::<u64>());
    InsufficientData::unless(before, 1, "reference values")?;
    InsufficientData::unless(now, 1, "current values")?;
    InsufficientData::unless(kept(reference, current).count() as u64, 2, "categories")?;
    Ok([before as f64, now as f64])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_scipy() {
        // scipy.stats.chi2_contingency([[10, 20, 30], [6, 9, 17]], correction=False), and with lambda_="log-likelihood".
        let (reference, current) = ([10, 20, 30, 0], [6, 9, 17, 0]);
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-13, "{a} {b}");
        let pearson = Frequency::chi_square(&reference, &current).unwrap().unwrap();
        close(pearson.statistic, PEARSON.0);
        close(pearson.p_value, PEARSON.1);
        assert_eq!(pearson.degrees, 2);
        let ratio = Frequency::likelihood_ratio(&reference, &current).unwrap().unwrap();
        close(ratio.statistic, RATIO.0);
        close(ratio.p_value, RATIO.1);
    }

    #[test]
    fn too_little_is_said() {
        assert_eq!(Frequency::chi_square(&[3], &[4]).unwrap().unwrap_err().of, "categories");
        assert_eq!(Frequency::chi_square(&[3, 4], &[0, 0]).unwrap().unwrap_err().of, "current values");
        assert!(Frequency::chi_square(&[3, 4], &[0]).is_err());
        let new = Frequency::goodness_of_fit(&[5, 5, 0], &[5, 5, 1]).unwrap().unwrap();
        assert_eq!((new.statistic, new.p_value), (f64::INFINITY, 0.0));
    }

    const PEARSON: (f64, f64) = (0.27157465150403504, 0.873028283380073);
    const RATIO: (f64, f64) = (0.2740265420246606, 0.8719586542812721);
}
