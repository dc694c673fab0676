//! `plumbline alerts`, `incidents`, `reviews`, `note`: what needs a person, and what persons did about it.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::client::Service;
use crate::output::terminal;
use crate::report::alert;
use crate::{Failure, Outcome};

/// List alerts, or take one
#[derive(Debug, Args)]
#[command(after_help = "\
Taking an alert names you as the person who looks into it: it repeats no message until its deadline.

Examples:
  plumbline alerts list
  plumbline alerts take 3f9c0a1b --key $KEY")]
pub struct Alerts {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: AlertsWhat,
}

#[derive(Debug, Subcommand)]
enum AlertsWhat {
    /// Alerts that fire, those resolved last, and messages that did not arrive
    List {
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Take an alert: you look into it
    Take {
        /// Its id, or the first characters of it
        id: String,
    },
}

/// List incidents, or close one
#[derive(Debug, Args)]
#[command(after_help = "\
An incident that is not closed by its deadline goes to the next contact. Closing it takes its cause; a red one, also a post-mortem.

Examples:
  plumbline incidents list
  plumbline incidents close alert-3f9c0a1b2c3d --cause 'The CRM sent empty fields' --key $KEY
  plumbline incidents close alert-3f9c0a1b2c3d --cause 'A bad build' --post-mortem post-mortem.md --key $KEY")]
pub struct Incidents {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: IncidentsWhat,
}

#[derive(Debug, Subcommand)]
enum IncidentsWhat {
    /// Incidents, the open ones first
    List {
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Close an incident
    Close {
        /// Its id
        id: String,
        /// What caused it
        #[arg(long)]
        cause: String,
        /// File with the post-mortem; a red incident needs one
        #[arg(long, value_name = "FILE")]
        post_mortem: Option<std::path::PathBuf>,
    },
}

/// List the daily, weekly and monthly reviews, or show one
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plumbline reviews list
  plumbline reviews show weekly-2026-11-30")]
pub struct Reviews {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: ReviewsWhat,
}

#[derive(Debug, Subcommand)]
enum ReviewsWhat {
    /// The newest reviews
    List {
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// A review as it was made
    Show {
        /// Its id
        id: String,
    },
}

/// Keep a note, or list notes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plumbline note --kind retraining_decision --about monthly-2026-12-01 --text 'Wait another month' --key $KEY
  plumbline note --list")]
pub struct Note {
    #[command(flatten)]
    service: Service,
    /// What kind of note it is, such as retraining_decision
    #[arg(long, default_value = "comment")]
    kind: String,
    /// What it says
    #[arg(long, required_unless_present = "list", default_value = "")]
    text: String,
    /// What it is about, such as the id of a review
    #[arg(long, default_value = "")]
    about: String,
    /// List the newest notes instead
    #[arg(long, conflicts_with_all = ["about"])]
    list: bool,
}

impl Alerts {
    /// Lists alerts or takes one.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        match &self.what {
            AlertsWhat::List { limit } => {
                let answer = self.service.get(&format!("/v1/alerts?limit={limit}"))?.body;
                say(json, &answer, alert::alerts)
            }
            AlertsWhat::Take { id } => {
                let listed = self.service.get("/v1/alerts?limit=1000")?.body;
                let id = alert::whole_id(&listed, id).unwrap_or_else(|| id.clone());
                let answer = self.service.command(&format!("/v1/alerts/{id}/ack"), &json!({}), "")?.body;
                say(json, &answer, alert::incident)
            }
        }
    }
}

impl Incidents {
    /// Lists incidents or closes one.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        match &self.what {
            IncidentsWhat::List { limit } => {
                let answer = self.service.get(&format!("/v1/incidents?limit={limit}"))?.body;
                say(json, &answer, alert::incidents)
            }
            IncidentsWhat::Close { id, cause, post_mortem } => {
                let text = match post_mortem {
                    Some(path) => std::fs::read_to_string(path).map_err(Failure::read(path.display().to_string()))?,
                    None => String::new(),
                };
                let body = json!({ "cause": cause, "post_mortem": text });
                let answer = self.service.command(&format!("/v1/incidents/{id}/close"), &body, "")?.body;
                say(json, &answer, alert::incident)
            }
        }
    }
}

impl Reviews {
    /// Lists reviews or shows one.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        match &self.what {
            ReviewsWhat::List { limit } => {
                let answer = self.service.get(&format!("/v1/reviews?limit={limit}"))?.body;
                say(json, &answer, alert::reviews)
            }
            ReviewsWhat::Show { id } => {
                let answer = self.service.get(&format!("/v1/reviews/{id}"))?.body;
                say(json, &answer, alert::review)
            }
        }
    }
}

impl Note {
    /// Keeps a note, or lists notes.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if self.list {
            let answer = self.service.get("/v1/notes")?.body;
            return say(json, &answer, alert::notes);
        }
        let body = json!({ "kind": self.kind, "text": self.text, "about": self.about });
        let answer = self.service.command("/v1/notes", &body, "")?.body;
        say(json, &answer, alert::note)
    }
}

fn say(json: bool, answer: &serde_json::Value, print: impl Fn(&serde_json::Value) -> String) -> Result<Outcome, Failure> {
    if json {
        terminal::say_json(answer)?;
    } else {
        terminal::say(&print(answer))?;
    }
    Ok(Outcome::Done)
}
