//! The stateless half: settings, counters and what is deployed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arc_swap::{ArcSwap, Guard};
use plumbline_core::route::AllocationSettings;

use crate::deployment::Deployment;
use crate::error::ServiceError;
use crate::metrics::Metrics;
use crate::model::{Model, ModelError, digest};
use crate::settings::Settings;

/// So many letters of the instance are in the id of a request.
const REQUEST_LETTERS: usize = 10;

/// The scoring service: share one between threads. What is deployed is exchanged as a whole by [`Service::deploy`]; settings and
/// counters outlive it.
#[derive(Debug)]
pub struct Service {
    settings: Settings,
    deployment: ArcSwap<Deployment>,
    metrics: Metrics,
    instance: String,
    requests: AtomicU64,
}

/// The service as one request sees it, from its beginning to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Serving<'a> {
    pub service: &'a Service,
    pub deployment: &'a Deployment,
}

impl Service {
    /// A service of `models`, the first being the one that answers when none is named. `instance` is random text of the host
    /// (32 letters or digits): request ids are the first of them and a running number, since there is no randomness in here, and batches
    /// of the log are named by all of them.
    ///
    /// # Errors
    /// [`ServiceError`]: a setting outside its range; no model, or one twice; an allocation or a suite that cannot be compiled.
    pub fn new(settings: Settings, models: Vec<Model>, instance: &str) -> Result<Service, ServiceError> {
        settings.check().map_err(ServiceError::Settings)?;
        let deployment = Deployment::compile(models, settings.allocation.clone(), settings.suite.as_ref())?;
        Ok(Service {
            settings,
            deployment: ArcSwap::from_pointee(deployment),
            metrics: Metrics::default(),
            instance: instance.chars().filter(char::is_ascii_alphanumeric).collect(),
            requests: AtomicU64::new(0),
        })
    }

    /// Serves the models of `bundles` by `allocation` (none: the first answers all leads) from now on, behind the suite of the
    /// settings. Requests under way end with what they began with.
    ///
    /// # Errors
    /// [`ServiceError`]: a bundle that cannot be read or whose golden leads disagree, and whatever [`Service::new`] rejects. What was
    /// served before is then served on.
    pub fn deploy(&self, bundles: &[&[u8]], allocation: Option<AllocationSettings>) -> Result<(), ServiceError> {
        let read = |(index, bytes): (usize, &&[u8])| {
            self.model(bytes).map_err(|e| ServiceError::Bundle { index, code: e.code, message: e.message })
        };
        let models = bundles.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        self.deploy_models(models, allocation)
    }

    /// The model of the bundle in `bytes`, for a deployment; one that is served already is neither verified nor compiled again.
    ///
    /// # Errors
    /// Whatever [`Model::read`] rejects.
    pub fn model(&self, bytes: &[u8]) -> Result<Model, ModelError> {
        let digest = digest(bytes);
        let deployed = self.deployed();
        let known = deployed.models().iter().find(|served| served.file.digest == digest);
        known.map_or_else(
            || Model::read(bytes),
            |served| Ok(Model { scorer: Arc::clone(&served.scorer), file: served.file.clone() }),
        )
    }

    /// [`deploy`](Self::deploy) for models that are read and compiled already.
    ///
    /// # Errors
    /// Whatever [`Service::new`] rejects.
    pub fn deploy_models(&self, models: Vec<Model>, allocation: Option<AllocationSettings>) -> Result<(), ServiceError> {
        let deployment = Deployment::compile(models, allocation, self.settings.suite.as_ref())?;
        self.deployment.store(Arc::new(deployment));
        Ok(())
    }

    /// The settings the service was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What an owner should know of what is deployed: expectations of the suite that leads cannot answer.
    pub fn notes(&self) -> Vec<String> {
        self.deployed().notes().to_vec()
    }

    /// The random text the service was made with.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Counters; the host reports durations and log commits there.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What is deployed now. It is served as long as it is held, whatever is deployed meanwhile.
    pub(crate) fn deployed(&self) -> Guard<Arc<Deployment>> {
        self.deployment.load()
    }

