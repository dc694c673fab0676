//! The exports, and the state of one instance.
#![expect(unsafe_code, reason = "no_mangle is an unsafe attribute: the names are ours alone; there is no unsafe block")]

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use plumbline_core::Timestamp;

use super::reads::Reads;
use super::terms::Terms;
use super::{deploy, head, refusal};
use crate::access::{Access, KeyRecord};
use crate::answer::After;
use crate::journal::{Batch, Journal};
use crate::metrics::Counted;
use crate::model::Model;
use crate::service::Service;
use crate::settings::LogMode;

/// Buffers beyond this are given back after a large request.
const KEEP: usize = 1 << 20;

/// What the shell reads after a call.
#[repr(C)]
#[derive(Default)]
pub struct Reply {
    /// HTTP status.
    status: u32,
    /// Number of the header list, which is read once by `headers(number)`.
    headers: u32,
    /// Address and length of the body, or of a batch.
    body: u32,
    length: u32,
    /// Log rows this answer made.
    rows: u32,
    /// Batches that are full.
    full: u32,
    /// Shard of a batch.
    shard: u32,
    /// Leads of the answer that were scored and rejected.
    scored: u32,
    refused: u32,
    /// Leads of the answer with a value that the model has never seen.
    unknown: u32,
    /// Answered requests that other versions have yet to score.
    later: u32,
}

/// An answered request that other versions have yet to score, copied: its memory becomes the next request's.
struct Later {
    after: After,
    head: Vec<u8>,
    body: Vec<u8>,
}

/// So often a batch carries a heartbeat.
const HEARTBEAT_MS: f64 = 10_000.0;

/// Bytes of memory that the instance has.
fn memory() -> u64 {
    (core::arch::wasm32::memory_size::<0>() as u64) << 16
}

/// So many answered requests may wait for other versions, of so many bytes; those beyond are not scored, and counted.
const MOST_LATER: usize = 256;
const LATER_BYTES: usize = 4 << 20;

#[derive(Default)]
struct State {
    input: Vec<u8>,
    output: Vec<u8>,
    reply: Reply,
    models: Vec<Model>,
    bundles: Vec<Vec<u8>>,
    secret: Vec<u8>,
    terms: Option<Terms>,
    access: Arc<Access>,
    not_loaded: String,
    running: Option<(Service, Journal)>,
    full: Vec<Batch>,
    later: VecDeque<Later>,
    /// When a batch carried a heartbeat last, ms since 1970.
    beaten: f64,
    /// Other versions score nothing for a while: one of them panicked.
    is_resting: bool,
    headers: Vec<Vec<(&'static str, Cow<'static, str>)>>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn with<T>(work: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(work)
}

/// The address of `n` bytes of input.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(n: usize) -> *mut u8 {
    with(|state| {
        if state.input.len() < n {
            state.input.resize(n, 0);
        } else if state.input.len() > KEEP && n < KEEP {
            state.input = vec![0; n];
        }
        state.input.as_mut_ptr()
    })
}

/// The address of what the last call returning a length left.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    with(|state| state.output.as_ptr())
}

/// Adds the bundle in the input; 0, or the length of an error at `output`. An error forgets the bundles added before. Before `start`, it
/// must be a model that can be served.
#[unsafe(no_mangle)]
pub extern "C" fn model(n: usize) -> usize {
    with(|state| {
        let bytes = state.input.get(..n).unwrap_or_default();
        if state.running.is_some() {
            state.bundles.push(bytes.to_vec());
            return 0;
        }
        match deploy::read_model(bytes) {
            Ok(model) => {
                state.models.push(model);
                0
            }
            Err(error) => {
                state.models.clear();
                state.say(error)
            }
        }
    })
}

/// The length of the digests at `output`, a JSON array, of the models that the deployment in the input names and that are to be added by
/// `model` first. 0: the deployment cannot be read.
#[unsafe(no_mangle)]
pub extern "C" fn missing(n: usize) -> usize {
    with(|state| {
        let Some((service, _)) = &state.running else { return 0 };
        state.output = deploy::missing(service, state.input.get(..n).unwrap_or_default()).unwrap_or_default();
        state.output.len()
    })
}

