//! When a feature counts as drifted.

use serde::{Deserialize, Serialize};

/// Thresholds. A finding needs both: a size that matters and a chance that is small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The largest tolerated difference of the two distributions: the KS statistic of a number, the total variation distance of a category.
    pub distance: f64,
    /// The largest tolerated rise in the rate of missing values.
    pub missing: f64,
    /// The largest tolerated rise in the rate of outliers.
    pub outliers: f64,
    /// The largest tolerated share of values in new categories, beyond what a long tail makes expected.
    pub new_categories: f64,
    /// The largest accepted rate of false alarms of the table's verdict, all rules and features together.
    pub chance: f64,
    /// How many features may drift before the table has; of fewer features than that, all but one ([`Rules::allowed`]).
    pub features_allowed: usize,
}

/// Rules that apply to one feature: its distribution, missing values, and outliers or new categories.
const RULES: f64 = 3.0;
/// Rules that apply to the scores: their distribution, and missing ones.
const RULES_OF_SCORES: f64 = 2.0;

impl Rules {
    /// How many of `features` may drift before the table has: never all of them, or no drift could be found.
    pub fn allowed(&self, features: usize) -> usize {
        self.features_allowed.min(features.saturating_sub(1))
    }

    /// The rules for features of a report that has scores, too: half the chance is theirs, the other half is the scores'.
    pub fn beside_scores(&self) -> Rules {
        Rules { chance: self.chance / 2.0, ..*self }
    }

    /// The p-value that a finding about the scores has to be below, with these rules for the whole report.
    pub fn threshold_of_scores(&self) -> f64 {
        self.chance / 2.0 / RULES_OF_SCORES
    }

    /// The p-value that a finding about one of `features` has to be below.
    ///
    /// # Formula
    /// chance · min(1, k / features) / 3 with k = features allowed + 1: without drift at least k features drift with at most this chance,
    /// however they depend on each other.
    ///
    /// # Source
    /// Lehmann & Romano (2005), theorem 2.1, and Bonferroni for the rules of one feature.
    pub fn threshold(&self, features: usize) -> f64 {
        let part = (self.allowed(features) as f64 + 1.0) / features.max(1) as f64;
        self.chance * part.min(1.0) / RULES
    }
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
    /// Categories that training did not have, more than a long tail makes expected.
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
