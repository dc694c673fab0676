//! The stateless half: settings, counters and what is deployed.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use plumbline_core::Timestamp;
use plumbline_core::route::{AllocationSettings, Deployed};

use crate::access::Access;
use crate::answer::{After, Effects};
use crate::contact::Contact;
use crate::deployment::{Deployment, Plan};
use crate::error::ServiceError;
use crate::metrics::{Metrics, Moment};
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
    contact: Contact,
    /// Why a newer deployment is not served, or a model of this one not loaded.
    trouble: Mutex<Option<String>>,
    /// The kill switch of this host is on.
    killed: AtomicBool,
    /// Who may call; none where no keys are kept.
    guard: ArcSwapOption<Guarded>,
    metrics: Metrics,
    /// Families of the lifecycle for `/metrics`, as the host last had them of the control object.
    gauges: Mutex<String>,
    instance: String,
    requests: AtomicU64,
    #[cfg(any(test, feature = "faults"))]
    faults: crate::fault::Faults,
}

/// Who may call the service.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub access: Arc<Access>,
    /// Only callers of the same machine reach it.
    pub is_local: bool,
}

/// The service as one request sees it, from its beginning to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Serving<'a> {
    pub service: &'a Service,
    pub deployment: &'a Arc<Deployment>,
    /// The champion serves the challenger's leads: nobody watches it.
    pub is_suspended: bool,
    /// The request was answered before, and is scored again by the versions that did not answer.
    pub again: Option<&'a Again<'a>>,
}

/// A request that is scored again, after its answer.
#[derive(Debug)]
pub(crate) struct Again<'a> {
    pub first: &'a After,
    /// What becomes of it.
    pub effects: RefCell<Effects>,
}

