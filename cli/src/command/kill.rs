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
This writes a file. Within a second, the hosts on this machine that serve from the store give all leads to the champion, whatever the rollout
says, and say so in their heartbeats; no day of the rollout counts meanwhile. It needs no key, no control and no database, but access to
the file: killed in the store's folder; for a store in PostgreSQL a file in the folder for temporary files (TMPDIR, else /tmp), named by
the database's address, so give --store as the host was given it; or the one that the host was given by --switch. Run it on the
host's machine, in its container if it has one. Where control can be reached, prefer plumbline rollout rollback, which is recorded.

Exit codes:
  0    the switch is set or taken back, and a host looks for it
  1    it is set or taken back, but no host on this machine is known to look for it
  others: see plumbline --help

Examples:
  plumbline kill --store store --reason 'Control does not answer'
  plumbline kill --store postgres://db.example/leads --reason 'The database does not answer'
  plumbline kill --store store --undo")]
pub struct Kill {
    /// The store that the host serves from: a folder, or postgres://…
    #[arg(long, value_name = "FOLDER|URL")]
    store: PathBuf,
    /// The file that the host was given as its switch
    #[arg(long, value_name = "FILE")]
    switch: Option<PathBuf>,
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
        let switch = lifecycle::switch_of(&self.store, self.switch.as_deref());
        let is_watched = lifecycle::kill(&switch, (!self.undo).then_some(self.reason.as_str()))?;
        if json {
            let switch = switch.display().to_string();
            terminal::say_json(&json!({ "killed": !self.undo, "switch": switch, "watched": is_watched }))?;
        } else if self.undo {
            terminal::say("the host follows the rollout again")?;
        } else if is_watched {
            terminal::say("the champion scores all leads on this host within a second")?;
        } else {
            terminal::say(&format!("the switch is set: {}", switch.display()))?;
        }
        if !is_watched {
            terminal::note(&format!(
                "no host on this machine is known to look for {}: a host that starts follows it; one that runs was given another --store or --switch, \
                 or runs elsewhere",
                switch.display()
            ));
            return Ok(Outcome::CheckFailed);
        }
        Ok(Outcome::Done)
    }
}
