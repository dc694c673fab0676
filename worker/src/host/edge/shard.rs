//! The log shard's exports: rules and SQL text of [`LogShard`] on the Durable Object's store.
#![expect(unsafe_code, reason = "no_mangle is an unsafe attribute: the names are ours alone; there is no unsafe block")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use plumbline_core::rollout::policy::Retention;

use super::store::ObjectSql;
use crate::control::{Ask, DueTest, Fault};
use crate::lifecycle::{Filler, expire, part, store_events};
use crate::log::{Digest, LogShard, RolloutSpan};
use crate::store::SqlError;

thread_local! {
    static ROWS: RefCell<Vec<u8>> = RefCell::default();
    static ERROR: RefCell<String> = RefCell::default();
    static FILLER: RefCell<Filler> = RefCell::default();
    /// The rules by which shards digest.
    static RULES: RefCell<Option<Rc<Digest>>> = RefCell::default();
    /// Shards that digest, with what they have read and sorted: objects of one isolate share this instance.
    static DIGESTING: RefCell<BTreeMap<u32, LogShard<ObjectSql>>> = RefCell::default();
}

/// Windows that a shard sends at once.
const WINDOWS: usize = 50;
/// Heartbeats that are looked back on.
const RECENT_MS: i64 = 86_400_000;

/// The address where the shell writes a batch of `n` bytes for `shard_append`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_reserve(n: usize) -> *mut u8 {
    ROWS.with_borrow_mut(|rows| {
        rows.clear();
        rows.resize(n, 0);
        rows.as_mut_ptr()
    })
}

/// Brings the object's tables up to date; 0, or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_open() -> f64 {
    outcome(LogShard::open(ObjectSql).map(|_| 0.0))
}

/// Notes that the service of the run that `shard_reserve` names was killed before `now`, with rows that it had not handed over; to be called
/// before others store rows. 0, or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_cut(now: f64) -> f64 {
    let run = ROWS.take();
    let run = std::str::from_utf8(&run).map_err(|_| SqlError::NoBatch);
    outcome(run.and_then(|run| LogShard::opened(ObjectSql).cut(run, now as i64)).map(|_| 0.0))
}

/// The length of a JSON array at `shard_error`: each run that was killed, with the [`Gap`](crate::log::Gap) that it left; −1 with the text there.
#[unsafe(no_mangle)]
pub extern "C" fn shard_gaps() -> f64 {
    outcome(LogShard::opened(ObjectSql).gaps().map(|gaps| say(&gaps)))
}

/// Writes to the object's store, changing nothing; 0, or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_probe() -> f64 {
    outcome(LogShard::opened(ObjectSql).probe().map(|()| 0.0))
}

/// Stores the batch at `shard_reserve`; the number of the newest deployment announced (0: none), or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_append() -> f64 {
    let batch = ROWS.take();
    let batch = std::str::from_utf8(&batch).map_err(|_| SqlError::NoBatch);
    let mut shard = LogShard::opened(ObjectSql);
    outcome(batch.and_then(|batch| shard.append(batch)).and_then(|()| shard.epoch()).map(|epoch| epoch as f64))
}

/// The number of the newest deployment announced; 0 where none was; −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_epoch() -> f64 {
    outcome(LogShard::opened(ObjectSql).epoch().map(|epoch| epoch as f64))
}

/// Keeps the deployment at `shard_reserve`, a JSON document, if it is newer than the one kept; 1 if so, else 0; −1 with the text at
/// `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_announce() -> f64 {
    let document = ROWS.take();
    let document = std::str::from_utf8(&document).map_err(|_| SqlError::NoBatch);
    outcome(document.and_then(|text| LogShard::opened(ObjectSql).announce(text)).map(|is_newer| f64::from(u8::from(is_newer))))
}

/// The length of the newest deployment announced, whose text is at `shard_error`; 0 where there is none; −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_announced() -> f64 {
    outcome(LogShard::opened(ObjectSql).announced().map(|document| {
        ERROR.set(document.unwrap_or_default());
        ERROR.with_borrow(String::len) as f64
    }))
}

/// Stores its own of the events at `shard_reserve`, a path of `p` bytes and the body that was posted to it; this is shard `number` of
/// `shards`. The length of what became of them, JSON at `shard_error`; −1 with the text there.
#[unsafe(no_mangle)]
pub extern "C" fn shard_events(now: f64, number: u32, shards: u32, p: usize) -> f64 {
    let input = ROWS.take();
    let (path, body) = input.split_at_checked(p).unwrap_or_default();
    let path = std::str::from_utf8(path).unwrap_or_default();
    let became = store_events(&mut LogShard::opened(ObjectSql), (number, shards), now as i64, path, body);
    say(&became.map_err(|fault| {
        let response = fault.problem().response();
        (response.status, String::from_utf8_lossy(&response.body).into_owned())
    }))
}

