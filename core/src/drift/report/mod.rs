//! The whole comparison: every feature, the predictions, one verdict, and how often that verdict would be wrong.

mod alarm;
pub(crate) mod chance;
mod dealt;
mod feature;
mod fence;
mod prediction;
mod rule;

pub use alarm::{AlarmRates, FalseAlarms, Observed};
pub use feature::{FeatureDrift, Location, NewCategories};
pub use prediction::{MeanScore, PERCENTILES, Percentile, PredictionDrift, Unscored};
pub use rule::{Reason, Rules};

use serde::{Deserialize, Serialize};

use super::DriftError;
use super::performance::Outlook;
use crate::evidence::Answer;
use crate::table::{Rows, Values};

/// One feature in the reference and now, both of one kind; categories share their names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature<'a> {
    /// Its name.
    pub name: &'a str,
    /// What was seen in training.
    pub reference: Values<'a>,
    /// What is seen now.
    pub current: Values<'a>,
    /// How much the model depends on it, on any scale; none when no model is known.
    pub importance: Option<f64>,
}

/// Current leads against the reference: every feature, the predictions, and one verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DriftReport {
    /// Rows of the reference.
    pub reference_rows: u64,
    /// Current rows.
    pub current_rows: u64,
    /// The verdict on the table.
    pub verdict: Verdict,
    /// Every feature that was compared, in the order given.
    pub features: Vec<FeatureDrift>,
    /// Features that could not be compared.
    pub left_out: Vec<LeftOut>,
    /// Columns that only the reference has.
    pub only_in_reference: Vec<String>,
    /// Columns that only the current leads have.
    pub only_in_current: Vec<String>,
    /// Leads without a score; absent when no score was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unscored: Option<Unscored>,
    /// The scores; absent when no score was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Answer<PredictionDrift>>,
    /// The performance to expect; absent without scores or reference outcomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance: Option<Answer<Outlook>>,
    /// How often these rules report drift when nothing drifted; absent when not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub false_alarms: Option<Answer<AlarmRates>>,
    /// Rows of both inputs that could not be read.
    pub rejected_rows: u64,
    /// Where the rows of the reference went; absent where no input was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_of_reference: Option<Rows>,
    /// Where the current rows went; absent where no input was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_of_current: Option<Rows>,
    /// Values that do not fit the rest of their column, a sentence per column and input; they count as missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odd_values: Vec<String>,
}

/// Whether the table drifted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DriftVerdict"))]
pub struct Verdict {
    /// Whether more features drifted than the rules allow.
    pub drifted: bool,
    /// Why drift could not have been found, a sentence; null when the rows suffice.
    #[serde(default)]
    pub insufficient: Option<String>,
    /// The p-value that a finding about one feature had to be below, so that all of them together hold the rate of false alarms.
    #[serde(default)]
    pub threshold: f64,
    /// How many features drifted.
    pub features: u64,
    /// How many may: those the rules allow, or all but one where there are no more.
    pub allowed: u64,
    /// The part of the model's importance that lies on drifted features; null when no model was named or nothing has importance.
    pub importance_share: Option<f64>,
    /// The verdict in words.
    pub sentence: String,
}

/// A feature that could not be compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// Its name.
    pub feature: String,
    /// Why, a sentence.
    pub reason: String,
}

