//! Arms compared within strata and combined by the strata's sizes: an imbalance between the arms no longer matters, and differences
//! between strata no longer add noise.

use super::effect::NoEffect;
use super::estimate::Estimate;
use crate::evidence::InsufficientData;

/// Both arms' figures in one stratum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// The control's.
    pub control: Estimate,
    /// The treatment's.
    pub treatment: Estimate,
}

/// Control and treatment over all strata, each weighted by its part of the leads of both arms.
///
/// # Errors
/// [`NoEffect::Insufficient`] without strata.
///
/// # Formula
/// Σ wₖ x̄ₖ with wₖ = (nₐₖ + n_bₖ) / n; the mean's variance is Σ wₖ² s²ₖ / nₖ, given per unit (times the arm's units)
///
/// # Source
/// Miratrix, Sekhon & Yu (2013), equations 4 and 6, given the strata's sizes.
///
/// # Example
/// ```
/// use plumbline_core::stats::{effect::{Effect, Scale}, estimate::Estimate, post_stratification::{Stratum, put_together}};
/// let stratum = |a: (u64, u64), b: (u64, u64)| Stratum {
///     control: Estimate::proportion(a.0, a.1).unwrap(),
///     treatment: Estimate::proportion(b.0, b.1).unwrap(),
/// };
/// // Within each source the arms convert alike; the treatment only had more of the better source.
/// let strata = [stratum((10, 100), (5, 50)), stratum((30, 100), (60, 200))];
/// let (control, treatment) = put_together(&strata)?;
/// let effect = Effect::between(&control, &treatment, Scale::Absolute)?;
/// assert!(effect.value.abs() < 1e-15);
/// # Ok::<(), plumbline_core::stats::effect::NoEffect>(())
/// ```
pub fn put_together(strata: &[Stratum]) -> Result<(Estimate, Estimate), NoEffect> {
    let total: u64 = strata.iter().map(|s| s.control.units + s.treatment.units).sum();
    InsufficientData::unless(total, 1, "leads in strata")?;
    let weight = |s: &Stratum| (s.control.units + s.treatment.units) as f64 / total as f64;
    let arm = |of: fn(&Stratum) -> &Estimate| {
        let units: u64 = strata.iter().map(|s| of(s).units).sum();
        let sum = |f: &dyn Fn(f64, &Estimate) -> f64| strata.iter().map(|s| f(weight(s), of(s))).sum::<f64>();
        let variance = |of: fn(&Estimate) -> f64| sum(&|w, e| w * w * of(e) / e.units as f64) * units as f64;
        Estimate {
            units,
            mean: sum(&|w, e| w * e.mean),
            variance: variance(|e| e.variance),
            unadjusted: sum(&|w, e| w * e.unadjusted),
            unadjusted_variance: variance(|e| e.unadjusted_variance),
            shared: variance(|e| e.shared),
        }
    };
    Ok((arm(|s| &s.control), arm(|s| &s.treatment)))
}