/// What this shard, `number` of `shards`, says to the `a` bytes of question at `shard_reserve`, before the body of the request. The length
/// of its part, or of the refusal, JSON at `shard_error`; −1 with the text there.
#[unsafe(no_mangle)]
pub extern "C" fn shard_part(now: f64, number: u32, shards: u32, a: usize) -> f64 {
    let input = ROWS.take();
    let (ask, body) = input.split_at_checked(a).unwrap_or_default();
    let said = read(ask)
        .map_err(Fault::from)
        .and_then(|ask: Ask| part(&mut LogShard::opened(ObjectSql), (number, shards), now as i64, &ask, body));
    say(&said.map_err(|fault| {
        let response = fault.problem().response();
        (response.status, String::from_utf8_lossy(&response.body).into_owned())
    }))
}

/// Keeps the keys in force at `shard_reserve`, JSON, for instances of the service; 0, or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_keep_access() -> f64 {
    let keys = ROWS.take();
    let keys = std::str::from_utf8(&keys).map_err(|_| SqlError::NoBatch);
    outcome(keys.and_then(|keys| LogShard::opened(ObjectSql).keep_access(keys)).map(|()| 0.0))
}

/// The length of the keys in force, JSON at `shard_error`; 0 where none were ever kept; −1 with the text there.
#[unsafe(no_mangle)]
pub extern "C" fn shard_access() -> f64 {
    outcome(LogShard::opened(ObjectSql).access().map(|keys| {
        ERROR.set(keys.unwrap_or_default());
        ERROR.with_borrow(String::len) as f64
    }))
}

/// The length of a JSON array at `shard_error`: the versions whose bundles `shard_model` has to add before the shard digests by the rules
/// at `shard_reserve`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_lacks() -> f64 {
    let rules = ROWS.take();
    outcome(read(&rules).map(|rules: Digest| FILLER.with_borrow(|filler| say(&filler.lacks_for(&rules)))))
}

/// Adds the bundle at `shard_reserve`, behind its version of `v` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn shard_model(v: usize) -> f64 {
    let input = ROWS.take();
    let (version, bundle) = input.split_at_checked(v).unwrap_or_default();
    FILLER.with_borrow_mut(|filler| filler.add(&String::from_utf8_lossy(version), Some(bundle)));
    0.0
}

/// From now on, shards digest by the rules at `shard_reserve`, JSON; 0, or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_rules() -> f64 {
    let rules = ROWS.take();
    outcome(read(&rules).map(|rules: Digest| {
        RULES.set(Some(Rc::new(rules)));
        0.0
    }))
}

/// Counts the next batches of shard `number` in traffic windows; 1 while there are more, else 0; −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_digest_traffic(number: u32, now: f64) -> f64 {
    outcome(digesting(number, |shard, rules| Ok(shard.digest_traffic(now as i64, rules)?.more)))
}

/// Does the next slice of all else that shard `number` digests, and then fills in scores of leads from before the rollout; 1 while there
/// is more to do, else 0; −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_digest_leads(number: u32, now: f64) -> f64 {
    outcome(digesting(number, |shard, rules| {
        if shard.digest_leads(now as i64, rules)?.more {
            return Ok(true);
        }
        FILLER.with_borrow(|filler| {
            let filled = open(rules).map(|span| filler.fill_slice(shard, span)).transpose()?.unwrap_or_default();
            if filled.more || filled.scores > 0 {
                return Ok(true);
            }
            rules.writeback.as_ref().map_or(Ok(false), |writeback| filler.rescore(shard, now as i64, writeback))
        })
    }))
}

/// Has shard `number` do a piece of its digest; whether there is more to do.
fn digesting(
    number: u32,
    piece: impl FnOnce(&mut LogShard<ObjectSql>, &Digest) -> Result<bool, SqlError>,
) -> Result<f64, SqlError> {
    let rules = RULES.with_borrow(Clone::clone);
    let rules = rules.ok_or_else(|| SqlError::Driver("the shard was given no rules".into()))?;
    DIGESTING.with_borrow_mut(|shards| {
        let shard = shards.entry(number).or_insert_with(|| LogShard::opened(ObjectSql));
        piece(shard, &rules).map(|more| f64::from(u8::from(more)))
    })
}

