//! The control object's exports: [`Control`] on the Durable Object's store. The shell carries between it and the shards.
#![expect(unsafe_code, reason = "no_mangle is an unsafe attribute: the names are ours alone; there is no unsafe block")]

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use plumbline_core::Timestamp;
use plumbline_core::alert::Answered;
use plumbline_core::route::AllocationSettings;
use serde_json::{Value, json};

use super::head;
use super::store::ObjectSql;
use super::terms::Terms;
use crate::access::Scope;
use crate::control::{Ask, DueTest, Fault, stored};
use crate::heartbeat::Heartbeat;
use crate::lifecycle::{admitted, refused, rules};
use crate::log::{Digest, EventStatus, Gap, Minute, ShardWindow, Tested};
use crate::probe::unanswered;
use crate::request::{Request, Response};
use crate::route::{self, Place, ROUTES};
use crate::settings::Settings;
use crate::{Control, Problem, SqlError};

/// Leads that a shard stores in one transaction, and rows that it sorts together: 2 ms of its thread, and 1 MB of the shell's memory.
const SLICE: usize = 50;
const ROUND: usize = 2_000;

/// The control object once it is open, whether callers without a key are on the same machine, and what the shards are asked.
struct Open {
    control: Control<ObjectSql>,
    is_local: bool,
    ask: Option<Ask>,
}

thread_local! {
    static INPUT: RefCell<Vec<u8>> = RefCell::default();
    static OUTPUT: RefCell<Vec<u8>> = RefCell::default();
    static OPEN: RefCell<Option<Open>> = RefCell::default();
}

/// The address where the shell writes `n` bytes of input.
#[unsafe(no_mangle)]
pub extern "C" fn control_reserve(n: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(n, 0);
        input.as_mut_ptr()
    })
}

/// The address of what the last call left.
#[unsafe(no_mangle)]
pub extern "C" fn control_output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// The length of the last error's text, at `control_output`.
#[unsafe(no_mangle)]
pub extern "C" fn control_error_length() -> usize {
    OUTPUT.with_borrow(Vec::len)
}

/// Opens the object by the `s` bytes of settings and `t` of [`Terms`] in the input, both JSON, bringing its tables up to date; how many
/// shards there are, or −1 with the text at `control_output`. Behind them are 32 random bytes, the `a` bytes of the secret that makes
/// keys, where none makes any, and the `p` bytes of that by which personal fields are hashed.
#[unsafe(no_mangle)]
pub extern "C" fn control_open(s: usize, t: usize, r: usize, a: usize, p: usize) -> f64 {
    let input = INPUT.take();
    let (settings, rest) = input.split_at_checked(s).unwrap_or_default();
    let made = super::deploy::settings(settings).and_then(|settings| {
        let terms = Terms::read(rest.get(..t).unwrap_or_default())?;
        if let Some(wrong) = terms.policy().problems().first() {
            return Err(format!("{}: {} {}", wrong.code, wrong.path, wrong.message));
        }
        let base = base(&settings);
        let mut control = Control::open(ObjectSql, terms.policy(), base).map_err(|e| format!("{}: {e}", e.code()))?;
        let (random, admin) = rest.get(t..).unwrap_or_default().split_at_checked(r).unwrap_or_default();
        if let Ok(seed) = random.try_into() {
            control.seed(seed);
        }
        let (admin, personal) = admin.split_at_checked(a).unwrap_or_default();
        control.hash_personal(String::from_utf8_lossy(personal.get(..p).unwrap_or_default()));
        let admin = std::str::from_utf8(admin).unwrap_or_default();
        control.guard(Some(admin).filter(|admin| !admin.is_empty()), settings.cors_origins.clone());
        control.unsettle();
        OPEN.set(Some(Open { control, is_local: terms.is_local, ask: None }));
        Ok(settings.shards)
    });
    made.map_or_else(|error| fail(&error), f64::from)
}

/// How leads are drawn where the settings do not say: a hundredth of them explores.
pub(super) fn base(settings: &Settings) -> AllocationSettings {
    let explored = || AllocationSettings { exploration_bp: 100, ..AllocationSettings::champion_only("") };
    settings.allocation.clone().unwrap_or_else(explored)
}

/// What the shell wrote last.
pub(super) fn input() -> Vec<u8> {
    INPUT.take()
}