/// Serves the deployment in the input, a JSON document, with the bundles added since; 0, or the length of an error at `output`, after
/// which what was served before is served on. A bundle of a challenger that cannot be loaded is no error: `not_loaded` names it.
#[unsafe(no_mangle)]
pub extern "C" fn deploy(n: usize) -> usize {
    with(|state| {
        let bundles = mem::take(&mut state.bundles);
        let deployed = match &state.running {
            Some((service, _)) => deploy::deploy(service, &bundles, state.input.get(..n).unwrap_or_default()),
            None => Err("NOT_STARTED: there is no service to deploy to".to_owned()),
        };
        match deployed {
            Ok(not_loaded) => {
                state.not_loaded = not_loaded;
                0
            }
            Err(error) => state.say(error),
        }
    })
}

/// The length of the text at `output` that says which bundles of the last deployment could not be loaded, and why; 0 where all could.
#[unsafe(no_mangle)]
pub extern "C" fn not_loaded() -> usize {
    with(|state| {
        let text = state.not_loaded.clone();
        state.say(text)
    })
}

/// Personal fields are hashed by the `n` bytes of input, from the next `start` on.
#[unsafe(no_mangle)]
pub extern "C" fn secret(n: usize) {
    with(|state| state.secret = state.input.get(..n).unwrap_or_default().to_vec());
}

/// The service, from the next `start` on, notes what the lifecycle needs whose terms are the `n` bytes of input, JSON; 0, or the length
/// of an error at `output`.
#[unsafe(no_mangle)]
pub extern "C" fn lifecycle(n: usize) -> usize {
    with(|state| match Terms::read(state.input.get(..n).unwrap_or_default()) {
        Ok(terms) => {
            state.terms = Some(terms);
            0
        }
        Err(error) => state.say(error),
    })
}

/// From now on, the keys that the `n` bytes of input list, JSON, are those in force; 0, or the length of an error at `output`.
#[unsafe(no_mangle)]
pub extern "C" fn access(n: usize) -> usize {
    with(|state| {
        let keys = serde_json::from_slice::<Vec<KeyRecord>>(state.input.get(..n).unwrap_or_default());
        match (keys, &state.running, &state.terms) {
            (Ok(keys), Some((service, _)), Some(terms)) => {
                state.access = Arc::new(state.access.with_keys(keys));
                service.admit(Arc::clone(&state.access), terms.is_local);
                0
            }
            (Err(e), ..) => state.say(format!("ACCESS: {e}")),
            _ => state.say("NOT_STARTED: there is no lifecycle".to_owned()),
        }
    })
}

/// Starts the service; 0, or the length of an error at `output`.
#[unsafe(no_mangle)]
pub extern "C" fn start(settings: usize, instance: usize) -> usize {
    with(|state| {
        let models = mem::take(&mut state.models);
        let text = state.input.get(..settings).unwrap_or_default();
        let made = match deploy::settings(text) {
            Err(error) => Err(error),
            Ok(settings_read) => {
                let settings_read = match &state.terms {
                    Some(terms) => terms.settings(settings_read),
                    None => settings_read,
                };
                let instance = String::from_utf8_lossy(state.input.get(settings..settings + instance).unwrap_or_default());
                let journal = Journal::new(&settings_read, &instance).with_secret(state.secret.clone());
                let service = Service::new(settings_read, models, &instance);
                service.map(|service| (service, journal)).map_err(|error| format!("{}: {error}", error.code()))
            }
        };
        match made {
            Ok(running) => {
                if let Some(terms) = &state.terms {
                    // Until it has heard of keys, no one has any.
                    state.access = Arc::new(Access::new(Vec::new(), None, running.0.settings().cors_origins.clone()));
                    running.0.admit(Arc::clone(&state.access), terms.is_local);
                }
                state.running = Some(running);
                0
            }
            Err(error) => state.say(error),
        }
    })
}

