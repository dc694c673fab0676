//! What batches carry besides their rows, for the digest of a shard: counts of fields, which only a host that sees leads can make,
//! and the fields of leads that are kept.
//!
//! ```text
//! Scoring ─ Seen (values of a request's leads) ─ Journal ─ Counts (windows by hour, version and role) ─▶ Tally (text)
//!                                                        └ Fields (what a lead brought, personal fields hashed) ─▶ text
//! ```

pub(crate) mod base64;
mod counts;
mod fields;
mod hmac;
mod seen;
#[cfg(test)]
mod tests;
mod version;

use plumbline_core::event::Role;
use plumbline_core::window::{Layout, ReadError, Window};
use serde::{Deserialize, Serialize};

pub(crate) use counts::Counts;
pub(crate) use fields::{Fields, Known};
pub use hmac::hmac_sha256;
pub use seen::Seen;
pub(crate) use seen::SeenRow;
pub(crate) use version::Version;

/// What one batch counts of its leads' fields, as [`LogShard::append`](crate::LogShard::append) stores it: JSON. Everything else that is
/// counted can be counted from the batch's rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Counts by hour, version and role.
    pub windows: Vec<Counted>,
}

/// The fields of leads that one version read in one role and hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// Begin of the hour, milliseconds since 1970.
    pub start_ms: i64,
    /// The model's version.
    pub version: String,
    /// As what it answered.
    pub role: Role,
    /// A [`Window`] in which nothing but features is counted, without its layout, which is [`Layout::of`] the bundle's reference, in
    /// Base64.
    pub window: String,
}

impl Tally {
    /// The tally in `bytes`.
    ///
    /// # Errors
    /// They are not of a journal's making.
    pub fn read(bytes: &[u8]) -> Result<Tally, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

impl Counted {
    /// The counts as a window of `layout`, to be merged with what is counted of the rows.
    ///
    /// # Errors
    /// They were counted by another layout, or were altered.
    pub fn window(&self, layout: &Layout) -> Result<Window, ReadError> {
        Window::read(&base64::decode(&self.window).unwrap_or_default(), layout)
    }
}
