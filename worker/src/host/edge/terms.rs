//! On which terms a lifecycle runs at the edge.

use plumbline_core::rollout::Policy;
use serde::Deserialize;

use crate::control::noting;
use crate::settings::Settings;

/// What the host says of the lifecycle.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Terms {
    /// Only callers on the same machine reach the service: they may read and ingest without a key.
    pub is_local: bool,
    /// The store is the simulated company's, under its rules.
    is_demo: bool,
    /// The rules of rollouts; the defaults where there is none.
    policy: Option<Policy>,
}

impl Terms {
    /// The terms in `json`; the defaults where it is empty.
    ///
    /// # Errors
    /// A code and what is wrong with it.
    pub(super) fn read(json: &[u8]) -> Result<Terms, String> {
        if json.is_empty() {
            return Ok(Terms::default());
        }
        serde_json::from_slice(json).map_err(|e| format!("LIFECYCLE_INVALID: {e}"))
    }

    /// The rules that hold.
    pub(super) fn policy(&self) -> Policy {
        let or_default = || if self.is_demo { crate::world::policy() } else { Policy::default() };
        self.policy.clone().unwrap_or_else(or_default)
    }

    /// `settings` of a service, which notes what these rules need.
    pub(super) fn settings(&self, settings: Settings) -> Settings {
        noting(&self.policy(), settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_notes_what_the_rules_need() {
        let terms = Terms::read(br#"{"is_local":true,"is_demo":true}"#).unwrap();
        assert!(terms.is_local && !terms.policy().report.contact.is_empty());
        let settings = terms.settings(Settings::default());
        assert!(settings.tallies && settings.leads.is_some());
        let plain = Terms::read(b"").unwrap();
        assert!(!plain.is_local && plain.policy().report.contact.is_empty());
        assert!(Terms::read(br#"{"is_lokal":true}"#).unwrap_err().starts_with("LIFECYCLE_INVALID: "));
    }
}
