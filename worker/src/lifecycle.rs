//! The lifecycle on one machine: the control object and all log shards behind one door.
//!
//! At the edge they are objects of their own, and the shell carries what is carried here by calls.

mod leads;
mod outcomes;

use std::collections::BTreeMap;

use plumbline_core::event::{Event, EventError, Exposure, Feedback, Outcome, read_events, shard};
use serde_json::Value;

use plumbline_core::rollout::policy::Retention;
use plumbline_core::route::Deployed;
use plumbline_core::{Bundle, Options, Scorer, Timestamp, Workspace};

use crate::access::{Access, Viewer};
use crate::control::{AROUND_MS, Ask, Control, Fault, MOST_ROWS, malformed};
use crate::log::{Digest, EventStatus, Filled, LogShard, RolloutSpan, Surveyed, Tested, WritebackRules};
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route::{self, Place, Routed, lifecycle_route};
use crate::store::{Sql, SqlError};

/// Windows that a shard sends at once.
const WINDOWS: usize = 500;

/// The control object and its shards.
#[derive(Debug)]
pub struct Lifecycle<S> {
    control: Control<S>,
    shards: Vec<LogShard<S>>,
    filler: Filler,
    /// Leads of one transaction of a digest; the usual number unless set.
    slice: Option<usize>,
}

/// Scores stored fields with the versions of a rollout, which are read once.
#[derive(Debug, Default)]
pub(crate) struct Filler {
    scorers: BTreeMap<String, Option<Scorer>>,
}

impl Filler {
    /// The versions of `span` whose bundles have not been added.
    pub(crate) fn lacks<'s>(&self, span: &'s RolloutSpan) -> Vec<&'s str> {
        let versions = [span.champion.as_str(), span.challenger.as_str()];
        versions.into_iter().filter(|version| !self.scorers.contains_key(*version)).collect()
    }

    /// Adds the bundle of `version`; without one that can be read, the version scores nothing.
    pub(crate) fn add(&mut self, version: &str, bundle: Option<&[u8]>) {
        let bundle = bundle.and_then(|bytes| Bundle::read(bytes).ok());
        self.scorers.insert(version.to_owned(), bundle.and_then(|bundle| Scorer::new(bundle).ok()));
    }

    /// Fills in the scores of leads that `shard` stored before the rollout of `span` began, by the bundles that were added.
    pub(crate) fn fill<S: Sql>(&self, shard: &mut LogShard<S>, span: &RolloutSpan) -> Result<(), SqlError> {
        while self.fill_slice(shard, span)?.more {}
        Ok(())
    }

    /// Fills in the scores of the next leads, in one transaction.
    pub(crate) fn fill_slice<S: Sql>(&self, shard: &mut LogShard<S>, span: &RolloutSpan) -> Result<Filled, SqlError> {
        let scorers = &self.scorers;
        let mut work = Workspace::default();
        let mut score = |version: &str, fields: &str| {
            let scorer = scorers.get(version)?.as_ref()?;
            let options = Options { reasons: 0, ..Options::default() };
            scorer.score_bytes(fields.as_bytes(), Timestamp(0), &options, &mut work).ok().map(|score| score.probability)
        };
        shard.backfill(span, &mut score)
    }
}

impl Filler {
    /// The versions that `rules` need, of the rollout under way and of leads that are scored again, whose bundles have not been added.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn lacks_for<'r>(&self, rules: &'r Digest) -> Vec<&'r str> {
        let span = rules.rollouts.last().filter(|span| span.to_epoch.is_none());
        let mut found = span.map(|span| self.lacks(span)).unwrap_or_default();
        let rescoring = rules.writeback.as_ref().and_then(|writeback| writeback.rescoring.as_ref());
        let version = rescoring.map(|rescoring| rescoring.version.as_str());
        found.extend(version.filter(|version| !self.scorers.contains_key(*version) && !found.contains(version)));
        found
    }

    /// Scores the next open leads again; whether more may be scored now.
    pub(crate) fn rescore<S: Sql>(&self, shard: &mut LogShard<S>, now_ms: i64, rules: &WritebackRules) -> Result<bool, SqlError> {
        let scorers = &self.scorers;
        let mut work = Workspace::default();
        let mut score = |version: &str, fields: &str, at_ms: i64| {
            let scorer = scorers.get(version)?.as_ref()?;
            let options = Options { reasons: 0, ..Options::default() };
            let score = scorer.score_bytes(fields.as_bytes(), Timestamp(at_ms), &options, &mut work).ok()?;
            Some((score.probability, score.band))
        };
        shard.rescore(now_ms, rules, &mut score)
    }
}

