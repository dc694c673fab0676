//! `plumbline rollout`: where the rollout is, what it waits for, and commands to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use plumbline_core::rollout::plan::StartReport;
use plumbline_core::rollout::policy::{Key, keys};
use plumbline_core::sentence::Sentence;
use serde_json::{Value, json};

use crate::client::Service;
use crate::input::model_file;
use crate::input::policy::policy_of;
use crate::output::terminal;
use crate::report::check::start_lines;
use crate::report::rollout;
use crate::table::moment;
use crate::{Failure, Outcome};

/// Start, watch, approve, hold or roll back a rollout
#[derive(Debug, Args)]
#[command(after_help = "\
A rollout carries a model from shadow through canary and A/B test to all leads. Only people promote it; the service holds it or rolls
it back by itself. Starting and approving need a key with the scope approve, which belongs to a person.

Examples:
  plumbline rollout explain
  plumbline rollout approve --comment 'Ranks better on the same leads' --key $KEY
  plumbline rollout rollback --reason 'Sales reports odd scores' --key $KEY")]
pub struct Rollout {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Stage, days, gates and approvals
    Status,
    /// In words: what comes next, and what is missing
    Explain,
    /// Print the start report (a good model's chance and dates, gates that cannot be decided), and start the rollout of a registered model
    Start {
        /// The version
        version: String,
        /// Start although precision and recall cannot both hold at this base rate
        #[arg(long)]
        acknowledge: bool,
        /// Start a version again that was stopped or rolled back
        #[arg(long)]
        again: bool,
    },
    /// Approve the next stage
    Approve {
        /// Why; it goes into the ledger
        #[arg(long, default_value = "")]
        comment: String,
        /// Weeks of the A/B test, on the way into it [default: as long as the policy allows]
        #[arg(long)]
        weeks: Option<u32>,
    },
    /// Waive a gate that is undecided, in this stage
    Waive {
        /// The gate, such as ab.cycle
        gate: String,
        /// Why; it goes into the ledger
        #[arg(long)]
        reason: String,
    },
    /// Stop promotion; days, looks and rollback go on
    Hold {
        /// Why; it goes into the ledger
        #[arg(long)]
        reason: String,
        /// When the hold ends by itself: a date, RFC 3339, or milliseconds since 1970 [default: when someone resumes]
        #[arg(long, value_name = "TIME", value_parser = moment::moment)]
        until: Option<i64>,
    },
    /// End all holds, or a suspension
    Resume {
        /// Why; it goes into the ledger
        #[arg(long)]
        reason: String,
    },
    /// Show the rules in force, or put others in force (before the A/B test: from there on they are frozen)
    Policy {
        /// A settings file whose sections are the new rules; keys left out have their defaults. Prints each key that changes
        #[arg(long, value_name = "FILE")]
        set: Option<PathBuf>,
        /// With --set: only print what would change
        #[arg(long, requires = "set")]
        dry_run: bool,
    },
    /// Give all leads back to today's model at once
    Rollback {
        /// Why; it goes into the ledger
        #[arg(long)]
        reason: String,
    },
}

