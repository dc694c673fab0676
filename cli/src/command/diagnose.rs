//! `plumbline diagnose`: the troubleshooting guide, run by a service on what it recorded.

use clap::Args;

use crate::client::Service;
use crate::output::terminal;
use crate::report::diagnose::page;
use crate::{Failure, Outcome};

/// Find out why scores no longer help, or why answers got slow
#[derive(Debug, Args)]
#[command(after_help = "\
Runs the troubleshooting guide on what a service recorded. D1, scores no longer help: system health, performance, drift weighted by
importance, data quality, business, integration. D2, answers got slow: batches, model, load, network. D3, drift in several fields.
Each step says fine, suspect, cause or unknown (what it needs is not recorded), in words, with what to do.

Exit codes:
  0    no step found anything
  1    a step found a cause or a suspect
  others: see plumbline --help

Examples:
  plumbline diagnose
  plumbline diagnose --url https://scores.example --key $KEY --json | jq '.checks[].finding.text'")]
pub struct Diagnose {
    #[command(flatten)]
    service: Service,
}

impl Diagnose {
    /// Asks and prints.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let answer = self.service.get("/v1/diagnose")?;
        if json {
            terminal::say_json(&answer.body)?;
        } else {
            terminal::say(&page(&answer.body))?;
        }
        let steps = answer.body.pointer("/checks").and_then(serde_json::Value::as_array).into_iter().flatten();
        let mut steps = steps.filter_map(|check| check.get("steps")?.as_array()).flatten();
        let is_found =
            steps.any(|step| matches!(step.get("status").and_then(serde_json::Value::as_str), Some("cause" | "suspect")));
        Ok(if is_found { Outcome::CheckFailed } else { Outcome::Done })
    }
}
