//! What answers the routes of the control object.

use plumbline_core::alert::Incident;
use plumbline_core::report::{AlertPart, IncidentPart, LedgerRow, time_text};
use plumbline_core::rollout::{Approve, Event, Next, Stage, Start, State, ledger};
use serde::Deserialize;
use serde_json::{Value, json};

use super::keys::actor;
use super::note::LOG_GAP;
use super::{Control, Fault, NewKey};
use crate::access::{Scope, Viewer};
use crate::model::digest;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route::{Method, Routed, tagged};
use crate::store::Sql;

use Method::{Delete, Get, Post};

/// A command's body. Every key is optional; unknown ones are rejected.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Command {
    version: String,
    comment: String,
    reason: String,
    gate: String,
    until_ms: Option<i64>,
    weeks: Option<u32>,
    acknowledge: bool,
    again: bool,
}

/// A load test's record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Capacity {
    build: String,
    req_per_s: f64,
    p99_ms: f64,
    seconds: u32,
}

/// A key to be made; its secret is made here, and said once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyWanted {
    name: String,
    #[serde(default)]
    role: String,
    scopes: Vec<String>,
    #[serde(default)]
    origins: Vec<String>,
    #[serde(default)]
    per_minute: u32,
    #[serde(default)]
    expires_ms: Option<i64>,
}

/// How an incident is closed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct CloseIncident {
    cause: String,
    post_mortem: String,
}

/// A note to be kept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewNote {
    kind: String,
    text: String,
    #[serde(default)]
    about: String,
}

/// Weeks of an A/B test that a plan is worked out for, at most.
const MOST_WEEKS: u32 = 104;

impl<S: Sql> Control<S> {
    /// The answer to `request`, which takes the route of `routed`, for `viewer`.
    pub fn answer(&mut self, now_ms: i64, routed: &Routed<'_>, request: &Request<'_>, viewer: &Viewer<'_>) -> Response {
        let answered = viewer.needs(routed.route.scope.unwrap_or(Scope::Admin)).map_err(Fault::from);
        let answered = answered.and_then(|()| self.settle_what_waits(now_ms).map_err(Fault::from));
        let answered = answered.and_then(|()| self.follow_policy().map_err(Fault::from));
        let answered = answered.and_then(|()| self.routed(now_ms, routed, request, viewer));
        let response = answered.unwrap_or_else(|fault| fault.problem().response());
        if routed.route.method != Get || response.status != 200 { response } else { tagged(request, response) }
    }

