//! A copy of a service's registry in MLflow: its models, and the aliases that follow the rollout.
//!
//! Nothing is kept in between: what the service has is compared with what MLflow has, and the difference is written. So a restart, a lost answer
//! or a person's change in MLflow leads to the same state at the next look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plumbline_core::Bundle;
use serde_json::Value;

use crate::Failure;
use crate::client::{Service, encoded};
use crate::mlflow::{Record, Server, publish};
use crate::report::model_card::ModelCard;

/// The aliases that are the service's to set; others in MLflow stay as they are.
const ALIASES: [&str; 3] = ["champion", "challenger", "shadow"];

/// An MLflow server with a copy.
pub struct Registry {
    server: Server,
    experiment: String,
    /// Name and number in MLflow of the models that are there, by their digests at the service.
    there: BTreeMap<String, (String, String)>,
}

impl Registry {
    /// The address in `place`, such as `mlflow+http://127.0.0.1:5000`, if it is one.
    pub fn address(place: &Path) -> Option<&str> {
        place.to_str()?.strip_prefix("mlflow+").filter(|address| address.contains("://"))
    }

    /// The copy at `address`; its runs are in `experiment`.
    ///
    /// # Errors
    /// The address is not one of HTTP.
    pub fn open(address: &str, experiment: &str) -> Result<Registry, Failure> {
        Ok(Registry { server: Server::open(address)?, experiment: experiment.to_owned(), there: BTreeMap::new() })
    }

    /// Brings MLflow to the state of the service: models that it lacks, then aliases. How many changes that took.
    ///
    /// # Errors
    /// Service or MLflow cannot be reached or reject a request, or a bundle of the service is not valid.
    pub fn follow(&mut self, service: &Service) -> Result<u64, Failure> {
        let listed = service.get("/v1/models")?.body;
        let models = listed.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
        let (mut changes, mut wanted, mut names) = (0, BTreeMap::new(), BTreeSet::new());
        // The oldest first, so that numbers in MLflow rise with time.
        for model in models.iter().rev() {
            let word = |name: &str| model.get(name).and_then(Value::as_str).unwrap_or_default();
            if !self.there.contains_key(word("digest")) {
                let (at, changed) = self.copy(service, word("version"))?;
                self.there.insert(word("digest").to_owned(), at);
                changes += u64::from(changed);
            }
            let Some((name, number)) = self.there.get(word("digest")) else { continue };
            names.insert(name.clone());
            let aliases = model.get("aliases").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            for alias in aliases.filter(|alias| ALIASES.contains(alias)) {
                wanted.insert((name.clone(), alias.to_owned()), number.clone());
            }
        }
        for name in names {
            for set in self.server.aliases(&name)? {
                if ALIASES.contains(&set.alias.as_str()) && !wanted.contains_key(&(name.clone(), set.alias.clone())) {
                    self.server.remove_alias(&name, &set.alias)?;
                    changes += 1;
                }
            }
        }
        for ((name, alias), number) in wanted {
            changes += u64::from(self.server.set_alias(&name, &alias, &number)?);
        }
        Ok(changes)
    }

    /// Puts the model `version` of the service into MLflow; its name and number there, and whether it was not there yet.
    fn copy(&self, service: &Service, version: &str) -> Result<((String, String), bool), Failure> {
        let path = format!("/v1/models/{}/bundle", encoded(version));
        let bytes = service.get(&path)?.bytes;
        let refused =
            |e: plumbline_core::BundleError| Failure::Model { place: path.clone(), code: e.code(), message: e.to_string() };
        let bundle = Bundle::read(&bytes).map_err(refused)?;
        let mut record = Record::of(&bundle, bytes);
        record.files.extend(ModelCard { bundle: &bundle, sha256: &record.sha256, champion: None }.files());
        let published = publish(&self.server, &record, (&self.experiment, &bundle.manifest.name, None))?;
        Ok(((published.name, published.version), published.changed))
    }
}