    /// A fresh request id.
    pub(crate) fn request_id(&self) -> Arc<str> {
        // Ids of requests are told apart within a log; names of batches, across all logs that may ever be merged.
        let short = self.instance.get(..REQUEST_LETTERS).unwrap_or(&self.instance);
        format!("{short}-{:x}", self.requests.fetch_add(1, Relaxed)).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
    use std::sync::mpsc;
    use std::thread;

    use plumbline_core::event::Role;
    use plumbline_core::route::AllocationSettings;
    use serde_json::json;

    use super::*;
    use crate::sample::{NOW, ask_of, bytes_of, json as body_of, service};
    use crate::{Effects, Journal};

    fn version(service: &Service) -> String {
        let answer = ask_of(service, "POST /v1/score", &[], r#"{"visits":4}"#);
        body_of(&answer)["model"]["version"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_deployment_is_exchanged_whole_or_not_at_all() {
        let service = service(Settings::default());
        let held = service.deployed();
        let (second, third) = (bytes_of("2", 1.0), bytes_of("3", 2.0));
        service.deploy(&[&second], None).unwrap();
        assert_eq!(version(&service), "2");
        assert_eq!(held.models()[0].scorer.id().version, "1", "a request under way keeps what it began with");
        let by_third = AllocationSettings::champion_only("3");
        service.deploy(&[&second, &third], Some(by_third.clone())).unwrap();
        assert_eq!(version(&service), "3");
        let (known, new) = (service.model(&third).unwrap(), service.model(&bytes_of("4", 1.0)).unwrap());
        let is_served =
            |model: &Model| service.deployed().models().iter().any(|served| Arc::ptr_eq(&served.scorer, &model.scorer));
        assert!(is_served(&known) && !is_served(&new), "what is served is not compiled again");
        let mut altered = second.clone();
        altered[second.len() / 2] ^= 1;
        let refused = |bundles: &[&[u8]], allocation| service.deploy(bundles, allocation).unwrap_err().code();
        assert_eq!(refused(&[&third, &altered], None), "SERVICE_BUNDLE");
        assert_eq!(refused(&[], None), "SERVICE_NO_MODEL");
        assert_eq!(refused(&[&second, &second], None), "SERVICE_MODEL_TWICE");
        assert_eq!(refused(&[&second], Some(by_third)), "SERVICE_VARIANT");
        assert_eq!(version(&service), "3", "what served before serves on");
        assert!(service.metrics().text().contains("plumbline_leads_scored_total 3\n"), "counters outlive deployments");
    }

    #[test]
    fn under_load_no_request_is_of_two_deployments_and_no_row_is_lost() {
        const SWAPS: usize = 60;
        let service = service(Settings { shards: 1, flush_rows: 500, ..Settings::default() });
        let (stopped, answered) = (AtomicBool::new(false), AtomicU64::new(0));
        let (effects, received) = mpsc::channel::<Effects>();
        let leads: Vec<_> = (0..150).map(|i| json!({ "lead_id": format!("L{i}"), "visits": i })).collect();
        let body = json!(leads).to_string();
        let mut journal = Journal::new(service.settings(), "test");
        let (mut stored, mut versions) = (0, BTreeSet::new());
        thread::scope(|scope| {
            for _ in 0..3 {
                let effects = effects.clone();
                scope.spawn(|| {
                    let effects = effects;
                    while !stopped.load(Relaxed) {
                        let answer = ask_of(&service, "POST /v1/score", &[], &body);
                        let rows = &answer.effects.predictions;
                        let of = |role| rows.iter().filter(|row| row.role == role).map(|row| &row.model.version).collect();
                        let (champion, shadow): (BTreeSet<_>, BTreeSet<_>) = (of(Role::Champion), of(Role::Shadow));
                        // Odd versions serve alone, even ones with the next as their shadow.
                        let number: usize = champion.first().unwrap().parse().unwrap();
                        let next = (number + 1).to_string();
                        assert_eq!(champion.len(), 1);
                        assert_eq!(shadow, if number.is_multiple_of(2) { BTreeSet::from([&next]) } else { BTreeSet::new() });
                        assert_eq!(rows.len(), 150 * (1 + usize::from(number.is_multiple_of(2))));
                        answered.fetch_add(rows.len() as u64, Relaxed);
                        effects.send(answer.effects).unwrap();
                    }
                });
            }
            drop(effects);
            let writer = scope.spawn(|| {
                for Effects { predictions } in received {
                    versions.extend(predictions.iter().map(|row| row.model.version.clone()));
                    stored += journal.push(NOW, &predictions).iter().map(|batch| u64::from(batch.rows)).sum::<u64>();
                }
                stored += journal.flush().iter().map(|batch| u64::from(batch.rows)).sum::<u64>();
            });
            for number in 2..2 + SWAPS {
                let before = answered.load(Relaxed);
                let (own, next) = (bytes_of(&number.to_string(), 1.0), bytes_of(&(number + 1).to_string(), 2.0));
                let shadow = if number.is_multiple_of(2) { vec![(number + 1).to_string()] } else { Vec::new() };
                let allocation = AllocationSettings { shadow, ..AllocationSettings::champion_only(number.to_string()) };
                service.deploy(&[&own, &next], Some(allocation)).unwrap();
                while answered.load(Relaxed) == before && !writer.is_finished() {
                    thread::yield_now();
                }
            }
            stopped.store(true, Relaxed);
        });
        assert_eq!(stored, answered.load(Relaxed));
        assert!(versions.len() > SWAPS / 2, "{versions:?}");
    }
}
