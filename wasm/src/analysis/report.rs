//! The whole comparison of two tables, as `plumbline drift` has it.

use js_sys::Array;
use plumbline_core::drift::{DriftReport, Feature, Rules};
use plumbline_core::table::Values;
use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::answer::{Answer, failure, object, refused_drift, settings};
use super::column::{Column, Names, column, member};

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Limits {
    distance: f64,
    missing: f64,
    outliers: f64,
    new_categories: f64,
    chance: f64,
    features_allowed: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        let Rules { distance, missing, outliers, new_categories, chance, features_allowed } = Rules::default();
        Limits { distance, missing, outliers, new_categories, chance, features_allowed }
    }
}

impl From<Limits> for Rules {
    fn from(limits: Limits) -> Rules {
        let Limits { distance, missing, outliers, new_categories, chance, features_allowed } = limits;
        Rules { distance, missing, outliers, new_categories, chance, features_allowed }
    }
}

struct Columns {
    name: String,
    reference: Column,
    current: Column,
    names: Names,
    importance: Option<f64>,
}

impl Columns {
    fn of(feature: &JsValue) -> Result<Columns, JsValue> {
        let name = member(feature, "name")?.as_string().ok_or_else(|| failure("SETTINGS_INVALID", "a feature has no name"))?;
        let mut names = Names::default();
        let mut side = |side: &str| column(&member(feature, side)?, &format!("{side} of {name}"), &mut names);
        let (reference, current) = (side("reference")?, side("current")?);
        let importance = member(feature, "importance")?.as_f64();
        Ok(Columns { name, reference, current, names, importance })
    }

    fn feature(&self) -> Feature<'_> {
        Feature {
            name: &self.name,
            reference: self.values(&self.reference),
            current: self.values(&self.current),
            importance: self.importance,
        }
    }

    fn values<'a>(&'a self, column: &'a Column) -> Values<'a> {
        match column {
            Column::Numbers(values) => Values::Numbers(values),
            Column::Texts(codes) => Values::Categories { codes, names: &self.names.names },
        }
    }
}

#[wasm_bindgen(js_name = driftReport)]
pub fn drift_report(features: &Array, limits: JsValue) -> Answer {
    let rules: Rules = if limits.is_undefined() { Rules::default() } else { settings::<Limits>(&limits)?.into() };
    let columns: Vec<Columns> = features.iter().map(|feature| Columns::of(&feature)).collect::<Result<_, JsValue>>()?;
    let features: Vec<Feature<'_>> = columns.iter().map(Columns::feature).collect();
    if features.is_empty() {
        return Err(failure("INSUFFICIENT_DATA", "found 0 features, need at least 1"));
    }
    object(&DriftReport::new(&features, &rules).map_err(refused_drift)?)
}
