//! One request's leads through the models that have to score them, each scored or refused, each noted for the log.

mod memory;
mod record;
mod road;
mod source;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::sync::Arc;

use plumbline_core::lead::{LeadError, Limits, Slots};
use plumbline_core::schema::Field;
use plumbline_core::score::Options;
use plumbline_core::{Score, ScoreError, Timestamp};

use crate::answer::{After, Answer, Effects};
use crate::deployment::{Deployment, Draw, Served};
use crate::problem::Problem;
use crate::request::Response;
use crate::service::{Again, Service, Serving};
pub(crate) use source::Row;

/// The scoring of one request.
pub(crate) struct Scoring<'a> {
    service: &'a Service,
    deployment: &'a Arc<Deployment>,
    is_suspended: bool,
    /// Whether what is scored is counted, and whether the fields of leads are kept.
    tallies: bool,
    keeps_leads: bool,
    again: Option<&'a Again<'a>>,
    /// The model the caller named; else the champion, by whose schema leads are read first and by whose suite they are checked.
    pub served: &'a Served,
    /// Whether the allocation draws who answers: it does where the caller named no model.
    is_drawn: bool,
    /// Who answers leads that are not drawn.
    fixed: Draw,
    /// Whether its leads are those of a load test.
    is_load: bool,
    /// The moment leads are scored for.
    pub now: Timestamp,
    pub request_id: Arc<str>,
    client_request_id: Option<Arc<str>>,
    options: Options,
    leads: u32,
    draws: Vec<Draw>,
    effects: Effects,
}

thread_local! {
    /// Which of the deployment's models this thread scores by at the moment, counted from 1; 0: none.
    static SCORED_BY: Cell<u32> = const { Cell::new(0) };
}

/// The model by which this thread scored when it panicked, counted from 0; none where it did something else.
pub(crate) fn interrupted() -> Option<usize> {
    SCORED_BY.take().checked_sub(1).map(|model| model as usize)
}

/// Where this thread keeps the model by which it scores, counted from 1 (0: none): a host reads it where no code may run any more.
#[cfg(target_arch = "wasm32")]
pub(crate) fn place_of_interrupted() -> *const u32 {
    SCORED_BY.with(|model| model.as_ptr().cast_const())
}

/// A lead's outcome.
pub(crate) type Outcome = Result<Score, ScoreError>;

/// The answer to one lead.
pub(crate) struct Answered<'a> {
    /// Who answers.
    pub variant: &'a str,
    /// The score is to be hidden from ranking.
    pub explores: bool,
    /// Expectations of the suite that the lead fails though it is scored, JSON.
    pub flags: Option<&'a str>,
    pub outcome: Outcome,
    /// What was read of the lead.
    #[cfg_attr(not(test), expect(dead_code, reason = "lent for tests of what is read and scored"))]
    pub slots: &'a Slots,
    /// The row the model read, one value per column; empty for a lead that is not scored.
    #[cfg_attr(not(test), expect(dead_code, reason = "lent for tests of what is read and scored"))]
    pub row: &'a [f64],
}

