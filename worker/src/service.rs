//! The stateless half: models, settings and counters; a request in, an answer and its log rows out.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use plumbline_core::score::Workspace;
use plumbline_core::{Scorer, Timestamp};
use thiserror::Error;

use crate::metrics::Metrics;
use crate::prediction::Prediction;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route;
use crate::settings::Settings;

/// The scoring service. Immutable but for its counters: share one between threads.
#[derive(Debug)]
pub struct Service {
    pub(crate) settings: Settings,
    pub(crate) models: Vec<Served>,
    metrics: Metrics,
    instance: String,
    requests: AtomicU64,
    workspaces: Mutex<Vec<Workspace>>,
}

/// A model being served.
#[derive(Debug)]
pub(crate) struct Served {
    pub scorer: Scorer,
}

/// A response, and what is to be logged of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// What the caller gets.
    pub response: Response,
    /// One row per lead, in the order of the request; for [`Journal::push`](crate::Journal::push).
    pub predictions: Vec<Prediction>,
}

/// Why a service cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is nothing to serve.
    #[error("no model is given")]
    NoModel,
    /// Two bundles have the same name and version.
    #[error("model {name:?} version {version:?} is given twice")]
    Twice {
        /// Name of the model.
        name: String,
        /// Its version.
        version: String,
    },
}

impl ServiceError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            ServiceError::NoModel => "SERVICE_NO_MODEL",
            ServiceError::Twice { .. } => "SERVICE_MODEL_TWICE",
        }
    }
}

impl Service {
    /// A service of `models`, the first being the one that answers when none is named. `instance` is random text of the host
    /// (some 8 letters or digits): request ids are it and a running number, since there is no randomness in here.
    ///
    /// # Errors
    /// [`ServiceError`]: no model, or one twice.
    pub fn new(settings: Settings, models: Vec<Scorer>, instance: &str) -> Result<Service, ServiceError> {
        let models: Vec<Served> = models.into_iter().map(|scorer| Served { scorer }).collect();
        let mut seen = BTreeSet::new();
        for model in &models {
            let id = model.scorer.id();
            if !seen.insert((&id.name, &id.version)) {
                return Err(ServiceError::Twice { name: id.name.clone(), version: id.version.clone() });
            }
        }
        if models.is_empty() {
            return Err(ServiceError::NoModel);
        }
        Ok(Service {
            settings,
            models,
            metrics: Metrics::default(),
            instance: instance.chars().filter(char::is_ascii_alphanumeric).collect(),
            requests: AtomicU64::new(0),
            workspaces: Mutex::default(),
        })
    }

    /// Answers `request` as of `now`.
    pub fn handle(&self, now: Timestamp, request: &Request<'_>) -> Answer {
        let answer = route::answer(self, now, request);
        self.metrics.request(answer.response.status);
        if !answer.predictions.is_empty() {
            let scored = answer.predictions.iter().filter(|p| p.status == 200).count() as u64;
            self.metrics.leads(scored, answer.predictions.len() as u64 - scored);
        }
        answer
    }

    /// The response to a request for `path` that came to nothing before or after [`handle`](Self::handle): its body was unreadable, its
    /// log rows could not be stored. It is counted as [`handle`](Self::handle) counts; `answered` tells that it was already.
    pub fn refuse(&self, path: &str, problem: &Problem, answered: bool) -> Response {
        let response = route::refusal(path, problem);
        if !answered {
            self.metrics.request(response.status);
        }
        response
    }

    /// The settings the service was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The random text the service was made with.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Counters; the host reports durations and log commits there.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The model called `name` (the first when none is named), of `version` (its first when none is given).
    pub(crate) fn model(&self, name: Option<&str>, version: Option<&str>) -> Result<&Served, Problem> {
        let mut models = self.models.iter();
        let found = models.find(|served| {
            let id = served.scorer.id();
            name.is_none_or(|name| id.name == name) && version.is_none_or(|version| id.version == version)
        });
        found.ok_or_else(|| Problem::new(404, "NO_SUCH_MODEL", "no model of this name and version is served"))
    }

    /// Lends memory that scoring works in; as many pieces exist as requests were ever handled at one time.
    pub(crate) fn with_workspace<T>(&self, work: impl FnOnce(&mut Workspace) -> T) -> T {
        let free = || self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let mut workspace = free().pop().unwrap_or_default();
        let result = work(&mut workspace);
        free().push(workspace);
        result
    }

    /// A fresh request id.
    pub(crate) fn request_id(&self) -> Arc<str> {
        format!("{}-{:x}", self.instance, self.requests.fetch_add(1, Relaxed)).into()
    }
}
