//! `plumbline ledger`: what was decided, that it is whole, and what served a lead.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use plumbline_core::report::time_text;
use plumbline_core::rollout::ledger::Anchor;
use serde_json::Value;

use crate::client::{Service, encoded};
use crate::input::model_file;
use crate::output::terminal;
use crate::table::moment;
use crate::{Failure, Outcome};

/// The history of decisions: list it, verify it, ask what served a lead
#[derive(Debug, Args)]
#[command(after_help = "\
Each entry holds the hash of the one before it, so that an altered, dropped or reordered entry is found. A cut end is found with an
anchor: a message with the ledger's head, sent elsewhere at each transition and each day (plumbline, number and hash on three lines).

Exit code 1: the ledger is not whole.

Examples:
  plumbline ledger list --limit 20
  plumbline ledger verify --anchor slack-export.txt
  plumbline ledger served L-1 --at 2026-11-28T10:00:00Z")]
pub struct Ledger {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The newest entries, or those after one
    List {
        /// The number of an entry: those after it, the oldest first
        #[arg(long, value_name = "SEQ")]
        after: Option<u64>,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Whether the chain is whole
    Verify {
        /// A file with anchors, such as an exported channel; can be repeated
        #[arg(long = "anchor", value_name = "FILE")]
        anchors: Vec<PathBuf>,
    },
    /// What served a lead at a moment, and which decisions made it so
    Served {
        /// The lead
        lead: String,
        /// A date, RFC 3339, or milliseconds since 1970
        #[arg(long, value_name = "TIME", value_parser = moment::moment, allow_hyphen_values = true)]
        at: i64,
    },
}

impl Ledger {
    /// Lists, verifies or looks up.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let path = match &self.what {
            What::List { after: Some(after), limit } => format!("/v1/ledger?after={after}&limit={limit}"),
            What::List { after: None, limit } => format!("/v1/ledger?limit={limit}"),
            What::Verify { anchors } => format!("/v1/ledger/verify?anchor={}", read(anchors)?),
            What::Served { lead, at } => format!("/v1/ledger/served?lead_id={}&at={at}", encoded(lead)),
        };
        let answer = self.service.get(&path)?.body;
        let is_broken = matches!(self.what, What::Verify { .. }) && answer.get("valid") != Some(&Value::Bool(true));
        let outcome = if is_broken { Outcome::CheckFailed } else { Outcome::Done };
        if json {
            terminal::say_json(&answer)?;
            return Ok(outcome);
        }
        let word = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        match &self.what {
            What::List { .. } => {
                let entries = answer.get("entries").and_then(Value::as_array).cloned().unwrap_or_default();
                terminal::say(&table(&entries))?;
            }
            What::Verify { anchors } => {
                let number = |path: &str| answer.pointer(path).and_then(Value::as_u64).unwrap_or_default();
                if is_broken {
                    let fault = answer.pointer("/verified/fault").cloned().unwrap_or_default();
                    let why = fault.get("text").and_then(Value::as_str).unwrap_or("an entry is not what was written");
                    terminal::say(&format!("the ledger is not whole: {why}"))?;
                } else {
                    let compared =
                        if anchors.is_empty() { ", compared with no anchor: a cut end would not be found" } else { "" };
                    terminal::say(&format!("the ledger is whole: {} entries{compared}", number("/total")))?;
                }
            }
            What::Served { lead, .. } => {
                let expected = word(&answer, "/expected/variant");
                terminal::say(&format!(
                    "{lead} at {}: deployment {} draws {expected} ({}) since {}",
                    word(&answer, "/at"),
                    answer.get("epoch").cloned().unwrap_or_default(),
                    word(&answer, "/expected/role"),
                    word(&answer, "/effective_at"),
                ))?;
                let rows = answer.get("observed").and_then(Value::as_array).cloned().unwrap_or_default();
                let observed = rows.iter().map(|row| {
                    let probability =
                        row.get("probability").and_then(Value::as_f64).map_or_else(String::new, |p| format!("{p:.4}"));
                    let epoch = row.get("epoch").and_then(Value::as_u64).map_or_else(String::new, |epoch| epoch.to_string());
                    let at = row.get("at_ms").and_then(Value::as_i64).map(time_text).unwrap_or_default();
                    vec![at, word(row, "/version"), word(row, "/role"), probability, word(row, "/band"), epoch]
                });
                if rows.is_empty() {
                    terminal::say("the log has no rows of it within an hour of that")?;
                } else {
                    terminal::say(&terminal::columns(
                        &["scored", "version", "role", "probability", "band", "deployment"],
                        observed,
                    ))?;
                }
                let why = answer.get("why").and_then(Value::as_array).cloned().unwrap_or_default();
                terminal::say(&format!("decided by\n{}", table(&why)))?;
            }
        }
        Ok(outcome)
    }
}

fn table(entries: &[Value]) -> String {
    let rows = entries.iter().map(|entry| {
        let word = |path: &str| entry.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let seq = entry.get("seq").and_then(Value::as_u64).unwrap_or_default();
        format!("{seq:>5}  {}  {:10}  {:12}  {}", word("/at"), word("/kind"), word("/actor"), word("/sentence/text"))
    });
    rows.map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The anchors in the files, as the route takes them.
fn read(files: &[PathBuf]) -> Result<String, Failure> {
    let mut found = Vec::new();
    for file in files {
        let bytes = model_file::read(file)?;
        let anchors = Anchor::find(&String::from_utf8_lossy(&bytes));
        if anchors.is_empty() {
            let what = "there is no anchor: a line plumbline, then an entry's number and its hash";
            return Err(Failure::input(file.display().to_string(), "ANCHOR_MISSING", what));
        }
        found.extend(anchors.into_iter().map(|anchor| format!("{}-{}", anchor.seq, anchor.hash)));
    }
    Ok(found.join(","))
}
