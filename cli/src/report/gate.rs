//! What `plumbline check pre-training`, `post-training`, `pre-deployment` and `post-deployment` found.

use serde::Serialize;

/// What `plumbline check pre-training --json`, and each of the other three, prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GateReport {
    /// `pre-training`, `post-training`, `pre-deployment` or `post-deployment`.
    pub gate: String,
    /// Whether nothing failed.
    pub passed: bool,
    /// What was checked, in order.
    pub checks: Vec<Check>,
}

/// One line of a gate.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// A stable name, such as `data.suite`.
    pub id: String,
    /// What came of it.
    pub status: CheckStatus,
    /// What was found.
    pub found: String,
    /// What to do; empty where nothing failed.
    pub next: String,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// It is as it should be.
    Passed,
    /// It is not.
    Failed,
    /// It cannot be judged yet, or nothing was named to judge it by; this fails no gate.
    Open,
}

impl GateReport {
    /// A gate without checks.
    pub fn new(gate: &str) -> GateReport {
        GateReport { gate: gate.to_owned(), passed: true, checks: Vec::new() }
    }

    /// Adds a check that passed.
    pub fn pass(&mut self, id: &str, found: impl Into<String>) {
        self.add(id, CheckStatus::Passed, found.into(), String::new());
    }

    /// Adds a check that failed, and what to do.
    pub fn fail(&mut self, id: &str, found: impl Into<String>, next: impl Into<String>) {
        self.passed = false;
        self.add(id, CheckStatus::Failed, found.into(), next.into());
    }

    /// Adds a check that cannot be judged.
    pub fn open(&mut self, id: &str, found: impl Into<String>) {
        self.add(id, CheckStatus::Open, found.into(), String::new());
    }

    /// Adds a check that passed or failed.
    pub fn judge(&mut self, id: &str, is_met: bool, found: impl Into<String>, next: &str) {
        if is_met { self.pass(id, found) } else { self.fail(id, found, next) }
    }

    fn add(&mut self, id: &str, status: CheckStatus, found: String, next: String) {
        self.checks.push(Check { id: id.to_owned(), status, found, next });
    }
}

/// The page of a gate: a line for each check, and the verdict.
pub fn page(report: &GateReport) -> String {
    let width = report.checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for check in &report.checks {
        let mark = match check.status {
            CheckStatus::Passed => "✓",
            CheckStatus::Failed => "✗",
            CheckStatus::Open => "–",
        };
        lines.push(format!("{mark} {:width$}  {}", check.id, check.found));
        if !check.next.is_empty() {
            lines.push(format!("  {:width$}  → {}", "", check.next));
        }
    }
    let count = |status| report.checks.iter().filter(|check| check.status == status).count();
    let (failed, open) = (count(CheckStatus::Failed), count(CheckStatus::Open));
    let verdict = if report.passed { "passed" } else { "NOT PASSED" };
    let open = if open > 0 { format!(", {open} not judged") } else { String::new() };
    lines.push(format!("{}: {verdict} ({} checks, {failed} failed{open})", report.gate, report.checks.len()));
    lines.join("\n")
}