impl<S: Sql> Lifecycle<S> {
    /// The lifecycle of `control` and its `shards`, in their order.
    pub fn new(control: Control<S>, shards: Vec<LogShard<S>>) -> Lifecycle<S> {
        Lifecycle { control, shards, filler: Filler::default(), slice: None }
    }

    /// The control object.
    pub fn control(&mut self) -> &mut Control<S> {
        &mut self.control
    }

    /// The shards.
    pub fn shards(&mut self) -> &mut [LogShard<S>] {
        &mut self.shards
    }

    /// Digests `leads` in a transaction from now on: many where no request waits for the store meanwhile; none: the usual number.
    pub fn set_slice(&mut self, leads: Option<usize>) {
        self.slice = leads;
    }

    /// Forgets all that is not stored.
    pub fn forget(&mut self) {
        self.control.forget();
        self.shards.iter_mut().for_each(LogShard::forget);
        self.filler = Filler::default();
    }

    /// Whether requests of `method` to `path` are answered here, and not by the scoring service.
    pub fn takes(method: &str, path: &str) -> bool {
        lifecycle_route(method, path).is_some()
    }

    /// The answer to a request that [`Lifecycle::takes`]. `is_local`: only callers of the same machine reach the service.
    pub fn answer(&mut self, now_ms: i64, request: &Request<'_>, is_local: bool) -> Response {
        let access = match self.control.access(now_ms) {
            Ok(access) => access,
            Err(e) => return refused(&Fault::Store(e).problem()),
        };
        let mut response = match admitted(&access, now_ms, request, is_local) {
            Ok((routed, viewer)) => self.answered(now_ms, &routed, request, &viewer),
            Err(problem) => problem.response(),
        };
        route::finish(&access, request, &mut response);
        response
    }

    /// The answer to a request of `viewer`, whoever sends it.
    pub fn answer_as(&mut self, now_ms: i64, request: &Request<'_>, viewer: &Viewer<'_>) -> Response {
        match lifecycle_route(request.method, request.path) {
            Some(routed) => self.answered(now_ms, &routed, request, viewer),
            None => refused(&no_such_path()),
        }
    }

    /// Whether a request of `method` to `path` may change who serves, which keys are in force, or what the metrics show of the lifecycle.
    pub fn changes(method: &str, path: &str) -> bool {
        lifecycle_route(method, path)
            .is_some_and(|routed| routed.route.place != Place::Shards && !routed.route.method.takes("GET"))
    }

    fn answered(&mut self, now_ms: i64, routed: &Routed<'_>, request: &Request<'_>, viewer: &Viewer<'_>) -> Response {
        if routed.route.place != Place::Shards {
            return self.control.answer(now_ms, routed, request, viewer);
        }
        let answered = self.asked(now_ms, routed, request, viewer);
        answered.unwrap_or_else(|fault| refused(&fault.problem()))
    }

    fn asked(&mut self, now_ms: i64, routed: &Routed<'_>, request: &Request<'_>, viewer: &Viewer<'_>) -> Result<Response, Fault> {
        let ask = self.control.ask(now_ms, routed, request, viewer)?;
        let shards = u32::try_from(self.shards.len()).unwrap_or(1);
        let mut parts = Vec::new();
        for (number, shard) in (0..).zip(&mut self.shards) {
            parts.push(part(shard, (number, shards), now_ms, &ask, request.body)?);
        }
        self.control.answer_parts(now_ms, &ask, parts)
    }

    /// Deletes what is older than the policy keeps. Predictions, scores and fields go only once every follower has them, and stay where
    /// nobody follows.
    ///
    /// # Errors
    /// A store failed; the next call goes on.
    pub fn expire(&mut self, now_ms: i64) -> Result<(), SqlError> {
        let retention = self.control.policy().retention.clone();
        for shard in &mut self.shards {
            expire(shard, now_ms, &retention)?;
        }
        Ok(())
    }

