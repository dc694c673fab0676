//! People's judgement of leads next to the model's scores of the same leads.

use serde::{Deserialize, Serialize};

use super::value::Estimate;
use crate::sentence::Sentence;

/// How people rank leads and how the model ranks the same ones, by what became of them. The model is the version that served each lead.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportHuman"))]
pub struct Human {
    /// Leads with a person's score, a model's score and an outcome: the newest of the last 90 days, at most 5,000.
    pub leads: u64,
    /// Those of them that converted.
    pub converted: u64,
    /// The whole in one sentence.
    pub sentence: Sentence,
    /// The part of pairs of leads, one that converted and one that did not, that the model ranks rightly; none before there are enough leads.
    pub model_auc: Estimate,
    /// The same of people.
    pub people_auc: Estimate,
    /// The model's less people's, with the interval of a difference on the same leads.
    pub difference: Estimate,
    /// How alike the two rank the leads, whatever became of them: Spearman's rank correlation from -1 to 1; none before there are enough leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Estimate>,
    /// Conversion by thirds of the leads, the best first: by people's scores, and by the model's in groups of the same size.
    pub thirds: Vec<Third>,
}

/// About a third of the leads: leads that people scored alike stay together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportHumanThird"))]
pub struct Third {
    /// `top`, `middle` or `bottom`.
    pub id: String,
    /// Leads in it.
    pub leads: u64,
    /// The part of them that converted, of those that people put there.
    pub people: Estimate,
    /// The same of those that the model puts there.
    pub model: Estimate,
}

/// A lead that a person scored, too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedLead {
    /// The model's probability.
    pub probability: f64,
    /// The person's score, on a scale of their own.
    pub human_score: f64,
    /// Whether it converted in time.
    pub converted: bool,
}
