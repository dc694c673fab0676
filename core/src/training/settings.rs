//! `[train]` of the settings file: how a model is trained.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bundle::Manifest;
use crate::model::{Calibration, Column};
use crate::schema::Problem;
use crate::train::boost::{Input, Settings};
use crate::train::{Calibrate, logistic};

/// The keys of `[train]` that are not hyperparameters of the model's kind.
const OWN: [&str; 4] = ["calibration", "test_share", "monotone", "leave_out"];

/// What is trained, with its hyperparameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Gradient-boosted trees.
    Trees(Settings),
    /// A regularised logistic regression.
    Logistic(logistic::Settings),
}

impl Default for Kind {
    fn default() -> Kind {
        Kind::Trees(Settings::default())
    }
}

impl Kind {
    /// The kind `name`, `trees` or `logistic`, with these hyperparameters and the defaults for the rest.
    fn read(name: &str, given: Map<String, Value>) -> Result<Kind, String> {
        let wrong = |e: serde_json::Error| format!("train: {e}");
        let given = Value::Object(given);
        match name {
            "trees" => serde_json::from_value(given).map(Kind::Trees).map_err(wrong),
            "logistic" => serde_json::from_value(given).map(Kind::Logistic).map_err(wrong),
            _ => Err(format!("train.kind is {name:?}; it must be \"trees\" or \"logistic\"")),
        }
    }

    /// The kind of that name with its defaults; none where there is none of it.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::read(name, Map::new()).ok()
    }

    /// Its name, as `train.kind` has it.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Trees(_) => "trees",
            Kind::Logistic(_) => "logistic",
        }
    }

    /// Its hyperparameters by name.
    fn values(&self) -> Map<String, Value> {
        let value = match self {
            Kind::Trees(settings) => serde_json::to_value(settings),
            Kind::Logistic(settings) => serde_json::to_value(settings),
        };
        let Ok(Value::Object(values)) = value else { return Map::new() };
        values
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Kind::Trees(settings) => settings.problems(),
            Kind::Logistic(settings) => settings.problems(),
        }
    }
}

/// How a model is trained.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainSettings {
    /// What is trained.
    pub kind: Kind,
    /// The rest.
    pub own: Own,
}

/// How a model is trained, besides its trees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Own {
    /// How margins become probabilities.
    pub calibration: Calibrate,
    /// The share of leads that the model is tested on and not trained on.
    pub test_share: f64,
    /// Columns in which the score may only rise (1) or fall (−1).
    pub monotone: BTreeMap<String, i8>,
    /// Columns that are not trained on.
    pub leave_out: Vec<String>,
}

impl Default for Own {
    fn default() -> Own {
        Own { calibration: Calibrate::default(), test_share: 0.2, monotone: BTreeMap::new(), leave_out: Vec::new() }
    }
}

impl TrainSettings {
    /// The settings of the section `[train]`.
    ///
    /// # Errors
    /// No section, an unknown key, a value outside its range: a sentence.
    pub fn read(section: Value) -> Result<TrainSettings, String> {
        let Value::Object(mut section) = section else { return Err("train must be a section".to_owned()) };
        let kind = section.remove("kind").unwrap_or_else(|| "trees".into());
        let kind = kind.as_str().ok_or("train.kind must be a text")?.to_owned();
        let (own, rest): (Map<_, _>, Map<_, _>) = section.into_iter().partition(|(key, _)| OWN.contains(&key.as_str()));
        if let Some(known) = Kind::named(&kind) {
            let known: Vec<String> = known.values().into_iter().map(|(key, _)| key).collect();
            if let Some(wrong) = rest.keys().find(|key| !known.contains(key)) {
                let keys = ["kind"].into_iter().chain(known.iter().map(String::as_str)).chain(OWN).collect::<Vec<_>>().join(", ");
                return Err(format!("train: unknown field `{wrong}`; with kind = {kind:?} there are {keys}"));
            }
        }
        let own = serde_json::from_value(Value::Object(own)).map_err(|e| format!("train: {e}"))?;
        let settings = TrainSettings { kind: Kind::read(&kind, rest)?, own };
        settings.check()?;
        Ok(settings)
    }

    /// The settings that the model of `manifest` was trained with, as far as it says; the defaults for the rest.
    pub fn of_model(manifest: &Manifest) -> TrainSettings {
        let said = &manifest.provenance.hyperparameters;
        let value = |key: &str| said.get(key).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let name = value("kind");
        let name = name.as_ref().and_then(Value::as_str).unwrap_or("trees");
        let Ok(kind) = Kind::read(name, Map::new()) else { return TrainSettings::default() };
        let mut given = kind.values();
        // Another library's names say nothing here.
        if !given.keys().all(|key| value(key).is_some()) {
            return TrainSettings::default();
        }
        for (key, default) in &mut given {
            *default = value(key).unwrap_or_else(|| default.take());
        }
        let own = Own {
            calibration: match manifest.calibration {
                Calibration::None => Calibrate::None,
                Calibration::Isotonic { .. } => Calibrate::Isotonic,
                _ => Calibrate::Sigmoid,
            },
            monotone: value("monotone").and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default(),
            ..Own::default()
        };
        let settings = TrainSettings { kind: Kind::read(name, given).unwrap_or_default(), own };
        if settings.check().is_ok() { settings } else { TrainSettings::default() }
    }

