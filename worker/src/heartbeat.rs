//! What an instance reports of itself.

use serde::{Deserialize, Serialize};

/// The report of an instance on itself, so that control knows who serves what and how much of it was stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The random text the instance was made with.
    pub instance: String,
    /// When it said so, milliseconds since 1970.
    pub at_ms: i64,
    /// The build that runs.
    pub build: String,
    /// The epoch of the deployment that it serves; 0 without a lifecycle.
    pub epoch: u64,
    /// The newest that it heard of.
    pub heard_epoch: u64,
    /// Nothing was heard of deployments for a minute.
    pub stale: bool,
    /// A person switched the challenger off in this host's settings.
    pub killed: bool,
    /// Memory that the instance takes, where the host knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Log rows handed to the log, stored, and known to be lost, since the instance began.
    pub rows_made: u64,
    /// See above.
    pub rows_written: u64,
    /// See above.
    pub rows_failed: u64,
    /// Answered requests that other versions did not score, for lack of room.
    pub shadows_dropped: u64,
    /// Answered requests that broke another version.
    pub shadows_failed: u64,
    /// Why a newer deployment is not served, or a model of this one not loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}
