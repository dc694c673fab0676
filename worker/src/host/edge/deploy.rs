//! Models that arrive while the service runs.

use plumbline_core::lead::Limits;
use plumbline_core::route::Deployed;

use crate::model::Model;
use crate::service::Service;
use crate::settings::Settings;

/// The settings that `json` makes of this host's defaults, under which an instance stays below 100 MB: an isolate has 128.
///
/// # Errors
/// A code and everything that is wrong, each with its key.
pub(super) fn settings(json: &[u8]) -> Result<Settings, String> {
    let limits = Limits { body_bytes: 2 << 20, batch: 1_000, ..Limits::default() };
    let defaults = Settings { limits, most_reasons: 20, ..Settings::default() };
    let given = serde_json::from_slice(json).map_err(|e| format!("SETTINGS_INVALID: {e}"))?;
    Settings::read(given, &defaults).map_err(|errors| format!("SETTINGS_INVALID: {errors}"))
}

/// The model of the bundle in `bytes`, verified and compiled.
///
/// # Errors
/// A code and a sentence about what is wrong with it.
pub(super) fn read_model(bytes: &[u8]) -> Result<Model, String> {
    Model::read(bytes).map_err(|e| format!("{}: {e}", e.code))
}

/// The digests, as a JSON array, of the models that the deployment in `json` names and `service` does not have.
///
/// # Errors
/// The deployment cannot be read.
pub(super) fn missing(service: &Service, json: &[u8]) -> Result<Vec<u8>, String> {
    let deployed = read(json)?;
    Ok(serde_json::to_vec(&service.missing(&deployed)).unwrap_or_default())
}

/// Has `service` serve the deployment in `json` with `bundles`, those of its models that it does not have. Returns which of them could
/// not be loaded, and why, a line each.
///
/// # Errors
/// A code and a sentence; what was served before is then served on.
pub(super) fn deploy(service: &Service, bundles: &[Vec<u8>], json: &[u8]) -> Result<String, String> {
    let bundles: Vec<&[u8]> = bundles.iter().map(Vec::as_slice).collect();
    let deployed = read(json).inspect_err(|error| service.note_trouble(Some(error.clone())))?;
    let failed = service.deploy(&deployed, &bundles).map_err(|e| format!("{}: {e}", e.code()))?;
    let lines = failed.iter().map(|failed| format!("{}: {}: {}", failed.digest, failed.error.code, failed.error));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn read(json: &[u8]) -> Result<Deployed, String> {
    serde_json::from_slice(json).map_err(|e| format!("DEPLOYMENT: {e}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::digest;
    use crate::sample::{ask_of, bytes_of, json as body_of, service};

    #[test]
    fn the_edge_has_limits_of_its_own_which_an_owner_can_widen() {
        let made = settings(br#"{"limits":{"batch":10000}}"#).unwrap();
        assert_eq!((made.limits.batch, made.limits.body_bytes, made.most_reasons), (10_000, 2 << 20, 20));
        assert!(settings(br#"{"limits":{"batch":0}}"#).unwrap_err().starts_with("SETTINGS_INVALID: limits.batch"));
        assert!(settings(b"{").unwrap_err().starts_with("SETTINGS_INVALID: "));
    }

    #[test]
    fn bundles_and_a_deployment_arrive_as_bytes_and_what_is_wrong_changes_nothing() {
        let service = service(Settings::default());
        let version = || {
            let answer = ask_of(&service, "POST /v1/score", &[], r#"{"lead_id":"a","visits":4}"#);
            body_of(&answer)["model"]["version"].as_str().unwrap().to_owned()
        };
        let bundles = ["2", "3"].map(|version| bytes_of(version, 1.0));
        let document = |epoch: u64, allocation: serde_json::Value| {
            let models: Vec<_> = bundles.iter().map(|bytes| digest(bytes)).collect();
            json!({ "epoch": epoch, "effective_ms": 0, "allocation": allocation, "models": models }).to_string()
        };
        let champion = |version: &str| json!({ "experiment": "e", "champion": version });
        let first = document(1, champion("2"));
        assert_eq!(
            missing(&service, first.as_bytes()).unwrap(),
            serde_json::to_vec(&bundles.each_ref().map(|b| digest(b))).unwrap()
        );
        assert_eq!(deploy(&service, &bundles, first.as_bytes()), Ok(String::new()));
        assert_eq!(version(), "2");
        let next = document(2, champion("3"));
        assert_eq!(
            (missing(&service, next.as_bytes()).unwrap(), deploy(&service, &[], next.as_bytes())),
            (b"[]".to_vec(), Ok(String::new()))
        );
        assert_eq!(version(), "3");
        let cases = [
            (document(3, champion("4")), "SERVICE_VARIANT: "),
            (document(2, champion("2")), "SERVICE_EPOCH: "),
            (document(3, json!({ "experiment": "e", "champion": "2", "holdout_bp": 10_001 })), "CONFIG_INVALID: "),
            (document(3, json!({ "experiment": "e", "champion": "2", "colour": "red" })), "DEPLOYMENT: "),
            ("{".to_owned(), "DEPLOYMENT: "),
        ];
        for (json, code) in cases {
            let error = deploy(&service, &[], json.as_bytes()).unwrap_err();
            assert!(error.starts_with(code), "{error}");
        }
        let mut cut = bytes_of("4", 1.0);
        cut.pop();
        assert!(read_model(&cut).unwrap_err().starts_with("BUNDLE_"));
        let partial = json!({ "epoch": 4, "effective_ms": 0, "models": [digest(&bundles[0]), digest(&cut)],
            "allocation": { "experiment": "e", "champion": "2", "shadow": ["4"] } });
        let told = deploy(&service, &[cut.clone()], partial.to_string().as_bytes()).unwrap();
        assert!(told.starts_with(&format!("{}: BUNDLE_", digest(&cut))), "{told}");
        assert_eq!(version(), "2");
    }
}
