//! `plumbline pull`: a bundle comes from MLflow.

use std::path::PathBuf;

use clap::Args;

use crate::mlflow::{Place, Pulled, Source, pull};
use crate::output::{replace, terminal};
use crate::report::pull::PullSummary;
use crate::{Failure, Outcome};

/// Get a bundle from MLflow
#[derive(Debug, Args)]
#[command(after_help = "\
The file is verified before it appears under its name: the SHA-256 that MLflow states, then structure, digest and golden leads.

Examples:
  plumbline pull models:/web-leads@champion -o champion.plumb --mlflow http://127.0.0.1:5000
  plumbline pull models:/web-leads/3 -o v3.plumb
  plumbline pull runs:/8f3a2c… -o m.plumb")]
pub struct Pull {
    /// models:/NAME@ALIAS, models:/NAME/VERSION or runs:/ID
    #[arg(value_name = "SOURCE")]
    source: String,
    #[command(flatten)]
    place: Place,
    /// The file to write
    #[arg(short, long, value_name = "M.plumb")]
    output: PathBuf,
}

impl Pull {
    /// Pulls the bundle.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let source = Source::read(&self.source)?;
        let Pulled { bytes, bundle, sha256, is_compared, run_id, version } = pull(&self.place.needed()?, &source)?;
        replace(&self.output, &bytes)?;
        let manifest = &bundle.manifest;
        let summary = PullSummary {
            output: self.output.display().to_string(),
            bytes: bytes.len(),
            sha256,
            sha256_compared: is_compared,
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            run_id,
            registered_version: version.map(|version| version.version),
        };
        if json {
            terminal::say_json(&summary)?;
        } else {
            let compared = if is_compared { "as MLflow states it" } else { "which MLflow does not state" };
            let PullSummary { output, name, version, sha256, .. } = &summary;
            terminal::say(&format!("{output}: {name} {version}, verified (SHA-256 {sha256}, {compared})"))?;
        }
        Ok(Outcome::Done)
    }
}
