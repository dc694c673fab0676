//! When a feature counts as drifted.

use serde::{Deserialize, Serialize};

/// Thresholds. A finding needs both: a size that matters and a chance that is small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The largest difference of the two distributions that is let pass: the KS statistic of a number, the total variation distance of
    /// a category.
    pub distance: f64,
    /// The largest rise in the part of missing values that is let pass.
    pub missing: f64,
    /// The largest rise in the part of outliers that is let pass.
    pub outliers: f64,
    /// The largest part of values in new categories that is let pass.
    pub new_categories: f64,
    /// The p-value above which a finding is taken for chance.
    pub chance: f64,
    /// How many features may drift before the table has.
    pub features_allowed: usize,
}

impl Default for Rules {
    /// KS 0.15 and more than two features (the checklist's numbers), rises of one hundredth, chance 0.01.
    fn default() -> Rules {
        Rules { distance: 0.15, missing: 0.01, outliers: 0.01, new_categories: 0.01, chance: 0.01, features_allowed: 2 }
    }
}

/// Why a feature counts as drifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DriftReason"))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The distributions differ.
    Distribution,
    /// More values are missing.
    Missing,
    /// More values are outliers.
    Outliers,
    /// Categories that training did not have.
    NewCategories,
}

impl Reason {
    /// Its name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Distribution => "distribution",
            Reason::Missing => "missing",
            Reason::Outliers => "outliers",
            Reason::NewCategories => "new_categories",
        }
    }
}
