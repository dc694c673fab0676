//! `plumbline models`: the registry.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use plumbline_core::report::day_text;
use serde_json::{Value, json};

use crate::client::{Service, encoded};
use crate::input::model_file;
use crate::output::terminal;
use crate::{Failure, Outcome};

/// Register models, and list those registered
#[derive(Debug, Args)]
#[command(after_help = "\
The first model of an empty store becomes champion. Every further one waits until a person starts its rollout
(plumbline rollout start). A bundle is verified before it is stored; a version can be registered once.

Examples:
  plumbline models add web-leads.plumb --key $KEY
  plumbline models approve 2026-12-01.1 --comment 'AUC 0.89 on the newest fifth, calibrated' --key $KEY
  plumbline models list")]
pub struct Models {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Register the model of a bundle
    Add {
        /// The bundle
        #[arg(value_name = "M.plumb")]
        bundle: PathBuf,
    },
    /// Approve a model for its rollout, after reviewing its figures; it takes the place in the queue for shadow
    Approve {
        /// The version
        version: String,
        /// What the review found; it goes into the ledger
        #[arg(long)]
        comment: String,
    },
    /// All registered models, the newest first
    List,
}

impl Models {
    /// Registers or lists.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let answer = match &self.what {
            What::Add { bundle } => {
                self.service.post("/v1/models", "application/octet-stream", &model_file::read(bundle)?, "")?
            }
            What::Approve { version, comment } => {
                let path = format!("/v1/models/{}/approve", encoded(version));
                self.service.command(&path, &json!({ "comment": comment }), "")?
            }
            What::List => self.service.get("/v1/models")?,
        };
        if json {
            terminal::say_json(&answer.body)?;
        } else if let Some(models) = answer.body.get("models").and_then(Value::as_array) {
            let head = ["version", "name", "status", "aliases", "registered", "size", "digest"];
            terminal::say(&terminal::columns(&head, models.iter().map(row)))?;
        } else {
            let model = answer.body.get("model").unwrap_or(&answer.body);
            let word = |name: &str| model.get(name).and_then(Value::as_str).unwrap_or_default();
            terminal::say(&format!("{} of {} is {}", word("version"), word("name"), word("status")))?;
        }
        Ok(Outcome::Done)
    }
}

fn row(model: &Value) -> Vec<String> {
    let word = |name: &str| model.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let aliases = model.get("aliases").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let bytes =
        model.get("bytes").and_then(Value::as_u64).map(|bytes| format!("{} KB", terminal::thousands(bytes.div_ceil(1024))));
    let registered = model.get("registered_ms").and_then(Value::as_i64).map(day_text).unwrap_or_default();
    let digest = word("digest").get(..12).unwrap_or_default().to_owned();
    vec![
        word("version"),
        word("name"),
        word("status"),
        aliases.collect::<Vec<_>>().join(","),
        registered,
        bytes.unwrap_or_default(),
        digest,
    ]
}
