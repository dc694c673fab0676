//! `[train]` of the settings file: how a model is trained.

use std::collections::BTreeMap;
use std::path::Path;

use plumbline_core::train::Calibrate;
use plumbline_core::train::boost::Settings;
use serde::Deserialize;
use serde_json::Value;

use crate::Failure;
use crate::input::model_file;

/// The keys of `[train]` that are not hyperparameters of the trees.
const OWN: [&str; 4] = ["calibration", "test_share", "monotone", "leave_out"];

/// How a model is trained.
#[derive(Debug, Clone, Default)]
pub struct TrainSettings {
    /// The trees.
    pub trees: Settings,
    /// The rest.
    pub own: Own,
}

/// How a model is trained, besides its trees.
#[derive(Debug, Clone, Deserialize)]
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
    /// The section `[train]` of the file at `path`.
    ///
    /// # Errors
    /// The file cannot be read, an unknown key, a value outside its range.
    pub fn read(path: &Path) -> Result<TrainSettings, Failure> {
        let place = path.display().to_string();
        let invalid = |what: String| Failure::input(place.clone(), "SETTINGS_INVALID", what);
        let text = String::from_utf8_lossy(&model_file::read(path)?).into_owned();
        let given: Value = toml::from_str(&text).map_err(|e| invalid(e.to_string()))?;
        let section = given.get("train").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let Value::Object(section) = section else { return Err(invalid("train must be a section".to_owned())) };
        let (own, trees): (serde_json::Map<_, _>, serde_json::Map<_, _>) =
            section.into_iter().partition(|(key, _)| OWN.contains(&key.as_str()));
        let wrong = |e: serde_json::Error| invalid(format!("train: {e}"));
        let settings = TrainSettings {
            trees: serde_json::from_value(Value::Object(trees)).map_err(wrong)?,
            own: serde_json::from_value(Value::Object(own)).map_err(wrong)?,
        };
        settings.check().map_err(invalid)?;
        Ok(settings)
    }

    /// What is outside its range.
    pub fn check(&self) -> Result<(), String> {
        let mut wrong: Vec<String> =
            self.trees.problems().iter().map(|problem| format!("train.{} {}", problem.path, problem.message)).collect();
        if !(0.05..=0.5).contains(&self.own.test_share) {
            wrong.push("train.test_share must be from 0.05 to 0.5".to_owned());
        }
        if self.own.monotone.values().any(|sign| !(-1..=1).contains(sign)) {
            wrong.push("train.monotone takes 1, 0 or -1 for each column".to_owned());
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}
