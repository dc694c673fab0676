//! The stateless half: models, settings and counters; a request in, an answer and its log rows out.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use plumbline_core::schema::ConfigErrors;
use plumbline_core::score::Workspace;
use plumbline_core::{Scorer, Timestamp};
use thiserror::Error;

use crate::deployment::Deployment;
use crate::gate::Gate;
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
    pub(crate) deployment: Option<Deployment>,
    metrics: Metrics,
    instance: String,
    notes: Vec<String>,
    /// The variant where no allocation is set; one text for all predictions.
    pub(crate) champion: Arc<str>,
    requests: AtomicU64,
    workspaces: Mutex<Vec<Workspace>>,
}

/// A model being served.
#[derive(Debug)]
pub(crate) struct Served {
    pub scorer: Scorer,
    /// What is asked of its leads first.
    pub gate: Option<Gate>,
}

impl Served {
    /// Whether `name` is this model's version, name, or `name/version`.
    pub(crate) fn answers_to(&self, name: &str) -> bool {
        let id = self.scorer.id();
        id.version == name || id.name == name || name.split_once('/') == Some((&id.name, &id.version))
    }
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
    /// The allocation of the settings is not one.
    #[error("allocation: {0}")]
    Allocation(ConfigErrors),
    /// A variant of the allocation is not one model.
    #[error("the variant {variant:?} names {found} of the models served, by version, name or name/version")]
    Variant {
        /// The variant.
        variant: String,
        /// `no`, `several`, or `another variant's`.
        found: &'static str,
    },
    /// A rule of the allocation asks for a field that the champion's schema has not.
    #[error("allocation: a rule asks for the field {field:?}, which the champion does not read")]
    Rule {
        /// The field.
        field: String,
    },
    /// The suite of the settings is not one, or cannot be asked by this host.
    #[error("suite: {0}")]
    Suite(String),
}

impl ServiceError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            ServiceError::NoModel => "SERVICE_NO_MODEL",
            ServiceError::Twice { .. } => "SERVICE_MODEL_TWICE",
            ServiceError::Allocation(errors) => errors.code(),
            ServiceError::Variant { .. } => "SERVICE_VARIANT",
            ServiceError::Rule { .. } => "SERVICE_RULE",
            ServiceError::Suite(_) => "SERVICE_SUITE",
        }
    }
}

impl Service {
    /// A service of `models`, the first being the one that answers when none is named. `instance` is random text of the host
    /// (some 8 letters or digits): request ids are it and a running number, since there is no randomness in here.
    ///
    /// # Errors
    /// [`ServiceError`]: no model, or one twice; an allocation or a suite that is none.
    pub fn new(settings: Settings, models: Vec<Scorer>, instance: &str) -> Result<Service, ServiceError> {
        let mut models: Vec<Served> = models.into_iter().map(|scorer| Served { scorer, gate: None }).collect();
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
        let deployment = settings.allocation.clone().map(|allocation| Deployment::compile(allocation, &models)).transpose()?;
        let mut notes = Vec::new();
        if let Some(suite) = &settings.suite {
            for served in &mut models {
                let (gate, left_out) = Gate::compile(suite, &served.scorer)?;
                served.gate = Some(gate);
                notes.extend(left_out);
            }
            notes.sort_unstable();
            notes.dedup();
        }
        Ok(Service {
            settings,
            models,
            deployment,
            metrics: Metrics::default(),
            notes,
            champion: "champion".into(),
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
            // What a shadow says reaches nobody.
            let answered = || answer.predictions.iter().filter(|p| p.role != "shadow");
            let scored = answered().filter(|p| p.status == 200).count() as u64;
            self.metrics.leads(scored, answered().count() as u64 - scored);
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

    /// What an owner should know of the settings: expectations of the suite that leads cannot answer.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The random text the service was made with.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Counters; the host reports durations and log commits there.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Which model is called `name` (the champion when none is named, which is the first without an allocation), of `version` (its
    /// first when none is given).
    pub(crate) fn model(&self, name: Option<&str>, version: Option<&str>) -> Result<usize, Problem> {
        if name.is_none() && version.is_none() {
            return Ok(self.deployment.as_ref().map_or(0, Deployment::champion));
        }
        let found = self.models.iter().position(|served| {
            let id = served.scorer.id();
            name.is_none_or(|name| id.name == name) && version.is_none_or(|version| id.version == version)
        });
        found.ok_or_else(no_such_model)
    }

    /// Model number `model`.
    pub(crate) fn served(&self, model: usize) -> Result<&Served, Problem> {
        self.models.get(model).ok_or_else(no_such_model)
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

fn no_such_model() -> Problem {
    Problem::new(404, "NO_SUCH_MODEL", "no model of this name and version is served")
}
