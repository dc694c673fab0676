//! `plumbline check setup`: each configured connection is tried by a harmless request.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::rollout::Policy;
use plumbline_worker::notice::check_url;

use crate::host::sender::{agent, unanswered};
use crate::input::read_settings;
use crate::mlflow::{Place, Server};
use crate::output::terminal;
use crate::report::check::{SetupReport, Tried, setup_page};
use crate::store::Home;
use crate::{Failure, Outcome};

/// Try each configured connection
#[derive(Debug, Args)]
#[command(after_help = "\
Tries the store, MLflow, the Slack webhook, the other webhooks and the heartbeat of the settings, each by a request that changes nothing:
  store      opened and read, and whether this program knows its version (PostgreSQL makes its schemas if they are missing)
  Slack      an empty message, which Slack rejects with no_text if the webhook is valid; nothing is posted
  webhook    HEAD; any answer below 500 shows that it is reached. Nothing is signed or sent
  heartbeat  HEAD; some services count it as a heartbeat
  MLflow     a search that finds one experiment at most, where --mlflow or MLFLOW_TRACKING_URI names a server
An address that the service would not send to (not https, of a private network, of this machine without allow_loopback) is reported and not
tried. Secrets are read from the environment, under the names in the settings, and never printed.

Exit codes:
  0    all answered as they should
  1    some did not
  2    the settings are invalid

Examples:
  plumbline check setup plumbline.toml
  SLACK_WEBHOOK=https://hooks.slack.com/… plumbline check setup plumbline.toml --store data --json")]
pub struct Setup {
    /// The settings [default: plumbline.toml if it is there, otherwise the defaults]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The folder or PostgreSQL address that plumbline serve is given as --store
    #[arg(long, value_name = "FOLDER|URL")]
    store: Option<PathBuf>,
    #[command(flatten)]
    mlflow: Place,
}

impl Setup {
    /// Tries and prints.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let file = self.file.clone().or_else(|| Some(PathBuf::from("plumbline.toml")).filter(|file| file.is_file()));
        let policy = match &file {
            Some(file) => read_settings(file)?.1,
            None => Policy::default(),
        };
        let mut tried = Vec::new();
        tried.extend(self.store.as_deref().map(store));
        tried.extend(self.mlflow.server()?.as_ref().map(mlflow));
        let notify = &policy.alerts.notify;
        let trial = Trial { agent: agent(notify.allow_loopback), allow_loopback: notify.allow_loopback };
        if !notify.slack.is_empty() {
            tried.push(secret("Slack", &notify.slack, |url| slack(&trial, url)));
        }
        for webhook in notify.webhooks.iter().chain(&policy.writeback.webhooks) {
            tried.push(signed(&trial, &webhook.url, &webhook.secret));
        }
        if !notify.heartbeat.is_empty() {
            tried.push(secret("heartbeat", &notify.heartbeat, |url| head(&trial, "heartbeat", url)));
        }
        let report = SetupReport { tried };
        if json {
            terminal::say_json(&report)?;
        } else {
            terminal::say(&setup_page(&report))?;
        }
        Ok(if report.tried.iter().all(|one| one.is_fine) { Outcome::Done } else { Outcome::CheckFailed })
    }
}

/// Opens the store and reads from it, without changing it.
fn store(named: &Path) -> Tried {
    // An address may have a password.
    let shown = named.to_str().filter(|text| !text.contains("://")).map_or("in PostgreSQL".to_owned(), str::to_owned);
    let (what, how) = (format!("store {shown}"), "opened and read it");
    match Home::probe(named) {
        Ok(()) => Tried::fine(&what, how, "it can be used"),
        Err(why) => Tried::bad(&what, how, &why),
    }
}

/// Asks MLflow for an experiment, with the credentials of the environment.
fn mlflow(server: &Server) -> Tried {
    let (what, how) = (format!("MLflow at {}", server.address()), "searched for an experiment");
    match server.probe() {
        Ok(()) => Tried::fine(&what, how, "it takes the credentials"),
        Err(why) => Tried::bad(&what, how, &why.to_string()),
    }
}

/// Tries what the secret `name` of the environment holds.
fn secret(what: &str, name: &str, attempt: impl FnOnce(&str) -> Tried) -> Tried {
    match std::env::var(name) {
        Ok(url) if !url.is_empty() => attempt(&url),
        _ => Tried::bad(what, &format!("read the secret {name}"), "the environment has no such variable"),
    }
}

/// Requests as the service sends them.
struct Trial {
    agent: ureq::Agent,
    allow_loopback: bool,
}

impl Trial {
    /// Why nothing is sent to the receiver at `url`, if so.
    fn refused(&self, what: &str, url: &str) -> Option<Tried> {
        let refused = check_url(url, self.allow_loopback).err()?;
        Some(Tried::bad(what, "checked its address", &format!("the service sends nothing there: {refused}")))
    }
}

/// Sends an empty message, which a valid webhook rejects.
fn slack(trial: &Trial, url: &str) -> Tried {
    if let Some(refused) = trial.refused("Slack", url) {
        return refused;
    }
    let how = "sent an empty message";
    match trial.agent.post(url).header("content-type", "application/json").send(&br#"{"text":""}"#[..]) {
        Err(e) => Tried::bad("Slack", how, unanswered(&e)),
        Ok(mut response) => {
            let status = response.status().as_u16();
            let said: String = response.body_mut().read_to_string().unwrap_or_default().chars().take(60).collect();
            // Slack's own words for a message without text; a wrong token is invalid_token, no_service, no_team or 404.
            if status == 400 && ["no_text", "invalid_payload"].contains(&said.trim()) {
                Tried::fine("Slack", how, "the webhook is valid; nothing was posted")
            } else {
                Tried::bad("Slack", how, &format!("it answered {status}: {}", said.trim()))
            }
        }
    }
}

/// Whether a webhook is reached, and its secret is there.
fn signed(trial: &Trial, url: &str, name: &str) -> Tried {
    let host = url.split('/').nth(2).unwrap_or_default().to_owned();
    let what = format!("webhook at {host}");
    if std::env::var(name).ok().filter(|value| !value.is_empty()).is_none() {
        return Tried::bad(&what, &format!("read the secret {name}"), "the environment has no such variable");
    }
    head(trial, &what, url)
}

/// Whether an address answers at all.
fn head(trial: &Trial, what: &str, url: &str) -> Tried {
    if let Some(refused) = trial.refused(what, url) {
        return refused;
    }
    let how = "sent HEAD";
    match trial.agent.head(url).call() {
        Err(e) => Tried::bad(what, how, unanswered(&e)),
        Ok(response) => match response.status().as_u16() {
            status if status >= 500 || status == 404 => Tried::bad(what, how, &format!("it answered {status}")),
            status => Tried::fine(what, how, &format!("it is reached (status {status})")),
        },
    }
}
