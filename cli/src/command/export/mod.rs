//! `plumbline export`: follows a running service and keeps its rows in a PostgreSQL database, Delta tables or a folder, or its models in MLflow.

mod database;
mod folder;
mod lake;
mod registry;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::client::Service;
use crate::mlflow::Experiment;
use crate::output::terminal;
use crate::{Failure, Outcome};
use database::Database;
use folder::Folder;
use lake::Lake;
use registry::Registry;

/// Keep a copy of a service's log and ledger in PostgreSQL, Delta Lake or a folder, or of its models in MLflow
#[derive(Debug, Args)]
#[command(after_help = "\
Follows the service by a cursor, which is kept with the rows: after a restart, a broken connection or a failover it goes on where it
was, and no row is lost or doubled. The service deletes nothing by retention that a follower does not have; what was erased there is
erased in the database and in Delta Lake too (a folder keeps what it has: remove it there yourself).

Database: tables in the schema plumbline_export, unless the address says ?schema=… . Folder: one folder per part, files of NDJSON.
Delta Lake: a table per folder, reader version 1 and writer version 2, to which rows are appended, a commit per table and page. The column
export_page counts pages: of two rows of one key the one with the larger number holds. Rows of erased leads are removed by a commit, too; older
versions hold them until VACUUM.
MLflow: models become versions as with plumbline push, and the aliases champion, challenger and shadow of their registered models follow
the rollout; other aliases stay. Credentials as for plumbline push.

Examples:
  plumbline export --url https://leads.example --key $KEY --to postgres://localhost/sales
  plumbline export --to archive --once
  plumbline export --to delta:lake --once --store prod
  plumbline export --url https://leads.example --to mlflow+http://127.0.0.1:5000")]
pub struct Export {
    #[command(flatten)]
    service: Service,
    /// Address of a PostgreSQL database (postgres://…) or of an MLflow server (mlflow+http://…), a folder of Delta tables (delta:FOLDER), or
    /// a folder
    #[arg(long, value_name = "ADDRESS|delta:FOLDER|FOLDER", env = "PLUMBLINE_EXPORT_TO", hide_env_values = true)]
    to: PathBuf,
    /// Stop when everything there is now has arrived, or at the first failure
    #[arg(long)]
    once: bool,
    /// Name under which the service notes how far this copy is; each copy needs its own
    #[arg(long, value_name = "NAME", default_value = "export")]
    follower: String,
    /// Seconds between two looks for new rows
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    every: u64,
    #[command(flatten)]
    experiment: Experiment,
}

/// The longest pause after failures.
const LONGEST: Duration = Duration::from_secs(60);

/// Rows of one answer, and where they lead.
struct Page {
    part: String,
    /// The cursor that was asked with.
    after: String,
    cursor: String,
    more: bool,
    rows: Vec<Value>,
}

/// Where rows are kept.
trait Target {
    /// Where the copy of `part` of `source` is; empty: at the beginning.
    fn position(&mut self, source: &str, part: &str) -> Result<String, Failure>;

    /// Keeps the rows of `page` with its cursor: both or neither, and once however often it is tried.
    fn keep(&mut self, source: &str, page: &Page) -> Result<(), Failure>;
}

impl Export {
    /// Follows until it is stopped, or until all has arrived.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let mut pause = Duration::from_secs(self.every.max(1));
        let mut target: Option<Box<dyn Target>> = None;
        let address = Registry::address(&self.to);
        let mut registry = address.map(|address| Registry::open(address, &self.experiment.experiment)).transpose()?;
        loop {
            let followed = match &mut registry {
                Some(registry) => registry.follow(&self.service),
                None => self.follow(&mut target),
            };
            match followed {
                Ok(rows) => {
                    if self.once {
                        if registry.is_some() && json {
                            terminal::say_json(&serde_json::json!({ "changes": rows }))?;
                        } else if registry.is_some() {
                            terminal::say(&format!(
                                "{} changes; models and aliases are those of the service",
                                terminal::thousands(rows)
                            ))?;
                        } else if json {
                            terminal::say_json(&serde_json::json!({ "rows": rows }))?;
                        } else {
                            terminal::say(&format!("{} rows kept; the copy is complete", terminal::thousands(rows)))?;
                        }
                        return Ok(Outcome::Done);
                    }
                    pause = Duration::from_secs(self.every.max(1));
                }
                Err(failure) if self.once || is_final(&failure) => return Err(failure),
                Err(failure) => {
                    terminal::note(&format!("error[{}]: {failure}; trying again in {} s", failure.code(), pause.as_secs()));
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(LONGEST);
                    continue;
                }
            }
            std::thread::sleep(pause);
        }
    }

    /// Keeps what is new in every part; how many rows.
    fn follow(&self, target: &mut Option<Box<dyn Target>>) -> Result<u64, Failure> {
        let listed = self.service.get("/v1/export")?.body;
        let source = listed.get("source").and_then(Value::as_str).unwrap_or_default().to_owned();
        let parts: Vec<&str> =
            listed.get("parts").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        if target.is_none() {
            *target = Some(self.target()?);
        }
        let Some(target) = target.as_mut() else { return Ok(0) };
        let mut kept = 0;
        for part in parts {
            let mut after = target.position(&source, part)?;
            loop {
                let page = self.page(part, &after)?;
                kept += page.rows.len() as u64;
                if page.cursor != after {
                    target.keep(&source, &page)?;
                }
                after.clone_from(&page.cursor);
                if !page.more {
                    break;
                }
            }
            // What was kept is acknowledged by the next question.
        }
        Ok(kept)
    }

    fn page(&self, part: &str, after: &str) -> Result<Page, Failure> {
        // The service raises an alert when a copy that is to be kept up to date stops asking.
        let continuous = if self.once { "" } else { "&continuous=true" };
        let path = format!("/v1/export?part={part}&after={after}&follower={}{continuous}", self.follower);
        let body = self.service.get(&path)?.body;
        let strange =
            || Failure::Service { code: "EXPORT_UNREADABLE", message: "the service's answer is not one of an export".into() };
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        if body.get("format").and_then(Value::as_u64) != Some(1) {
            return Err(strange());
        }
        Ok(Page {
            part: part.to_owned(),
            after: after.to_owned(),
            cursor: text("cursor").ok_or_else(strange)?,
            more: body.get("more").and_then(Value::as_bool).unwrap_or(false),
            rows: body.get("rows").and_then(Value::as_array).cloned().ok_or_else(strange)?,
        })
    }

    fn target(&self) -> Result<Box<dyn Target>, Failure> {
        match self.to.to_str().filter(|text| Database::is_one(text)) {
            Some(address) => Ok(Box::new(Database::open(address)?)),
            None => match Lake::folder(&self.to) {
                Some(folder) => Ok(Box::new(Lake::open(folder)?)),
                None => Ok(Box::new(Folder::open(&self.to)?)),
            },
        }
    }
}

/// Whether trying again cannot help.
fn is_final(failure: &Failure) -> bool {
    match failure {
        Failure::Rejected { code, .. } => code != "CONTROL_UNREACHABLE" && !code.starts_with("HTTP_5"),
        Failure::Usage { .. } | Failure::Input { .. } => true,
        _ => false,
    }
}

/// The failure of a copy that belongs to another service.
fn of_another(place: &str) -> Failure {
    let message = format!("{place} holds the copy of another service, or of this one before it began anew; name another place");
    Failure::usage("EXPORT_OTHER_SOURCE", message)
}
