//! The log shard's exports: rules and SQL text of [`LogShard`] on the Durable Object's store.
#![expect(unsafe_code, reason = "no_mangle is an unsafe attribute: the names are ours alone; there is no unsafe block")]

use std::cell::RefCell;

use super::store::ObjectSql;
use crate::log::LogShard;
use crate::store::SqlError;

thread_local! {
    static ROWS: RefCell<Vec<u8>> = RefCell::default();
    static ERROR: RefCell<String> = RefCell::default();
}

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

/// Rows stored; or −1 with the text at `shard_error`.
#[unsafe(no_mangle)]
pub extern "C" fn shard_count() -> f64 {
    outcome(LogShard::opened(ObjectSql).count().map(|n| n as f64))
}

/// Checks the object's store against what every driver has to keep; 0, or −1 with the text at `shard_error`.
#[cfg(feature = "contract")]
#[unsafe(no_mangle)]
pub extern "C" fn store_contract() -> f64 {
    match crate::store::contract::check(&mut ObjectSql) {
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
