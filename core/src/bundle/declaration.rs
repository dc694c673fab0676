//! What a model's owner declares about it, beside the trained numbers.

mod check;

use serde::{Deserialize, Serialize};

use super::Provenance;
use crate::feature::Transform;
use crate::model::Calibration;
use crate::schema::{Field, Schema};

/// The whole declaration, as the TOML file of `plumbline import --schema` holds it. `docs/FORMATS.md` describes it for people.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// `[model]`
    #[serde(default)]
    pub model: ModelCard,
    /// Texts that mean missing in every field that does not list them as a category.
    #[serde(default)]
    pub missing: Vec<String>,
    /// The number that means missing in every number field.
    #[serde(default)]
    pub missing_number: Option<f64>,
    /// `[[field]]`: what a lead carries.
    #[serde(default)]
    pub field: Vec<Field>,
    /// `[[feature]]`: how fields become the model's columns. A column with a field's name needs none.
    #[serde(default)]
    pub feature: Vec<Transform>,
    /// `[[band]]`: names for ranges of the probability.
    #[serde(default)]
    pub band: Vec<Band>,
    /// `[calibration]`: probability to observed rate.
    #[serde(default)]
    pub calibration: Calibration,
    /// `[provenance]`: where the model comes from; usually written by the training script.
    #[serde(default)]
    pub provenance: Provenance,
}

/// Name, version and purpose of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// Name, such as `demo-leads`.
    #[serde(default)]
    pub name: String,
    /// Version, such as `2026-11-23.1`.
    #[serde(default)]
    pub version: String,
    /// What the model is for, and what it is not for.
    #[serde(default)]
    pub intended_use: String,
    /// Names of the outputs of a model with several, in order.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// The output whose probability is the score; empty: the last of several.
    #[serde(default)]
    pub positive: String,
}

/// A name for the probabilities from `from` up to the next band.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Name, such as `hot`.
    pub name: String,
    /// Least calibrated probability, in [0, 1].
    pub from: f64,
}

impl Declaration {
    /// The declared fields as a schema.
    pub fn schema(&self) -> Schema {
        Schema { fields: self.field.clone() }
    }
}