/// Plays the demo's history, which ends at `now`, by the `s` bytes of settings in the input, the `t` of terms and the `k` of three secrets,
/// JSON all. To be called in an instance of its own, as a promise; 0, or −1 with the text at `control_output`.
#[unsafe(no_mangle)]
pub extern "C" fn control_play(now: f64, s: usize, t: usize, k: usize) -> f64 {
    let input = INPUT.take();
    let (settings, rest) = input.split_at_checked(s).unwrap_or_default();
    let (terms, secrets) = rest.split_at_checked(t).unwrap_or_default();
    let secrets = serde_json::from_slice(secrets.get(..k).unwrap_or_default()).map_err(|e| format!("SECRETS: {e}"));
    match secrets.and_then(|secrets| super::play::play(now as i64, settings, terms, secrets)) {
        Ok(()) => 0.0,
        Err(error) => fail(&error),
    }
}

/// 1 where the store has no champion yet, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn control_empty() -> f64 {
    with(|open| Ok(f64::from(u8::from(open.control.state()?.is_none()))))
}

/// Makes the model of the `m` bytes of bundle in the input champion of an empty store, and a key of the `k` bytes of secret behind it, if
/// there are any; 1 if so, 0 where the store is not empty.
#[unsafe(no_mangle)]
pub extern "C" fn control_first(now: f64, m: usize, k: usize) -> f64 {
    let input = INPUT.take();
    with(|open| {
        let control = &mut open.control;
        if control.state()?.is_some() {
            return Ok(0.0);
        }
        let (bundle, secret) = input.split_at_checked(m).unwrap_or_default();
        control.genesis(now as i64, bundle, "local")?;
        let secret = std::str::from_utf8(secret.get(..k).unwrap_or_default()).unwrap_or_default();
        if !secret.is_empty() {
            let scopes = [Scope::Score, Scope::Ingest, Scope::Read, Scope::Operate, Scope::Approve];
            control.add_key(now as i64, secret, "local", "ml_lead", &scopes, "plumbline")?;
        }
        Ok(1.0)
    })
}

/// Answers the request in the input: `h` bytes of head, then `b` of body. The length of status and headers, as a line of JSON, and body;
/// 0 where the shards are to be asked first what `control_asks` says, and `control_told` answers.
#[unsafe(no_mangle)]
pub extern "C" fn control_answer(now: f64, h: usize, b: usize) -> f64 {
    let input = INPUT.take();
    let (head, rest) = input.split_at_checked(h).unwrap_or_default();
    let body = rest.get(..b).unwrap_or_default();
    with(|open| Ok(head::read(head).and_then(|head| answered(open, now as i64, &head.request(body))).map_or(0.0, |r| leave(&r))))
}

/// The answer to `request`; none where the shards are to be asked.
fn answered(open: &mut Open, now_ms: i64, request: &Request<'_>) -> Option<Response> {
    open.ask = None;
    let access = match open.control.access(now_ms) {
        Ok(access) => access,
        Err(e) => return Some(refused(&Fault::Store(e).problem())),
    };
    if !open.is_local && !access.has_keys() {
        let detail = "no keys: set the secret PLUMBLINE_ADMIN and make keys with it (plumbline keys add --url …)";
        return Some(refused(&Problem::new(503, "NO_KEYS", detail)));
    }
    let mut response = match admitted(&access, now_ms, request, open.is_local) {
        Ok((routed, viewer)) if routed.route.place == Place::Shards => {
            match open.control.ask(now_ms, &routed, request, &viewer) {
                Ok(ask) => {
                    open.ask = Some(ask);
                    return None;
                }
                Err(fault) => fault.problem().response(),
            }
        }
        Ok((routed, viewer)) => open.control.answer(now_ms, &routed, request, &viewer),
        Err(problem) => problem.response(),
    };
    route::finish(&access, request, &mut response);
    Some(response)
}

/// The length of what every shard is to be asked for the last request, JSON.
#[unsafe(no_mangle)]
pub extern "C" fn control_asks() -> f64 {
    with(|open| Ok(say(serde_json::to_vec(&open.ask.take()).unwrap_or_default())))
}

/// The answer to the request whose `h` bytes of head are in the input, as `control_answer` leaves one, by the `a` bytes of what the shards
/// were asked and the `n` of what they said: a JSON array of what `shard_part` of each left.
#[unsafe(no_mangle)]
pub extern "C" fn control_told(now: f64, h: usize, a: usize, n: usize) -> f64 {
    let input = INPUT.take();
    let (head, rest) = input.split_at_checked(h).unwrap_or_default();
    let (ask, parts) = rest.split_at_checked(a).unwrap_or_default();
    with(|open| {
        let ask: Ask = read(ask)?;
        let parts: Vec<Result<Value, (u16, String)>> = read(parts.get(..n).unwrap_or_default())?;
        let mut response = match parts.into_iter().collect::<Result<Vec<_>, _>>() {
            Ok(parts) => open.control.answer_parts(now as i64, &ask, parts).unwrap_or_else(|fault| fault.problem().response()),
            Err((status, body)) => Response::new(status, "application/problem+json", body.into_bytes()),
        };
        if let Some(head) = head::read(head) {
            let access = open.control.access(now as i64)?;
            route::finish(&access, &head.request(b""), &mut response);
        }
        Ok(leave(&response))
    })
}