    /// The settings by name, as a manifest keeps them.
    pub fn hyperparameters(&self) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> =
            self.kind.values().into_iter().map(|(key, value)| (key, value.to_string())).collect();
        if self.kind.name() != "trees" {
            all.insert("kind".to_owned(), format!("{:?}", self.kind.name()));
        }
        all.insert("test_share".to_owned(), self.own.test_share.to_string());
        if !self.own.monotone.is_empty() {
            all.insert("monotone".to_owned(), serde_json::to_string(&self.own.monotone).unwrap_or_default());
        }
        all
    }

    /// What is trained on, of a model with these columns; the name of one in `monotone` that is not among those of numbers, otherwise.
    ///
    /// # Errors
    /// That name.
    pub fn inputs(&self, columns: Vec<Column>) -> Result<Vec<Input>, String> {
        let monotone = &self.own.monotone;
        let is_number = |name: &str| columns.iter().any(|column| column.name == *name && !column.categorical);
        if let Some(unknown) = monotone.keys().find(|name| !is_number(name)) {
            return Err(unknown.clone());
        }
        let input = |column: Column| Input {
            monotone: monotone.get(&column.name).copied().unwrap_or(0),
            name: column.name,
            categorical: column.categorical,
        };
        Ok(columns.into_iter().map(input).collect())
    }

    /// What is outside its range.
    ///
    /// # Errors
    /// A sentence of all that is.
    pub fn check(&self) -> Result<(), String> {
        let mut wrong: Vec<String> =
            self.kind.problems().iter().map(|problem| format!("train.{} {}", problem.path, problem.message)).collect();
        if !(0.05..=0.5).contains(&self.own.test_share) {
            wrong.push("train.test_share must be from 0.05 to 0.5".to_owned());
        }
        if self.kind.name() == "logistic" && !self.own.monotone.is_empty() {
            wrong.push("train.monotone is of trees; a logistic regression has one sign per column anyway".to_owned());
        }
        if self.own.monotone.values().any(|sign| !(-1..=1).contains(sign)) {
            wrong.push("train.monotone takes 1, 0 or -1 for each column".to_owned());
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_says_what_it_was_trained_with() {
        let given = serde_json::json!({ "trees": 70, "learning_rate": 0.05, "seed": 9, "monotone": { "visits": 1 } });
        let settings = TrainSettings::read(given).unwrap();
        let calibration = serde_json::from_value(serde_json::json!({ "isotonic": { "x": [0.0], "y": [0.5] } })).unwrap();
        let mut manifest = Manifest { calibration, ..Manifest::default() };
        for (key, value) in settings.hyperparameters() {
            manifest.provenance.hyperparameters.insert(key, value);
        }
        let read = TrainSettings::of_model(&manifest);
        assert_eq!(
            (&read.kind, &read.own.monotone, read.own.calibration),
            (&settings.kind, &settings.own.monotone, Calibrate::Isotonic)
        );
        let given = serde_json::json!({ "kind": "logistic", "l2": 3.5 });
        let logistic = TrainSettings::read(given).unwrap();
        let mut manifest = Manifest::default();
        for (key, value) in logistic.hyperparameters() {
            manifest.provenance.hyperparameters.insert(key, value);
        }
        assert_eq!(TrainSettings::of_model(&manifest).kind, logistic.kind);
        for wrong in [
            serde_json::json!({ "kind": "forest" }),
            serde_json::json!({ "kind": "logistic", "trees": 70 }),
            serde_json::json!({ "kind": "logistic", "monotone": { "visits": 1 } }),
            serde_json::json!({ "l2": -1.0 }),
        ] {
            assert!(TrainSettings::read(wrong.clone()).is_err(), "{wrong}");
        }
        // An unknown key: all that there are, not those of the trees alone.
        let said = TrainSettings::read(serde_json::json!({ "tree": 70 })).unwrap_err();
        let keys = ["`tree`", "kind = \"trees\"", " kind, ", " trees, ", " calibration, ", " leave_out"];
        assert!(keys.iter().all(|key| said.contains(key)), "{said}");
        // Another library's names say nothing here.
        let mut imported = Manifest::default();
        imported.provenance.hyperparameters.insert("max_depth".into(), "6".into());
        assert_eq!(TrainSettings::of_model(&imported), TrainSettings::default());
    }
}