    /// Does what is due at `now_ms`: the shards digest their rows and send their windows, and control takes them up. A new deployment,
    /// where one holds from now on.
    ///
    /// # Errors
    /// A store failed; the next tick goes on where this one broke off.
    pub fn tick(&mut self, now_ms: i64) -> Result<Option<Deployed>, Fault> {
        self.tick_while(now_ms, &mut || true)
    }

    /// [`tick`](Self::tick), which begins no further slice of leads once `goes_on` says no: what is left is done by the next.
    ///
    /// # Errors
    /// As [`Lifecycle::tick`].
    pub fn tick_while(&mut self, now_ms: i64, goes_on: &mut dyn FnMut() -> bool) -> Result<Option<Deployed>, Fault> {
        let mut rules = rules(&mut self.control)?;
        rules.slice = self.slice.unwrap_or(rules.slice);
        for (number, shard) in (0..).zip(&mut self.shards) {
            while shard.digest_traffic(now_ms, &rules)?.more {}
            let mut more = shard.digest_leads(now_ms, &rules)?.more;
            while more && goes_on() {
                more = shard.digest_leads(now_ms, &rules)?.more;
            }
            if let Some(span) = rules.rollouts.last().filter(|span| !more && span.to_epoch.is_none()) {
                for version in self.filler.lacks(span) {
                    let digest = self.control.model(version)?.map(|model| model.digest).unwrap_or_default();
                    let bundle = self.control.bundle(&digest)?;
                    self.filler.add(version, bundle.as_deref());
                }
                self.filler.fill(shard, span)?;
                shard.digest_all(now_ms, &rules)?;
            }
            if let Some(writeback) = rules.writeback.as_ref().filter(|_| !more) {
                if let Some(rescoring) = &writeback.rescoring
                    && !self.filler.scorers.contains_key(&rescoring.version)
                {
                    let digest = self.control.model(&rescoring.version)?.map(|model| model.digest).unwrap_or_default();
                    let bundle = self.control.bundle(&digest)?;
                    self.filler.add(&rescoring.version, bundle.as_deref());
                }
                while goes_on() && self.filler.rescore(shard, now_ms, writeback)? {}
            }
            loop {
                let windows = shard.unsent(WINDOWS)?;
                if windows.is_empty() {
                    break;
                }
                self.control.receive(number, &windows)?;
                shard.acknowledge(&windows)?;
            }
            let minutes = shard.minutes(self.control.minutes_since(number, now_ms))?;
            self.control.receive_minutes(number, &minutes)?;
        }
        if let Some(due) = self.control.due_test(now_ms)? {
            // A look whose leads cannot be summed up is an error, which the tick counts; all else goes on.
            let mut tested = Tested::new(&due.population.settings);
            let summed = self.shards.iter_mut().try_for_each(|shard| {
                tested.merge(&shard.experiment(&due.population)?);
                Ok::<(), SqlError>(())
            });
            let _ = summed.map_err(Fault::from).and_then(|()| self.control.take_test(&due, &tested));
        }
        if let Some(survey) = self.control.due_survey(now_ms)? {
            // Without it what was found last stands, and the next tick asks again.
            let mut surveyed = Surveyed::default();
            let asked = self.shards.iter_mut().try_for_each(|shard| {
                surveyed.merge(shard.survey(&survey)?);
                Ok::<(), SqlError>(())
            });
            let _ = asked.map_err(Fault::from).and_then(|()| self.control.take_survey(&survey, &surveyed));
        }
        // Score changes that could not be posted wait for the next tick: looks, gates and alerts do not wait for them.
        let _ = self.post_changes(now_ms);
        Ok(if self.control.tick(now_ms)? { self.control.deployed()? } else { None })
    }

    /// Writes the messages with score changes that are due to webhooks.
    fn post_changes(&mut self, now_ms: i64) -> Result<(), Fault> {
        let shards = u32::try_from(self.shards.len()).unwrap_or(1);
        for ask in self.control.due_changes()? {
            let mut parts = Vec::new();
            for (number, shard) in (0..).zip(&mut self.shards) {
                parts.push(part(shard, (number, shards), now_ms, &ask, b"")?);
            }
            self.control.answer_parts(now_ms, &ask, parts)?;
        }
        Ok(())
    }

