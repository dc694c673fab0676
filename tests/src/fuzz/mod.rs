//! What must hold for any bytes at each of the project's doors, one function per parser.
//!
//! Fuzzers call these (`tests/fuzz`, `npm run fuzz`), and an ordinary `cargo test` replays the seeds and every input that once
//! broke one (`tests/fuzz/regressions`). A function returns when all is well and panics when something does not hold.
#![allow(clippy::expect_used, clippy::panic, reason = "a broken property is reported by a panic, to a fuzzer as to a test")]

mod bundle;
mod import;
mod input;
mod lead;
mod number;
mod request;
mod schema;
mod seeds;
mod window;

pub use seeds::seeds;

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: of the fuzzer, of its folder of regressions.
    pub name: &'static str,
    /// What must hold for any bytes.
    pub check: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 12] = [
    Target { name: "import_xgboost_json", check: import::xgboost_json },
    Target { name: "import_xgboost_ubj", check: import::xgboost_ubj },
    Target { name: "import_lightgbm", check: import::lightgbm },
    Target { name: "bundle", check: bundle::bundle },
    Target { name: "lead_json", check: lead::lead_json },
    Target { name: "request", check: request::request },
    Target { name: "csv", check: input::csv },
    Target { name: "ndjson", check: input::ndjson },
    Target { name: "parquet", check: input::parquet },
    Target { name: "schema", check: schema::schema },
    Target { name: "number", check: number::number },
    Target { name: "window", check: window::window },
];

/// Runs the target `name` on `data`.
///
/// # Panics
/// When something does not hold, or there is no such target.
pub fn check(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of this name").check)(data);
}
