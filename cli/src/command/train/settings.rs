//! `[train]` of the settings file.

use std::path::Path;

use plumbline_core::training::TrainSettings;
use serde_json::Value;

use crate::Failure;
use crate::input::model_file;

/// The section `[train]` of the file at `path`; the defaults without one.
///
/// # Errors
/// The file cannot be read, an unknown key, a value outside its range.
pub fn read(path: &Path) -> Result<TrainSettings, Failure> {
    let place = path.display().to_string();
    let invalid = |what: String| Failure::input(place.clone(), "SETTINGS_INVALID", what);
    let text = String::from_utf8_lossy(&model_file::read(path)?).into_owned();
    let given: Value = toml::from_str(&text).map_err(|e| invalid(e.to_string()))?;
    let section = given.get("train").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    TrainSettings::read(section).map_err(invalid)
}
