//! How a logistic regression is fitted: its settings, their defaults and ranges.

use serde::{Deserialize, Serialize};

use crate::schema::Problem;

/// Settings of a regularised logistic regression; names are the field's, scikit-learn's in brackets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LogisticSettings"))]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// L2 penalty of the weights, not of the bias (`1 / C`), 0 or more.
    pub l2: f64,
    /// Weight of rows with the outcome (`class_weight`), above 0 to 1,000.
    pub positive_weight: f64,
    /// Most steps of the solver (`max_iter`), 1 to 10,000.
    pub iterations: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { l2: 1.0, positive_weight: 1.0, iterations: 500 }
    }
}

impl Settings {
    /// What is outside its range, each with its key.
    pub fn problems(&self) -> Vec<Problem> {
        let rules = [
            ((0.0..=1e9).contains(&self.l2), "l2", "must be 0 or more"),
            (
                self.positive_weight > 0.0 && self.positive_weight <= 1_000.0,
                "positive_weight",
                "must be above 0 and at most 1,000",
            ),
            ((1..=10_000).contains(&self.iterations), "iterations", "must be from 1 to 10,000"),
        ];
        let wrong = rules.into_iter().filter(|(holds, ..)| !holds);
        wrong.map(|(_, key, message)| Problem { code: "TRAIN_INVALID", path: key.into(), message: message.into() }).collect()
    }
}
