//! The settings file, `plumbline.toml`: sections of the service and of the policy of rollouts.

use std::path::Path;

use plumbline_core::rollout::Policy;
use plumbline_worker::Settings;
use serde_json::Value;

use super::model_file;
use super::policy::policy_of;
use crate::Failure;

/// The settings of a native host where the file does not say otherwise: one file, one writer, so there is nothing to spread rows over, and
/// large batches cost one commit.
pub fn native() -> Settings {
    Settings { shards: 1, flush_rows: 8192, ..Settings::default() }
}

/// The settings of the service and the policy in the file at `path`.
///
/// # Errors
/// The file cannot be read, or everything that is wrong with it.
pub fn read_settings(path: &Path) -> Result<(Settings, Policy), Failure> {
    let place = path.display().to_string();
    let bytes = model_file::read(path)?;
    let invalid = |what: String| Failure::input(place.clone(), "SETTINGS_INVALID", what);
    let mut given: Value = toml::from_str(&String::from_utf8_lossy(&bytes)).map_err(|e| invalid(e.to_string()))?;
    // How models are trained is read where they are (plumbline train).
    if let Some(sections) = given.as_object_mut() {
        sections.remove("train");
    }
    let policy = policy_of(&mut given).map_err(invalid)?;
    let settings = Settings::read(given, &native()).map_err(|e| invalid(e.to_string()))?;
    // What the two say of leads must go together.
    let both = Settings { leads: Some(policy.leads.clone()), ..settings.clone() };
    both.check().map_err(|e| invalid(e.to_string()))?;
    Ok((settings, policy))
}
