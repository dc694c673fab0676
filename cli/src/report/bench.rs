//! How long scoring takes, for a program and a person.

use serde::Serialize;

use crate::output::terminal::{aligned, thousands};

/// What `plumbline bench --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BenchReport"))]
pub struct Report {
    /// The bundle.
    pub model: String,
    /// Rows that were scored.
    pub rows: usize,
    /// Values per row.
    pub columns: usize,
    /// The seed of the order of the rows.
    pub seed: u64,
    /// One call per row.
    pub one_row: OneRow,
    /// One call for all rows.
    pub batch: Batch,
    /// Cost of one reading of the clock, in nanoseconds.
    pub clock_ns: f64,
}

/// Times of single calls, in microseconds.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneRow {
    /// Calls that were timed.
    pub calls: usize,
    /// The median over groups of calls timed together, per call.
    pub p50_us: f64,
    /// The 99 % quantile of calls timed one by one.
    pub p99_us: f64,
    /// The 99.9 % quantile of calls timed one by one.
    pub p999_us: f64,
}

/// Times of a call for all rows, in microseconds per row.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Batch {
    /// Calls that were timed.
    pub passes: usize,
    /// The median.
    pub us_per_row: f64,
    /// The fastest.
    pub fastest_us_per_row: f64,
}

/// The times, a line each.
pub fn page(report: &Report) -> String {
    let us = |x: f64| format!("{x:>10.3} µs");
    aligned(&[
        ("model", report.model.clone()),
        ("rows", format!("{} × {} columns", thousands(report.rows as u64), report.columns)),
        ("one row, p50", us(report.one_row.p50_us)),
        ("one row, p99", us(report.one_row.p99_us)),
        ("one row, p99.9", us(report.one_row.p999_us)),
        ("batch, per row", us(report.batch.us_per_row)),
        ("batch, fastest", us(report.batch.fastest_us_per_row)),
        ("clock", us(report.clock_ns / 1e3)),
        ("checked", "every margin equals the reference evaluator's, bit for bit".to_owned()),
    ])
}
