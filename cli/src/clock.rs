//! The only place of this crate that asks a clock.
#![expect(clippy::disallowed_methods, reason = "the core takes time as an argument; a shell has to get it somewhere")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use plumbline_core::Timestamp;

/// The time of day.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A moment to measure from.
pub fn start() -> Instant {
    Instant::now()
}
