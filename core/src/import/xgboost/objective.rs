//! What a model was trained for: its link, and the scale on which `base_score` is written.

use super::super::document::At;
use super::super::error::ImportError;
use super::release::Release;
use crate::math;
use crate::model::Link;

/// An objective of XGBoost.
pub(super) struct Objective {
    /// XGBoost's name of it.
    pub name: String,
    /// From margins to predictions.
    pub link: Link,
    /// The scale of `base_score`.
    pub base: BaseScale,
}

/// The scale on which `base_score` is written; XGBoost's `ProbToMargin`.
#[derive(Clone, Copy)]
pub(super) enum BaseScale {
    /// Margins.
    Margin,
    /// Probabilities.
    Probability,
    /// Positive quantities.
    Quantity,
}

impl BaseScale {
    /// `score` on the margin scale.
    pub fn margin(self, score: f32) -> f32 {
        match self {
            BaseScale::Margin => score,
            BaseScale::Probability if !(0.0..=1.0).contains(&score) => f32::NAN,
            BaseScale::Probability => {
                // kRtEps of XGBoost keeps the ends finite.
                let p = score.clamp(1e-6, 1.0 - 1e-6);
                -math::lnf(1.0 / p - 1.0)
            }
            BaseScale::Quantity => math::lnf(score),
        }
    }
}

impl Objective {
    /// Reads `learner.objective`.
    pub fn read(
        learner: &At<'_, '_>,
        (version, release): (&str, Release),
        notes: &mut Vec<String>,
    ) -> Result<Objective, ImportError> {
        let objective = learner.get("objective")?;
        let at = objective.get("name")?;
        let name = at.text()?;
        let (link, base) = match name {
            "binary:logistic" | "reg:logistic" => (Link::LogisticF32, BaseScale::Probability),
            "multi:softprob" | "multi:softmax" => (Link::SoftmaxF32, BaseScale::Margin),
            "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => {
                (Link::ExpF32, BaseScale::Quantity)
            }
            "binary:hinge" => (Link::Step, BaseScale::Margin),
            "binary:logitraw" if release.early => {
                notes.push(format!(
                    "base_score of binary:logitraw is a probability in XGBoost {version}, which wrote this file; from 1.3 on \
                     XGBoost reads it as a margin and predicts something else from the same file"
                ));
                (Link::Identity, BaseScale::Probability)
            }
            "binary:logitraw"
            | "reg:squarederror"
            | "reg:linear"
            | "reg:squaredlogerror"
            | "reg:pseudohubererror"
            | "reg:absoluteerror"
            | "reg:quantileerror"
            | "reg:expectileerror"
            | "rank:pairwise"
            | "rank:ndcg"
            | "rank:map" => (Link::Identity, BaseScale::Margin),
            other => return Err(ImportError::Unsupported { place: at.to_string(), what: format!("objective {other:?}") }),
        };
        if name == "binary:logitraw" {
            notes.push(
                "binary:logitraw predicts margins, so probabilities are margins too; for probabilities declare a calibration, such as \
                 --sigmoid=-1,0 --on margin"
                    .to_owned(),
            );
        }
        Ok(Objective { name: name.to_owned(), link, base })
    }
}
