//! `plumbline check`: whether settings make sense, connections answer and features are the same everywhere, before anything depends on them.

mod config;
mod features;
mod setup;

use clap::{Args, Subcommand};

use crate::{Failure, Outcome};

/// Check settings, connections and features before anything depends on them
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0    all is well
  1    config: a gate cannot be decided at this base rate and traffic; setup: a connection does not answer;
       features: a row differs
  2    the settings are invalid, or nothing could be checked

Examples:
  plumbline check config plumbline.toml --base-rate 10% --leads-per-day 500
  plumbline check config --url https://scores.example --key $KEY
  plumbline check setup plumbline.toml --store data
  plumbline check features leads.plumb Leads.csv --outcome Converted")]
pub struct Check {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Config(Box<config::Config>),
    Setup(setup::Setup),
    Features(features::Features),
}

impl Check {
    /// Checks.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        match &self.what {
            What::Config(config) => config.run(json),
            What::Setup(setup) => setup.run(json),
            What::Features(features) => features.run(json),
        }
    }
}