/// Answers the request in the input: `h` bytes of head, then `b` of body. `now` and `since` (arrival) in ms.
#[unsafe(no_mangle)]
pub extern "C" fn handle(now: f64, since: f64, h: usize, b: usize) -> *const Reply {
    with(|state| {
        let Some((service, journal)) = &mut state.running else { return &raw const state.reply };
        let (head, rest) = state.input.split_at_checked(h).unwrap_or_default();
        let now_ms = Timestamp(now as i64);
        let body = rest.get(..b).unwrap_or_default();
        let mut answer = head::answer(service, now_ms, head, body);
        let duration_us = ((now - since).max(0.0) * 1e3) as u64;
        service.metrics().observe(duration_us);
        for prediction in &mut answer.effects.predictions {
            prediction.duration_us = Some(u32::try_from(duration_us).unwrap_or(u32::MAX));
        }
        if let Some(after) = answer.after.take() {
            let waiting: usize = state.later.iter().map(|later| later.body.len()).sum();
            if !state.is_resting && state.later.len() < MOST_LATER && waiting + body.len() <= LATER_BYTES {
                state.later.push_back(Later { after, head: head.to_vec(), body: body.to_vec() });
            } else {
                service.metrics().dropped(1);
            }
        }
        let rows = answer.effects.predictions.len() as u32;
        let counted = Counted::of(&answer);
        // Whether rows of durable mode are stored, and so what the caller gets, is known later.
        if rows == 0 || service.settings().log == LogMode::Batched {
            service.metrics().answered(&counted);
        }
        if rows > 0 {
            service.metrics().queued(rows.into());
            state.full.append(&mut journal.push(now_ms, &answer.effects));
        }
        let response = answer.response;
        state.output = response.body;
        let headers = number_of(&mut state.headers, response.headers);
        let (full, later) = (state.full.len() as u32, state.later.len() as u32);
        let (scored, refused, unknown) = (counted.scored as u32, counted.refused as u32, counted.unknown as u32);
        let status = response.status.into();
        state.reply = Reply { status, headers, rows, full, scored, refused, unknown, later, ..state.left() };
        &raw const state.reply
    })
}

/// Scores the oldest answered request that other versions have yet to score; the reply says how many are left.
#[unsafe(no_mangle)]
pub extern "C" fn after(now: f64) -> *const Reply {
    with(|state| {
        if let (Some((service, journal)), Some(Later { after, head, body })) = (&mut state.running, state.later.pop_front()) {
            let effects = head::after(service, &head, &body, &after);
            let rows = effects.predictions.len() as u32;
            service.metrics().queued(rows.into());
            state.full.append(&mut journal.push(Timestamp(now as i64), &effects));
            let (full, later) = (state.full.len() as u32, state.later.len() as u32);
            state.reply = Reply { rows, full, later, ..state.left() };
        }
        &raw const state.reply
    })
}

/// Shows the `n` bytes of input, families of the lifecycle, in `/metrics` from now on.
#[unsafe(no_mangle)]
pub extern "C" fn show_gauges(n: usize) {
    with(|state| {
        if let Some((service, _)) = &state.running {
            let families = String::from_utf8_lossy(state.input.get(..n).unwrap_or_default());
            service.show_gauges(families.into_owned());
        }
    });
}

/// Whether versions that did not answer score requests after their answers.
#[unsafe(no_mangle)]
pub extern "C" fn shadows(is_on: u32) {
    with(|state| state.is_resting = is_on == 0);
}

/// Scores a golden lead of each model that is deployed; the reply says how many rows that made. Their
/// duration is unknown: clocks stand still during a call.
#[unsafe(no_mangle)]
pub extern "C" fn probe(now: f64) -> *const Reply {
    with(|state| {
        if let Some((service, journal)) = &mut state.running {
            let mut effects = service.probe(Timestamp(now as i64), &mut || 0);
            effects.predictions.iter_mut().for_each(|row| row.duration_us = None);
            let rows = effects.predictions.len() as u32;
            service.metrics().queued(rows.into());
            state.full.append(&mut journal.push(Timestamp(now as i64), &effects));
            let (full, later) = (state.full.len() as u32, state.later.len() as u32);
            state.reply = Reply { rows, full, later, ..state.left() };
        }
        &raw const state.reply
    })
}

/// Where the model lies by which the instance scores at the moment, counted from 1; 0: none. It stays there, so the shell can read it even
/// after a panic.
#[unsafe(no_mangle)]
pub extern "C" fn scored_by() -> *const u32 {
    crate::scoring::place_of_interrupted()
}

/// The instance that this one replaces panicked as it scored by `model`, counted from 1: that is noted in the log as the model's failure.
#[unsafe(no_mangle)]
pub extern "C" fn failed(now: f64, model: u32) {
    with(|state| {
        if let (Some((service, journal)), Some(model)) = (&mut state.running, model.checked_sub(1)) {
            let now = Timestamp(now as i64);
            let effects = service.failed_by(now, model as usize);
            service.metrics().queued(effects.predictions.len() as u64);
            state.full.append(&mut journal.push(now, &effects));
        }
    });
}

