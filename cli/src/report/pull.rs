//! What `plumbline pull` prints.

use serde::Serialize;

/// What `plumbline pull --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PullSummary {
    /// The bundle that was written.
    pub output: String,
    /// Its size.
    pub bytes: usize,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Whether MLflow states that SHA-256; it is the same then.
    pub sha256_compared: bool,
    /// The model's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The run in MLflow.
    pub run_id: String,
    /// The registered model's version in MLflow; null of a run.
    pub registered_version: Option<String>,
}
