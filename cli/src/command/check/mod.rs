//! `plumbline check`: whether settings make sense, connections answer, features are the same everywhere, and a model may go on.

mod config;
mod features;
mod gate;
mod ready;
mod setup;

use clap::{Args, Subcommand};

use crate::{Failure, Outcome};

/// Check settings, connections, features and the gates of a model
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0    all is well
  1    config: a gate cannot be decided at this base rate and traffic; setup: a connection does not answer;
       features: a row differs;
       pre-training, post-training, pre-deployment, post-deployment: a check of the gate failed; ready: the service is not
  2    the settings are invalid, or nothing could be checked

Examples:
  plumbline check config plumbline.toml --base-rate 10% --leads-per-day 500
  plumbline check config --url https://scores.example --key $KEY
  plumbline check setup plumbline.toml --store data
  plumbline check features leads.plumb Leads.csv --outcome Converted
  plumbline check pre-training Leads.csv --outcome Converted --schema leads.toml --suite suite.json
  plumbline check pre-deployment 2026-12-01.1 --url https://scores.example --key $KEY")]
pub struct Check {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Config(Box<config::Config>),
    Setup(setup::Setup),
    Features(features::Features),
    PreTraining(gate::PreTraining),
    PostTraining(gate::PostTraining),
    PreDeployment(gate::PreDeployment),
    PostDeployment(gate::PostDeployment),
    Ready(ready::Ready),
}

impl Check {
    /// Checks.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        match &self.what {
            What::Config(config) => config.run(json),
            What::Setup(setup) => setup.run(json),
            What::Features(features) => features.run(json),
            What::PreTraining(gate) => gate.run(json),
            What::PostTraining(gate) => gate.run(json),
            What::PreDeployment(gate) => gate.run(json),
            What::PostDeployment(gate) => gate.run(json),
            What::Ready(ready) => ready.run(json),
        }
    }
}
