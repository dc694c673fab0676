//! A service in the same process, on virtual time: the real one, with its journal, its shards and its control object.

use std::sync::Arc;

use plumbline_core::Timestamp;
use plumbline_core::event::{Role, Status};
use plumbline_core::math::exp;
use plumbline_core::random::Random;
use plumbline_core::route::Deployed;

use super::happening::Happening;
use super::model::bundle;
use super::play::Target;
use super::script::Script;
use super::trouble::Troubles;
use crate::access::Scope;
use crate::control::Fault;
use crate::error::ServiceError;
use crate::lifecycle::Lifecycle;
use crate::request::Request;
use crate::store::Sql;
use crate::{Control, Journal, Model, Response, Service};

/// How long a request takes: median in µs, and σ of its logarithm.
const LATENCY: (f64, f64) = (3_100.0, 0.45);

/// Each version is asked for a golden lead this often.
const PROBE_MS: i64 = 10 * 60_000;
/// Memory that the instance reports.
const MEMORY_BYTES: u64 = 60 << 20;

/// The lifecycle that a history is played into: control in the same process, shards wherever they are.
pub trait Kept {
    /// The store of the control object.
    type Store: Sql;

    /// The control object.
    fn control(&mut self) -> &mut Control<Self::Store>;

    /// Stores a batch of rows in shard number `shard`.
    ///
    /// # Errors
    /// The store failed.
    fn append(&mut self, shard: u32, batch: &str) -> Result<(), Fault>;

    /// The answer to a request of the lifecycle from the same machine.
    fn answer(&mut self, now_ms: i64, request: &Request<'_>) -> Response;

    /// Does what is due at `now_ms`. A new deployment, where one holds from now on.
    ///
    /// # Errors
    /// A store failed.
    fn tick(&mut self, now_ms: i64) -> Result<Option<Deployed>, Fault>;

    /// Retrains the model where that is due, to the end.
    ///
    /// # Errors
    /// A store failed.
    fn retrain(&mut self, _now_ms: i64) -> Result<(), Fault> {
        Ok(())
    }

    /// Forgets all that is not stored, as a program does that ends and starts again.
    ///
    /// # Errors
    /// A store failed.
    fn restart(&mut self, now_ms: i64) -> Result<(), Fault> {
        self.control().forget();
        Ok(self.control().settle_policy(now_ms).map(drop)?)
    }
}

impl<S: Sql> Kept for Lifecycle<S> {
    type Store = S;

    fn control(&mut self) -> &mut Control<S> {
        Lifecycle::control(self)
    }

    fn append(&mut self, shard: u32, batch: &str) -> Result<(), Fault> {
        self.shards().get_mut(shard as usize).map_or(Ok(()), |shard| shard.append(batch)).map_err(Fault::from)
    }

    fn answer(&mut self, now_ms: i64, request: &Request<'_>) -> Response {
        Lifecycle::answer(self, now_ms, request, true)
    }

    fn tick(&mut self, now_ms: i64) -> Result<Option<Deployed>, Fault> {
        Lifecycle::tick(self, now_ms)
    }

    fn retrain(&mut self, now_ms: i64) -> Result<(), Fault> {
        self.retrain_while(now_ms, &mut || true).map(drop)
    }

    fn restart(&mut self, now_ms: i64) -> Result<(), Fault> {
        self.forget();
        Ok(self.control().settle_policy(now_ms).map(drop)?)
    }
}

/// A service in the same process.
pub struct Inside<K> {
    service: Arc<Service>,
    journal: Journal,
    lifecycle: K,
    random: Random,
    /// The last tick.
    ticked_ms: i64,
    /// The first fault of a store; what is sent after it is lost.
    fault: Option<Fault>,
    troubles: Troubles,
    /// Whether the model is retrained.
    retrains: bool,
    /// Times that the programs were started again.
    restarts: u32,
}

impl<K: Kept> Inside<K> {
    /// The service of `service`, which serves what `lifecycle` has deployed. `seed` draws how long its requests take.
    pub fn new(service: Arc<Service>, lifecycle: K, seed: u64) -> Inside<K> {
        let journal = Journal::new(service.settings(), service.instance());
        Inside {
            service,
            journal,
            lifecycle,
            random: Random::new(seed ^ 0x006c_6174),
            ticked_ms: 0,
            fault: None,
            troubles: Troubles::default(),
            retrains: false,
            restarts: 0,
        }
    }