/// The length of the keys in force, JSON: what the instances of the service go by.
#[unsafe(no_mangle)]
pub extern "C" fn control_access(now: f64) -> f64 {
    with(|open| {
        let access = open.control.access(now as i64)?;
        Ok(say(serde_json::to_vec(&access.records().collect::<Vec<_>>()).unwrap_or_default()))
    })
}

/// The answer to events by what became of them at each shard.
pub(super) fn answer_of(parts: Vec<Part>) -> Response {
    let refusal = |(status, body): (u16, String)| {
        Response::new(status, "application/problem+json", body.into_bytes()).with("cache-control", "no-store")
    };
    parts.into_iter().collect::<Result<Vec<_>, _>>().map_or_else(refusal, stored)
}

/// What became of events at a shard: of each its own, or the status and body of a refusal.
pub(super) type Part = Result<Vec<Option<EventStatus>>, (u16, String)>;

/// The length of the rules, as JSON, by which shards work out their windows.
#[unsafe(no_mangle)]
pub extern "C" fn control_rules() -> f64 {
    with(|open| {
        // In small pieces: on standalone workerd the thread of the objects also answers requests.
        let rules = Digest { slice: SLICE, round: ROUND, ..rules(&mut open.control)? };
        Ok(say(serde_json::to_vec(&rules).unwrap_or_default()))
    })
}

/// Notes what the shards say of runs that were killed: the `n` bytes of input, a JSON array of each shard's [`Gap`]s by run; 0, or −1 with the
/// text at `control_output`.
#[unsafe(no_mangle)]
pub extern "C" fn control_gaps(now: f64, n: usize) -> f64 {
    let input = INPUT.take();
    with(|open| {
        let shards: Vec<Vec<(String, Gap)>> = read(input.get(..n).unwrap_or_default())?;
        let mut runs = BTreeMap::<String, Gap>::new();
        for (run, gap) in shards.into_iter().flatten() {
            let known = runs.entry(run).or_insert(gap);
            // A shard without any row says nothing of the others.
            known.from_ms = [known.from_ms, gap.from_ms].into_iter().flatten().min();
            known.until_ms = known.until_ms.max(gap.until_ms);
        }
        for (run, gap) in runs {
            open.control.note_gap(now as i64, &run, gap)?;
        }
        Ok(0.0)
    })
}

/// The length of the retention, as JSON, by which shards delete what is old.
#[unsafe(no_mangle)]
pub extern "C" fn control_retention() -> f64 {
    with(|open| Ok(say(serde_json::to_vec(&open.control.policy().retention).unwrap_or_default())))
}

/// The length of the bundle of the version that the `n` bytes of input name; 0 without one.
#[unsafe(no_mangle)]
pub extern "C" fn control_version(n: usize) -> f64 {
    let version = text(n);
    with(|open| {
        let digest = open.control.model(&version)?.map(|model| model.digest).unwrap_or_default();
        Ok(say(open.control.bundle(&digest)?.unwrap_or_default()))
    })
}

/// The length of the bundle whose digest the `n` bytes of input name; 0 without one.
#[unsafe(no_mangle)]
pub extern "C" fn control_bundle(n: usize) -> f64 {
    let digest = text(n);
    with(|open| Ok(say(open.control.bundle(&digest)?.unwrap_or_default())))
}

/// Since when shard number `shard` is to send its minutes.
#[unsafe(no_mangle)]
pub extern "C" fn control_minutes_since(now: f64, shard: u32) -> f64 {
    with(|open| Ok(open.control.minutes_since(shard, now as i64) as f64))
}

