//! A measured capacity, as a program and a person read it.

use serde::Serialize;

use crate::output::terminal::{aligned, thousands};

/// What `plumbline capacity --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CapacitySummary {
    /// The build that was measured.
    pub build: String,
    /// Seconds that were measured.
    pub seconds: u32,
    /// Connections that sent at the same time.
    pub connections: u16,
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that failed.
    pub failed: u64,
    /// What the first of them met; null when none did.
    pub problem: Option<String>,
    /// Requests a second.
    pub req_per_s: f64,
    /// Their median, at the client, in milliseconds.
    pub p50_ms: Option<f64>,
    /// Their 99th percentile.
    pub p99_ms: Option<f64>,
    /// Whether the service recorded it.
    pub recorded: bool,
}

/// The page of a measurement.
pub fn page(summary: &CapacitySummary) -> String {
    let ms = |ms: Option<f64>| ms.map_or("not known".to_owned(), |ms| format!("{ms:.1} ms"));
    let mut rows = vec![
        ("sustained", format!("{:.0} requests a second over {} s", summary.req_per_s, summary.seconds)),
        ("answered", format!("{} on {} connections", thousands(summary.answered), summary.connections)),
        ("median", ms(summary.p50_ms)),
        ("slowest hundredth", format!("from {} on", ms(summary.p99_ms))),
        ("build", summary.build.clone()),
    ];
    if let Some(problem) = &summary.problem {
        rows.push(("failed", format!("{}, the first: {problem}", thousands(summary.failed))));
    }
    rows.push(("recorded", if summary.recorded { "yes" } else { "no" }.to_owned()));
    aligned(&rows)
}
