//! Whether our numbers are the peers': every row of every reference model, by every way we have of computing it.
//!
//! A suite counts what it compared; nothing compared is a failure, because a test that ran on nothing proves nothing.

mod bucketing;
mod model;
mod stats;
mod table;

use crate::{project_root, shared_folder};

/// What one suite found.
#[derive(Debug, Default)]
pub struct Suite {
    /// What was compared.
    pub name: &'static str,
    /// Files read.
    pub files: usize,
    /// Values compared.
    pub cases: usize,
    /// Values that agreed.
    pub passed: usize,
    /// What did not agree, the first few, each naming file, row and both values.
    pub failures: Vec<String>,
}

impl Suite {
    fn named(name: &'static str) -> Suite {
        Suite { name, ..Suite::default() }
    }

    fn check(&mut self, agrees: bool, words: impl FnOnce() -> String) {
        self.cases += 1;
        self.passed += usize::from(agrees);
        if !agrees && self.failures.len() < 5 {
            self.failures.push(words());
        }
    }

    /// Something was compared and everything agreed.
    pub fn is_proof(&self) -> bool {
        self.cases > 0 && self.passed == self.cases
    }
}

/// What all suites found in one folder of reference vectors.
#[derive(Debug)]
pub struct Conformance {
    /// Whose vectors they are.
    pub source: &'static str,
    /// The suites.
    pub suites: Vec<Suite>,
    /// Models compared.
    pub models: usize,
    /// Rows compared, once per model file.
    pub rows: usize,
    /// Folders left out, each with the reason.
    pub left_out: Vec<String>,
}

/// Runs every suite on the project's own vectors, and on those of the shared folder when it is there.
///
/// # Errors
/// A sentence when a file cannot be read.
pub fn run() -> Result<Vec<Conformance>, String> {
    let mut found = vec![run_own()?];
    if let Some(shared) = shared_folder() {
        found.push(model::run("shared", &shared.join("vectors/models"))?);
        found.push(stats::run("shared statistics", &shared.join("vectors/stats"))?);
        found.push(bucketing::run("shared suites", &shared.join("suites/growthbook-cases.json"))?);
    }
    Ok(found)
}

/// Runs every suite on the project's own vectors.
///
/// # Errors
/// A sentence when a file cannot be read.
pub fn run_own() -> Result<Conformance, String> {
    model::run("own", &project_root().join("tests/vectors/models"))
}
