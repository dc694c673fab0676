//! `plumbline rollout`: where the rollout is, what it waits for, and commands to it.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::client::Service;
use crate::output::terminal;
use crate::report::rollout;
use crate::{Failure, Outcome};

/// Start, watch, approve, hold or roll back a rollout
#[derive(Debug, Args)]
#[command(after_help = "\
A rollout carries a model from shadow through canary and A/B test to all leads. Only people promote it; the service holds it or rolls
it back by itself. Starting and approving need a key with the scope approve, which belongs to a person.

Examples:
  plumbline rollout explain
  plumbline rollout approve --comment 'Ranks better on the same leads' --key $KEY
  plumbline rollout rollback --reason 'Sales reports odd scores' --key $KEY")]
pub struct Rollout {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Stage, days, gates and approvals
    Status,
    /// In words: what comes next, and what is missing
    Explain,
    /// Start the rollout of a registered model
    Start {
        /// The version
        version: String,
        /// Start although precision and recall cannot both hold at this base rate
        #[arg(long)]
        acknowledge: bool,
        /// Start a version again that was stopped or rolled back
        #[arg(long)]
        again: bool,
    },
    /// Approve the next stage
    Approve {
        /// Why; it goes into the ledger
        #[arg(long, default_value = "")]
        comment: String,
        /// Weeks of the A/B test, on the way into it [default: as long as the policy allows]
        #[arg(long)]
        weeks: Option<u32>,
    },
    /// Waive a gate that is undecided, in this stage
    Waive {
        /// The gate, such as ab.cycle
        gate: String,
        /// Why; it goes into the ledger
        #[arg(long)]
        reason: String,
    },
    /// Stop promotion; days, looks and rollback go on
    Hold {
        /// Why; it goes into the ledger
        #[arg(long)]
        reason: String,
    },
    /// End all holds, or a suspension
    Resume {
        /// Why; it goes into the ledger
        #[arg(long)]
        reason: String,
    },
    /// Give all leads back to today's model at once
    Rollback {
        /// Why; it goes into the ledger
        #[arg(long)]
        reason: String,
    },
}

impl Rollout {
    /// Asks or commands, and prints where the rollout is then.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let (command, body) = match &self.what {
            What::Status | What::Explain => ("", Value::Null),
            What::Start { version, acknowledge, again } => {
                ("start", json!({ "version": version, "acknowledge": acknowledge, "again": again }))
            }
            What::Approve { comment, weeks } => ("approve", json!({ "comment": comment, "weeks": weeks })),
            What::Waive { gate, reason } => ("waive", json!({ "gate": gate, "reason": reason })),
            What::Hold { reason } => ("hold", json!({ "reason": reason })),
            What::Resume { reason } => ("resume", json!({ "reason": reason })),
            What::Rollback { reason } => ("rollback", json!({ "reason": reason })),
        };
        let seen = self.service.get("/v1/rollout")?;
        let answer = if command.is_empty() {
            seen
        } else {
            self.service.command(&format!("/v1/rollout/{command}"), &body, &seen.revision)?
        };
        if json {
            terminal::say_json(&answer.body)?;
        } else if matches!(self.what, What::Explain) {
            terminal::say(&rollout::explained(&answer.body))?;
        } else {
            terminal::say(&rollout::status(&answer.body))?;
        }
        Ok(Outcome::Done)
    }
}
