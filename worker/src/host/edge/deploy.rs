//! Models that arrive while the service runs.

use plumbline_core::lead::Limits;
use plumbline_core::route::AllocationSettings;

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

/// The model of the bundle in `bytes`, verified and compiled, unless `service` has it already.
///
/// # Errors
/// A code and a sentence about what is wrong with it.
pub(super) fn read_model(service: Option<&Service>, bytes: &[u8]) -> Result<Model, String> {
    service.map_or_else(|| Model::read(bytes), |service| service.model(bytes)).map_err(|e| format!("{}: {e}", e.code))
}

/// Has `service` serve `models` by the allocation written in `json`; where that is empty, the first model answers all leads.
///
/// # Errors
/// A code and a sentence; what was served before is then served on.
pub(super) fn deploy(service: &Service, models: Vec<Model>, json: &[u8]) -> Result<(), String> {
    let allocation: Option<AllocationSettings> = match json {
        [] => None,
        json => serde_json::from_slice(json).map_err(|e| format!("ALLOCATION: {e}"))?,
    };
    service.deploy_models(models, allocation).map_err(|e| format!("{}: {e}", e.code()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{ask_of, bytes_of, json as body_of, service};

    #[test]
    fn the_edge_has_limits_of_its_own_which_an_owner_can_widen() {
        let made = settings(br#"{"limits":{"batch":10000}}"#).unwrap();
        assert_eq!((made.limits.batch, made.limits.body_bytes, made.most_reasons), (10_000, 2 << 20, 20));
        assert!(settings(br#"{"limits":{"batch":0}}"#).unwrap_err().starts_with("SETTINGS_INVALID: limits.batch"));
        assert!(settings(b"{").unwrap_err().starts_with("SETTINGS_INVALID: "));
    }

    #[test]
    fn bundles_and_an_allocation_arrive_as_bytes_and_what_is_wrong_changes_nothing() {
        let service = service(Settings::default());
        let version = || {
            let answer = ask_of(&service, "POST /v1/score", &[], r#"{"lead_id":"a","visits":4}"#);
            body_of(&answer)["model"]["version"].as_str().unwrap().to_owned()
        };
        let models = || Vec::from(["2", "3"].map(|version| read_model(Some(&service), &bytes_of(version, 1.0)).unwrap()));
        deploy(&service, models(), b"").unwrap();
        assert_eq!(version(), "2");
        deploy(&service, models(), br#"{"experiment":"e","champion":"3"}"#).unwrap();
        assert_eq!(version(), "3");
        let cases: [(&[u8], &str); 4] = [
            (br#"{"experiment":"e","champion":"4"}"#, "SERVICE_VARIANT: "),
            (br#"{"experiment":"e","champion":"2","holdout_bp":10001}"#, "CONFIG_INVALID: "),
            (br#"{"experiment":"e","champion":"2","colour":"red"}"#, "ALLOCATION: "),
            (b"{", "ALLOCATION: "),
        ];
        for (json, code) in cases {
            let error = deploy(&service, models(), json).unwrap_err();
            assert!(error.starts_with(code), "{error}");
        }
        assert!(deploy(&service, Vec::new(), b"").unwrap_err().starts_with("SERVICE_NO_MODEL: "));
        let mut cut = bytes_of("4", 1.0);
        cut.pop();
        assert!(read_model(None, &cut).unwrap_err().starts_with("BUNDLE_"));
        assert_eq!(version(), "3");
    }
}