/// Answered requests that broke another version, or that it will not score: the instance that had them is gone.
#[unsafe(no_mangle)]
pub extern "C" fn left_out(broken: u32, dropped: u32) {
    with(|state| {
        if let Some((service, _)) = &state.running {
            (0..broken).for_each(|_| service.metrics().broke());
            service.metrics().dropped(dropped.into());
        }
    });
}

/// At `now`, the newest deployment was number `epoch`; 1 if that is newer than the one served.
#[unsafe(no_mangle)]
pub extern "C" fn heard(now: f64, epoch: f64) -> u32 {
    with(|state| {
        let heard = |(service, _): &(Service, Journal)| service.heard(Timestamp(now as i64), epoch as u64);
        state.running.as_ref().is_some_and(heard).into()
    })
}

/// Whether to ask which deployment is the newest before answering at `now`: 1 where nothing was heard for a while, 2 where a newer one
/// is known, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn must_ask(now: f64) -> u32 {
    with(|state| match &state.running {
        Some((service, _)) if service.is_outdated() => 2,
        Some((service, _)) if service.must_ask(Timestamp(now as i64)) => 1,
        _ => 0,
    })
}

/// From `now` on, deployments are announced.
#[unsafe(no_mangle)]
pub extern "C" fn expect_deployments(now: f64) {
    with(|state| {
        if let Some((service, _)) = &state.running {
            service.expect_deployments(Timestamp(now as i64));
        }
    });
}

/// The number of the deployment served; 0 where nobody counts them.
#[unsafe(no_mangle)]
pub extern "C" fn epoch() -> f64 {
    with(|state| state.running.as_ref().map_or(0.0, |(service, _)| service.epoch() as f64))
}

/// The rows of an answer of durable mode are stored, and its caller gets it: it is counted.
#[unsafe(no_mangle)]
pub extern "C" fn answered(status: u32, scored: u32, refused: u32, unknown: u32) {
    with(|state| {
        if let Some((service, _)) = &state.running {
            let status = u16::try_from(status).unwrap_or_default();
            let (scored, refused, unknown) = (scored.into(), refused.into(), unknown.into());
            service.metrics().answered(&Counted { status, scored, refused, unknown });
        }
    });
}

/// The response to the request whose head is the input's `h` bytes, which the shell could not bring before the service or whose rows
/// are not stored; `kind` is a number of [`refusal::problem`], whose detail is the `d` bytes behind the head, if any.
#[unsafe(no_mangle)]
pub extern "C" fn refuse(kind: u32, h: usize, d: usize) -> *const Reply {
    with(|state| {
        let Some((service, _)) = &state.running else { return &raw const state.reply };
        let (head, rest) = state.input.split_at_checked(h).unwrap_or_default();
        let problem = refusal::problem(kind, rest.get(..d).unwrap_or_default(), service.settings());
        let response = head::refuse(service, head, &problem);
        state.output = response.body;
        let headers = number_of(&mut state.headers, response.headers);
        state.reply = Reply { status: response.status.into(), headers, ..state.left() };
        &raw const state.reply
    })
}

/// The largest body a request may have, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn body_bytes() -> f64 {
    with(|state| state.running.as_ref().map_or(0.0, |(service, _)| service.settings().limits.body_bytes as f64))
}

/// The largest bundle that is taken, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn bundle_bytes() -> f64 {
    with(|state| state.running.as_ref().map_or(0.0, |(service, _)| crate::refusal::bundle_bytes(service.settings()) as f64))
}

/// How long a client may take to send a body, ms.
#[unsafe(no_mangle)]
pub extern "C" fn body_ms() -> u32 {
    with(|state| state.running.as_ref().map_or(0, |(service, _)| service.settings().body_ms))
}

/// How many shards the log has.
#[unsafe(no_mangle)]
pub extern "C" fn shards() -> u32 {
    with(|state| state.running.as_ref().map_or(0, |(service, _)| service.settings().shards))
}

/// Whether the store takes rows, as the shell has just found out without any.
#[unsafe(no_mangle)]
pub extern "C" fn storable(is_storable: u32) {
    with(|state| {
        if let Some((service, _)) = &state.running {
            service.metrics().storable(is_storable != 0);
        }
    });
}

/// Where all counters lie, as the reply's body: they stay there, so the shell can read them even after a panic.
#[unsafe(no_mangle)]
pub extern "C" fn counters() -> *const Reply {
    with(|state| {
        let place = state.running.as_ref().map(|(service, _)| service.metrics().place());
        let (body, length) = place.map_or((0, 0), |(address, bytes)| (address as u32, bytes as u32));
        state.reply = Reply { body, length, ..Reply::default() };
        &raw const state.reply
    })
}