/// A bundle of a deployment that this host could not load; the champion serves its leads.
#[derive(Debug)]
pub struct NotLoaded {
    /// SHA-256 of the bundle, in hex.
    pub digest: String,
    /// What is wrong with it.
    pub error: ModelError,
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
        let noted = settings.noted();
        let plan = Plan { noted: &noted, ..plan(&settings) };
        let deployment = Deployment::compile(models, settings.allocation.clone(), plan)?;
        Ok(Service {
            settings,
            deployment: ArcSwap::from_pointee(deployment),
            contact: Contact::default(),
            trouble: Mutex::default(),
            killed: AtomicBool::new(false),
            guard: ArcSwapOption::empty(),
            metrics: Metrics::default(),
            gauges: Mutex::default(),
            instance: instance.chars().filter(char::is_ascii_alphanumeric).collect(),
            requests: AtomicU64::new(0),
            #[cfg(any(test, feature = "faults"))]
            faults: Default::default(),
        })
    }

    /// The digests of models that `deployed` names and this service does not have yet: their bundles are to be handed to
    /// [`deploy`](Self::deploy).
    pub fn missing(&self, deployed: &Deployed) -> Vec<String> {
        let serves = self.deployed();
        let is_known = |digest: &&String| serves.models().iter().any(|served| served.file.digest == **digest);
        deployed.models.iter().filter(|digest| !is_known(digest)).cloned().collect()
    }

    /// Serves what `deployed` says from now on, behind the suite of the settings. `bundles` are those of its models that are not served
    /// already, in any order. Requests under way end with what they began with. A challenger whose bundle cannot be loaded is served by
    /// the champion; each lead it should have scored is recorded as its failure. Returns such bundles.
    ///
    /// # Errors
    /// [`ServiceError`]: the deployment is not newer than the one served; the champion's bundle is missing or cannot be loaded; an
    /// allocation that cannot be compiled. What was served before is then served on.
    pub fn deploy(&self, deployed: &Deployed, bundles: &[&[u8]]) -> Result<Vec<NotLoaded>, ServiceError> {
        let made = self.try_deploy(deployed, bundles);
        self.note_trouble(match &made {
            // It was served before: nothing changed.
            Err(ServiceError::Epoch { .. }) => return made,
            Err(error) => Some(format!("deployment {}: {}: {error}", deployed.epoch, error.code())),
            Ok(failed) => {
                failed.first().map(|failed| format!("bundle {}: {}: {}", failed.digest, failed.error.code, failed.error))
            }
        });
        made
    }

    /// Notes why a newer deployment is not served, for heartbeats: a host could not read it.
    pub fn note_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Why a newer deployment is not served, or a model of this one not loaded.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn try_deploy(&self, deployed: &Deployed, bundles: &[&[u8]]) -> Result<Vec<NotLoaded>, ServiceError> {
        let serves = self.deployed().epoch();
        if deployed.epoch <= serves {
            return Err(ServiceError::Epoch { given: deployed.epoch, serves });
        }
        let (mut models, mut failed) = (Vec::new(), Vec::new());
        for wanted in &deployed.models {
            let given = bundles.iter().find(|bytes| digest(bytes) == *wanted);
            let read = match (self.known(wanted), given) {
                (Some(model), _) => Ok(model),
                (None, Some(bytes)) => Model::read(*bytes),
                (None, None) => Err(ModelError { code: "BUNDLE_MISSING", message: "the bundle was not handed over".to_owned() }),
            };
            match read {
                Ok(model) => models.push(model),
                Err(error) => failed.push(NotLoaded { digest: wanted.clone(), error }),
            }
        }
        self.put(models, Some(deployed.allocation.clone()), deployed.epoch, !failed.is_empty()).map_err(|error| match failed
            .first()
        {
            // Why the champion is not there says more than that it is not.
            Some(NotLoaded { digest, error: reason })
                if matches!(error, ServiceError::NoModel | ServiceError::Variant { .. }) =>
            {
                ServiceError::NotLoaded { digest: digest.clone(), code: reason.code, message: reason.message.clone() }
            }
            _ => error,
        })?;
        Ok(failed)
    }

    /// The model of the bundle in `bytes`, for a deployment; one that is served already is neither verified nor compiled again.
    ///
    /// # Errors
    /// Whatever [`Model::read`] rejects.
    pub fn model(&self, bytes: &[u8]) -> Result<Model, ModelError> {
        self.known(&digest(bytes)).map_or_else(|| Model::read(bytes), Ok)
    }

    /// The served model whose bundle has the SHA-256 `digest`.
    fn known(&self, digest: &str) -> Option<Model> {
        let deployed = self.deployed();
        let served = deployed.models().iter().find(|served| served.file.digest == digest)?;
        Some(Model { scorer: Arc::clone(&served.scorer), file: served.file.clone() })
    }

    /// Serves `models` by `allocation` (none: the first answers all leads) from now on, behind the suite of the settings, as part of the
    /// deployment served: with its number. Requests under way end with what they began with.
    ///
    /// # Errors
    /// Whatever [`Service::new`] rejects. What was served before is then served on.
    pub fn deploy_models(&self, models: Vec<Model>, allocation: Option<AllocationSettings>) -> Result<(), ServiceError> {
        let epoch = self.deployed().epoch();
        self.put(models, allocation, epoch, false)
    }

    fn put(
        &self,
        models: Vec<Model>,
        allocation: Option<AllocationSettings>,
        epoch: u64,
        is_partial: bool,
    ) -> Result<(), ServiceError> {
        let noted = self.settings.noted();
        let plan = Plan { noted: &noted, epoch, is_partial, ..plan(&self.settings) };
        let is_killed = self.killed.load(Relaxed);
        let allocation = allocation.map(|allocation| AllocationSettings { killed: allocation.killed || is_killed, ..allocation });
        self.deployment.store(Arc::new(Deployment::compile(models, allocation, plan)?));
        Ok(())
    }

    /// Throws the kill switch of this host, or takes it back: while it is on, the champion serves all leads, whatever is deployed.
    ///
    /// # Errors
    /// [`ServiceError`]; what was served before is then served on.
    pub fn kill(&self, is_killed: bool) -> Result<(), ServiceError> {
        if self.killed.swap(is_killed, Relaxed) == is_killed {
            return Ok(());
        }
        let deployed = self.deployed();
        let models = deployed.models().iter();
        let models = models.map(|served| Model { scorer: Arc::clone(&served.scorer), file: served.file.clone() }).collect();
        let was_killed = self.settings.allocation.as_ref().is_some_and(|allocation| allocation.killed);
        let allocation = deployed.allocation().map(|given| AllocationSettings { killed: was_killed, ..given.clone() });
        self.put(models, allocation, deployed.epoch(), true)
    }

    /// Someone announces deployments from `now` on: silence means something.
    pub fn expect_deployments(&self, now: Timestamp) {
        self.contact.expect(now.0);
    }

    /// At `now`, the newest deployment was number `epoch`, whoever said so. Returns whether it is newer than the one served, and so is to
    /// be fetched and handed to [`deploy`](Self::deploy).
    pub fn heard(&self, now: Timestamp, epoch: u64) -> bool {
        self.contact.heard(now.0, epoch);
        self.is_outdated()
    }

    /// Whether a newer deployment than the one served was heard of.
    pub fn is_outdated(&self) -> bool {
        self.contact.newest() > self.epoch()
    }

    /// Whether a host should ask which deployment is the newest before it answers at `now`: it has heard nothing for a while.
    pub fn must_ask(&self, now: Timestamp) -> bool {
        self.contact.must_ask(now.0)
    }

    /// Whether nothing was heard of deployments for so long that what is served at `now` may be outdated.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.contact.is_stale(now.0)
    }

    /// The number of the newest deployment that was heard of.
    pub(crate) fn newest(&self) -> u64 {
        self.contact.newest()
    }

    /// Whether the first deployment is still waited for at `now`.
    pub(crate) fn is_starting(&self, now: Timestamp) -> bool {
        self.contact.is_starting(now.0)
    }

    /// The number of the deployment that is served; 0 where nobody counts them.
    pub fn epoch(&self) -> u64 {
        self.deployed().epoch()
    }

    /// The service as a request at `now` sees it, by `deployment`.
    pub(crate) fn serving<'a>(&'a self, deployment: &'a Arc<Deployment>, now: Timestamp) -> Serving<'a> {
        let is_suspended = deployment.is_trial() && self.contact.is_unwatched(now.0);
        Serving { service: self, deployment, is_suspended, again: None }
    }

    /// From now on, only those may call whom `access` knows. `is_local`: only callers of the same machine reach the service, who need no
    /// key to score, ingest and read.
    pub fn admit(&self, access: Arc<Access>, is_local: bool) {
        let is_known = |guard: &Arc<Guarded>| Arc::ptr_eq(&guard.access, &access) && guard.is_local == is_local;
        if !self.guard.load().as_ref().is_some_and(is_known) {
            self.guard.store(Some(Arc::new(Guarded { access, is_local })));
        }
    }

    /// Who may call; none where no keys are kept.
    pub(crate) fn guard(&self) -> Guard<Option<Arc<Guarded>>> {
        self.guard.load()
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

    /// The text of `/metrics` at `now`.
    pub(crate) fn metrics_text(&self, now: Timestamp) -> String {
        let lifecycle = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        self.metrics.text_at(Some(Moment { epoch: self.epoch(), is_stale: self.is_stale(now), lifecycle: &lifecycle }))
    }

    /// Shows `families` of the lifecycle in `/metrics` from now on, as [`Control::gauges`](crate::Control::gauges) writes them.
    pub fn show_gauges(&self, families: String) {
        *self.gauges.lock().unwrap_or_else(PoisonError::into_inner) = families;
    }

    /// What is deployed now. It is served as long as it is held, whatever is deployed meanwhile.
    pub(crate) fn deployed(&self) -> Guard<Arc<Deployment>> {
        self.deployment.load()
    }

    /// Has the model of `version` misbehave from now on, and no other.
    #[cfg(any(test, feature = "faults"))]
    pub fn inject(&self, version: &str, fault: crate::fault::Fault) {
        self.faults.inject(version, fault);
    }

    /// Does what the model of `version` does instead of scoring at once.
    #[cfg(any(test, feature = "faults"))]
    pub(crate) fn misbehave(&self, version: &str) {
        self.faults.misbehave(version);
    }

    /// A fresh request id.
    pub(crate) fn request_id(&self) -> Arc<str> {
        // Ids of requests are told apart within a log; names of batches, across all logs that may ever be merged.
        let short = self.instance.get(..REQUEST_LETTERS).unwrap_or(&self.instance);
        format!("{short}-{:x}", self.requests.fetch_add(1, Relaxed)).into()
    }
}

