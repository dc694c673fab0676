//! The settings file, `plumbline.toml`: sections of the service and of the policy of rollouts.

use std::path::Path;

use plumbline_core::rollout::Policy;
use plumbline_core::schema::nearest;
use plumbline_worker::Settings;
use serde_json::Value;

use super::model_file;
use super::policy::{policy_of, said};
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
    known_keys(&given).map_err(invalid)?;
    let settings = Settings::read(given, &native()).map_err(|e| invalid(e.to_string()))?;
    // What the two say of leads must go together.
    let both = Settings { leads: Some(policy.leads.clone()), ..settings.clone() };
    both.check().map_err(|e| invalid(e.to_string()))?;
    let unfit = said(&policy.segments_not_noted(&settings.segments));
    if unfit.is_empty() { Ok((settings, policy)) } else { Err(invalid(unfit)) }
}

/// Whether the keys of `given`, without the sections of policy and training, are settings of the service.
fn known_keys(given: &Value) -> Result<(), String> {
    let all = || Settings::KEYS.into_iter().chain(Policy::SECTIONS).chain(["train"]);
    let unknown = given.as_object().into_iter().flat_map(|given| given.keys()).filter(|key| all().all(|known| known != *key));
    let one = |key: &String| match nearest(key, all()) {
        Some(known) => format!("{key} is no key or section; did you mean {known}? [SETTING_UNKNOWN]"),
        None => format!("{key} is no key or section; known are {} [SETTING_UNKNOWN]", all().collect::<Vec<_>>().join(", ")),
    };
    let wrong: Vec<String> = unknown.map(one).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_the_nearest_one_and_settings_must_go_together() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plumbline.toml");
        for (text, expected) in [
            ("retension = { hours = \"8d\" }", "did you mean retention? [SETTING_UNKNOWN]"),
            ("flush-ms = 5", "did you mean flush_ms?"),
            ("colour = \"red\"", "known are limits, log, shards"),
            ("retention = { predictions = \"1h\" }", "retention.predictions must be at least \"49d\""),
            ("[retention]\npredictions = \"1h\"", "[RETENTION_TOO_SHORT]"),
            ("segments = [\"region\"]\n[experiment.segments]\nfields = [\"industry\"]", "[SEGMENT_NOT_NOTED]"),
        ] {
            std::fs::write(&file, text).unwrap();
            let failure = read_settings(&file).map(drop).unwrap_err().to_string();
            assert!(failure.contains(expected), "{text}: {failure}");
        }
        std::fs::write(&file, "flush_ms = 5\nsegments = [\"region\"]\n[experiment.segments]\nfields = [\"region\"]").unwrap();
        assert!(read_settings(&file).is_ok());
    }
}
