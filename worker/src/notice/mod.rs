//! Messages as requests: what a host has to send, signed and addressed, and where it may not be sent.
//!
//! Not here: which messages there are, and what becomes of them afterwards; and the network.

mod address;
mod webhook;

pub use address::{Refused, check_url, is_public};
pub use webhook::{sign, signed, signed_data};

use serde::{Deserialize, Serialize};

/// A request for a host to send. Redirects are not followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Names the message, the same however often it is sent.
    pub id: String,
    /// Where it goes.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is posted.
    pub body: String,
}

/// How long a receiver may take to answer, in milliseconds.
pub const PATIENCE_MS: u64 = 10_000;

/// The id of the request that says, each minute, that the service is alive.
pub const HEARTBEAT: &str = "heartbeat";