impl<'a> Scoring<'a> {
    /// A scoring by the model of this name and version (none: by the one the allocation draws), with up to `reasons` reasons a lead,
    /// of a request its caller named `client_request_id`.
    ///
    /// # Errors
    /// No model of this name and version is served; the caller's name for the request is too long, or one that the log cannot hold.
    pub(crate) fn new(
        Serving { service, deployment, is_suspended, again }: Serving<'a>,
        (name, version): (Option<&str>, Option<&str>),
        now: Timestamp,
        reasons: usize,
        client_request_id: Option<&str>,
    ) -> Result<Scoring<'a>, Problem> {
        let model = deployment.model(name, version)?;
        let limits = service.settings().limits;
        if let Some(id) = client_request_id {
            check_id(id, limits.id_bytes)?;
        }
        Ok(Scoring {
            service,
            deployment,
            is_suspended,
            tallies: service.settings().tallies,
            keeps_leads: service.settings().keeps_leads(),
            again,
            served: deployment.served(model)?,
            is_drawn: deployment.draws() && name.is_none(),
            fixed: deployment.fixed(model, name.is_some()),
            is_load: false,
            now,
            request_id: again.map_or_else(|| service.request_id(), |again| Arc::clone(&again.first.request_id)),
            client_request_id: client_request_id.map(Arc::from),
            options: Options { reasons: reasons.min(service.settings().most_reasons as usize), limits },
            leads: 0,
            draws: Vec::new(),
            effects: Effects::default(),
        })
    }

    /// The same scoring for leads of a load test: their rows have the role `load`, and their fields are not kept.
    pub(crate) fn of_load(self) -> Scoring<'a> {
        Scoring { is_load: true, ..self }
    }

    /// What a request may bring.
    pub(crate) fn limits(&self) -> &'a Limits {
        &self.service.settings().limits
    }

    /// The field of this name: the named model's or the champion's, else that of another model that may score the lead.
    pub(crate) fn field(&self, name: &str) -> Option<&'a Field> {
        let others = if self.is_drawn { self.deployment.models() } else { &[] };
        std::iter::once(self.served).chain(others).find_map(|served| served.field(name))
    }

    /// Whether a model that may score the leads has a field of this name.
    pub(crate) fn knows(&self, field: &str) -> bool {
        self.field(field).is_some()
    }

    /// The variant that answers each lead, in order, and whether it explores; empty where nothing is drawn.
    pub(crate) fn draws(&self) -> impl Iterator<Item = (&'a str, bool)> {
        let deployment = self.deployment;
        self.draws.iter().map(move |draw| (variant_of(deployment, *draw), draw.explores))
    }

    /// The variant that answers where nothing is drawn.
    pub(crate) fn variant(&self) -> &'a str {
        variant_of(self.deployment, self.fixed)
    }

    /// The answer: `response`, and the rows of all leads.
    pub(crate) fn finish(mut self, response: Response) -> Answer {
        for prediction in &mut self.effects.predictions {
            prediction.batch_size = self.leads;
        }
        let mut response = response.with("plumbline-log", self.service.settings().log.name());
        let deployment = self.deployment;
        if deployment.epoch() > 0 {
            response = response.with("plumbline-epoch", deployment.epoch().to_string());
        }
        let is_recorded = self.is_drawn && self.leads > 0 && !deployment.recorded().is_empty();
        let after = is_recorded.then(|| After {
            deployment: Arc::clone(deployment),
            now: self.now,
            request_id: self.request_id,
            leads: self.leads,
            is_suspended: self.is_suspended,
        });
        Answer { response, effects: self.effects, is_stray: false, after }
    }

    /// Hands over the rows of a request that is scored again; its answer is nobody's.
    fn settle(&mut self) {
        if let Some(again) = self.again {
            let mut effects = std::mem::take(&mut self.effects);
            for prediction in &mut effects.predictions {
                prediction.batch_size = again.first.leads;
            }
            again.effects.replace(effects);
        }
    }

    /// The model of `draw`, with its number.
    fn model_of(&self, draw: Draw) -> Option<(usize, &'a Served)> {
        let model = self.deployment.variant(draw.variant)?.model?;
        Some((model, self.deployment.models().get(model)?))
    }
}

fn variant_of(deployment: &Deployment, draw: Draw) -> &str {
    deployment.variant(draw.variant).map_or("", |variant| &variant.name)
}

/// Refuses a name for a request of more than `limit` bytes, which every row of the log would repeat, or with U+0000, where some
/// readers of the log would end it.
pub(crate) fn check_id(id: &str, limit: u32) -> Result<(), Problem> {
    let place = "the request's id (x-request-id, client_request_id or id)";
    if id.len() > limit as usize {
        return Err(Problem::new(400, "ID_TOO_LONG", format!("{place} has {} bytes; the limit is {limit}", id.len())));
    }
    if id.contains('\0') {
        return Err(Problem::new(400, "BAD_ID", format!("{place} must not contain U+0000")));
    }
    Ok(())
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