    /// The lifecycle, or the fault of a store that it met.
    ///
    /// # Errors
    /// A store failed while the history was played.
    pub fn finish(self) -> Result<K, Fault> {
        self.fault.map_or(Ok(self.lifecycle), Err)
    }

    /// The lifecycle, for who looks at it while the history is played.
    pub fn lifecycle(&mut self) -> &mut K {
        &mut self.lifecycle
    }

    fn note(&mut self, done: Result<(), Fault>) {
        if let (Err(fault), None) = (done, &self.fault) {
            self.fault = Some(fault);
        }
    }

    fn log(&mut self, now: Timestamp, effects: &mut crate::Effects) {
        self.troubles.strike(effects, &mut self.random);
        self.service.metrics().queued(effects.predictions.len() as u64);
        let full = self.journal.push(now, effects);
        let done = self.store(full);
        self.note(done);
    }

    fn store(&mut self, batches: Vec<crate::Batch>) -> Result<(), Fault> {
        for batch in batches {
            if self.troubles.is_out(batch.shard) {
                self.troubles.held_back.push((batch.shard, batch.text));
            } else {
                self.lifecycle.append(batch.shard, &batch.text)?;
            }
        }
        Ok(())
    }

    /// Stores what was held back while a shard took no rows, once it is back.
    fn catch_up(&mut self, now_ms: i64) -> Result<(), Fault> {
        for (shard, text) in self.troubles.back(now_ms) {
            self.lifecycle.append(shard, &text)?;
        }
        Ok(())
    }

    /// Ends all programs, which store what they have, or kills them, and starts them again.
    fn restart(&mut self, now_ms: i64, is_killed: bool) -> Result<(), Fault> {
        if !is_killed {
            let due = self.journal.flush();
            self.store(due)?;
        }
        self.lifecycle.restart(now_ms)?;
        let failed = |message: String| Fault::Store(crate::SqlError::Driver(message));
        let deployed = self.lifecycle.control().deployed()?.ok_or_else(|| failed("no model is deployed".to_owned()))?;
        self.restarts += 1;
        let instance = format!("{}{}", self.restarts, self.service.instance());
        let models = models(&mut self.lifecycle, &deployed)?;
        let service = Service::new(self.service.settings().clone(), models, &instance).map_err(|e| failed(e.to_string()))?;
        self.service = Arc::new(service);
        deploy(&self.service, self.lifecycle.control(), &deployed)?;
        self.journal = Journal::new(self.service.settings(), self.service.instance());
        Ok(())
    }

    /// The revision of the state, which a person who commands has seen.
    fn revision(&mut self) -> String {
        let state = self.lifecycle.control().state().ok().flatten();
        format!("\"v{}\"", state.map_or(0, |state| state.version))
    }

    fn redeploy(&mut self) -> Result<(), Fault> {
        if let Some(deployed) = self.lifecycle.control().deployed()? {
            deploy(&self.service, self.lifecycle.control(), &deployed)?;
        }
        Ok(())
    }
}

/// Serves `deployed` from now on, with bundles of `control`, unless it or a newer deployment is served already.
///
/// # Errors
/// The store failed, or a bundle cannot be served.
pub fn deploy<S: Sql>(service: &Service, control: &mut Control<S>, deployed: &Deployed) -> Result<(), Fault> {
    let failed = |message: String| Fault::Store(crate::SqlError::Driver(message));
    if deployed.epoch <= service.epoch() {
        return Ok(());
    }
    let mut bundles = Vec::new();
    for digest in service.missing(deployed) {
        let bytes = control.bundle(&digest)?;
        bundles.push(bytes.ok_or_else(|| failed(format!("the bundle {digest} is not stored")))?);
    }
    let bundles: Vec<&[u8]> = bundles.iter().map(Vec::as_slice).collect();
    match service.deploy(deployed, &bundles) {
        Ok(not_loaded) => not_loaded.first().map_or(Ok(()), |not_loaded| Err(failed(format!("{not_loaded:?}")))),
        // Another thread was faster.
        Err(ServiceError::Epoch { .. }) => Ok(()),
        Err(error) => Err(failed(error.to_string())),
    }
}

impl<K: Kept> Target for Inside<K> {
    fn send(&mut self, now_ms: i64, method: &str, path: &str, key: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let authorization = format!("Bearer {key}");
        let mut headers = vec![("content-type", "application/json")];
        if !key.is_empty() {
            headers.push(("authorization", authorization.as_str()));
        }
        if Lifecycle::<K::Store>::takes(method, path) {
            let revision = self.revision();
            headers.push(("if-match", revision.as_str()));
            let response = self.lifecycle.answer(now_ms, &Request { method, path, query, headers: &headers, body });
            let done = self.redeploy();
            self.note(done);
            return (response.status, response.body);
        }
        let request = Request { method, path, query, headers: &headers, body };
        let now = Timestamp(now_ms);
        let mut answer = self.service.handle(now, &request);
        let micros = LATENCY.0 * exp(LATENCY.1 * self.random.normal());
        for prediction in &mut answer.effects.predictions {
            prediction.duration_us = Some(micros as u32);
        }
        self.log(now, &mut answer.effects);
        if answer.effects.predictions.iter().any(|row| row.status == Status::Failed && row.role != Role::Shadow) {
            answer.response.status = 500;
        }
        if let Some(after) = &answer.after {
            let mut effects = self.service.after(&request, after);
            self.log(now, &mut effects);
        }
        self.service.answered(&answer);
        (answer.response.status, answer.response.body)
    }

