//! The whole comparison: every feature, the predictions, one verdict, and how often that verdict would be wrong.

mod alarm;
mod feature;
mod prediction;
mod rule;

pub use alarm::{FalseAlarms, Observed};
pub use feature::{FeatureDrift, NewCategories};
pub use prediction::{PERCENTILES, PredictionDrift};
pub use rule::{Reason, Rules};

use super::DriftError;
use crate::evidence::InsufficientData;
use crate::table::Values;

/// One feature in the reference and now, both of one kind; categories share their names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature<'a> {
    /// Its name.
    pub name: &'a str,
    /// What was seen in training.
    pub reference: Values<'a>,
    /// What is seen now.
    pub current: Values<'a>,
    /// How much the model depends on it, on any scale; equal for all when not known.
    pub importance: f64,
}

/// What one comparison found.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftReport {
    /// Every feature, in the order given.
    pub features: Vec<FeatureDrift>,
    /// Features that could not be compared, with the reason.
    pub left_out: Vec<(String, InsufficientData)>,
    /// How many drifted.
    pub drifted: usize,
    /// The part of the model's importance that lies on drifted features; none when no feature has importance.
    pub weighted_share: Option<f64>,
    /// Whether more features drifted than the rules allow.
    pub verdict: bool,
}

impl DriftReport {
    /// Compares every feature by the rules.
    ///
    /// # Errors
    /// A value that is infinite, an importance that is negative or not finite, a feature that is a number on one side only.
    pub fn new(features: &[Feature<'_>], rules: &Rules) -> Result<DriftReport, DriftError> {
        let (mut found, mut left_out) = (Vec::with_capacity(features.len()), Vec::new());
        for (place, feature) in features.iter().enumerate() {
            if !(feature.importance.is_finite() && feature.importance >= 0.0) {
                let (what, must) = ("the importance of a feature", "a finite number of at least 0");
                return Err(DriftError::BadSetting { what, value: feature.importance, must });
            }
            match FeatureDrift::new(feature, place, rules)? {
                Ok(drift) => found.push(drift),
                Err(reason) => left_out.push((feature.name.to_owned(), reason)),
            }
        }
        let drifted = found.iter().filter(|feature| feature.drifted()).count();
        let importance = |only: bool| found.iter().filter(|f| !only || f.drifted()).fold(0.0, |sum, f| sum + f.importance);
        let all = importance(false);
        let weighted_share = (all > 0.0).then(|| importance(true) / all);
        Ok(DriftReport { drifted, weighted_share, verdict: drifted > rules.features_allowed, features: found, left_out })
    }

    /// The verdict in words.
    pub fn sentence(&self, rules: &Rules) -> String {
        let of = self.features.len();
        if of == 0 {
            return "No feature could be compared, so drift is unknown.".to_owned();
        }
        let drifted = match self.drifted {
            0 => format!("None of {of} features drifted"),
            1 => format!("1 of {of} features drifted"),
            n => format!("{n} of {of} features drifted"),
        };
        let weight = match self.weighted_share {
            Some(share) if self.drifted > 0 => format!(", with {:.0} % of the model's importance", share * 100.0),
            _ => String::new(),
        };
        let verdict = if self.verdict {
            format!("more than the {} allowed: retrain", rules.features_allowed)
        } else {
            format!("up to {} are allowed", rules.features_allowed)
        };
        format!("{drifted}{weight}; {verdict}.")
    }
}

#[cfg(test)]
mod tests;
