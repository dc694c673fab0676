//! `plumbline push`: a bundle becomes a version of a registered model in MLflow.

use std::path::PathBuf;

use clap::Args;
use plumbline_core::Bundle;

use crate::input::model_file;
use crate::mlflow::{Experiment, Place, Record, publish};
use crate::output::terminal;
use crate::report::model_card::ModelCard;
use crate::{Failure, Outcome};

/// Register a bundle in MLflow
#[derive(Debug, Args)]
#[command(after_help = "\
Verifies the bundle, writes a run with what the bundle says of itself (parameters, figures with the ends of their intervals, tags,
the bundle, its fields, suite and model card), reads the files back, and makes a version of a registered model from it. Run and version
carry the SHA-256 of the bundle: pushing the same bundle again changes nothing, and after an outage the same command continues.

Credentials: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD. What fails with 408, 429, 5xx, a broken
connection or half an answer is tried again: MLFLOW_HTTP_REQUEST_MAX_RETRIES (6) times, after MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR (0.5)
seconds, each pause double the last. MLFLOW_HTTP_REQUEST_TIMEOUT (120): seconds that an answer may take.

Examples:
  plumbline push leads.plumb --mlflow http://127.0.0.1:5000
  plumbline push leads.plumb --name web-leads --alias champion
  plumbline pull models:/web-leads@champion -o champion.plumb")]
pub struct Push {
    /// The bundle
    #[arg(value_name = "M.plumb")]
    model: PathBuf,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    experiment: Experiment,
    /// The registered model [default: the name of the model]
    #[arg(long)]
    name: Option<String>,
    /// Name that then points to the version
    #[arg(long)]
    alias: Option<String>,
}

impl Push {
    /// Pushes the bundle.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let server = self.place.needed()?;
        let bytes = model_file::read(&self.model)?;
        let bundle = Bundle::read(&bytes).map_err(|e| Failure::Model {
            place: self.model.display().to_string(),
            code: e.code(),
            message: e.to_string(),
        })?;
        let mut record = Record::of(&bundle, bytes);
        record.files.extend(ModelCard { bundle: &bundle, sha256: &record.sha256, champion: None }.files());
        let name = self.name.as_deref().unwrap_or(&bundle.manifest.name);
        let published = publish(&server, &record, (&self.experiment.experiment, name, self.alias.as_deref()))?;
        if json {
            terminal::say_json(&published)?;
        } else {
            terminal::say(&published.line())?;
        }
        Ok(Outcome::Done)
    }
}
