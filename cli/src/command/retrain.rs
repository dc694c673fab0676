//! `plumbline retrain`: has the service train today's model again on recent leads, or shows its retrainings.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::client::Service;
use crate::host::lifecycle;
use crate::output::{Interrupt, terminal};
use crate::{Failure, Outcome, clock};

/// Retrain the model on recent leads, or show the retrainings
#[derive(Debug, Args)]
#[command(after_help = "\
The service trains a new model on the fields and outcomes of leads that matured in the last 30 days ([retrain] of the settings), with the
fields and hyperparameters of today's model, tests it on the newest fifth of them, and compares it with today's model on the same leads.
A model that is good enough is registered and queued for shadow: a person starts its rollout (plumbline rollout start). No lead moves.

The service works on it between requests. With --wait, the command returns when the run has ended; with --store, it then trains in its
own process.

Exit codes:
  0    the retraining was asked for; with --wait: it ended with a model
  1    with --wait: it ended without one, or with one that ranks poorly
  2    it could not be asked for

Examples:
  plumbline retrain --key $KEY
  plumbline retrain --wait --store prod
  plumbline retrain --list")]
pub struct Retrain {
    #[command(flatten)]
    service: Service,
    /// Show the retrainings and when the next is due
    #[arg(long, conflicts_with = "wait")]
    list: bool,
    /// Wait until the retraining has ended
    #[arg(long)]
    wait: bool,
}

/// A run that is waited for is asked after this often.
const LOOK: Duration = Duration::from_secs(2);
/// Runs that are listed.
const LISTED: u32 = 20;

impl Retrain {
    /// Asks, waits or lists.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if self.list {
            let answer = self.service.get(&format!("/v1/retrain?limit={LISTED}"))?;
            if json {
                terminal::say_json(&answer.body)?;
            } else {
                let next = answer.body.get("next_at").and_then(Value::as_str).unwrap_or("by no schedule");
                terminal::say(&format!("next: {next}"))?;
                let runs = answer.body.get("runs").and_then(Value::as_array).into_iter().flatten();
                let head = ["due", "trigger", "state", "result", "leads", "AUC", "today's", "version", ""];
                terminal::say(&terminal::columns(&head, runs.map(row)))?;
            }
            return Ok(Outcome::Done);
        }
        let asked = self.service.post("/v1/retrain", "application/json", b"", "")?.body;
        let run = if self.wait { self.waited(&asked)? } else { asked };
        if json {
            terminal::say_json(&run)?;
        } else {
            terminal::say(run.pointer("/sentence/text").and_then(Value::as_str).unwrap_or_default())?;
            if !self.wait {
                terminal::note(&format!("retraining {}; plumbline retrain --list shows what becomes of it", word(&run, "id")));
            }
        }
        let is_good = !self.wait || matches!(word(&run, "decision").as_str(), "queued" | "kept");
        Ok(if is_good { Outcome::Done } else { Outcome::CheckFailed })
    }

    /// The run once it has ended.
    fn waited(&self, asked: &Value) -> Result<Value, Failure> {
        let interrupt = Interrupt::watch()?;
        let id = word(asked, "id");
        let bar = terminal::steps("retraining");
        let mut kept = self.service.folder().map(lifecycle::reopen).transpose()?;
        let outcome = loop {
            let body = self.service.get(&format!("/v1/retrain?limit={LISTED}"))?.body;
            let runs = body.get("runs").and_then(Value::as_array).into_iter().flatten();
            let run = runs.into_iter().find(|run| word(run, "id") == id).cloned().unwrap_or_default();
            if word(&run, "state") == "ended" {
                break run;
            }
            bar.set_message(run.pointer("/sentence/text").and_then(Value::as_str).unwrap_or_default().to_owned());
            let until = clock::start() + LOOK;
            let mut works = false;
            if let Some(kept) = &mut kept {
                let step = kept.retrain_while(clock::now().0, &mut || clock::start() < until);
                works = step.map_err(|fault| Failure::Service { code: fault.problem().code, message: fault.to_string() })?;
            }
            if !works {
                std::thread::sleep(LOOK);
            }
        };
        bar.finish_and_clear();
        drop(interrupt);
        Ok(outcome)
    }
}

fn word(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn row(run: &Value) -> Vec<String> {
    let figure = |name: &str| run.get(name).and_then(Value::as_f64).map(|auc| format!("{auc:.3}")).unwrap_or_default();
    let rows = run.get("rows").and_then(Value::as_u64).map(terminal::thousands).unwrap_or_default();
    let text = run.pointer("/sentence/text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let [due, trigger, state, decision, version] =
        ["due_at", "trigger", "state", "decision", "version"].map(|name| word(run, name));
    vec![due, trigger, state, decision, rows, figure("auc"), figure("champion_auc"), version, text]
}