    fn routed(
        &mut self,
        now_ms: i64,
        routed: &Routed<'_>,
        request: &Request<'_>,
        viewer: &Viewer<'_>,
    ) -> Result<Response, Fault> {
        match (routed.route.method, routed.route.path) {
            (Get, "/v1/report") => {
                let report = self.report(now_ms)?;
                let tag = format!("\"{}\"", report.digest);
                Ok(ok(&report).with("etag", tag))
            }
            (Get, "/v1/experiment") => {
                let none = || Problem::new(404, "NO_EXPERIMENT", "no A/B test has been looked at yet");
                Ok(ok(&self.report(now_ms)?.experiment.ok_or_else(none)?))
            }
            (Get, "/v1/plan") => {
                let weeks = number(request, "weeks", 1)?;
                let most = || Problem::new(400, "BAD_PARAMETER", format!("weeks must be at most {MOST_WEEKS}"));
                let weeks = weeks.map(|weeks| u32::try_from(weeks).ok().filter(|weeks| *weeks <= MOST_WEEKS).ok_or_else(most));
                Ok(ok(&self.start_plan(now_ms, weeks.transpose()?)?))
            }
            (Get, "/v1/models") => Ok(ok(&self.shown_models()?)),
            (Get, "/v1/models/{version}/bundle") => self.shown_bundle(routed.value("version")),
            (Get, "/v1/models/{version}/card") => Ok(ok(&self.card(routed.value("version"))?)),
            (Get, "/v1/rollout/policy") => self.shown_policy(),
            (Post, "/v1/rollout/policy") => self.put_policy(now_ms, request, viewer),
            (Get, "/v1/rollout") => self.shown_rollout(now_ms),
            (Get, "/v1/ledger") => {
                let limit = limit(request)?;
                // Before the entries: one that another host appends meanwhile is not missing from them.
                let total = self.ledger_total()?;
                if flag(request, "hashed")? {
                    let entries = self.chain_after(number(request, "after", 0)?.unwrap_or_default(), limit)?;
                    return Ok(ok(&json!({ "entries": entries, "total": total })));
                }
                let entries = match number(request, "after", 0)? {
                    Some(after) => self.entries_after(after, limit)?,
                    None => self.entries(i64::MAX, limit)?,
                };
                let listed: Vec<Value> = entries.iter().map(shown_entry).collect();
                Ok(ok(&json!({ "entries": listed, "total": total })))
            }
            (Get, "/v1/ledger/verify") => {
                let anchors = anchors(request.parameter("anchor").unwrap_or_default())?;
                let verified = self.verified(&anchors)?;
                Ok(ok(&json!({ "valid": verified.fault.is_none(), "verified": verified, "total": self.ledger_total()? })))
            }
            (Get, "/v1/me") => Ok(ok(viewer)),
            (Get, "/v1/deployment") => {
                let deployed = self.deployed()?.ok_or_else(|| Problem::new(409, "NO_CHAMPION", "no model is registered yet"))?;
                Ok(ok(&deployed).with("etag", format!("\"v{}\"", deployed.epoch)))
            }
            (Post, "/v1/models") => {
                let model = if self.state()?.is_none() {
                    let state = self.genesis(now_ms, request.body, viewer.name())?;
                    self.model(&state.champion)?
                } else {
                    Some(self.register(now_ms, request.body, viewer.name())?)
                };
                Ok(ok(&model))
            }
            (Post, "/v1/models/{version}/approve") => self.consent(now_ms, routed.value("version"), request, viewer),
            (Post, "/v1/capacity") => {
                let record: Capacity = body(request)?;
                self.record_capacity(now_ms, &record.build, (record.req_per_s, record.p99_ms), record.seconds, viewer.name())?;
                Ok(ok(&json!({ "recorded": true })))
            }
            (Get, "/v1/keys") => Ok(ok(&self.keys()?)),
            (Post, "/v1/keys") => {
                let KeyWanted { name, role, scopes, origins, per_minute, expires_ms } = body(request)?;
                let scope = |name: &String| {
                    let unknown = || Problem::new(422, "SCOPE_UNKNOWN", format!("{name:?} is not a scope"));
                    Scope::named(name).ok_or_else(unknown)
                };
                let scopes = scopes.iter().map(scope).collect::<Result<Vec<_>, _>>()?;
                let secret = format!("pl_{}", self.random()?);
                let new = NewKey { name, role, scopes, origins, per_minute, expires_ms };
                let key = self.insert_key(now_ms, &secret, new, viewer.name())?;
                Ok(ok(&json!({ "key": key, "secret": secret })))
            }
            (Get, "/v1/retrain") => Ok(ok(&self.shown_retrainings(now_ms, limit(request)?)?)),
            (Post, "/v1/retrain") => {
                let run = self.retrain(now_ms, viewer.name())?;
                Ok(ok(&super::retrain::shown(&run)))
            }
            (Post, "/v1/rescore") => self.rescore(now_ms, viewer.name()),
            (Post, "/v1/retrain/{id}") => {
                let run = self.take_retrained(now_ms, routed.value("id"), request, viewer.name())?;
                Ok(ok(&super::retrain::shown(&run)))
            }
            (Get, "/v1/alerts") => self.shown_alerts(request),
            (Get, "/v1/messages") => self.shown_given_up(request),
            (Get, "/v1/incidents") => self.shown_incidents(request),
            (Get, "/v1/reviews") => Ok(ok(&json!({ "reviews": self.reviews(limit(request)?)? }))),
            (Get, "/v1/reviews/{id}") => Ok(ok(&self.review(routed.value("id"))?)),
            (Get, "/v1/notes") => Ok(ok(&json!({ "notes": self.notes(limit(request)?)? }))),
            (Post, "/v1/alerts/{id}/ack") => {
                let taken = self.take_alert(now_ms, routed.value("id"), viewer.name())?;
                Ok(ok(&self.shown_incident(&taken)))
            }
            (Post, "/v1/incidents/{id}/close") => {
                let given: CloseIncident = body(request)?;
                let id = routed.value("id");
                let closed = self.close_incident(now_ms, id, &actor(viewer), &given.cause, &given.post_mortem)?;
                Ok(ok(&self.shown_incident(&closed)))
            }
            (Post, "/v1/notes") => {
                let given: NewNote = body(request)?;
                if given.kind == LOG_GAP {
                    let detail = "notes of kind log_gap are the service's own, which states in them what its log may miss; choose another kind";
                    return Err(Problem::new(422, "NOTE_KIND", detail).into());
                }
                Ok(ok(&self.note(now_ms, &given.kind, &given.text, &given.about, viewer.name())?))
            }
            (Delete, "/v1/keys/{id}") => {
                let id = routed.value("id");
                if self.revoke_key(now_ms, id, viewer.name())? {
                    Ok(ok(&json!({ "revoked": id })))
                } else {
                    Err(Problem::new(404, "NO_SUCH_KEY", "no key that is in force has this id").into())
                }
            }
            (_, path) => self.command(now_ms, path, request, viewer),
        }
    }

