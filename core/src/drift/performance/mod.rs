//! How well a model does before outcomes arrive: performance expected from calibrated probabilities (CBPE).
//!
//! A calibrated probability of 0.3 says that of ten such leads three convert. Summed over the leads of a window that gives the counts
//! of a confusion matrix, and an expected ROC curve, without one outcome. It holds while a probability still means what it meant
//! on the reference leads: when leads change it follows, when the *meaning* of the features changes (concept drift) it cannot know.
//! So the realised value belongs beside it as soon as there is one ([`Realised`]).

mod error;
mod estimate;
mod fit;
mod outlook;

pub use error::Limits;
pub use estimate::{Estimate, Performance, Realised};
pub use fit::Estimator;
pub use outlook::{Beside, Expected, Outlook};

use serde::{Deserialize, Serialize};

/// What is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PerformanceMeasure"))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Area under the ROC curve.
    RocAuc,
    /// Average precision.
    AveragePrecision,
    /// Precision at the threshold.
    Precision,
    /// Recall at the threshold.
    Recall,
    /// F1 at the threshold.
    F1,
    /// Specificity at the threshold.
    Specificity,
    /// Accuracy at the threshold.
    Accuracy,
}

impl Measure {
    /// All of them.
    pub const ALL: [Measure; 7] = [
        Measure::RocAuc,
        Measure::AveragePrecision,
        Measure::Precision,
        Measure::Recall,
        Measure::F1,
        Measure::Specificity,
        Measure::Accuracy,
    ];

    /// Its name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Measure::RocAuc => "roc_auc",
            Measure::AveragePrecision => "average_precision",
            Measure::Precision => "precision",
            Measure::Recall => "recall",
            Measure::F1 => "f1",
            Measure::Specificity => "specificity",
            Measure::Accuracy => "accuracy",
        }
    }
}

#[cfg(test)]
mod tests;
