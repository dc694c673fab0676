//! MLflow's tracking server and model registry, over its REST API: experiments, runs, artifacts, registered models, versions, aliases.
//!
//! Everything that is written is found again by the SHA-256 of the bundle, which run and version carry as a tag. So each step may be repeated:
//! what an outage or a kill left undone is continued by the next call, and a version appears only once its files have been read back.
//! Artifacts go through the server (`mlflow-artifacts:`), so that no key of a bucket is needed here. Tests in `tests/clients/mlflow.test.mjs`
//! run against MLflow's own server and read everything with its Python client.

mod artifact;
mod publish;
mod record;
mod recorded;
mod registry;
mod request;
mod run;
mod source;

use clap::Args;

pub use publish::{Published, publish};
pub use record::Record;
pub use recorded::Recorded;
pub use registry::checked_name;
pub use request::Server;
pub use source::{Pulled, Source, pull};

use crate::Failure;

/// The MLflow server that a command works with.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Address of the MLflow server; MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, are sent along
    #[arg(long, value_name = "URL", env = "MLFLOW_TRACKING_URI", hide_env_values = true)]
    mlflow: Option<String>,
}

/// The experiment that runs go to.
#[derive(Debug, Clone, Args)]
pub struct Experiment {
    /// Experiment that the run goes to; it is made where it does not exist
    #[arg(long, value_name = "NAME", env = "MLFLOW_EXPERIMENT_NAME", default_value = "plumbline")]
    pub experiment: String,
}

impl Place {
    /// The server, if one was named.
    ///
    /// # Errors
    /// The address is not one of HTTP.
    pub fn server(&self) -> Result<Option<Server>, Failure> {
        self.mlflow.as_deref().filter(|address| !address.is_empty()).map(Server::open).transpose()
    }

    /// The server.
    ///
    /// # Errors
    /// None was named, or its address is not one of HTTP.
    pub fn needed(&self) -> Result<Server, Failure> {
        let missing =
            || Failure::usage("MLFLOW_ADDRESS", "no MLflow server is named: give --mlflow URL or set MLFLOW_TRACKING_URI");
        self.server()?.ok_or_else(missing)
    }
}
