//! Sample ratio mismatch: whether the arms have the planned split. If not, something biased who is in which arm, and no difference
//! between the arms can be trusted.

use serde::{Deserialize, Serialize};

use super::chi_square;
use super::level::SettingError;
use crate::evidence::InsufficientData;

/// A p-value below this condemns an experiment.
///
/// # Source
/// Fabijan et al. (2019); GrowthBook's default too. Far below 0.05, because the check is made often and the assignment is rarely broken.
pub const THRESHOLD: f64 = 0.001;

/// Counts of arms against their shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SampleRatio {
    /// Leads each arm should have had.
    pub expected: Vec<f64>,
    /// Pearson's chi-square.
    pub statistic: f64,
    /// Arms with a share, less one.
    pub freedom: u64,
    /// The probability of a deviation at least as large under a correct assignment.
    pub p_value: f64,
}

impl SampleRatio {
    /// Compares the leads of each arm with the arms' weights, which need not sum to 1.
    ///
    /// # Errors
    /// A weight that is negative or not finite, lists of different length, leads in an arm of weight 0; the inner error without leads
    /// or with fewer than two arms of positive weight.
    ///
    /// # Formula
    /// Σ (observed − expected)² / expected, against χ² with (arms with a weight − 1) degrees of freedom
    ///
    /// # Source
    /// Pearson (1900); GrowthBook gbstats 0.8.0, `check_srm`, with two differences: that one returns 1 without leads and counts arms of
    /// weight 0 as degrees of freedom.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::srm::SampleRatio;
    /// let ratio = SampleRatio::new(&[5_000, 5_200], &[0.5, 0.5])??;
    /// assert!((ratio.p_value - 0.047670).abs() < 5e-7 && !ratio.is_mismatch());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(leads: &[u64], weights: &[f64]) -> Result<Result<SampleRatio, InsufficientData>, SettingError> {
        let count = weights.len() as f64;
        SettingError::unless(weights.len() == leads.len(), "the number of weights", count, "the number of arms")?;
        for (weight, leads) in weights.iter().zip(leads) {
            SettingError::unless(weight.is_finite() && *weight >= 0.0, "an arm's weight", *weight, "finite and at least 0")?;
            SettingError::unless(
                *weight > 0.0 || *leads == 0,
                "an arm's weight",
                *weight,
                "positive, because the arm has leads",
            )?;
        }
        Ok(Self::of(leads, weights))
    }

    fn of(leads: &[u64], weights: &[f64]) -> Result<SampleRatio, InsufficientData> {
        let arms = weights.iter().filter(|weight| **weight > 0.0).count() as u64;
        InsufficientData::unless(arms, 2, "arms with a share")?;
        let total: u64 = leads.iter().sum();
        InsufficientData::unless(total, 1, "leads")?;
        let weight: f64 = weights.iter().sum();
        let expected: Vec<f64> = weights.iter().map(|w| w / weight * total as f64).collect();
        let part = |(observed, expected): (&u64, &f64)| {
            let off = *observed as f64 - expected;
            if *expected > 0.0 { off * off / expected } else { 0.0 }
        };
        let statistic = leads.iter().zip(&expected).map(part).sum();
        let freedom = arms - 1;
        Ok(SampleRatio { expected, statistic, freedom, p_value: chi_square::sf(statistic, freedom as f64) })
    }

    /// Whether the assignment is broken.
    pub fn is_mismatch(&self) -> bool {
        self.p_value < THRESHOLD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_draw_is_told_from_chance() {
        let mismatch = |leads: &[u64], weights: &[f64]| SampleRatio::new(leads, weights).unwrap().unwrap().is_mismatch();
        assert!(!mismatch(&[5_000, 5_200], &[1.0, 1.0]));
        assert!(mismatch(&[5_000, 5_400], &[1.0, 1.0]));
        assert!(mismatch(&[9_000, 1_200], &[0.9, 0.1]));
        assert!(!mismatch(&[9_000, 1_020, 0], &[0.9, 0.1, 0.0]));
    }

    #[test]
    fn no_leads_give_no_answer() {
        assert_eq!(SampleRatio::new(&[0, 0], &[0.5, 0.5]).unwrap().unwrap_err().found, 0);
        assert!(SampleRatio::new(&[7], &[1.0]).unwrap().is_err());
        for (leads, weights) in
            [(&[1, 2][..], &[1.0][..]), (&[1, 2], &[1.0, -1.0]), (&[1, 2], &[1.0, f64::NAN]), (&[1, 2], &[1.0, 0.0])]
        {
            assert_eq!(SampleRatio::new(leads, weights).unwrap_err().code(), "BAD_SETTING");
        }
    }
}