/// Goes on counting where the instance whose `n` bytes of counters are the input has ended.
#[unsafe(no_mangle)]
pub extern "C" fn adopt(n: usize) {
    with(|state| {
        if let Some((service, _)) = &state.running {
            let (counts, _) = state.input.get(..n).unwrap_or_default().as_chunks();
            service.metrics().adopt(counts.iter().map(|bytes| u64::from_le_bytes(*bytes)));
        }
    });
}

/// The length of header list `number` at `output`: name and value of each, a length before both.
#[unsafe(no_mangle)]
pub extern "C" fn headers(number: usize) -> usize {
    with(|state| {
        let list = state.headers.get(number).map_or(&[][..], Vec::as_slice);
        state.output = head::write(list);
        state.output.len()
    })
}

/// The length of the list at `output` that says which headers are read at which path: [`Reads`] as JSON.
#[unsafe(no_mangle)]
pub extern "C" fn reads() -> usize {
    with(|state| {
        let cross_origin = state.running.as_ref().is_some_and(|(service, _)| !service.settings().cors_origins.is_empty());
        state.output = serde_json::to_vec(&Reads::new(cross_origin, state.terms.is_some())).unwrap_or_default();
        state.output.len()
    })
}

/// The next batch that is due at `now` (or any, if `all` is not 0); the reply says where it is.
#[unsafe(no_mangle)]
pub extern "C" fn due(now: f64, all: u32) -> *const Reply {
    with(|state| {
        if let Some((service, journal)) = &mut state.running {
            if state.full.is_empty() {
                state.full = if all != 0 { journal.flush() } else { journal.tick(Timestamp(now as i64)) };
            }
            let mut batch = state.full.pop();
            let is_due = service.epoch() > 0 && now - state.beaten >= HEARTBEAT_MS;
            if let Some(batch) = batch.as_mut().filter(|_| is_due) {
                state.beaten = now;
                batch.carry(&service.heartbeat(Timestamp(now as i64), Some(memory())));
            }
            let (shard, rows) = batch.as_ref().map_or((0, 0), |batch| (batch.shard, batch.rows));
            state.output = batch.map(|batch| batch.text.into_bytes()).unwrap_or_default();
            state.reply = Reply { shard, rows, ..state.left() };
        }
        &raw const state.reply
    })
}

/// `rows` log rows were committed, or are lost.
#[unsafe(no_mangle)]
pub extern "C" fn written(rows: u32, failed: u32) {
    with(|state| {
        if let Some((service, _)) = &state.running {
            let metrics = service.metrics();
            if failed == 0 { metrics.committed(rows.into()) } else { metrics.failed(rows.into()) }
        }
    });
}

/// How long rows may wait for company, ms.
#[unsafe(no_mangle)]
pub extern "C" fn flush_ms() -> u32 {
    with(|state| state.running.as_ref().map_or(0, |(service, _)| service.settings().flush_ms))
}

/// The instance whose counters this one has adopted panicked; of its log rows, `sent` were on their way to a shard.
#[unsafe(no_mangle)]
pub extern "C" fn panicked(sent: u32) {
    with(|state| {
        if let Some((service, _)) = &state.running {
            service.metrics().panicked(sent.into());
        }
    });
}

impl State {
    /// Leaves `text` at `output` and returns its length.
    fn say(&mut self, text: String) -> usize {
        self.output = text.into_bytes();
        self.output.len()
    }

    fn left(&self) -> Reply {
        Reply { body: self.output.as_ptr() as u32, length: self.output.len() as u32, ..Reply::default() }
    }
}

/// Header lists that are kept; the shell asks for one beyond each time.
const MOST_LISTS: usize = 256;

/// The number of a header list. There are few: one per kind of answer, and one per bundle that was asked for. A list beyond, such as
/// one with the length of its own answer, takes the place of the last such.
fn number_of(lists: &mut Vec<Vec<(&'static str, Cow<'static, str>)>>, list: Vec<(&'static str, Cow<'static, str>)>) -> u32 {
    if let Some(number) = lists.iter().position(|known| *known == list) {
        return number as u32;
    }
    lists.truncate(MOST_LISTS);
    lists.push(list);
    lists.len() as u32 - 1
}
