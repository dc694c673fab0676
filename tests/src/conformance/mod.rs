//! Whether our numbers are the peers': every row of every reference model, by every way we have of computing it.
//!
//! A suite counts what it compared; nothing compared is a failure, because a test that ran on nothing proves nothing.

mod bucketing;
pub mod logarithm;
mod model;
mod stats;
mod table;

use std::path::Path;

use crate::{named_folder, project_root, shared_folder};

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

    /// As [`Suite::check`], but only the first failure of each `place` is reported: a place that is wrong throughout hides no other.
    fn check_in(&mut self, place: &str, agrees: bool, words: impl FnOnce() -> String) {
        self.cases += 1;
        self.passed += usize::from(agrees);
        if !agrees && self.failures.len() < 20 && !self.failures.iter().any(|known| known.starts_with(place)) {
            self.failures.push(format!("{place}{}", words()));
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

/// Runs every suite on the project's own vectors, and on those of the shared folder when it is there. Of that folder models must be
/// there; what else it has not is left out by name.
///
/// # Errors
/// A sentence when a folder of models cannot be read, or `PLUMBLINE_SHARED` names none.
pub fn run() -> Result<Vec<Conformance>, String> {
    let mut found = vec![run_own()?, logarithm::run(logarithm::ALL)];
    named_folder()?;
    if let Some(shared) = shared_folder() {
        found.extend(run_in(&shared)?);
    }
    Ok(found)
}

/// Runs every suite on the folder `shared`.
///
/// # Errors
/// A sentence when its models cannot be read.
pub fn run_in(shared: &Path) -> Result<Vec<Conformance>, String> {
    Ok(vec![
        model::run("shared", &shared.join("vectors/models"))?,
        where_there("shared statistics", &shared.join("vectors/stats"), stats::run),
        where_there("shared suites", &shared.join("suites/growthbook-cases.json"), bucketing::run),
    ])
}

/// What `run` finds at `path`. A path that is not there is left out; what cannot be read there is a suite that failed.
fn where_there(
    source: &'static str,
    path: &Path,
    run: impl FnOnce(&'static str, &Path) -> Result<Conformance, String>,
) -> Conformance {
    let nothing = Conformance { source, suites: Vec::new(), models: 0, rows: 0, left_out: Vec::new() };
    if !path.exists() {
        return Conformance { left_out: vec![format!("{} is not there", path.display())], ..nothing };
    }
    run(source, path).unwrap_or_else(|reason| {
        let unread = Suite { cases: 1, failures: vec![reason], ..Suite::named("files read") };
        Conformance { suites: vec![unread], ..nothing }
    })
}

/// Runs every suite on the project's own vectors.
///
/// # Errors
/// A sentence when a file cannot be read.
pub fn run_own() -> Result<Conformance, String> {
    model::run("own", &project_root().join("tests/vectors/models"))
}
