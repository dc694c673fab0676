//! `plumbline rescore`: has the service score open leads again, or shows how far it came.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::client::Service;
use crate::host::lifecycle;
use crate::output::{Interrupt, terminal};
use crate::{Failure, Outcome, clock};

/// Score open leads again with today's model, or show how far it came
#[derive(Debug, Args)]
#[command(after_help = "\
The service scores each open lead, one without an outcome that was scored within writeback.open_days, by its stored fields with the version
that serves all leads, at most writeback.rescore_per_second leads a second, and records what changed (plumbline changes, webhooks). It does so
by itself when another model begins to serve all leads, and for the leads that show a challenger's score when a canary or an A/B test is rolled
back or suspended (writeback.rescore). How far it came is in the store: after a restart it goes on.

Stored are the fields of a lead's first score (leads.store) and those that were sent to POST /v1/leads. Leads without stored fields, and leads
that were scored more than ten minutes after them, are counted and not scored here: have the CRM send them to /v1/score.

Who had leads scored again, and by which version, is an entry of the ledger (plumbline ledger).

The service works on it between requests. With --wait, the command returns when all leads were looked at; with --store, it then works in
its own process.

Exit codes:
  0    it began; with --wait: it is done; with --show: shown
  8    it could not begin: changes are not recorded, or two versions serve leads

Examples:
  plumbline rescore --key $KEY
  plumbline rescore --wait --store prod
  plumbline rescore --show --json")]
pub struct Rescore {
    #[command(flatten)]
    service: Service,
    /// Show how far the last one came
    #[arg(long, conflicts_with = "wait")]
    show: bool,
    /// Wait until all leads were looked at
    #[arg(long)]
    wait: bool,
}

/// How far it came is asked this often.
const LOOK: Duration = Duration::from_millis(500);

impl Rescore {
    /// Begins, waits or shows.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if !self.show {
            let begun = self.service.post("/v1/rescore", "application/json", b"", "")?.body;
            if !self.wait {
                if json {
                    terminal::say_json(&begun)?;
                } else {
                    let word = |name: &str| begun.get(name).and_then(Value::as_str).unwrap_or_default();
                    terminal::say(&format!("Open leads are scored again by version {}.", word("version")))?;
                    terminal::note("plumbline rescore --show shows how far it came");
                }
                return Ok(Outcome::Done);
            }
        }
        let state = if self.wait { self.waited()? } else { self.service.get("/v1/rescore")?.body };
        if json {
            terminal::say_json(&state)?;
        } else {
            terminal::say(&sentence(&state))?;
        }
        Ok(Outcome::Done)
    }

    /// How far it came once it is done.
    fn waited(&self) -> Result<Value, Failure> {
        let interrupt = Interrupt::watch()?;
        let bar = terminal::steps("scoring again");
        let mut kept = self.service.folder().map(lifecycle::reopen).transpose()?;
        let state = loop {
            let state = self.service.get("/v1/rescore")?.body;
            if state.get("state").and_then(Value::as_str) == Some("done") {
                break state;
            }
            bar.set_message(sentence(&state));
            if let Some(kept) = &mut kept {
                let until = clock::start() + LOOK;
                let ticked = kept.tick_while(clock::now().0, &mut || clock::start() < until);
                ticked.map_err(|fault| Failure::Service { code: fault.problem().code, message: fault.to_string() })?;
            }
            std::thread::sleep(LOOK);
        };
        bar.finish_and_clear();
        drop(interrupt);
        Ok(state)
    }
}

/// How far it came.
fn sentence(state: &Value) -> String {
    let word = |name: &str| state.get(name).and_then(Value::as_str).unwrap_or_default();
    let count = |name: &str| terminal::thousands(state.get(name).and_then(Value::as_u64).unwrap_or_default());
    let what = match word("state") {
        "none" => return "No leads have been scored again yet.".to_owned(),
        "waiting" => "Waiting until one version serves all leads",
        "done" => "Done",
        _ => "Running",
    };
    let of = match word("reported_by") {
        "" => String::new(),
        version => format!(" for leads with scores of version {version}"),
    };
    format!(
        "{what}: version {}{of}, {} leads looked at ({:.0} %); {} scored again, {} changes; {} closed, {} without stored fields, {} scored since with other fields, {} rejected, {} hidden.",
        word("version"),
        count("leads"),
        state.get("share").and_then(Value::as_f64).unwrap_or_default() * 100.0,
        count("rescored"),
        count("changed"),
        count("closed"),
        count("without_fields"),
        count("outdated"),
        count("rejected"),
        count("hidden"),
    )
}