impl Rollout {
    /// Asks or commands, and prints where the rollout is then.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if let What::Policy { set, dry_run } = &self.what {
            return self.policy(set.as_deref(), *dry_run, json);
        }
        let (command, body) = match &self.what {
            What::Status | What::Explain | What::Policy { .. } => ("", Value::Null),
            What::Start { version, acknowledge, again } => {
                ("start", json!({ "version": version, "acknowledge": acknowledge, "again": again }))
            }
            What::Approve { comment, weeks } => ("approve", json!({ "comment": comment, "weeks": weeks })),
            What::Waive { gate, reason } => ("waive", json!({ "gate": gate, "reason": reason })),
            What::Hold { reason, until } => ("hold", json!({ "reason": reason, "until_ms": until })),
            What::Resume { reason } => ("resume", json!({ "reason": reason })),
            What::Rollback { reason } => ("rollback", json!({ "reason": reason })),
        };
        let report = if let What::Start { .. } = self.what { Some(self.start_report(json)?) } else { None };
        let path = format!("/v1/rollout/{command}");
        let mut answer = match command {
            "" => self.service.get("/v1/rollout")?,
            // What stops a rollout must not fail because it changed a moment ago, nor need to read it.
            "hold" | "rollback" => self.service.command(&path, &body, "")?,
            _ => {
                let seen = self.service.get("/v1/rollout")?;
                self.service.command(&path, &body, &seen.revision)?
            }
        };
        if let (Some(report), Some(shown)) = (report, answer.body.as_object_mut()) {
            shown.insert("start_report".to_owned(), report);
        }
        if json {
            terminal::say_json(&answer.body)?;
        } else if matches!(self.what, What::Explain) {
            terminal::say(&rollout::explained(&answer.body))?;
        } else {
            terminal::say(&rollout::status(&answer.body))?;
        }
        Ok(Outcome::Done)
    }

    /// What the service says before a start: a good model's chance of all leads, its dates, and gates that cannot be decided. A person
    /// reads it before the start is sent.
    fn start_report(&self, json: bool) -> Result<Value, Failure> {
        let body = match self.service.get("/v1/plan") {
            Ok(answer) => answer.body,
            Err(Failure::Rejected { code, message }) if matches!(code.as_str(), "NO_OUTCOMES" | "NOT_PLANNABLE") => {
                json!({ "sentence": Sentence::new(&code, message) })
            }
            Err(failure) => return Err(failure),
        };
        if !json {
            let known = serde_json::from_value::<StartReport>(body.clone());
            let said = body.pointer("/sentence/text").and_then(Value::as_str).unwrap_or_default();
            terminal::say(&known.map_or_else(|_| said.to_owned(), |report| start_lines(&report, &[]).join("\n")))?;
            terminal::say("")?;
        }
        Ok(body)
    }

    /// Shows the rules in force, after those in `set` were put in force, or only what these would change.
    fn policy(&self, set: Option<&Path>, dry_run: bool, json: bool) -> Result<Outcome, Failure> {
        let mut answer = self.service.get("/v1/rollout/policy")?;
        if let Some(path) = set {
            let place = path.display().to_string();
            let invalid = |what: String| Failure::input(place.clone(), "SETTINGS_INVALID", what);
            let text = String::from_utf8_lossy(&model_file::read(path)?).into_owned();
            let mut given: Value = toml::from_str(&text).map_err(|e| invalid(e.to_string()))?;
            let policy = policy_of(&mut given).map_err(invalid)?;
            for warning in policy.warnings() {
                terminal::note(&format!("warning: {} {} [{}]", warning.path, warning.message, warning.code));
            }
            let meanings = keys(&policy);
            let body = serde_json::to_value(policy).unwrap_or_default();
            let differences = changes(answer.body.get("policy").unwrap_or(&Value::Null), &body, &meanings);
            for line in &differences {
                terminal::note(line);
            }
            if differences.is_empty() {
                terminal::note("no key changes");
            }
            if dry_run {
                return Ok(Outcome::Done);
            }
            answer = self.service.command("/v1/rollout/policy", &body, &answer.revision)?;
        }
        if json {
            terminal::say_json(&answer.body)?;
        } else {
            let policy = answer.body.get("policy").cloned().unwrap_or_default();
            let shown = toml::to_string(&without_nulls(policy));
            terminal::say(shown.map_err(|e| Failure::usage("POLICY_UNREADABLE", e.to_string()))?.trim_end())?;
        }
        Ok(Outcome::Done)
    }
}

/// The keys whose values differ, each with what it means: `key: old -> new (meaning)`.
fn changes(old: &Value, new: &Value, meanings: &[Key]) -> Vec<String> {
    fn flat(at: &str, value: &Value, into: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    let key = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                    flat(&key, value, into);
                }
            }
            other => {
                into.insert(at.to_owned(), other.to_string());
            }
        }
    }
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    flat("", old, &mut before);
    flat("", new, &mut after);
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let shown = |of: &BTreeMap<String, String>, key: &String| of.get(key).map_or("not set", String::as_str).to_owned();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| {
            let meaning = meanings.iter().find(|known| known.key == *key).map(|known| format!(" ({})", known.meaning));
            format!("{key}: {} -> {}{}", shown(&before, key), shown(&after, key), meaning.unwrap_or_default())
        })
        .collect()
}

/// TOML has no null: a key without a value is left out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::rollout::Policy;

    use super::*;

    #[test]
    fn keys_that_are_left_out_are_among_those_that_change() {
        let old = json!({ "gates": { "auc": { "min": 0.8 } }, "retention": { "features": "90d" }, "same": [1] });
        let new = json!({ "gates": { "auc": { "min": 0.75 } }, "same": [1] });
        let found = changes(&old, &new, &keys(&Policy::default()));
        let retention = "retention.features: \"90d\" -> not set (How long leads' fields are kept)";
        assert_eq!(found, ["gates.auc.min: 0.8 -> 0.75 (The least AUC in shadow)", retention]);
    }
}