/// Works out the windows by the rules at `shard_reserve`, JSON, at once; 0, or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_digest(now: f64) -> f64 {
    let rules = ROWS.take();
    outcome(read(&rules).and_then(|rules: Digest| {
        let mut shard = LogShard::opened(ObjectSql);
        shard.digest_all(now as i64, &rules)?;
        if let Some(span) = open(&rules) {
            FILLER.with_borrow(|filler| filler.fill(&mut shard, span))?;
            shard.digest_all(now as i64, &rules)?;
        }
        Ok(0.0)
    }))
}

/// The length of a JSON text at `shard_error`: the sums of this shard's leads of the test at `shard_reserve`, as `control_test` left it.
#[unsafe(no_mangle)]
pub extern "C" fn shard_experiment() -> f64 {
    let due = ROWS.take();
    outcome(read(&due).and_then(|due: DueTest| LogShard::opened(ObjectSql).experiment(&due.population)).map(|tested| {
        ERROR.set(String::from_utf8(tested.write()).unwrap_or_default());
        ERROR.with_borrow(String::len) as f64
    }))
}

/// Deletes what is older than the retention at `shard_reserve`, JSON, and what every follower has; 0, or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_expire(now: f64) -> f64 {
    let retention = ROWS.take();
    outcome(
        read(&retention)
            .and_then(|retention: Retention| expire(&mut LogShard::opened(ObjectSql), now as i64, &retention))
            .map(|()| 0.0),
    )
}

/// The rollout under way.
fn open(rules: &Digest) -> Option<&RolloutSpan> {
    rules.rollouts.last().filter(|span| span.to_epoch.is_none())
}

/// The length of a JSON array at `shard_error`: the next windows that control does not have.
#[unsafe(no_mangle)]
pub extern "C" fn shard_unsent() -> f64 {
    outcome(LogShard::opened(ObjectSql).unsent(WINDOWS).map(|windows| say(&windows)))
}

/// Control has the windows at `shard_reserve`; 0, or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_acknowledge() -> f64 {
    let windows = ROWS.take();
    let windows = read(&windows);
    outcome(windows.and_then(|windows: Vec<_>| LogShard::opened(ObjectSql).acknowledge(&windows)).map(|()| 0.0))
}

/// The length of a JSON array at `shard_error`: the minutes since a moment.
#[unsafe(no_mangle)]
pub extern "C" fn shard_minutes(since: f64) -> f64 {
    outcome(LogShard::opened(ObjectSql).minutes(since as i64).map(|minutes| say(&minutes)))
}

/// The length of a JSON array at `shard_error`: the newest heartbeat of each instance of late.
#[unsafe(no_mangle)]
pub extern "C" fn shard_heartbeats(now: f64) -> f64 {
    outcome(LogShard::opened(ObjectSql).heartbeats(now as i64 - RECENT_MS).map(|beats| say(&beats)))
}

fn read<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T, SqlError> {
    serde_json::from_slice(json).map_err(|e| SqlError::Driver(format!("what control sent cannot be read: {e}")))
}

fn say(value: &impl serde::Serialize) -> f64 {
    ERROR.set(serde_json::to_string(value).unwrap_or_default());
    ERROR.with_borrow(String::len) as f64
}

/// Rows stored; or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_count() -> f64 {
    outcome(LogShard::opened(ObjectSql).count().map(|n| n as f64))
}

/// Checks the object's store against what every driver has to keep; 0, or −1 with the text at `shard_error`.
#[cfg(feature = "contract")]
#[unsafe(no_mangle)]
pub extern "C" fn store_contract() -> f64 {
    use crate::store::contract::{check, check_trigger};
    match check(&mut ObjectSql).and_then(|()| check_trigger(&mut ObjectSql)) {
        Ok(()) => 0.0,
        Err(broken) => {
            ERROR.set(broken.0);
            -1.0
        }
    }
}

/// The address of the last error's text.
#[unsafe(no_mangle)]
pub extern "C" fn shard_error() -> *const u8 {
    ERROR.with_borrow(|text| text.as_ptr())
}

/// The length of the last error's text.
#[unsafe(no_mangle)]
pub extern "C" fn shard_error_length() -> usize {
    ERROR.with_borrow(String::len)
}

fn outcome(result: Result<f64, SqlError>) -> f64 {
    result.unwrap_or_else(|error| {
        ERROR.set(format!("{}: {error}", error.code()));
        -1.0
    })
}
