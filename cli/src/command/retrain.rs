//! `plumbline retrain`: has the service train today's model again on recent leads, or shows its retrainings.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use tempfile::{NamedTempFile, TempDir};

use crate::client::{self, Collected, Service, encoded};
use crate::host::lifecycle;
use crate::input::model_file;
use crate::output::{Interrupt, terminal};
use crate::report::train::TrainSummary;
use crate::{Failure, Outcome, clock};

/// Retrain the model on recent leads, or show the retrainings
#[derive(Debug, Args)]
#[command(after_help = "\
The service trains a new model on the fields and outcomes of leads that matured in the last 30 days ([retrain] of the settings), with the
fields and hyperparameters of today's model, tests it on the newest fifth of them, and compares it with today's model on the same leads.
A model that is good enough is registered and queued for shadow: a person starts its rollout (plumbline rollout start). No lead moves.

Where more leads matured than retrain.what.max_rows and retrain.what.where is \"webhook\", the service sends a webhook (kind
retrain.elsewhere, with the run's id) instead of training, and awaits a bundle for 6 hours. The program behind the webhook runs `plumbline
retrain --run ID`, which reads the run's leads from the service, trains here as the service would, and posts bundle and figures back. It may be
repeated: a bundle that was taken is not taken twice.

The service works on it between requests. With --wait, the command returns when the run has ended; with --store, it then trains in its
own process.

Exit codes:
  0    the retraining was asked for; with --wait: it ended with a model
  1    with --wait: it ended without one, or with one that ranks poorly
  8    it could not be asked for

Examples:
  plumbline retrain --key $KEY
  plumbline retrain --wait --store prod
  plumbline retrain --run 20261206020000-schedule --url https://leads.example --key $KEY
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
    /// Train here the model of this retraining, which the service does not do itself, and hand it in
    #[arg(long, value_name = "ID", conflicts_with_all = ["list", "wait"])]
    run: Option<String>,
    /// With --run: keep the bundle in this file
    #[arg(long, short, value_name = "M.plumb", requires = "run")]
    output: Option<PathBuf>,
}

/// A run that is waited for is asked after this often.
const LOOK: Duration = Duration::from_secs(2);
/// Runs that are listed.
const LISTED: u32 = 20;

/// A retraining that is done here.
pub struct Elsewhere<'a> {
    service: &'a Service,
    run: String,
    leads: Collected,
    champion: NamedTempFile,
    version: String,
    /// Fields of the leads whose values are hashed.
    personal: Vec<String>,
    /// Where the bundle goes where no file was named.
    folder: TempDir,
    output: Option<&'a Path>,
}

impl Elsewhere<'_> {
    fn bundle(&self) -> PathBuf {
        self.output.map_or_else(|| self.folder.path().join("retrained.plumb"), Path::to_owned)
    }

    /// The arguments of the training: fields and settings of today's model, which it is compared with.
    pub fn arguments(&self) -> Vec<OsString> {
        let (leads, champion, bundle) = (self.leads.file.path(), self.champion.path(), self.bundle());
        let mut all: Vec<OsString> =
            ["plumbline", "train", "--outcome", client::OUTCOME, "--time", client::TIME].map(Into::into).into();
        for (option, value) in
            [("--like", champion.as_os_str()), ("--champion", champion.as_os_str()), ("-o", bundle.as_os_str())]
        {
            all.extend([option.into(), value.to_owned()]);
        }
        if !self.personal.is_empty() {
            all.extend(["--personal".into(), OsString::from(self.personal.join(","))]);
        }
        all.extend(["--version".into(), OsString::from(&self.version), leads.into()]);
        all
    }

    /// `failure` of MLflow with the way forward: the model is trained, and the service has it.
    pub fn not_in_mlflow(&self, failure: Failure) -> Failure {
        let way = match self.output.map(Path::display) {
            Some(bundle) => format!("plumbline push {bundle}"),
            None => "plumbline export --to mlflow+URL, which logs the service's models".to_owned(),
        };
        failure.and(&format!("The model is trained and handed in; continue with: {way}"))
    }

    /// Hands in what was trained.
    ///
    /// # Errors
    /// The service cannot be reached, or does not take it.
    pub fn hand_in(&self, trained: &TrainSummary, json: bool) -> Result<Outcome, Failure> {
        let against = trained.champion.as_ref().ok_or_else(|| Failure::Rejected {
            code: "NO_CHAMPION".to_owned(),
            message: "the model was not compared with today's".to_owned(),
        })?;
        let (rows, tested) = (self.leads.leads, against.leads);
        let (low, high) = against.auc_interval;
        let path = format!(
            "/v1/retrain/{}?rows={rows}&tested={tested}&converted={}&auc={}&auc_low={low}&auc_high={high}&champion_auc={}",
            encoded(&self.run),
            self.leads.converted,
            against.auc,
            against.champion_auc
        );
        let bytes = model_file::read(&self.bundle())?;
        let run = self.service.post(&path, "application/octet-stream", &bytes, "")?.body;
        if json {
            terminal::say_json(&run)?;
        } else {
            terminal::say(run.pointer("/sentence/text").and_then(Value::as_str).unwrap_or_default())?;
        }
        let is_good = matches!(word(&run, "decision").as_str(), "queued" | "kept");
        Ok(if is_good { Outcome::Done } else { Outcome::CheckFailed })
    }
}

impl Retrain {
    /// The retraining that is to be done here, with its leads and today's model; none without `--run`.
    ///
    /// # Errors
    /// The service cannot be reached, or awaits no bundle of this retraining.
    pub fn elsewhere(&self) -> Result<Option<Elsewhere<'_>>, Failure> {
        let Some(run) = &self.run else { return Ok(None) };
        let interrupt = Interrupt::watch()?;
        let leads = self.service.labelled(Some(run), None, &interrupt)?;
        if word(&leads.run, "state") != "elsewhere" {
            let message =
                format!("retraining {run} awaits no bundle: it is {}; plumbline retrain --list", word(&leads.run, "state"));
            return Err(Failure::Rejected { code: "RETRAIN_NOT_AWAITED".to_owned(), message });
        }
        let path = format!("/v1/models/{}/bundle", encoded(&word(&leads.run, "champion")));
        let failed = || Failure::write("a temporary file");
        let mut champion = tempfile::Builder::new().prefix("plumbline-").suffix(".plumb").tempfile().map_err(failed())?;
        interrupt.guard(champion.path());
        champion.write_all(&self.service.get(&path)?.bytes).map_err(failed())?;
        let folder = tempfile::tempdir().map_err(failed())?;
        let version = word(&leads.run, "version");
        let service = &self.service;
        let policy = service.get("/v1/rollout/policy")?.body;
        let personal = policy.pointer("/policy/leads/personal").and_then(Value::as_array).into_iter().flatten();
        let personal = personal.filter_map(|field| field.as_str().map(str::to_owned)).collect();
        Ok(Some(Elsewhere {
            personal,
            service,
            run: run.clone(),
            leads,
            champion,
            version,
            folder,
            output: self.output.as_deref(),
        }))
    }

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