/// Takes up what shard number `shard` counted: the input's first `w` bytes are its windows, the `m` behind them its minutes, and the `b`
/// behind those the heartbeats it heard, JSON arrays all.
#[unsafe(no_mangle)]
pub extern "C" fn control_receive(now: f64, shard: u32, w: usize, m: usize, b: usize) -> f64 {
    let input = INPUT.take();
    let (windows, rest) = input.split_at_checked(w).unwrap_or_default();
    let (minutes, beats) = rest.split_at_checked(m).unwrap_or_default();
    with(|open| {
        let windows: Vec<ShardWindow> = read(windows)?;
        let minutes: Vec<Minute> = read(minutes)?;
        let beats: Vec<Heartbeat> = read(beats.get(..b).unwrap_or_default())?;
        open.control.receive(shard, &windows)?;
        open.control.receive_minutes(shard, &minutes)?;
        for beat in &beats {
            // One that was heard before says nothing new, but when it was sent.
            open.control.heard(beat.at_ms.min(now as i64), beat)?;
        }
        Ok(0.0)
    })
}

/// The length of the test whose look is due at `now`, JSON for `shard_experiment` and `control_tested`; 0 where none is.
#[unsafe(no_mangle)]
pub extern "C" fn control_test(now: f64) -> f64 {
    with(|open| {
        let due = open.control.due_test(now as i64)?;
        Ok(say(due.map(|due| serde_json::to_vec(&due).unwrap_or_default()).unwrap_or_default()))
    })
}

/// Takes in what the shards summed up for the test of the input's first `d` bytes: the `n` behind them are a JSON array of what
/// `shard_experiment` of each left. To be called right before `control_tick`.
#[unsafe(no_mangle)]
pub extern "C" fn control_tested(d: usize, n: usize) -> f64 {
    let input = INPUT.take();
    let (due, parts) = input.split_at_checked(d).unwrap_or_default();
    with(|open| {
        let due: DueTest = read(due)?;
        let parts: Vec<serde_json::Value> = read(parts.get(..n).unwrap_or_default())?;
        let mut tested = Tested::new(&due.population.settings);
        for part in parts {
            tested.merge(&Tested::read(part.to_string().as_bytes(), &due.population.settings)?);
        }
        open.control.take_test(&due, &tested)?;
        Ok(0.0)
    })
}

/// The length of a JSON array: the questions for score changes that webhooks have not been sent, each for `shard_part` and `control_told`.
#[unsafe(no_mangle)]
pub extern "C" fn control_changes() -> f64 {
    with(|open| {
        let due = open.control.due_changes()?;
        Ok(say(serde_json::to_vec(&due).unwrap_or_default()))
    })
}

/// The length of the survey of stored leads that is due at `now`, JSON for `shard_part` and `control_told`; 0 where none is.
#[unsafe(no_mangle)]
pub extern "C" fn control_survey(now: f64) -> f64 {
    with(|open| {
        let due = open.control.due_survey(now as i64)?;
        Ok(say(due.map(|due| serde_json::to_vec(&Ask::Survey(due)).unwrap_or_default()).unwrap_or_default()))
    })
}

/// Adds the retraining that is due, and the length of what a shard is asked for the one under way, JSON for `shard_part` and
/// `control_told`; 0 where none reads leads.
#[unsafe(no_mangle)]
pub extern "C" fn control_retraining(now: f64) -> f64 {
    with(|open| {
        open.control.queue_retraining(now as i64)?;
        let asks = open.control.retraining_asks(now as i64)?;
        let ask = asks.map(|(shard, question)| Ask::Stored { shard, question });
        Ok(say(ask.map(|ask| serde_json::to_vec(&ask).unwrap_or_default()).unwrap_or_default()))
    })
}

/// Takes the next `steps` steps of the retraining under way, some levels of a tree each at most; 1 where there is more to do.
#[unsafe(no_mangle)]
pub extern "C" fn control_train(now: f64, steps: u32) -> f64 {
    with(|open| {
        let mut left = steps;
        let more = open.control.train_while(now as i64, &mut || {
            left = left.saturating_sub(1);
            left > 0
        });
        Ok(f64::from(u8::from(more?)))
    })
}

/// Does what is due at `now`; 1 where a new deployment holds from now on.
#[unsafe(no_mangle)]
pub extern "C" fn control_tick(now: f64) -> f64 {
    with(|open| Ok(f64::from(u8::from(open.control.tick(now as i64)?))))
}

/// The length of the lifecycle's families for `/metrics` at `now`.
#[unsafe(no_mangle)]
pub extern "C" fn control_gauges(now: f64) -> f64 {
    with(|open| Ok(say(open.control.gauges(now as i64)?.into_bytes())))
}

