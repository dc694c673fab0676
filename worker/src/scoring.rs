//! One request's leads through a model, each scored or refused, each noted for the log.

use std::sync::Arc;

use plumbline_core::lead::{Form, LeadError, Limits};
use plumbline_core::score::{Options, Workspace};
use plumbline_core::{Lead, Score, ScoreError, Timestamp};

use crate::prediction::Prediction;
use crate::problem::Problem;
use crate::request::Response;
use crate::service::{Answer, Served, Service};

/// The scoring of one request.
pub(crate) struct Scoring<'a> {
    service: &'a Service,
    pub served: &'a Served,
    now: Timestamp,
    pub request_id: Arc<str>,
    client_request_id: Option<Arc<str>>,
    options: Options,
    predictions: Vec<Prediction>,
}

/// A lead's outcome.
pub(crate) type Outcome = Result<Score, ScoreError>;

impl<'a> Scoring<'a> {
    /// A scoring by `served`, with up to `reasons` reasons a lead, of a request its caller named `client_request_id`.
    pub(crate) fn new(
        service: &'a Service,
        served: &'a Served,
        now: Timestamp,
        reasons: usize,
        client_request_id: Option<&str>,
    ) -> Scoring<'a> {
        Scoring {
            service,
            served,
            now,
            request_id: service.request_id(),
            client_request_id: client_request_id.map(Arc::from),
            options: Options { reasons, limits: service.settings.limits },
            predictions: Vec::new(),
        }
    }

    /// What a request may bring.
    pub(crate) fn limits(&self) -> &'a Limits {
        &self.service.settings.limits
    }

    /// Whether the model has a field of this name.
    pub(crate) fn knows(&self, field: &str) -> bool {
        self.served.scorer.bundle().manifest.schema.field(field).is_some()
    }

    /// Scores every lead of `body` and tells `each` of them in order.
    ///
    /// # Errors
    /// When the body as a whole cannot be read; nothing is logged then.
    pub(crate) fn body(&mut self, body: &[u8], form: Form, mut each: impl FnMut(&Self, Outcome)) -> Result<(), LeadError> {
        let served = self.served;
        self.service.with_workspace(|work| {
            let options = self.options;
            let now = self.now;
            let scored = served.scorer.score_body(body, form, now, &options, work, &mut |_, outcome| {
                self.note(&outcome, None);
                each(self, outcome);
            });
            scored.map(drop)
        })
    }

    /// Scores one lead whose values are already known, or refuses it for `wrong`.
    pub(crate) fn lead(&mut self, lead: &Lead, wrong: Vec<LeadError>, work: &mut Workspace) -> Outcome {
        let outcome = if wrong.is_empty() {
            self.served.scorer.score_lead(lead, self.now, &self.options, work)
        } else {
            Err(ScoreError::from(wrong))
        };
        self.note(&outcome, None);
        outcome
    }

    /// Memory for [`Scoring::lead`].
    pub(crate) fn with_workspace<T>(&mut self, work: impl FnOnce(&mut Self, &mut Workspace) -> T) -> T {
        let service = self.service;
        service.with_workspace(|workspace| work(self, workspace))
    }

    /// The answer: `response`, and the rows of all leads.
    pub(crate) fn finish(mut self, response: Response) -> Answer {
        let batch_size = self.predictions.len() as u32;
        for prediction in &mut self.predictions {
            prediction.batch_size = batch_size;
        }
        let response = response.with("plumbline-log", self.service.settings.log.name());
        Answer { response, predictions: self.predictions }
    }

    fn note(&mut self, outcome: &Outcome, lead_id: Option<&str>) {
        let position = self.predictions.len() as u32;
        let (score, code) = match outcome {
            Ok(score) => (Some(score), None),
            Err(error) => (None, Some(error.code())),
        };
        let lead_id = lead_id.or(score.and_then(|score| score.lead_id.as_deref()));
        self.predictions.push(Prediction {
            timestamp_ms: self.now.0,
            request_id: Arc::clone(&self.request_id),
            client_request_id: self.client_request_id.clone(),
            position,
            batch_size: 0,
            lead_id: lead_id.map_or_else(|| format!("{}/{position}", self.request_id), str::to_owned),
            model: Arc::clone(self.served.scorer.id()),
            variant: "champion",
            role: "champion",
            status: if code.is_none() { 200 } else { 422 },
            code,
            margin: score.map(|s| s.margin),
            probability: score.map(|s| s.probability),
            band: score.map(|s| s.band.clone()).unwrap_or_default(),
            duration_us: None,
        });
    }
}

/// The problem of a body that cannot be read.
pub(crate) fn body_problem(error: &LeadError) -> Problem {
    let status = match error {
        LeadError::BodyTooLarge { .. } | LeadError::BatchTooLarge { .. } => 413,
        _ => 400,
    };
    Problem::new(status, error.code(), error.to_string())
}

/// The problem of one lead.
pub(crate) fn lead_problem(error: &ScoreError) -> Problem {
    Problem { errors: error.problems().to_vec(), ..Problem::new(422, error.code(), error.to_string()) }
}
