//! The service: load tests, memory, and the expectation suite.

use serde::{Deserialize, Serialize};

/// What is known of the service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The newest load test of the running build.
    pub capacity: Option<Capacity>,
    /// The instances that sent a heartbeat lately.
    pub instances: Vec<Instance>,
}

/// The record of a load test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// The build it measured.
    pub build: String,
    /// When.
    pub at_ms: i64,
    /// Requests a second that were sustained.
    pub per_s: f64,
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// Memory at its newest heartbeats, in bytes, the newest last; empty when it reports none.
    pub memory_bytes: Vec<u64>,
}

/// The expectation suite on stored leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// The suite's name.
    pub name: String,
    /// Leads of the table it was run on.
    pub leads: u64,
    /// Its critical expectations.
    pub critical: u64,
    /// Those of them that the table does not meet, in words.
    pub missed: Vec<String>,
}
