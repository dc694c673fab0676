//! `plumbline keys`: who may call the service.

use clap::{Args, Subcommand, ValueEnum};
use plumbline_core::report::day_text;
use serde_json::{Value, json};

use crate::client::{Service, encoded};
use crate::output::terminal;
use crate::table::moment;
use crate::{Failure, Outcome, clock};

/// Make, list and revoke API keys
#[derive(Debug, Args)]
#[command(after_help = "\
A key is shown once; the store keeps its SHA-256. Keys are made with the host's own secret (PLUMBLINE_ADMIN, also for a running service)
or on the store itself (--store). A key with the scope approve belongs to a person and a role; four eyes count persons.

Scopes: score, ingest (outcomes, feedback, exposures), read, operate (models, hold, rollback, erasure), approve.
A key with --origin is published in pages: it works from these origins only, at a limited rate, for scoring, feedback and exposures.

To rotate a key, make the new one, move its users over, and revoke the old one.

Examples:
  plumbline keys add 'Ada Lovelace' --role ml_lead --scope read,operate,approve --store store
  plumbline keys add crm --scope score,ingest --url https://leads.example.com
  plumbline keys add crm-page --scope score --origin https://crm.example.com --per-minute 120
  plumbline keys revoke 3f2a91c07d55")]
pub struct Keys {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a key and print its secret
    Add {
        /// The person or program it belongs to
        name: String,
        /// What it may do
        #[arg(long = "scope", value_enum, value_delimiter = ',', required = true)]
        scopes: Vec<ScopeName>,
        /// The person's role, such as ml_lead or product_manager
        #[arg(long, default_value = "")]
        role: String,
        /// The origin of a page it is published in; can be repeated
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
        /// Requests a minute of a published key, at each instance [default: 60]
        #[arg(long, value_name = "N", requires = "origins")]
        per_minute: Option<u32>,
        /// When it ends: an age such as 90d
        #[arg(long, value_name = "AGE", value_parser = moment::age)]
        ends_after: Option<i64>,
    },
    /// All keys, without their secrets
    List,
    /// Revoke a key at once
    Revoke {
        /// Its id, as the list shows it
        id: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScopeName {
    Score,
    Ingest,
    Read,
    Operate,
    Approve,
}

impl Keys {
    /// Makes, lists or revokes.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let service = self.service.as_admin();
        match &self.what {
            What::Add { name, scopes, role, origins, per_minute, ends_after } => {
                let scopes: Vec<String> = scopes.iter().map(|scope| format!("{scope:?}").to_lowercase()).collect();
                let body = json!({
                    "name": name, "scopes": scopes, "role": role, "origins": origins, "per_minute": per_minute.unwrap_or(0),
                    "expires_ms": ends_after.map(|age| clock::now().0 + age),
                });
                let answer = service.command("/v1/keys", &body, "")?;
                if json {
                    return terminal::say_json(&answer.body).map(|()| Outcome::Done);
                }
                let word = |path: &str| answer.body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
                terminal::say(&word("/secret"))?;
                terminal::note(&format!("key {} of {name}; it is shown this once", word("/key/id")));
            }
            What::List => {
                let answer = service.get("/v1/keys")?;
                if json {
                    return terminal::say_json(&answer.body).map(|()| Outcome::Done);
                }
                let keys = answer.body.as_array().cloned().unwrap_or_default();
                let head = ["id", "name", "role", "scopes", "made", "state"];
                terminal::say(&terminal::columns(&head, keys.iter().map(row)))?;
            }
            What::Revoke { id } => {
                let answer = service.delete(&format!("/v1/keys/{}", encoded(id)))?;
                if json {
                    return terminal::say_json(&answer.body).map(|()| Outcome::Done);
                }
                terminal::note(&format!("key {id} is revoked"));
            }
        }
        Ok(Outcome::Done)
    }
}

fn row(key: &Value) -> Vec<String> {
    let word = |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| {
        let items = key.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).collect::<Vec<_>>().join(",")
    };
    let ms = |name: &str| key.get(name).and_then(Value::as_i64);
    let state = match (ms("revoked_ms"), ms("expires_ms")) {
        (Some(at), _) => format!("revoked {}", day_text(at)),
        (None, Some(end)) if end <= clock::now().0 => format!("ended {}", day_text(end)),
        (None, Some(end)) => format!("until {}", day_text(end)),
        (None, None) if list("origins").is_empty() => "in force".to_owned(),
        (None, None) => format!("published at {}", list("origins")),
    };
    vec![word("id"), word("name"), word("role"), list("scopes"), ms("created_ms").map(day_text).unwrap_or_default(), state]
}
