//! How trees are grown: the hyperparameters, their defaults and ranges.

use serde::{Deserialize, Serialize};

use crate::schema::Problem;

/// Hyperparameters of gradient-boosted trees; names are the field's, the peers' in brackets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BoostSettings"))]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Most trees that are grown (`n_estimators`), 1 to 10,000.
    pub trees: u32,
    /// Splits from a root to a leaf (`max_depth`), 1 to 12.
    pub depth: u32,
    /// Factor of every leaf (`learning_rate`, `eta`), above 0 to 1.
    pub learning_rate: f64,
    /// L2 penalty of leaf values (`reg_lambda`), 0 or more.
    pub l2: f64,
    /// Least gain of a split (`gamma`, `min_split_gain`), 0 or more.
    pub min_gain: f64,
    /// Least sum of hessians of a leaf (`min_child_weight`), 0 or more. At a conversion of 50 % a row weighs 0.25, at 1 % 0.01.
    pub min_hessian: f64,
    /// Share of the rows that each tree is grown on (`subsample`), above 0 to 1, drawn by the rows' keys and `seed`.
    pub row_share: f64,
    /// Share of the columns that each tree may split (`colsample_bytree`), above 0 to 1.
    pub column_share: f64,
    /// Decides every draw.
    pub seed: u64,
    /// Weight of rows with the outcome (`scale_pos_weight`), above 0 to 1,000.
    pub positive_weight: f64,
    /// Share of the rows that no tree is grown on and that say when to stop, 0 to 0.5.
    pub held_out: f64,
    /// Trees without a gain on the held-out rows after which growing stops (`early_stopping_rounds`); 0: never.
    pub patience: u32,
    /// How strongly rare categories are drawn to the mean when categories are sorted (`cat_smooth`), 0 or more.
    pub category_smoothing: f64,
    /// Multiple of the gain that noise alone brings to a split of categories, taken off before it competes, 0 or more.
    pub category_doubt: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            trees: 300,
            depth: 6,
            learning_rate: 0.1,
            l2: 1.0,
            min_gain: 0.0,
            min_hessian: 1.0,
            row_share: 1.0,
            column_share: 1.0,
            seed: 0,
            positive_weight: 1.0,
            held_out: 0.0,
            patience: 0,
            category_smoothing: 10.0,
            category_doubt: 1.0,
        }
    }
}

impl Settings {
    /// What is outside its range, each with its key.
    pub fn problems(&self) -> Vec<Problem> {
        let share = |x: f64| x > 0.0 && x <= 1.0;
        let size = |x: f64| (0.0..=1e9).contains(&x);
        let rules = [
            ((1..=10_000).contains(&self.trees), "trees", "must be from 1 to 10,000"),
            ((1..=12).contains(&self.depth), "depth", "must be from 1 to 12"),
            (share(self.learning_rate), "learning_rate", "must be above 0 and at most 1"),
            (size(self.l2), "l2", "must be 0 or more"),
            (size(self.min_gain), "min_gain", "must be 0 or more"),
            (size(self.min_hessian), "min_hessian", "must be 0 or more"),
            (share(self.row_share), "row_share", "must be above 0 and at most 1"),
            (share(self.column_share), "column_share", "must be above 0 and at most 1"),
            (
                self.positive_weight > 0.0 && self.positive_weight <= 1_000.0,
                "positive_weight",
                "must be above 0 and at most 1,000",
            ),
            ((0.0..=0.5).contains(&self.held_out), "held_out", "must be from 0 to 0.5"),
            (self.patience == 0 || self.held_out > 0.0, "patience", "needs held_out: rows that say when to stop"),
            (size(self.category_smoothing), "category_smoothing", "must be 0 or more"),
            (size(self.category_doubt), "category_doubt", "must be 0 or more"),
        ];
        let wrong = rules.into_iter().filter(|(holds, ..)| !holds);
        wrong.map(|(_, key, message)| Problem { code: "TRAIN_INVALID", path: key.into(), message: message.into() }).collect()
    }

    /// The largest weight of a row, rounded up to a power of two: the unit of quantised gradients.
    pub(super) fn top_weight(&self) -> f64 {
        let mut top = 1.0;
        while top < self.positive_weight {
            top *= 2.0;
        }
        top
    }
}