    /// Retrains the model where that is due, step by step until `goes_on` says no; whether there is more to do.
    ///
    /// # Errors
    /// A store failed; the next call goes on.
    pub fn retrain_while(&mut self, now_ms: i64, goes_on: &mut dyn FnMut() -> bool) -> Result<bool, Fault> {
        self.control.queue_retraining(now_ms)?;
        loop {
            let Some((number, question)) = self.control.retraining_asks(now_ms)? else {
                return self.control.train_while(now_ms, goes_on);
            };
            if !goes_on() {
                return Ok(true);
            }
            // A shard that is gone has no leads.
            let leads =
                self.shards.get_mut(number as usize).map(|shard| shard.stored(&question)).transpose()?.unwrap_or_default();
            self.control.take_stored(now_ms, number, &question, &leads)?;
        }
    }
}

/// Transactions of one expiry: a store that has much to delete goes on at the next.
const EXPIRIES: u32 = 100;

/// Deletes what `shard` need not keep.
pub(crate) fn expire<S: Sql>(shard: &mut LogShard<S>, now_ms: i64, retention: &Retention) -> Result<(), SqlError> {
    let archived = shard.archived()?;
    for _ in 0..EXPIRIES {
        if !shard.expire(now_ms, retention, archived)?.more {
            break;
        }
    }
    Ok(())
}

/// The rules by which the shards of `control` work out their windows.
pub(crate) fn rules<S: Sql>(control: &mut Control<S>) -> Result<Digest, SqlError> {
    let (rollouts, layouts, writeback) = (control.spans()?, control.layouts()?, control.writeback_rules()?);
    let outcome = &control.policy().outcome;
    Ok(Digest {
        mature_ms: i64::from(outcome.mature_days) * 86_400_000,
        threshold: outcome.threshold,
        rollouts,
        layouts,
        writeback,
        ..Digest::default()
    })
}

/// The route of `request`, and who sends it.
///
/// # Errors
/// No such path, or they may not.
pub(crate) fn admitted<'a>(
    access: &'a Access,
    now_ms: i64,
    request: &Request<'a>,
    is_local: bool,
) -> Result<(Routed<'a>, Viewer<'a>), Problem> {
    let routed = lifecycle_route(request.method, request.path).ok_or_else(no_such_path)?;
    let need = routed.route.need().ok_or_else(no_such_path)?;
    let viewer = access.admit(now_ms, need, request, is_local)?;
    Ok((routed, viewer))
}

fn no_such_path() -> Problem {
    Problem::new(404, "NO_SUCH_PATH", "this path does not exist")
}

