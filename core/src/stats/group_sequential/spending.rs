//! How much of α may be spent by the time a given share of the leads has arrived.

use serde::{Deserialize, Serialize};

use crate::math;
use crate::stats::level::SettingError;
use crate::stats::normal;

/// A spending function: how much of α may be spent at information fraction t.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Spending {
    /// Almost none early, almost all at the end: 2 − 2Φ(z₁₋α⸝₂ / √t).
    #[default]
    OBrienFleming,
    /// About the same at each look: α ln(1 + (e − 1)t).
    Pocock,
    /// α tᵏ.
    Power(f64),
}

impl Spending {
    /// α tᵏ; a k of 3 is much like O'Brien and Fleming, 1 much like Pocock.
    ///
    /// # Errors
    /// An exponent that is not positive and finite.
    ///
    /// # Source
    /// Kim & DeMets (1987).
    pub fn power(exponent: f64) -> Result<Spending, SettingError> {
        SettingError::unless(exponent > 0.0 && exponent.is_finite(), "the spending exponent", exponent, "a positive number")?;
        Ok(Spending::Power(exponent))
    }

    /// The part of a one-sided `alpha` that may be spent at `t` in (0, 1].
    ///
    /// # Source
    /// Lan & DeMets (1983).
    pub fn spent(&self, alpha: f64, t: f64) -> f64 {
        match *self {
            Spending::OBrienFleming => 2.0 * normal::sf(-normal::quantile(alpha / 2.0) / t.sqrt()),
            Spending::Pocock => alpha * math::ln_1p((std::f64::consts::E - 1.0) * t),
            Spending::Power(exponent) => alpha * math::pow(t, exponent),
        }
    }
}
