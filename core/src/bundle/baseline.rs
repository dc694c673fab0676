//! What a model was when it was trained: its figures with intervals, the percentiles of its scores, what each field weighs, and what is
//! expected of leads like those. The distributions that go with it are the [`Reference`](super::Reference).
//!
//! One text of the metadata, `training`, which readers that only score leave unread. Members that are not known are ignored, absent ones
//! have their defaults, so that later versions may add some.

use serde::{Deserialize, Serialize};

use super::BundleError;
use super::container::{Reader, malformed};

/// The metadata entry it is written to. Behind `reference` in the order of names: `digest` has to stay the first.
pub(super) const KEY: &str = "training";

/// What a model was when it was trained. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ModelBaseline"))]
#[serde(default)]
pub struct Baseline {
    /// The training data.
    pub data: DataFile,
    /// The data that the figures are of, where they are of leads that were held out of training; none: of the training data itself, which
    /// flatters the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<DataFile>,
    /// A lead is called at this probability, for precision and recall.
    pub threshold: f64,
    /// The figures.
    pub figures: Vec<Figure>,
    /// Scores against outcomes, of the leads that the figures are of; none in files of earlier releases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<ScoreOutcomes>,
    /// Scores that parts of the leads do not exceed: each the part, and the probability.
    pub percentiles: Vec<(f64, f64)>,
    /// The share of leads in each band of the model, the lowest band first.
    pub bands: Vec<BandShare>,
    /// What each field weighs in the scores, the heaviest first.
    pub importance: Vec<Weight>,
    /// The expectation suite made of the training data, the JSON of Great Expectations 1.x.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub suite: String,
}

/// A file of leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BaselineData"))]
#[serde(default)]
pub struct DataFile {
    /// Its name, without the folder.
    pub name: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Leads with an outcome in it.
    pub rows: u64,
    /// Of those, the ones that converted.
    pub converted: u64,
    /// The first and the last time of a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_ms: Option<(i64, i64)>,
}

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BaselineFigure"))]
#[serde(default)]
pub struct Figure {
    /// `auc`, `average_precision`, `precision`, `recall`, `brier`, `log_loss`, `calibration_error` or `conversion`.
    pub id: String,
    /// The figure.
    pub value: f64,
    /// The ends of its interval; none where none is worked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
    /// Cases behind it.
    pub n: u64,
}

/// Scores against outcomes, in the hundred hundredths of the probability; an edge belongs to the hundredth below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ScoreOutcomes {
    /// Leads in each hundredth.
    pub leads: Vec<u64>,
    /// Of those, the ones that converted.
    pub converted: Vec<u64>,
}

/// The share of leads in a band.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct BandShare {
    /// The band.
    pub name: String,
    /// The share of leads in it.
    pub share: f64,
    /// The share of those leads that converted; none where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion: Option<f64>,
}

/// What a field weighs in the scores.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "FieldWeight"))]
#[serde(default)]
pub struct Weight {
    /// The field.
    pub field: String,
    /// The mean size of its contribution (SHAP value) to the margin of a lead.
    pub mean_contribution: f64,
    /// That as a part of the sum over all fields.
    pub share: f64,
    /// The part of what the splits by the field took off the training loss, of all splits; none for models that are not trees of
    /// `plumbline train`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain: Option<f64>,
    /// What the AUC of held-out leads loses when the field's values are permuted among them, below 0 by chance; none where the bundle was
    /// not made by `plumbline train`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permutation: Option<f64>,
}

impl Baseline {
    /// The figure `id`, if it is known.
    pub fn figure(&self, id: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.id == id)
    }

    /// The share of `field` in the model's importance; 0 of a field that the model does not read.
    pub fn share(&self, field: &str) -> f64 {
        self.importance.iter().find(|weight| weight.field == field).map_or(0.0, |weight| weight.share)
    }

    /// Whether its numbers make sense: shares and probabilities are in [0, 1], and no more leads converted than there are.
    fn is_sound(&self) -> bool {
        let fits = |counts: &ScoreOutcomes| {
            counts.leads.len() == 100
                && counts.converted.len() == 100
                && counts.leads.iter().zip(&counts.converted).all(|(leads, converted)| converted <= leads)
        };
        let is_share = |x: &f64| (0.0..=1.0).contains(x);
        is_share(&self.threshold)
            && self.outcomes.iter().all(fits)
            && self.percentiles.iter().all(|(part, score)| is_share(part) && is_share(score))
            && self.bands.iter().all(|band| is_share(&band.share) && band.conversion.iter().all(is_share))
            && self.importance.iter().all(|weight| is_share(&weight.share) && weight.mean_contribution >= 0.0)
            && self.importance.iter().filter_map(|weight| weight.gain.as_ref()).all(is_share)
            && self.importance.iter().filter_map(|weight| weight.permutation).all(|loss| (-1.0..=1.0).contains(&loss))
    }
}

/// The baseline in `file`, if it has one.
#[inline(never)]
pub(super) fn of(file: &Reader<'_>) -> Result<Option<Baseline>, BundleError> {
    if !file.has_text(KEY) {
        return Ok(None);
    }
    let baseline: Baseline = serde_json::from_str(file.text(KEY)?).map_err(|e| malformed(format!("{KEY}: {e}")))?;
    if baseline.is_sound() { Ok(Some(baseline)) } else { Err(unsound()) }
}

/// The baseline as the metadata has it.
pub(super) fn write(baseline: &Baseline) -> Result<String, BundleError> {
    // A number that is not finite is written as null, which no reader takes for a number.
    let text = serde_json::to_string(baseline).map_err(|e| malformed(e.to_string()))?;
    let is_read = serde_json::from_str::<Baseline>(&text).is_ok_and(|read| read.is_sound());
    if is_read { Ok(text) } else { Err(unsound()) }
}

fn unsound() -> BundleError {
    malformed("the baseline has a number outside its range")
}