/// What `shard`, of a number among so many, says to a question.
///
/// # Errors
/// The body cannot be read, or the store failed.
pub(crate) fn part<S: Sql>(
    shard: &mut LogShard<S>,
    (number, shards): (u32, u32),
    now_ms: i64,
    ask: &Ask,
    body: &[u8],
) -> Result<Value, Fault> {
    let is_own = |lead: &str| plumbline_core::event::shard(lead, shards.max(1)) == number;
    match ask {
        Ask::Sent(sent) => shown(&leads::keep(shard, (number, shards), now_ms, sent, body)?),
        Ask::Events { path } => shown(&store_events(shard, (number, shards), now_ms, path, body)?),
        Ask::Leads { before, limit } => shown(&shard.leads(before.get(number as usize).copied().flatten(), *limit)?),
        Ask::Diagnose(question) => shown(&shard.inquire(question)?),
        Ask::Survey(survey) => shown(&shard.survey(survey)?),
        Ask::Stored { shard: asked, question } if *asked == number => shown(&shard.stored(question)?),
        Ask::Labelled(asked) if asked.shard == number => shown(&shard.stored(&asked.question)?),
        Ask::Stored { .. } | Ask::Labelled(_) => Ok(Value::Null),
        Ask::Changes { after, limit, .. } => {
            shown(&shard.score_changes(after.get(number as usize).copied().unwrap_or(0), *limit)?)
        }
        Ask::Rescored => shown(&shard.rescored()?),
        Ask::Resend(asked) => {
            let standing = asked.of_shard(number).map(|(id, numbers)| Ok((id, shard.standing_changes(numbers)?)));
            shown(&standing.collect::<Result<BTreeMap<_, _>, SqlError>>()?)
        }
        Ask::Lead { id } if is_own(id) => match shard.lead(id)? {
            None if shard.is_erased(id)? => Ok(serde_json::json!({ "erased": true })),
            found => shown(&found),
        },
        Ask::Served { id, at_ms } if is_own(id) => {
            shown(&shard.served(id, at_ms.saturating_sub(AROUND_MS), at_ms.saturating_add(AROUND_MS), MOST_ROWS)?)
        }
        Ask::Lead { .. } => Ok(Value::Null),
        Ask::Served { .. } => Ok(Value::Array(Vec::new())),
        // There may have been another number of shards.
        Ask::Erase { id, random, .. } => shown(&shard.erase(now_ms, id, random.get(..32).unwrap_or(random))?),
        Ask::Export { part, cursor, follower, .. } if *part == number.to_string() => {
            let cursor = cursor.parse().map_err(|()| malformed(cursor))?;
            Ok(Value::String(shard.export(cursor, follower)?.document(part)))
        }
        Ask::Export { .. } => Ok(Value::Null),
        Ask::Reports { open, limit } => shown(&shard.odd_reports(*open, *limit)?),
        Ask::Close { id, by, confirmed } => Ok(Value::Bool(shard.close_feedback(id, by, *confirmed)?)),
    }
}

fn shown(value: &impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(|e| SqlError::Driver(format!("what is stored cannot be shown: {e}")).into())
}

/// What becomes of each event of `body`, which was posted to `path`: `shard`, of a number among so many, stores its own. None in the
/// places of the others'; an event that cannot be read is every shard's.
///
/// # Errors
/// The body is no list of events, or the store failed.
pub(crate) fn store_events<S: Sql>(
    shard: &mut LogShard<S>,
    place: (u32, u32),
    now_ms: i64,
    path: &str,
    body: &[u8],
) -> Result<Vec<Option<EventStatus>>, Fault> {
    match path {
        "/v1/outcomes" => own(place, now_ms, body, |e: &Outcome| &e.lead_id, |events| shard.ingest(now_ms, events)),
        "/v1/feedback" => own(place, now_ms, body, |e: &Feedback| &e.lead_id, |events| shard.ingest_feedback(events)),
        _ => own(place, now_ms, body, |e: &Exposure| &e.lead_id, |events| shard.ingest_exposures(events)),
    }
}

/// The status of an event that cannot be read.
fn rejected(error: &EventError) -> EventStatus {
    EventStatus { status: 422, code: error.code().to_owned(), detail: Some(error.to_string()) }
}

fn own<E: Event>(
    (number, shards): (u32, u32),
    now_ms: i64,
    body: &[u8],
    lead: impl Fn(&E) -> &String,
    store: impl FnOnce(&[E]) -> Result<Vec<EventStatus>, SqlError>,
) -> Result<Vec<Option<EventStatus>>, Fault> {
    let read = read_events::<E>(body, now_ms).map_err(|e| Problem::new(400, e.code(), e.to_string()))?;
    let mut statuses = Vec::with_capacity(read.len());
    let (mut places, mut events) = (Vec::new(), Vec::new());
    for (at, event) in read.into_iter().enumerate() {
        statuses.push(event.as_ref().err().map(rejected));
        if let Ok(event) = event
            && shard(lead(&event), shards.max(1)) == number
        {
            places.push(at);
            events.push(event);
        }
    }
    let stored = if events.is_empty() { Vec::new() } else { store(&events)? };
    for (at, status) in places.into_iter().zip(stored) {
        if let Some(place) = statuses.get_mut(at) {
            *place = Some(status);
        }
    }
    Ok(statuses)
}

/// The answer that reports `problem`.
pub(crate) fn refused(problem: &Problem) -> Response {
    problem.response().with("cache-control", "no-store")
}
