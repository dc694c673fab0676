//! What is known of a model beside its numbers; JSON inside the bundle.

use serde::{Deserialize, Serialize};

use super::{Band, Declaration, ModelCard};
use crate::feature::Transform;
use crate::json::{ByName, parse_number};
use crate::model::{Calibration, Column};
use crate::name::Names;
use crate::schema::{Field, FieldKind, Schema};

/// What is known of a model beside its numbers.
///
/// Within one format version a reader ignores fields it does not know, so only what leaves every score as it is may be added
/// here without a new format version; what changes a score needs one, and older readers then refuse the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the model, such as `demo-leads`.
    pub name: String,
    /// Version, such as `2026-11-23.1`.
    pub version: String,
    /// Fields of a lead.
    pub schema: Schema,
    /// How fields become the model's columns; a column with a field's name needs none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transforms: Vec<Transform>,
    /// Names for ranges of the probability; none, or one of them starts at 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Band>,
    /// Names of the outputs of a model with several, in order; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// The output whose probability is the score; empty: the last.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub positive: String,
    /// Probability to observed rate.
    #[serde(default)]
    pub calibration: Calibration,
    /// Where the model comes from.
    #[serde(default)]
    pub provenance: Provenance,
    /// The import's comparison with the training library's own predictions; none: it was not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<Checked>,
}

/// A comparison with the training library's own predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Checked {
    /// Rows compared.
    pub rows: u64,
    /// Rows that differ: margins in some bit, probabilities beyond the tolerance.
    pub differing: u64,
    /// The largest difference.
    pub largest: f64,
}

impl Manifest {
    /// The manifest of a model its owner declared so. The model's `columns` that no declared feature makes are fields as well, with
    /// what is declared of them; categorical ones have the texts in `categories` (see [`Schema::of_columns`]).
    pub fn declared(declaration: Declaration, columns: &[Column], categories: &[Vec<String>]) -> Manifest {
        let Declaration { model, missing, missing_number, field, feature, band, calibration, mut provenance } = declaration;
        if !model.intended_use.is_empty() {
            provenance.intended_use = model.intended_use;
        }
        let mut schema = Schema::completed(field, &feature, columns, categories);
        schema.fields.iter_mut().for_each(|field| field.also_missing(&missing, missing_number));
        Manifest {
            name: model.name,
            version: model.version,
            schema,
            transforms: feature,
            bands: band,
            outputs: model.outputs,
            positive: model.positive,
            calibration,
            provenance,
            checked: None,
        }
    }

    /// What the model's owner declared, as [`Manifest::declared`] took it.
    pub fn declaration(&self) -> Declaration {
        Declaration {
            model: ModelCard {
                name: self.name.clone(),
                version: self.version.clone(),
                intended_use: self.provenance.intended_use.clone(),
                outputs: self.outputs.clone(),
                positive: self.positive.clone(),
            },
            missing: Vec::new(),
            missing_number: None,
            field: self.schema.fields.clone(),
            feature: self.transforms.clone(),
            band: self.bands.clone(),
            calibration: self.calibration.clone(),
            provenance: self.provenance.clone(),
        }
    }
}

impl Schema {
    /// The `declared` fields, and one for each of the model's `columns` that neither they nor a feature make. A declared field of a
    /// categorical column need not repeat its kind and categories.
    fn completed(declared: Vec<Field>, features: &[Transform], columns: &[Column], categories: &[Vec<String>]) -> Schema {
        let of_model = Schema::of_columns(columns, categories).fields;
        let mut schema = Schema { fields: declared };
        for column in &of_model {
            if let Some(field) = schema.fields.iter_mut().find(|field| field.name == column.name) {
                field.complete(column);
            }
        }
        let made: Vec<String> = features.iter().flat_map(|feature| feature.columns(&schema)).collect();
        let made = Names::new(made.iter().map(String::as_str));
        let declared = Names::new(schema.fields.iter().map(|field| field.name.as_str()));
        let rest = of_model.into_iter().filter(|field| made.find(&field.name).is_none() && declared.find(&field.name).is_none());
        let rest: Vec<Field> = rest.collect();
        schema.fields.extend(rest);
        schema
    }

    /// The schema of a model imported without one: a number field per column; per categorical column a category with the texts
    /// `categories` has at its position, or given as a code when it has none there.
    pub fn of_columns(columns: &[Column], categories: &[Vec<String>]) -> Schema {
        let fields = columns.iter().enumerate().map(|(i, column)| {
            // An ordered category of pandas is a number to LightGBM, and comes with texts all the same.
            let categories = categories.get(i).cloned().unwrap_or_default();
            let is_category = column.categorical || !categories.is_empty();
            let kind = if is_category { FieldKind::Category } else { FieldKind::Number };
            let spells_numbers = categories.iter().any(|category| parse_number(category.trim()).is_ok());
            let codes = !column.categorical && !categories.is_empty() && !spells_numbers;
            Field { name: column.name.clone(), kind, categories, codes, ..Field::default() }
        });
        Schema { fields: fields.collect() }
    }
}

impl Field {
    /// Takes the kind and the categories of the model's `column` where none are declared.
    fn complete(&mut self, column: &Field) {
        let undeclared = self.kind == FieldKind::Number && self.min.is_none() && self.max.is_none() && self.unit.is_empty();
        if column.kind == FieldKind::Category && undeclared {
            self.kind = FieldKind::Category;
        }
        if column.kind == self.kind && self.categories.is_empty() {
            self.categories.clone_from(&column.categories);
            self.codes |= column.codes;
        }
    }
}

/// Where a model comes from: enough to train it again and to judge whether it may be used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Provenance {
    /// Training snapshot, such as `s3://lake/leads@v12`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub snapshot_uri: String,
    /// Version of the training table.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub table_version: String,
    /// SHA-256 of the training snapshot, hexadecimal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub snapshot_sha256: String,
    /// Training rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// First and last moment of the training data, such as `2026-08-01/2026-10-31`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub window: String,
    /// The trainer's settings, by name.
    #[serde(skip_serializing_if = "ByName::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub hyperparameters: ByName<String>,
    /// Revision of the code that trained it; of a Git tree with changes that are not committed, followed by `+dirty`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code_revision: String,
    /// SHA-256 of the settings file it was trained with, hexadecimal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub settings_sha256: String,
    /// SHA-256 of the schema file it was trained with, hexadecimal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub schema_sha256: String,
    /// Metrics on held-out data at training time, by name, such as `auc`.
    #[serde(skip_serializing_if = "ByName::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, f64>"))]
    pub baseline: ByName<f64>,
    /// What the model is for, and what not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub intended_use: String,
    /// What the import decided about the model's file that a reader of its scores needs to know, a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