impl DriftReport {
    /// Compares every feature by the rules. What only the caller knows starts empty: columns of one table alone, predictions,
    /// performance, false alarms and rejected rows.
    ///
    /// # Errors
    /// A value that is infinite, an importance that is negative or not finite, a feature that is a number on one side only.
    pub fn new(features: &[Feature<'_>], rules: &Rules) -> Result<DriftReport, DriftError> {
        let (mut found, mut left_out) = (Vec::with_capacity(features.len()), Vec::new());
        let comparable = features.iter().filter(|feature| feature.reference.rows() > 0 && feature.current.rows() > 0).count();
        let (threshold, allowed) = (rules.threshold(comparable), rules.allowed(comparable));
        for (place, feature) in features.iter().enumerate() {
            if let Some(value) = feature.importance.filter(|importance| !(importance.is_finite() && *importance >= 0.0)) {
                let (what, must) = ("the importance of a feature", "a finite number of at least 0");
                return Err(DriftError::BadSetting { what, value, must });
            }
            match FeatureDrift::new(feature, place, rules, threshold)? {
                Ok(drift) => found.push(drift),
                Err(reason) => left_out.push(LeftOut { feature: feature.name.to_owned(), reason: reason.to_string() }),
            }
        }
        let drifted = found.iter().filter(|feature| feature.drifted).count();
        let importance = |only: bool| {
            let counted = found.iter().filter(|f| !only || f.drifted).filter_map(|f| f.importance);
            counted.fold(0.0, |sum, importance| sum + importance)
        };
        let all = importance(false);
        let rows = |side: fn(&Feature<'_>) -> usize| features.iter().map(side).max().unwrap_or_default() as u64;
        let sizes = [rows(|feature| feature.reference.rows()), rows(|feature| feature.current.rows())];
        let mut verdict = Verdict {
            drifted: drifted > allowed,
            insufficient: if found.is_empty() { None } else { too_few(sizes, threshold) },
            threshold,
            features: drifted as u64,
            allowed: allowed as u64,
            importance_share: (all > 0.0).then(|| importance(true) / all),
            sentence: String::new(),
        };
        verdict.sentence = verdict.in_words(found.len(), rules.features_allowed > allowed);
        let [reference_rows, current_rows] = sizes;
        Ok(DriftReport {
            reference_rows,
            current_rows,
            verdict,
            features: found,
            left_out,
            only_in_reference: Vec::new(),
            only_in_current: Vec::new(),
            unscored: None,
            prediction: None,
            performance: None,
            false_alarms: None,
            rejected_rows: 0,
            rows_of_reference: None,
            rows_of_current: None,
            odd_values: Vec::new(),
        })
    }
}

impl DriftReport {
    /// Whether a check of these leads fails: the table drifted, the rows are too few to know, the scores moved, or more are missing.
    pub fn fails(&self) -> bool {
        let scores = match &self.prediction {
            Some(Answer::Known(prediction)) => prediction.drifted,
            Some(Answer::Insufficient { .. }) => true,
            None => false,
        };
        self.verdict.drifted
            || self.verdict.insufficient.is_some()
            || scores
            || self.unscored.is_some_and(|unscored| unscored.drifted)
    }
}

/// Why no difference could be distinguished from chance: the least p-value of so many rows is not below the threshold.
fn too_few([m, n]: [u64; 2], threshold: f64) -> Option<String> {
    // Of all ways to deal the rows the one seen is the most extreme: 1 / C(m + n, n).
    let least = |m: u64, n: u64| (1..=m.min(n)).fold(1.0, |p, i| p * i as f64 / (m.max(n) + i) as f64);
    if m.min(n) > 1_000 || least(m, n) < threshold {
        return None;
    }
    let needed = (1..=1_000).find(|size| least(*size, *size) < threshold)?;
    Some(format!("{m} rows in the reference and {n} now are too few to tell drift from chance; need at least {needed} in each"))
}

impl Verdict {
    /// The verdict on `of` features, in words.
    fn in_words(&self, of: usize, all_but_one: bool) -> String {
        if of == 0 {
            return "No feature could be compared, so drift is unknown.".to_owned();
        }
        let drifted = match self.features {
            0 => format!("None of {of} features drifted"),
            1 => format!("1 of {of} features drifted"),
            n => format!("{n} of {of} features drifted"),
        };
        let weight = match self.importance_share {
            Some(share) if self.features > 0 => format!(", with {:.0} % of the model's importance", share * 100.0),
            _ => String::new(),
        };
        if let Some(reason) = self.insufficient.as_ref().filter(|_| !self.drifted) {
            return format!("Insufficient data: {reason}.");
        }
        let of_so_few = if all_but_one { " of so few features" } else { "" };
        let verdict = match (self.drifted, self.importance_share) {
            (true, Some(_)) => format!("more than the {} allowed{of_so_few}: retrain", self.allowed),
            (true, None) => format!("more than the {} allowed{of_so_few}: the leads drifted", self.allowed),
            (false, _) => format!("up to {} are allowed{of_so_few}", self.allowed),
        };
        format!("{drifted}{weight}; {verdict}.")
    }
}

#[cfg(test)]
mod tests;
