//! `plumbline leads`: what is known of a lead, and its erasure.

use clap::{Args, Subcommand};
use plumbline_core::report::time_text;
use serde_json::Value;

use crate::client::{Service, encoded};
use crate::output::terminal;
use crate::report::lead;
use crate::{Failure, Outcome};

/// List leads, show all that is stored about one, erase one
#[derive(Debug, Args)]
#[command(after_help = "\
Erasing cannot be undone: rows of the log lose the lead's ids and what was said of its fields; its outcomes, feedback, exposures and
fields are deleted; its scores stay under a random id, so that counts and verdicts stay. The ledger gets a keyed hash of the id.

Examples:
  plumbline leads show L-1
  plumbline leads erase L-1 --key $KEY")]
pub struct Leads {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The leads scored last
    List {
        /// How many at most
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
    /// All that is stored about a lead
    Show {
        /// Its id
        lead: String,
    },
    /// Erase a lead
    Erase {
        /// Its id
        lead: String,
    },
}

impl Leads {
    /// Lists, shows or erases.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let answer = match &self.what {
            What::List { limit } => self.service.get(&format!("/v1/leads?limit={limit}"))?,
            What::Show { lead } => self.service.get(&format!("/v1/leads/{}", encoded(lead)))?,
            What::Erase { lead } => self.service.delete(&format!("/v1/leads/{}", encoded(lead)))?,
        };
        if json {
            return terminal::say_json(&answer.body).map(|()| Outcome::Done);
        }
        if let What::Show { .. } = self.what {
            return terminal::say(&lead::page(&answer.body)).map(|()| Outcome::Done);
        }
        if let What::Erase { lead } = &self.what {
            let count = |name: &str| answer.body.pointer(&format!("/erased/{name}")).and_then(Value::as_u64).unwrap_or_default();
            let (rows, deleted, scores) = (count("rows"), count("deleted"), count("scores"));
            if rows + deleted + scores == 0 {
                let note = "its id is noted, and what a store that was away still brings of it is erased too";
                terminal::say(&format!("nothing was stored of {lead}; {note}"))?;
                return Ok(Outcome::Done);
            }
            terminal::say(&format!(
                "{lead} is erased: {rows} rows of the log rewritten, {deleted} records deleted, {scores} scores kept under a random id"
            ))?;
            return Ok(Outcome::Done);
        }
        let leads = answer.body.get("leads").and_then(Value::as_array).cloned().unwrap_or_default();
        let rows = leads.iter().map(|lead| {
            let word = |path: &str| lead.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
            let time = |path: &str| lead.pointer(path).and_then(Value::as_i64).map(time_text).unwrap_or_default();
            let probability = lead.pointer("/scores/0/probability").and_then(Value::as_f64);
            let probability = probability.map_or_else(String::new, |p| format!("{p:.4}"));
            vec![word("/lead_id"), time("/first_ms"), word("/scores/0/version"), probability, time("/outcome/converted_ms")]
        });
        terminal::say(&terminal::columns(&["lead", "first scored", "version", "probability", "converted"], rows))?;
        Ok(Outcome::Done)
    }
}
