//! What an owner may set; every key has a default.

use plumbline_core::lead::Limits;
use plumbline_core::route::AllocationSettings;
use serde::{Deserialize, Serialize};

/// Settings of the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Bounds on what a request may bring; beyond them it is refused with a coded 4xx.
    pub limits: Limits,
    /// When a prediction is stored.
    pub log: LogMode,
    /// Log shards, 1 to 1,024; a lead's rows are always in one shard. On one machine one is best; where shards are machines of their own
    /// (Cloudflare), one takes some thousand requests a second. Changing it moves leads between shards.
    pub shards: u32,
    /// In batched mode a shard's rows are handed over once there are this many …
    pub flush_rows: u32,
    /// … or once the oldest has waited this many milliseconds.
    pub flush_ms: u32,
    /// Reasons for one lead when the request does not say; batches default to none, because a reason costs more than a score.
    pub reasons: u32,
    /// Origins that may call from a browser page; `*` allows any.
    pub cors_origins: Vec<String>,
    /// Which model version serves which lead. Left out: the first model serves all that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocation: Option<AllocationSettings>,
    /// A suite of Great Expectations 1.x, asked of each lead: `critical` refuses it, `warning` flags it. Hosts with the feature
    /// `quality`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suite: Option<serde_json::Value>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            limits: Limits::default(),
            log: LogMode::Batched,
            shards: 1,
            flush_rows: 1024,
            flush_ms: 50,
            reasons: 3,
            cors_origins: Vec::new(),
            allocation: None,
            suite: None,
        }
    }
}

/// When a prediction is stored, relative to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogMode {
    /// The answer goes first; rows still in memory when the host dies are lost.
    Batched,
    /// The answer waits until its rows are committed.
    Durable,
}

impl LogMode {
    /// The value of the response header `plumbline-log`.
    pub fn name(self) -> &'static str {
        match self {
            LogMode::Batched => "batched",
            LogMode::Durable => "durable",
        }
    }
}