/// How models are deployed under `settings`.
fn plan(settings: &Settings) -> Plan<'_> {
    let personal = settings.leads.as_ref().map_or(&[][..], |leads| &leads.personal);
    Plan { suite: settings.suite.as_ref(), personal, ..Plan::default() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
    use std::sync::mpsc;
    use std::thread;

    use plumbline_core::event::{Role, TestArm};
    use plumbline_core::route::{AllocationSettings, Arm, Deployed};
    use serde_json::json;

    use super::*;
    use crate::sample::{NOW, ask_of, bytes_of, json as body_of, service};
    use crate::{Effects, Journal, Request};

    fn version(service: &Service) -> String {
        let answer = ask_of(service, "POST /v1/score", &[], r#"{"visits":4}"#);
        body_of(&answer)["model"]["version"].as_str().unwrap().to_owned()
    }

    /// The deployment number `epoch` of `bundles`.
    fn deployed(epoch: u64, allocation: AllocationSettings, bundles: &[&[u8]]) -> Deployed {
        Deployed { epoch, effective_ms: 0, allocation, models: bundles.iter().map(|bytes| digest(bytes)).collect() }
    }

    #[test]
    fn the_kill_switch_of_a_host_outlives_deployments() {
        use crate::sample::model_of;
        let all = |epoch| {
            let arm = Arm { variant: "2".into(), share_bp: 10_000, room_bp: None };
            let allocation = AllocationSettings { arm: vec![arm], ..AllocationSettings::champion_only("1") };
            deployed(
                epoch,
                AllocationSettings { experiment: "e".into(), ..allocation },
                &[&bytes_of("1", 0.5), &bytes_of("2", 1.0)],
            )
        };
        let serves = |service: &Service| {
            let answer = ask_of(service, "POST /v1/score", &[], r#"{"lead_id":"a","visits":4}"#);
            body_of(&answer)["model"]["version"].as_str().unwrap().to_owned()
        };
        let service = Service::new(Settings::default(), vec![model_of("1", 0.5)], "test").unwrap();
        service.deploy(&all(1), &[&bytes_of("2", 1.0)]).unwrap();
        assert_eq!(serves(&service), "2");
        service.kill(true).unwrap();
        assert_eq!((serves(&service).as_str(), service.heartbeat(NOW, None).killed, service.epoch()), ("1", true, 1));
        service.deploy(&all(2), &[]).unwrap();
        assert_eq!((serves(&service).as_str(), service.epoch()), ("1", 2), "a newer deployment does not undo it");
        service.kill(false).unwrap();
        assert_eq!((serves(&service).as_str(), service.heartbeat(NOW, None).killed), ("2", false));
    }

    #[test]
    fn a_deployment_is_exchanged_whole_or_not_at_all() {
        let service = service(Settings::default());
        let held = Arc::clone(&service.deployed());
        let (second, third) = (bytes_of("2", 1.0), bytes_of("3", 2.0));
        let only = |champion: &str| AllocationSettings::champion_only(champion);
        let first = deployed(1, only("2"), &[&second]);
        assert_eq!(service.missing(&first), [digest(&second)]);
        assert!(service.deploy(&first, &[&third, &second]).unwrap().is_empty());
        assert_eq!((version(&service).as_str(), service.epoch()), ("2", 1));
        assert_eq!(held.models()[0].scorer.id().version, "1", "a request under way keeps what it began with");
        let next = deployed(7, only("3"), &[&second, &third]);
        assert_eq!(service.missing(&next), [digest(&third)], "what is served is not asked for again");
        service.deploy(&next, &[&third]).unwrap();
        assert_eq!((version(&service).as_str(), service.epoch()), ("3", 7));
        let (known, new) = (service.model(&third).unwrap(), service.model(&bytes_of("4", 1.0)).unwrap());
        let is_served =
            |model: &Model| service.deployed().models().iter().any(|served| Arc::ptr_eq(&served.scorer, &model.scorer));
        assert!(is_served(&known) && !is_served(&new), "what is served is not compiled again");
        let mut altered = bytes_of("5", 1.0);
        altered[second.len() / 2] ^= 1;
        let refused = |deployed: &Deployed, bundles: &[&[u8]]| service.deploy(deployed, bundles).unwrap_err().code();
        let newer = |allocation, bundles: &[&[u8]]| deployed(8, allocation, bundles);
        assert_eq!(refused(&deployed(7, only("2"), &[&second]), &[]), "SERVICE_EPOCH");
        assert_eq!(refused(&deployed(6, only("2"), &[&second]), &[]), "SERVICE_EPOCH");
        assert_eq!(refused(&newer(only("5"), &[&second, &altered]), &[&altered]), "SERVICE_BUNDLE");
        assert_eq!(refused(&newer(only("5"), &[&altered]), &[]), "SERVICE_BUNDLE");
        assert_eq!(refused(&newer(only("3"), &[]), &[]), "SERVICE_NO_MODEL");
        assert_eq!(refused(&newer(only("2"), &[&second, &second]), &[]), "SERVICE_MODEL_TWICE");
        assert_eq!(refused(&newer(only("3"), &[&second]), &[]), "SERVICE_VARIANT");
        assert_eq!((version(&service).as_str(), service.epoch()), ("3", 7), "what served before serves on");
        assert!(service.metrics().text().contains("plumbline_leads_scored_total 3\n"), "counters outlive deployments");
    }

    #[test]
    fn a_challenger_that_cannot_be_loaded_is_served_by_the_champion_and_fails_each_of_its_leads() {
        let service = service(Settings::default());
        let champion = bytes_of("1", 0.5);
        let arm = Arm { variant: "2".into(), share_bp: 10_000, room_bp: None };
        let allocation =
            AllocationSettings { experiment: "e".into(), arm: vec![arm], ..AllocationSettings::champion_only("sample/1") };
        let mut altered = bytes_of("2", 1.0);
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        let failed = service.deploy(&deployed(3, allocation, &[&champion, &altered]), &[&altered]).unwrap();
        assert_eq!(failed.len(), 1);
        assert_eq!((&failed[0].digest, failed[0].error.code.is_empty()), (&digest(&altered), false));
        let answer = ask_of(&service, "POST /v1/score", &[], r#"[{"lead_id":"a","visits":4},{"lead_id":"b"}]"#);
        assert_eq!((answer.response.status, answer.response.header("plumbline-epoch")), (200, Some("3")));
        let rows = answer.effects.predictions.iter();
        let rows: Vec<_> =
            rows.map(|p| (&*p.lead_id, &*p.model.version, p.role.name(), p.status.http(), p.code, p.epoch)).collect();
        let expected = [
            ("a", "1", "champion", 200, None, 3),
            ("b", "1", "champion", 200, None, 3),
            ("a", "2", "shadow", 500, Some("MODEL_UNAVAILABLE"), 3),
            ("b", "2", "shadow", 500, Some("MODEL_UNAVAILABLE"), 3),
        ];
        assert_eq!(rows, expected);
        assert!(answer.effects.predictions.iter().all(|p| p.arm == Some(TestArm::Treatment)), "leads stay on their side");
    }

    #[test]
    fn a_challenger_on_trial_that_nobody_watches_serves_no_lead_and_is_scored_on() {
        let service = service(Settings::default());
        let bundles = [bytes_of("1", 0.5), bytes_of("2", 1.0)];
        let bundles = [&*bundles[0], &*bundles[1]];
        let of = |epoch, share_bp| {
            let arm = Arm { variant: "2".into(), share_bp, room_bp: Some(10_000) };
            let allocation = AllocationSettings {
                experiment: "e".into(),
                arm: vec![arm],
                counterfactual: true,
                ..AllocationSettings::champion_only("sample/1")
            };
            deployed(epoch, allocation, &bundles)
        };
        service.deploy(&of(1, 5_000), &bundles).unwrap();
        let rows = |now: Timestamp| {
            let leads: Vec<_> = (0..40).map(|i| json!({ "lead_id": format!("L{i}") })).collect();
            let body = json!(leads).to_string();
            let request = Request { method: "POST", path: "/v1/score", query: "", headers: &[], body: body.as_bytes() };
            let answer = service.handle(now, &request);
            let shadows = service.after(&request, answer.after.as_ref().unwrap()).predictions;
            assert_eq!(shadows.len(), 40, "each lead is scored by the version that did not answer");
            let rows = answer.effects.predictions.into_iter().zip(shadows);
            let rows: Vec<_> =
                rows.map(|(row, shadow)| (row.role, row.arm, row.model.version.clone(), shadow.model.version.clone())).collect();
            assert!(rows.iter().all(|(_, _, answered, shadow)| answered != shadow));
            rows
        };
        service.heard(NOW, 1);
        let watched = rows(NOW);
        let challenged = watched.iter().filter(|(role, ..)| *role == Role::Challenger).count();
        assert!((8..32).contains(&challenged), "{challenged}");
        let later = Timestamp(NOW.0 + 3_600_001);
        let unwatched = rows(later);
        assert!(unwatched.iter().all(|(role, ..)| *role == Role::Champion));
        assert!(unwatched.iter().zip(&watched).all(|(row, before)| row.1 == before.1), "leads stay on their side of the test");
        assert!(service.is_stale(later) && service.must_ask(later) && !service.is_outdated());
        service.deploy(&of(2, 10_000), &bundles).unwrap();
        assert!(rows(later).iter().all(|(role, ..)| *role == Role::Challenger), "nothing is on trial where it serves all");
        assert!(service.heard(later, 3) && service.is_outdated() && !service.is_stale(later));
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
                for effects in received {
                    versions.extend(effects.predictions.iter().map(|row| row.model.version.clone()));
                    stored += journal.push(NOW, &effects).iter().map(|batch| u64::from(batch.rows)).sum::<u64>();
                }
                stored += journal.flush().iter().map(|batch| u64::from(batch.rows)).sum::<u64>();
            });
            for number in 2..2 + SWAPS {
                let before = answered.load(Relaxed);
                let (own, next) = (bytes_of(&number.to_string(), 1.0), bytes_of(&(number + 1).to_string(), 2.0));
                let shadow = if number.is_multiple_of(2) { vec![(number + 1).to_string()] } else { Vec::new() };
                let allocation = AllocationSettings { shadow, ..AllocationSettings::champion_only(number.to_string()) };
                service.deploy(&deployed(number as u64, allocation, &[&own, &next]), &[&own, &next]).unwrap();
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
