//! `plumbline simulate`: plays weeks of a simulated company through the real service on virtual time.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_worker::world;
use plumbline_worker::{Control, Lifecycle, LogShard, SqlError};

use crate::host::{demo, lifecycle};
use crate::output::terminal;
use crate::store::{Home, Store};
use crate::{Failure, Outcome, clock};

/// Play weeks of a simulated company through the real service
#[derive(Debug, Args)]
#[command(after_help = "\
Leads come, reps work them hot first, deals close late, people start and approve. All of it goes through the real service, its log and
its lifecycle, on virtual time. The same seed gives the same history.

Examples:
  plumbline simulate --seed 1
  plumbline simulate --seed 1 --store demo-store && plumbline serve --store demo-store")]
pub struct Simulate {
    /// Decides every draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// New leads on an average day
    #[arg(long, default_value_t = 300.0, value_name = "LEADS")]
    leads: f64,
    /// Folder of the store that is made; it must be new [default: in memory]
    #[arg(long, value_name = "FOLDER")]
    store: Option<PathBuf>,
}

impl Simulate {
    /// Plays the history and prints where it ends.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let began = clock::start();
        let now_ms = clock::now().0;
        let lifecycle = match &self.store {
            Some(folder) => {
                fresh(folder)?;
                lifecycle::open(folder, world::policy(), demo::base())?
            }
            None => in_memory()?,
        };
        let mut lifecycle = demo::play(lifecycle, self.seed, self.leads, now_ms, &demo::secrets()?)?;
        let report = lifecycle.control().report(now_ms).map_err(failed)?;
        if json {
            terminal::say_json(&report)?;
        } else {
            terminal::say(&report.verdict.sentence.text)?;
            for event in report.events.iter().rev().filter(|event| !event.sentence.text.is_empty()) {
                terminal::say(&format!("  {}  {:12} {}", event.at, event.actor, event.sentence.text))?;
            }
            terminal::note(&format!("played in {:.1} s", began.elapsed().as_secs_f64()));
        }
        Ok(Outcome::Done)
    }
}

fn in_memory() -> Result<Lifecycle<Store>, Failure> {
    let refused = |e: SqlError| Failure::Service { code: e.code(), message: e.to_string() };
    let control = Control::open(Store::in_memory().map_err(refused)?, world::policy(), demo::base()).map_err(refused)?;
    let shard = LogShard::open(Store::in_memory().map_err(refused)?).map_err(refused)?;
    Ok(Lifecycle::new(control, vec![shard]))
}

/// Makes sure that `folder` holds no store yet.
fn fresh(folder: &Path) -> Result<(), Failure> {
    if Home::of(folder)?.has_tables()? {
        let message = format!("{} holds a store already; name a new folder", folder.display());
        return Err(Failure::usage("STORE_EXISTS", message));
    }
    Ok(())
}

fn failed(fault: plumbline_worker::control::Fault) -> Failure {
    let problem = fault.problem();
    Failure::Service { code: problem.code, message: fault.to_string() }
}