    /// A command on the rollout.
    fn command(&mut self, now_ms: i64, path: &str, request: &Request<'_>, viewer: &Viewer<'_>) -> Result<Response, Fault> {
        let given: Command = if request.body.is_empty() { Command::default() } else { body(request)? };
        let by = actor(viewer);
        let state = self.running()?;
        let name = path.rsplit('/').next().unwrap_or_default();
        // A hold and a rollback need no knowledge of the newest state; every other command names the revision it is for.
        let revision = match revision(request)? {
            None if !matches!(name, "hold" | "rollback") => return Err(revision_required(&state).into()),
            given => given,
        };
        let gate = || {
            let known = plumbline_core::rollout::Gate::by_id(&given.gate);
            known.ok_or_else(|| Problem::new(422, "NO_SUCH_GATE", format!("{:?} is not a gate", given.gate)))
        };
        let event = match name {
            "start" => Event::Start(self.start(now_ms, &state, &given, viewer)?),
            "approve" => {
                let evidence_sha256 =
                    state.rollout.as_ref().and_then(|r| r.look.as_ref()).map(|look| look.evidence_sha256.clone());
                let plan = if state.stage() == Stage::Canary { Some(self.plan(now_ms, given.weeks)?) } else { None };
                Event::Approve(Approve {
                    by,
                    evidence_sha256: evidence_sha256.unwrap_or_default(),
                    comment: given.comment.clone(),
                    plan,
                })
            }
            "waive" => Event::Waive { by, gate: gate()?, reason: reason(&given)? },
            "hold" => Event::Hold { by, reason: reason(&given)?, until_ms: given.until_ms },
            "resume" => Event::Resume { by, reason: reason(&given)? },
            _ => Event::Rollback { by, reason: reason(&given)? },
        };
        self.apply(now_ms, &event, revision)?;
        self.shown_rollout(now_ms)
    }

    /// The alerts that fire and those that were resolved last, each with its incident, and the messages that did not arrive.
    fn shown_alerts(&mut self, request: &Request<'_>) -> Result<Response, Fault> {
        let (alerts, total) = self.alert_list(limit(request)?)?;
        let incidents = self.open_incidents()?;
        let rows: Vec<AlertPart> = alerts
            .iter()
            .map(|alert| {
                let incident = incidents.iter().find(|incident| incident.alert.as_deref() == Some(&alert.id));
                AlertPart::new(&self.policy, alert, incident)
            })
            .collect();
        Ok(ok(&json!({ "alerts": rows, "total": total, "undelivered": self.undelivered(20)? })))
    }

    fn shown_incidents(&mut self, request: &Request<'_>) -> Result<Response, Fault> {
        let incidents = self.incidents(limit(request)?)?;
        let rows: Vec<IncidentPart> = incidents.iter().map(|incident| self.shown_incident(incident)).collect();
        Ok(ok(&json!({ "incidents": rows })))
    }

    fn shown_incident(&self, incident: &Incident) -> IncidentPart {
        IncidentPart::new(&self.policy, incident)
    }

    /// What a start rests on: the model, who may approve, and how precision and recall are judged.
    fn start(&mut self, now_ms: i64, state: &State, given: &Command, viewer: &Viewer<'_>) -> Result<Start, Fault> {
        let missing = || Problem::new(422, "NO_SUCH_MODEL", format!("no model of version {:?} is registered", given.version));
        let model = self.model(&given.version)?.ok_or_else(missing)?;
        let bytes = self.bundle(&model.digest)?.unwrap_or_default();
        let is_verified = digest(&bytes) == model.digest && plumbline_core::Bundle::read(&bytes).is_ok();
        let status = serde_json::from_value(Value::String(model.status.clone()));
        let status = status.map_err(|e| crate::SqlError::Driver(format!("the model's status: {e}")))?;
        let (modes, cannot_hold_together, report) = self.start_report(now_ms, state)?;
        let report_sha256 = self.keep(now_ms, "start", &report)?;
        Ok(Start {
            by: actor(viewer),
            version: model.version,
            status,
            is_verified,
            approved_by: self.consenting(&model.digest)?,
            approvers: self.approvers(now_ms)?,
            modes,
            cannot_hold_together,
            acknowledge: given.acknowledge,
            again: given.again,
            report_sha256,
            policy_sha256: state.policy_sha256.clone(),
        })
    }

