//! The lifecycle on one machine: the control object and all log shards behind one door.
//!
//! At the edge they are objects of their own, and the shell carries what is carried here by calls.

use std::collections::BTreeMap;

use plumbline_core::event::{Event, Exposure, Feedback, Outcome, read_events, shard};
use serde_json::json;

use plumbline_core::route::Deployed;
use plumbline_core::{Bundle, Options, Scorer, Timestamp, Workspace};

use crate::control::{Control, Fault, control_route};
use crate::log::{Digest, EventStatus, LogShard, RolloutSpan};
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route::Scope;
use crate::store::{Sql, SqlError};

/// Windows that a shard sends at once.
const WINDOWS: usize = 500;
/// Minutes that are looked back on.
const MINUTES_MS: i64 = 86_400_000;

/// The control object and its shards.
#[derive(Debug)]
pub struct Lifecycle<S> {
    control: Control<S>,
    shards: Vec<LogShard<S>>,
    filler: Filler,
}

/// Scores stored fields with the versions of a rollout, which are read once.
#[derive(Debug, Default)]
struct Filler {
    scorers: BTreeMap<String, Option<Scorer>>,
}

impl Filler {
    /// Fills in the scores of leads that `shard` stored before the rollout of `span` began.
    fn fill<S: Sql>(&mut self, control: &mut Control<S>, shard: &mut LogShard<S>, span: &RolloutSpan) -> Result<(), Fault> {
        for version in [&span.champion, &span.challenger] {
            if !self.scorers.contains_key(version) {
                let digest = control.model(version)?.map(|model| model.digest).unwrap_or_default();
                let bundle = control.bundle(&digest)?.and_then(|bytes| Bundle::read(&bytes).ok());
                self.scorers.insert(version.clone(), bundle.and_then(|bundle| Scorer::new(bundle).ok()));
            }
        }
        let scorers = &self.scorers;
        let mut work = Workspace::default();
        let mut score = |version: &str, fields: &str| {
            let scorer = scorers.get(version)?.as_ref()?;
            let options = Options { reasons: 0, ..Options::default() };
            scorer.score_bytes(fields.as_bytes(), Timestamp(0), &options, &mut work).ok().map(|score| score.probability)
        };
        while shard.backfill(span, &mut score)?.more {}
        Ok(())
    }
}

/// Paths that take events of leads.
const EVENTS: [&str; 3] = ["/v1/outcomes", "/v1/feedback", "/v1/exposures"];

impl<S: Sql> Lifecycle<S> {
    /// The lifecycle of `control` and its `shards`, in their order.
    pub fn new(control: Control<S>, shards: Vec<LogShard<S>>) -> Lifecycle<S> {
        Lifecycle { control, shards, filler: Filler::default() }
    }

    /// The control object.
    pub fn control(&mut self) -> &mut Control<S> {
        &mut self.control
    }

    /// The shards.
    pub fn shards(&mut self) -> &mut [LogShard<S>] {
        &mut self.shards
    }

    /// Whether requests of `method` to `path` are answered here, and not by the scoring service.
    pub fn takes(method: &str, path: &str) -> bool {
        (method == "POST" && EVENTS.contains(&path)) || control_route(method, path).is_some()
    }

    /// The answer to a request that [`Lifecycle::takes`], which comes from the same machine or not.
    pub fn answer(&mut self, now_ms: i64, request: &Request<'_>, is_local: bool) -> Response {
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let viewer = match self.control.viewer(token, is_local) {
            Ok(viewer) => viewer,
            Err(fault) => return refused(&fault.problem()),
        };
        if let Some(route) = control_route(request.method, request.path) {
            return self.control.answer(now_ms, route, request, &viewer);
        }
        if !viewer.may(Scope::Ingest) {
            return refused(&Problem::new(403, "SCOPE_MISSING", "this needs a key with the scope ingest"));
        }
        let answered = match request.path {
            "/v1/outcomes" => {
                self.ingest(now_ms, request.body, |shard, events| shard.ingest(now_ms, events), |e: &Outcome| &e.lead_id)
            }
            "/v1/feedback" => {
                self.ingest(now_ms, request.body, |shard, events| shard.ingest_feedback(events), |e: &Feedback| &e.lead_id)
            }
            _ => self.ingest(now_ms, request.body, |shard, events| shard.ingest_exposures(events), |e: &Exposure| &e.lead_id),
        };
        answered.unwrap_or_else(|fault| refused(&fault.problem()))
    }

