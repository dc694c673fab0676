//! What MLflow has of a bundle, without writing anything.

use super::record::Record;
use super::registry::Version;
use super::request::{Server, is_rejected_as};
use super::run::Run;
use crate::Failure;

/// What MLflow has of a bundle.
#[derive(Debug, Default)]
pub struct Recorded {
    /// The run; none where there is no finished one.
    pub run: Option<String>,
    /// Metrics that the run lacks, or has with another value.
    pub lacking: Vec<String>,
    /// The version of the registered model; none where the run was not registered.
    pub version: Option<String>,
}

impl Recorded {
    /// What the experiment and the registered model `name` have of `record`.
    ///
    /// # Errors
    /// The server cannot be reached, or rejects the request.
    pub fn of(server: &Server, (experiment, name): (&str, &str), record: &Record) -> Result<Recorded, Failure> {
        let found = match server.get("experiments/get-by-name", &[("experiment_name", experiment)]) {
            Err(failure) if is_rejected_as(&failure, "RESOURCE_DOES_NOT_EXIST") => return Ok(Recorded::default()),
            found => found?,
        };
        let id = found.pointer("/experiment/experiment_id").and_then(serde_json::Value::as_str).unwrap_or_default();
        let run = server.patiently(|| Run::find(server, id, &record.sha256))?;
        let Some(run) = run.filter(Run::is_finished) else { return Ok(Recorded::default()) };
        let lacking = record.metrics.iter().filter(|(key, value)| run.metric(key) != Some(*value)).map(|(key, _)| key.clone());
        let version = server.patiently(|| Version::first_of(server, name, &run.id))?;
        Ok(Recorded { lacking: lacking.collect(), version: version.map(|version| version.version), run: Some(run.id) })
    }
}
