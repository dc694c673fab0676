//! `plumbline kill`: a switch on a host for when control cannot be reached.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::host::lifecycle;
use crate::output::terminal;
use crate::{Failure, Outcome};

/// Give all leads to the champion on this host, at once and without control
#[derive(Debug, Args)]
#[command(after_help = "\
This writes a file to the store's folder. Within a second, the host that serves from it gives all leads to the champion, whatever the rollout
says, and says so in its heartbeat; no day of the rollout counts meanwhile. It needs no key and no control, but access to the folder.
Where control can be reached, prefer plumbline rollout rollback, which is recorded.

Examples:
  plumbline kill --store store --reason 'Control does not answer'
  plumbline kill --store store --undo")]
pub struct Kill {
    /// The folder that the host serves from
    #[arg(long, value_name = "FOLDER")]
    store: PathBuf,
    /// Why; the file keeps it
    #[arg(long, default_value = "")]
    reason: String,
    /// Follow the rollout again
    #[arg(long)]
    undo: bool,
}

impl Kill {
    /// Sets the switch, or takes it back.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if !lifecycle::exists(&self.store) {
            let place = self.store.display().to_string();
            return Err(Failure::input(place.clone(), "STORE_MISSING", format!("{place} is no store")));
        }
        lifecycle::kill(&self.store, (!self.undo).then_some(self.reason.as_str()))?;
        if json {
            terminal::say_json(&json!({ "killed": !self.undo }))?;
        } else if self.undo {
            terminal::say("the host follows the rollout again")?;
        } else {
            terminal::say("the champion scores all leads on this host within a second")?;
        }
        Ok(Outcome::Done)
    }
}