    /// The rollout's state with what comes next.
    fn shown_rollout(&mut self, now_ms: i64) -> Result<Response, Fault> {
        let (state, Next { sentence, missing, earliest_ms }) = self.next(now_ms)?;
        let gates = self.shown_of(&state)?;
        let hosts = self.hosts(now_ms)?;
        let tag = format!("\"v{}\"", state.version);
        let shown = json!({
            "revision": state.version, "epoch": state.epoch, "stage": state.stage(), "champion": state.champion,
            "rollout": state.rollout, "next": sentence, "missing": missing, "earliest_at": earliest_ms.map(time_text), "gates": gates,
            "hosts": hosts.hosts, "hosts_behind": hosts.hosts_behind, "killed": hosts.killed, "notes": hosts.notes(),
        });
        Ok(ok(&shown).with("etag", tag))
    }
}

/// Heads of the chain that were sent elsewhere: `SEQ-HASH`, several with commas between.
fn anchors(text: &str) -> Result<Vec<ledger::Anchor>, Problem> {
    let anchor = |text: &str| {
        let (seq, hash) = text.split_once('-')?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(ledger::Anchor { seq: seq.parse().ok()?, hash: is_hash.then(|| hash.to_ascii_lowercase())? })
    };
    let wrong = || Problem::new(400, "ANCHOR_MALFORMED", "an anchor is the number of an entry and its hash, such as 118-9f2c…");
    text.split(',').filter(|text| !text.is_empty()).map(|text| anchor(text).ok_or_else(wrong)).collect()
}

/// The revision that a command is for, where it names one.
pub(super) fn revision(request: &Request<'_>) -> Result<Option<u64>, Problem> {
    let Some(tag) = request.header("if-match") else { return Ok(None) };
    let number = tag.trim_matches('"').strip_prefix('v').and_then(|number| number.parse().ok());
    number.map(Some).ok_or_else(|| Problem::new(400, "BAD_IF_MATCH", "If-Match is not a revision such as \"v42\""))
}

/// The problem of a command that names no revision.
pub(super) fn revision_required(state: &State) -> Problem {
    let detail = format!("send If-Match: \"v{}\" with the revision that you have seen", state.version);
    Problem::new(428, "VERSION_REQUIRED", detail)
}

/// An entry of the ledger as callers see it.
pub(super) fn shown_entry(row: &LedgerRow) -> Value {
    json!({ "seq": row.seq, "at": time_text(row.at_ms), "kind": row.kind, "actor": row.actor, "sentence": row.sentence,
        "prev": row.previous, "hash": row.hash })
}

/// How many entries a list is asked for; more than 1,000 are never given at once.
pub(super) fn limit(request: &Request<'_>) -> Result<i64, Problem> {
    Ok(number(request, "limit", 1)?.unwrap_or(50).min(1_000))
}

/// The whole number in the parameter `name`, from `least` on; none where it is left out.
///
/// # Errors
/// Anything else (400).
pub(super) fn number(request: &Request<'_>, name: &str, least: i64) -> Result<Option<i64>, Problem> {
    let Some(text) = request.parameter(name) else { return Ok(None) };
    let number = text.parse::<i64>().ok().filter(|number| *number >= least);
    let wrong = || Problem::new(400, "BAD_PARAMETER", format!("{name} must be a whole number from {least} on, not {text:?}"));
    number.map(Some).ok_or_else(wrong)
}

/// The yes or no in the parameter `name`; no where it is left out.
///
/// # Errors
/// Anything but true and false (400).
pub(super) fn flag(request: &Request<'_>, name: &str) -> Result<bool, Problem> {
    match request.parameter(name) {
        Some("true") => Ok(true),
        Some("false") | None => Ok(false),
        Some(other) => Err(Problem::new(400, "BAD_PARAMETER", format!("{name} must be true or false, not {other:?}"))),
    }
}

fn reason(given: &Command) -> Result<String, Problem> {
    if given.reason.trim().is_empty() {
        return Err(Problem::new(422, "REASON_REQUIRED", "give a reason: it goes into the ledger"));
    }
    Ok(given.reason.clone())
}

pub(super) fn body<T: serde::de::DeserializeOwned>(request: &Request<'_>) -> Result<T, Problem> {
    serde_json::from_slice(request.body).map_err(|e| Problem::new(400, "BODY_MALFORMED", format!("the body cannot be read: {e}")))
}

pub(super) fn ok(value: &impl serde::Serialize) -> Response {
    Response::new(200, "application/json", serde_json::to_vec(value).unwrap_or_default())
}
