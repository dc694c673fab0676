//! One request's leads through a model, each scored or refused, each noted for the log.

use std::sync::Arc;

use plumbline_core::lead::{Form, LeadError, Limits, Slots};
use plumbline_core::schema::Field;
use plumbline_core::score::{Options, Workspace};
use plumbline_core::{Lead, Score, ScoreError, Timestamp};

use crate::deployment::{Deployment, Turn};
use crate::gate::Check;
use crate::prediction::Prediction;
use crate::problem::Problem;
use crate::request::Response;
use crate::service::{Answer, Served, Service};

/// The scoring of one request.
pub(crate) struct Scoring<'a> {
    service: &'a Service,
    /// The model the caller named; else the champion, by whose schema leads are read.
    pub served: &'a Served,
    /// Draws who answers; none when the caller named the model, or where nothing is set.
    deployment: Option<&'a Deployment>,
    /// What all leads get that are not drawn.
    fixed: Turn,
    now: Timestamp,
    pub request_id: Arc<str>,
    client_request_id: Option<Arc<str>>,
    options: Options,
    leads: u32,
    /// Whose turn each lead was, where it was drawn.
    turns: Vec<Turn>,
    predictions: Vec<Prediction>,
}

/// A lead's outcome.
pub(crate) type Outcome = Result<Score, ScoreError>;