    /// Reads events, gives each shard its own, and answers each in its place.
    fn ingest<E: Event + Clone>(
        &mut self,
        now_ms: i64,
        body: &[u8],
        store: impl Fn(&mut LogShard<S>, &[E]) -> Result<Vec<EventStatus>, SqlError>,
        lead: impl Fn(&E) -> &String,
    ) -> Result<Response, Fault> {
        let read = read_events::<E>(body, now_ms).map_err(|e| Problem::new(400, e.code(), e.to_string()))?;
        let shards = u32::try_from(self.shards.len()).unwrap_or(1).max(1);
        let mut statuses: Vec<Option<EventStatus>> = read
            .iter()
            .map(|event| {
                let error = event.as_ref().err()?;
                Some(EventStatus { status: 422, code: error.code().to_owned(), detail: Some(error.to_string()) })
            })
            .collect();
        for number in 0..shards {
            let own = |(_, event): &(usize, &E)| shard(lead(event), shards) == number;
            let events: Vec<(usize, &E)> =
                read.iter().enumerate().filter_map(|(at, event)| Some((at, event.as_ref().ok()?))).filter(own).collect();
            let Some(shard) = self.shards.get_mut(number as usize).filter(|_| !events.is_empty()) else { continue };
            let given: Vec<E> = events.iter().map(|(_, event)| (*event).clone()).collect();
            for ((at, _), status) in events.iter().zip(store(shard, &given)?) {
                if let Some(place) = statuses.get_mut(*at) {
                    *place = Some(status);
                }
            }
        }
        let rejected = statuses.iter().flatten().filter(|status| status.status >= 400).count();
        let body = json!({ "events": statuses, "accepted": statuses.len() - rejected, "rejected": rejected });
        let status = if rejected > 0 && rejected == statuses.len() { 422 } else { 200 };
        Ok(Response::new(status, "application/json", serde_json::to_vec(&body).unwrap_or_default()))
    }

    /// Does what is due at `now_ms`: the shards digest their rows and send their windows, and control takes them up. A new deployment,
    /// where one holds from now on.
    ///
    /// # Errors
    /// A store failed; the next tick goes on where this one broke off.
    pub fn tick(&mut self, now_ms: i64) -> Result<Option<Deployed>, Fault> {
        let rules = self.rules()?;
        for (number, shard) in (0..).zip(&mut self.shards) {
            shard.digest_all(now_ms, &rules)?;
            if let Some(span) = rules.rollouts.last().filter(|span| span.to_epoch.is_none()) {
                self.filler.fill(&mut self.control, shard, span)?;
                shard.digest_all(now_ms, &rules)?;
            }
            loop {
                let windows = shard.unsent(WINDOWS)?;
                if windows.is_empty() {
                    break;
                }
                self.control.receive(number, &windows)?;
                shard.acknowledge(&windows)?;
            }
            let minutes = shard.minutes(now_ms - MINUTES_MS)?;
            self.control.receive_minutes(number, &minutes)?;
        }
        Ok(if self.control.tick(now_ms)? { self.control.deployed()? } else { None })
    }

    /// The rules by which shards work out their windows.
    fn rules(&mut self) -> Result<Digest, Fault> {
        let (rollouts, layouts) = (self.control.spans()?, self.control.layouts()?);
        let outcome = &self.control.policy().outcome;
        Ok(Digest {
            mature_ms: i64::from(outcome.mature_days) * 86_400_000,
            threshold: outcome.threshold,
            rollouts,
            layouts,
            ..Digest::default()
        })
    }
}

fn refused(problem: &Problem) -> Response {
    problem.response().with("cache-control", "no-store")
}
