//! `plumbline simulate`: plays weeks of a simulated company through the real service on virtual time.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::rollout::{DAY_MS, Policy};
use plumbline_worker::world::{self, Script, ScriptFile};
use plumbline_worker::{Control, Lifecycle, LogShard, SqlError};

use crate::host::{demo, lifecycle};
use crate::input::read_settings;
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
  plumbline simulate --script S.toml

A script begins on a Monday; with --until-now on any day, so that it ends now. Its events:
  [[event]]
  at = \"d14 07:00\"
  kind = \"start\"            # or approve, waive, hold, resume, rollback, capacity; by = \"Ben Okafor\"
  [[event]]
  at = \"d20 09:00\"
  kind = \"errors\"           # or latency, drift, new_category, missing, outage_shard, clock_jump, duplicate_ticks, restart, kill_host, retrain,
  of = \"challenger\"         # srm, ranks_worse, silence_sales, feedback_odd, attend (people do what the rollout waits for)
  share = 0.2

  plumbline simulate --seed 1 --store demo-store && plumbline serve --store demo-store

A script whose last approval is yours: stop it before (days), try rules of your own, and go on with the store.
  plumbline simulate --script S.toml --until-now --settings plumbline.toml --store trial && plumbline serve --store trial")]
pub struct Simulate {
    /// Decides every draw
    #[arg(long)]
    seed: Option<u64>,
    /// New leads on an average day
    #[arg(long, value_name = "LEADS")]
    leads: Option<f64>,
    /// What happens instead of the demo's history, in TOML: seed, days, leads a day, the challenger, and events
    #[arg(long, value_name = "S.toml")]
    script: Option<PathBuf>,
    /// The script's history ends now, rather than begins on 2026-09-07, so that a service can go on with its store
    #[arg(long, requires = "script")]
    until_now: bool,
    /// Rules of the rollout, write-back and what is kept of leads, instead of the demo's: a settings file (plumbline.toml)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Folder of the store that is made; it must be new [default: in memory]
    #[arg(long, value_name = "FOLDER")]
    store: Option<PathBuf>,
}

/// Scripts begin here: 2026-09-07, a Monday.
const BEGINS_MS: i64 = 1_788_739_200_000;

/// More leads a day are not played: their rows would not fit in memory.
const MOST_LEADS: f64 = 1e6;

impl Simulate {
    /// Plays the history and prints where it ends.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let began = clock::start();
        let script = self.script(clock::now().0)?;
        let now_ms = script.until_ms;
        let policy =
            self.settings.as_deref().map_or_else(|| Ok(world::policy()), |path| read_settings(path).map(|(_, policy)| policy))?;
        let lifecycle = match &self.store {
            Some(folder) => {
                fresh(folder)?;
                lifecycle::open(folder, policy, demo::base())?
            }
            None => in_memory(policy)?,
        };
        let (mut lifecycle, played) = demo::play_script(lifecycle, &script)?;
        let report = lifecycle.control().report(now_ms).map_err(failed)?;
        if json {
            terminal::say_json(&report)?;
        } else {
            terminal::say(&report.verdict.sentence.text)?;
            for event in report.events.iter().rev().filter(|event| !event.sentence.text.is_empty()) {
                terminal::say(&format!("  {}  {:12} {}", event.at, event.actor, event.sentence.text))?;
            }
            for rejected in &played.rejected {
                terminal::note(&format!("rejected: {rejected}"));
            }
            let (leads, events, seconds) = (played.leads, played.events, began.elapsed().as_secs_f64());
            terminal::note(&format!("{leads} leads were scored and {events} events sent in {seconds:.1} s"));
        }
        Ok(Outcome::Done)
    }
}

impl Simulate {
    fn script(&self, now_ms: i64) -> Result<Script, Failure> {
        let secrets = demo::secrets()?;
        let Some(path) = &self.script else {
            let (seed, leads) = (self.seed.unwrap_or(world::DEMO_SEED), self.leads.unwrap_or(world::DEMO_LEADS));
            if !(leads > 0.0 && leads <= MOST_LEADS) {
                return Err(Failure::usage(
                    "LEADS_INVALID",
                    format!("--leads is {leads}; it must be above 0 and at most {MOST_LEADS}"),
                ));
            }
            return Ok(Script::demo(seed, now_ms, leads, secrets));
        };
        let place = path.display().to_string();
        let invalid = |message: String| Failure::input(place.clone(), "SCRIPT_INVALID", message);
        let text = std::fs::read_to_string(path).map_err(Failure::read(place.clone()))?;
        let file: ScriptFile = toml::from_str(&text).map_err(|e| invalid(e.to_string()))?;
        let mut script = file.script(BEGINS_MS, secrets).map_err(|e| invalid(e.to_string()))?;
        if self.until_now {
            let days = script.until_ms - script.from_ms;
            script.from_ms = (now_ms - days).div_euclid(DAY_MS) * DAY_MS;
            script.until_ms = now_ms;
        }
        let leads_per_day = self.leads.unwrap_or(script.leads_per_day);
        if script.until_ms <= script.from_ms {
            return Err(invalid("days must be at least 1".to_owned()));
        }
        if !(leads_per_day > 0.0 && leads_per_day <= MOST_LEADS) {
            return Err(invalid(format!("leads is {leads_per_day}; it must be above 0 and at most {MOST_LEADS}")));
        }
        Ok(Script { seed: self.seed.unwrap_or(script.seed), leads_per_day, ..script })
    }
}

fn in_memory(policy: Policy) -> Result<Lifecycle<Store>, Failure> {
    let refused = |e: SqlError| Failure::Service { code: e.code(), message: e.to_string() };
    let control = Control::open(Store::in_memory().map_err(refused)?, policy, demo::base()).map_err(refused)?;
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