impl<'a> Scoring<'a> {
    /// A scoring by the model of this name and version (none: whoever the allocation says), with up to `reasons` reasons a lead, of
    /// a request its caller named `client_request_id`.
    ///
    /// # Errors
    /// No model of this name and version is served.
    pub(crate) fn new(
        service: &'a Service,
        (name, version): (Option<&str>, Option<&str>),
        now: Timestamp,
        reasons: usize,
        client_request_id: Option<&str>,
    ) -> Result<Scoring<'a>, Problem> {
        let model = service.model(name, version)?;
        let served = service.served(model)?;
        let all = service.deployment.as_ref();
        let (variant, role) = match all {
            None => (Arc::clone(&service.champion), "champion"),
            Some(all) => {
                let known = all.variant_of(model).map(|variant| Arc::clone(&variant.name));
                let role = if name.is_none() { "champion" } else { "named" };
                (known.unwrap_or_else(|| served.scorer.id().version.as_str().into()), role)
            }
        };
        Ok(Scoring {
            service,
            served,
            deployment: all.filter(|_| name.is_none()),
            fixed: Turn { variant, role, model, explores: false, lead_id: None, flags: None },
            now,
            request_id: service.request_id(),
            client_request_id: client_request_id.map(Arc::from),
            options: Options { reasons, limits: service.settings.limits },
            leads: 0,
            turns: Vec::new(),
            predictions: Vec::new(),
        })
    }

    /// What a request may bring.
    pub(crate) fn limits(&self) -> &'a Limits {
        &self.service.settings.limits
    }

    /// The field of this name: the named model's or the champion's, else that of another model that may score the lead.
    pub(crate) fn field(&self, name: &str) -> Option<&'a Field> {
        let others = if self.deployment.is_some() { self.service.models.as_slice() } else { &[] };
        let of = |served: &'a Served| served.scorer.bundle().manifest.schema.field(name).map(|(_, field)| field);
        std::iter::once(self.served).chain(others).find_map(of)
    }

    /// Whether a model that may score the leads has a field of this name.
    pub(crate) fn knows(&self, field: &str) -> bool {
        self.field(field).is_some()
    }

    /// Whose turn each lead was, in order; empty where nothing is drawn.
    pub(crate) fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The variant that answers where nothing is drawn.
    pub(crate) fn variant(&self) -> &str {
        &self.fixed.variant
    }

    /// Scores every lead of `body` and tells `each` of them in order, with whose turn it was.
    ///
    /// # Errors
    /// When the body as a whole cannot be read; nothing is logged then.
    pub(crate) fn body(&mut self, body: &[u8], form: Form, mut each: impl FnMut(&Self, &Turn, Outcome)) -> Result<(), LeadError> {
        let (service, served, options, now) = (self.service, self.served, self.options, self.now);
        let checks = self.checks(body, form)?;
        if let Some(deployment) = self.deployment {
            return service.with_workspace(|work| self.body_by(deployment, body, form, &checks, work, &mut each));
        }
        let mut turn = self.fixed.clone();
        service.with_workspace(|work| {
            let scored = served.scorer.score_body(body, form, now, &options, work, &mut |i, mut outcome| {
                if let Some(check) = checks.get(i as usize) {
                    turn.flags = None;
                    outcome = check.apply(&mut turn, outcome);
                }
                self.note(&outcome, &turn, self.leads);
                self.leads += 1;
                each(self, &turn, outcome);
            });
            scored.map(drop)
        })
    }

    /// What the suite says of each lead of `body`, in order; nothing where there is no suite.
    fn checks(&self, body: &[u8], form: Form) -> Result<Vec<Check>, LeadError> {
        let Some(gate) = &self.served.gate else { return Ok(Vec::new()) };
        let (scorer, limits) = (&self.served.scorer, &self.options.limits);
        let mut checks = Vec::new();
        scorer.reader().read_body(body, form, limits, &mut Slots::default(), &mut |_, slots, lead| {
            checks.push(lead.map(|()| gate.check(scorer, slots)).unwrap_or_default());
        })?;
        Ok(checks)
    }

    /// [`body`](Self::body) by the variants of `deployment`: leads are read once to know whose turn each is, then each model that has
    /// a turn goes over the body. One lead is read twice and scored once; of many, each model scores all.
    fn body_by(
        &mut self,
        deployment: &Deployment,
        body: &[u8],
        form: Form,
        checks: &[Check],
        work: &mut Workspace,
        each: &mut impl FnMut(&Self, &Turn, Outcome),
    ) -> Result<(), LeadError> {
        let (champion, limits) = (&self.served.scorer, &self.options.limits);
        let mut turns = Vec::new();
        champion.reader().read_body(body, form, limits, &mut Slots::default(), &mut |_, slots, _| {
            turns.push(deployment.turn(champion.reader().id(slots), |field| champion.value(slots, field)));
        })?;
        let mut outcomes: Vec<Option<Outcome>> = turns.iter().map(|_| None).collect();
        for (model, served) in self.service.models.iter().enumerate() {
            if turns.iter().any(|turn| turn.model == model) {
                served.scorer.score_body(body, form, self.now, &self.options, work, &mut |i, outcome| {
                    let i = i as usize;
                    if let Some(place) = outcomes.get_mut(i).filter(|_| turns.get(i).is_some_and(|turn| turn.model == model)) {
                        *place = Some(outcome);
                    }
                })?;
            }
        }
        for (check, (turn, outcome)) in checks.iter().zip(turns.iter_mut().zip(&mut outcomes)) {
            *outcome = outcome.take().map(|outcome| check.apply(turn, outcome));
        }
        for variant in deployment.shadows() {
            let Some(served) = self.service.models.get(variant.model) else { continue };
            let mut rows = Vec::with_capacity(turns.len());
            let options = Options { reasons: 0, ..self.options };
            served.scorer.score_body(body, form, self.now, &options, work, &mut |_, outcome| rows.push(outcome))?;
            for ((outcome, turn), at) in rows.into_iter().zip(&turns).zip(0..) {
                let mut turn = Turn::shadow(variant, turn);
                let outcome = match checks.get(at as usize) {
                    Some(check) => check.apply(&mut turn, outcome),
                    None => outcome,
                };
                self.note(&outcome, &turn, at);
            }
        }
        for (turn, outcome) in turns.iter().zip(outcomes) {
            let Some(outcome) = outcome else { continue };
            self.note(&outcome, turn, self.leads);
            self.leads += 1;
            each(self, turn, outcome);
        }
        self.turns = turns;
        Ok(())
    }

    /// Scores one lead whose values are already known, or refuses it for `wrong`.
    pub(crate) fn lead(&mut self, lead: &Lead, wrong: Vec<LeadError>, work: &mut Workspace) -> Outcome {
        let at = self.leads;
        self.leads += 1;
        let (service, now) = (self.service, self.now);
        let mut turn = self.deployment.map_or_else(|| self.fixed.clone(), |deployment| self.turn(deployment, lead));
        let mut wrong = wrong;
        if wrong.is_empty() {
            let check = self.check(lead);
            (wrong, turn.flags) = (check.refused, check.flags);
        }
        if self.deployment.is_some() {
            self.turns.push(turn.clone());
        }
        if !wrong.is_empty() {
            let outcome = Err(ScoreError::from(wrong));
            self.note(&outcome, &turn, at);
            return outcome;
        }
        let scorer = |model: usize| service.models.get(model).map_or(&self.served.scorer, |served| &served.scorer);
        let outcome = scorer(turn.model).score_lead(lead, now, &self.options, work);
        let shadows = self.deployment.map_or(&[][..], Deployment::shadows);
        let options = Options { reasons: 0, ..self.options };
        let recorded: Vec<Outcome> =
            shadows.iter().map(|variant| scorer(variant.model).score_lead(lead, now, &options, work)).collect();
        for (variant, outcome) in shadows.iter().zip(&recorded) {
            self.note(outcome, &Turn::shadow(variant, &turn), at);
        }
        self.note(&outcome, &turn, at);
        outcome
    }

    /// What the suite says of `lead`; nothing of one that cannot be read.
    fn check(&self, lead: &Lead) -> Check {
        let Some(gate) = &self.served.gate else { return Check::default() };
        let (scorer, mut slots) = (&self.served.scorer, Slots::default());
        let read = scorer.reader().read_lead(lead, &self.options.limits, &mut slots);
        read.map(|()| gate.check(scorer, &slots)).unwrap_or_default()
    }

    /// Whose turn `lead` is.
    fn turn(&self, deployment: &Deployment, lead: &Lead) -> Turn {
        let scorer = &self.served.scorer;
        let mut slots = Slots::default();
        // What is wrong with the lead, its variant's model will say.
        drop(scorer.reader().read_lead(lead, &self.options.limits, &mut slots));
        deployment.turn(scorer.reader().id(&slots), |field| scorer.value(&slots, field))
    }

    /// Memory for [`Scoring::lead`].
    pub(crate) fn with_workspace<T>(&mut self, work: impl FnOnce(&mut Self, &mut Workspace) -> T) -> T {
        let service = self.service;
        service.with_workspace(|workspace| work(self, workspace))
    }

    /// The answer: `response`, and the rows of all leads.
    pub(crate) fn finish(mut self, response: Response) -> Answer {
        for prediction in &mut self.predictions {
            prediction.batch_size = self.leads;
        }
        let response = response.with("plumbline-log", self.service.settings.log.name());
        Answer { response, predictions: self.predictions }
    }

    fn note(&mut self, outcome: &Outcome, turn: &Turn, position: u32) {
        let (score, code) = match outcome {
            Ok(score) => (Some(score), None),
            Err(error) => (None, Some(error.code())),
        };
        let lead_id = turn.lead_id.as_deref().or(score.and_then(|score| score.lead_id.as_deref()));
        let model = self.service.models.get(turn.model).unwrap_or(self.served);
        self.predictions.push(Prediction {
            timestamp_ms: self.now.0,
            request_id: Arc::clone(&self.request_id),
            client_request_id: self.client_request_id.clone(),
            position,
            batch_size: 0,
            lead_id: lead_id.map_or_else(|| format!("{}/{position}", self.request_id), str::to_owned),
            model: Arc::clone(model.scorer.id()),
            variant: Arc::clone(&turn.variant),
            role: turn.role,
            explores: turn.explores,
            status: if code.is_none() { 200 } else { 422 },
            code,
            margin: score.map(|s| s.margin),
            probability: score.map(|s| s.probability),
            band: score.map(|s| s.band.clone()).unwrap_or_default(),
            flags: turn.flags.clone(),
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