/// The length of a batch for shard 0, which holds a failed probe of each version that is loaded: no instance answered the one of `now`. The
/// `n` bytes of input are its name. 0 without a champion.
#[unsafe(no_mangle)]
pub extern "C" fn control_unanswered(now: f64, n: usize) -> f64 {
    let name = text(n);
    with(|open| {
        let state = open.control.state()?;
        let versions = state.as_ref().map(|state| state.loaded()).unwrap_or_default();
        let batch = unanswered(Timestamp(now as i64), &versions, &name);
        Ok(say(batch.map(|batch| batch.text.into_bytes()).unwrap_or_default()))
    })
}

/// The length of a JSON array: the names of the host's secrets that messages need.
#[unsafe(no_mangle)]
pub extern "C" fn control_secrets() -> f64 {
    with(|open| Ok(say(json!(open.control.secrets()).to_string().into_bytes())))
}

/// The length of a JSON array of requests that are due at `now`, each `id`, `url`, `headers` and `body`, which the shell sends and then
/// settles. The input's `n` bytes are the values of secrets by name, JSON.
#[unsafe(no_mangle)]
pub extern "C" fn control_lease(now: f64, n: usize) -> f64 {
    let input = INPUT.take();
    let secrets: BTreeMap<String, String> = serde_json::from_slice(input.get(..n).unwrap_or_default()).unwrap_or_default();
    with(|open| {
        let due = open.control.lease(now as i64, &|name| secrets.get(name).cloned())?;
        Ok(say(serde_json::to_vec(&due).unwrap_or_default()))
    })
}

/// Takes up what the receiver of a message answered: the input's `n` bytes are its id. `status`: of the answer, 0 without one;
/// `retry_after`: the seconds it asks for, negative without any.
#[unsafe(no_mangle)]
pub extern "C" fn control_settle(now: f64, status: u32, retry_after: f64, n: usize) -> f64 {
    let id = text(n);
    let (answered, said) = match u16::try_from(status) {
        Ok(0) | Err(_) => (Answered::Nothing, "the receiver did not answer".to_owned()),
        Ok(status) => {
            let retry_after_s = (retry_after >= 0.0).then_some(retry_after as u32);
            (Answered::Status { status, retry_after_s }, format!("the receiver answered with status {status}"))
        }
    };
    with(|open| open.control.settled(now as i64, &id, answered, &said).map(|()| 0.0).map_err(Fault::from))
}

/// The length of the deployment in force, a JSON document; 0 without one.
#[unsafe(no_mangle)]
pub extern "C" fn control_deployed() -> f64 {
    with(|open| {
        let deployed = open.control.deployed()?;
        Ok(say(deployed.map(|deployed| serde_json::to_vec(&deployed).unwrap_or_default()).unwrap_or_default()))
    })
}

/// The length of a JSON object: `names`, those of all headers a head can have; `takes`, methods and paths of requests that belong here,
/// where a segment in braces stands for any one.
#[unsafe(no_mangle)]
pub extern "C" fn control_takes() -> f64 {
    let routes = ROUTES.iter().filter(|route| route.is_kept());
    let takes: Vec<_> = routes.map(|route| (route.method.name(), route.path)).collect();
    say(json!({ "names": Request::HEADERS, "takes": takes }).to_string().into_bytes())
}

fn with(work: impl FnOnce(&mut Open) -> Result<f64, Fault>) -> f64 {
    OPEN.with_borrow_mut(|open| match open.as_mut().map(work) {
        Some(Ok(done)) => done,
        Some(Err(Fault::Store(error))) => fail(&format!("{}: {error}", error.code())),
        Some(Err(Fault::Problem(problem))) => fail(&format!("{}: {}", problem.code, problem.detail)),
        None => fail("NOT_OPEN: the control object is not open"),
    })
}

pub(super) fn read<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T, SqlError> {
    serde_json::from_slice(json).map_err(|e| SqlError::Driver(format!("what a shard sent cannot be read: {e}")))
}

fn text(n: usize) -> String {
    String::from_utf8_lossy(INPUT.take().get(..n).unwrap_or_default()).into_owned()
}

/// Leaves a response: status and headers as a line of JSON, then the body.
fn leave(response: &Response) -> f64 {
    let headers: Vec<(&str, &Cow<'_, str>)> = response.headers.iter().map(|(name, value)| (*name, value)).collect();
    let mut bytes = json!([response.status, headers]).to_string().into_bytes();
    bytes.push(b'\n');
    bytes.extend_from_slice(&response.body);
    say(bytes)
}

fn say(bytes: Vec<u8>) -> f64 {
    let length = bytes.len();
    OUTPUT.set(bytes);
    length as f64
}

fn fail(error: &str) -> f64 {
    say(error.as_bytes().to_vec());
    -1.0
}