    fn tick(&mut self, now_ms: i64) {
        let done = self.catch_up(now_ms);
        self.note(done);
        let from = std::mem::replace(&mut self.ticked_ms, now_ms);
        if from > 0 {
            for minute in (from / PROBE_MS + 1)..=(now_ms / PROBE_MS) {
                let now = Timestamp(minute * PROBE_MS);
                let mut effects = self.service.probe(now, &mut || 0);
                for prediction in &mut effects.predictions {
                    prediction.duration_us = Some((LATENCY.0 * exp(LATENCY.1 * self.random.normal())) as u32);
                }
                self.log(now, &mut effects);
            }
        }
        let heartbeat = self.service.heartbeat(Timestamp(now_ms), Some(MEMORY_BYTES));
        let done = self.lifecycle.control().heard(now_ms, &heartbeat).map_err(Fault::from);
        self.note(done);
        let due = self.journal.flush();
        let done = self.store(due);
        self.note(done);
        let at_ms = now_ms + std::mem::take(&mut self.troubles.jump_ms);
        for _ in 0..self.troubles.ticks.max(1) {
            let done = match self.lifecycle.tick(at_ms) {
                Ok(Some(deployed)) => deploy(&self.service, self.lifecycle.control(), &deployed),
                Ok(None) => Ok(()),
                Err(fault) => Err(fault),
            };
            self.note(done);
        }
        if self.retrains {
            let done = self.lifecycle.retrain(at_ms);
            self.note(done);
        }
    }

    fn disturb(&mut self, now_ms: i64, what: &Happening, versions: [&str; 2]) {
        if matches!(what, Happening::Restart | Happening::KillHost) {
            let done = self.restart(now_ms, *what == Happening::KillHost);
            self.note(done);
        }
        self.retrains |= *what == Happening::Retrain;
        self.troubles.begin(now_ms, what, versions);
    }
}

/// The models of a deployment, read once; for a service that begins with it.
///
/// # Errors
/// The store failed, or a bundle cannot be served.
pub fn models<K: Kept>(lifecycle: &mut K, deployed: &Deployed) -> Result<Vec<Model>, Fault> {
    let failed = |message: String| Fault::Store(crate::SqlError::Driver(message));
    let mut models = Vec::new();
    for digest in &deployed.models {
        let bytes = lifecycle.control().bundle(digest)?.ok_or_else(|| failed(format!("the bundle {digest} is not stored")))?;
        models.push(Model::read(bytes).map_err(|e| failed(e.to_string()))?);
    }
    Ok(models)
}

/// Makes the script's champion the first model of an empty store, its challenger a registered one, and keys for its people.
///
/// # Errors
/// The store is not empty, or failed.
pub fn prepare<K: Kept>(lifecycle: &mut K, script: &Script) -> Result<(), Fault> {
    let failed =
        |e: plumbline_core::BundleError| Fault::Store(crate::SqlError::Driver(format!("the model cannot be written: {e}")));
    let control = lifecycle.control();
    let champion = bundle(&script.champion, None, script.seed).map_err(failed)?;
    control.genesis(script.from_ms, &champion, "plumbline")?;
    let (version, kind) = &script.challenger;
    let challenger = bundle(version, Some(*kind), script.seed).map_err(failed)?;
    control.register(script.from_ms, &challenger, "plumbline")?;
    for person in &script.people {
        let scopes = [Scope::Score, Scope::Ingest, Scope::Read, Scope::Operate, Scope::Approve];
        control.add_key(script.from_ms, &person.secret, &person.name, &person.role, &scopes, "plumbline")?;
    }
    Ok(())
}
