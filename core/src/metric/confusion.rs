//! The four counts at a threshold, and the rates made of them.

use serde::{Deserialize, Serialize};

use super::{Labelled, Ranking};

/// Weights of leads by what was said and what became of them. A lead is called positive when its score is at least the threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ConfusionCounts"))]
pub struct Confusion {
    /// Called positive, converted.
    pub true_positive: f64,
    /// Called positive, did not convert.
    pub false_positive: f64,
    /// Called negative, converted.
    pub false_negative: f64,
    /// Called negative, did not convert.
    pub true_negative: f64,
}

impl Confusion {
    /// The counts at `threshold`.
    pub fn at(data: &Labelled<'_>, threshold: f64) -> Confusion {
        let mut counts = Confusion::default();
        for (score, converted, weight) in data.rows() {
            let count = match (score >= threshold, converted) {
                (true, true) => &mut counts.true_positive,
                (true, false) => &mut counts.false_positive,
                (false, true) => &mut counts.false_negative,
                (false, false) => &mut counts.true_negative,
            };
            *count += weight;
        }
        counts
    }

    /// TP / (TP + FP): of those called positive, the part that converted. `None` when none was called.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positive, self.true_positive + self.false_positive)
    }

    /// TP / (TP + FN): of those that converted, the part that was called. `None` when none converted.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positive, self.true_positive + self.false_negative)
    }

    /// TN / (TN + FP): of those that did not convert, the part that was not called. `None` when all converted.
    pub fn specificity(&self) -> Option<f64> {
        ratio(self.true_negative, self.true_negative + self.false_positive)
    }

    /// (1 + β²) · TP / ((1 + β²) · TP + β² · FN + FP): precision and recall in one, recall counting `beta` times as much. `None`
    /// when nothing converted and nothing was called.
    pub fn f_score(&self, beta: f64) -> Option<f64> {
        let b = beta * beta;
        let top = (1.0 + b) * self.true_positive;
        ratio(top, top + b * self.false_negative + self.false_positive)
    }

    /// The part that was called rightly. `None` without leads.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.true_positive + self.true_negative, self.total())
    }

    /// Matthews' correlation, in [−1, 1]. `None` when a margin of the table is empty.
    ///
    /// # Formula
    /// (TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN))
    pub fn matthews(&self) -> Option<f64> {
        let Confusion { true_positive: tp, false_positive: fp, false_negative: fneg, true_negative: tn } = *self;
        ratio(tp * tn - fp * fneg, ((tp + fp) * (tp + fneg)).sqrt() * ((tn + fp) * (tn + fneg)).sqrt())
    }

    /// The mean of recall and specificity. `None` when a class is absent, where scikit-learn gives the rate of the other.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        Some((self.recall()? + self.specificity()?) / 2.0)
    }

    /// Cohen's kappa: agreement beyond what chance gives with the same margins, in [−1, 1]. `None` when chance alone agrees always.
    ///
    /// # Formula
    /// 1 − (FP + FN) · total / ((TP+FP)(TN+FP) + (TN+FN)(TP+FN))
    pub fn kappa(&self) -> Option<f64> {
        let Confusion { true_positive: tp, false_positive: fp, false_negative: fneg, true_negative: tn } = *self;
        let by_chance = (tp + fp) * (tn + fp) + (tn + fneg) * (tp + fneg);
        Some(1.0 - ratio((fp + fneg) * self.total(), by_chance)?)
    }

    /// Sum of the four.
    pub fn total(&self) -> f64 {
        self.true_positive + self.false_positive + self.false_negative + self.true_negative
    }
}

impl Ranking {
    /// The counts at `threshold`.
    pub fn confusion(&self, threshold: f64) -> Confusion {
        let above = self.ties().iter().take_while(|tie| tie.score >= threshold);
        let (tp, fp) = above.fold((0.0, 0.0), |(tp, fp), tie| (tp + tie.positive, fp + tie.negative));
        Confusion { true_positive: tp, false_positive: fp, false_negative: self.positive - tp, true_negative: self.negative - fp }
    }
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
