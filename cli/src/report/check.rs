//! What `plumbline check` found, as a program and a person read it.

use plumbline_core::rollout::plan::StartReport;
use plumbline_core::rollout::policy::{Contradiction, Key};
use plumbline_core::sentence::Sentence;
use serde::Serialize;
use serde_json::Value;

/// What `plumbline check config --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConfigReport {
    /// The settings; null for the defaults.
    pub file: Option<String>,
    /// Each key with its value, its default and its source.
    pub keys: Vec<Key>,
    /// Where the checklist contradicts itself, and what was taken.
    pub contradictions: Vec<Contradiction>,
    /// Settings that work, but not as one might expect, each with its code, key and way forward.
    pub warnings: Vec<Sentence>,
    /// When gates are decided at the base rate and traffic given; empty without them.
    pub decidable: Vec<Sentence>,
    /// What cannot be decided.
    pub undecided: Vec<Sentence>,
    /// The start report: a good model's chance of full rollout and its dates; null without base rate and traffic.
    pub start: Option<StartReport>,
}

/// What `plumbline check setup --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetupReport {
    /// The connections, in the order in which they were tried.
    pub tried: Vec<Tried>,
}

/// A connection that was tried.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tried {
    /// What was tried, such as `Slack`.
    pub what: String,
    /// How.
    pub how: String,
    /// What came of it. It holds no secret.
    pub answer: String,
    /// Whether that is as it should be.
    pub is_fine: bool,
}

impl Tried {
    /// A connection that answers as it should.
    pub fn fine(what: &str, how: &str, answer: &str) -> Tried {
        Tried { what: what.to_owned(), how: how.to_owned(), answer: answer.to_owned(), is_fine: true }
    }

    /// One that does not.
    pub fn bad(what: &str, how: &str, answer: &str) -> Tried {
        Tried { is_fine: false, ..Tried::fine(what, how, answer) }
    }
}

/// The page of the settings; keys at their default only with `all`.
pub fn page(report: &ConfigReport, all: bool) -> String {
    let mut lines = vec![match &report.file {
        Some(file) => format!("{file}: {} keys", report.keys.len()),
        None => format!("no settings file: all {} keys at their defaults", report.keys.len()),
    }];
    let mut section = String::new();
    let shown: Vec<&Key> = report.keys.iter().filter(|key| all || !key.is_default).collect();
    for key in &shown {
        let name = key.key.rsplit_once('.').map_or("", |(section, _)| section);
        if name != section {
            section = name.to_owned();
            lines.push(format!("\n[{section}]"));
        }
        lines.push(format!("  {} = {}{}", key.key.rsplit('.').next().unwrap_or_default(), plain(&key.value), origin(key)));
        lines.push(format!("      {}.", key.meaning));
    }
    let hidden = report.keys.len() - shown.len();
    if hidden > 0 {
        lines.push(format!("\n{hidden} keys have their default; --all lists them"));
    }
    if !report.warnings.is_empty() {
        lines.push("\nWarnings".to_owned());
        lines.extend(report.warnings.iter().map(|warning| format!("  {} [{}]", warning.text, warning.code)));
    }
    lines.push("\nWhere the checklist contradicts itself".to_owned());
    for contradiction in &report.contradictions {
        lines.push(format!("  {} ({})", contradiction.sentence.text, contradiction.keys.join(", ")));
    }
    match &report.start {
        None => {
            lines.push(
                "\nGive --base-rate and --leads-per-day, or --from-service, to see which gates can be decided and when."
                    .to_owned(),
            );
        }
        Some(start) => {
            lines.push(String::new());
            lines.extend(start_lines(start, report.decidable.get(1..).unwrap_or_default()));
        }
    }
    lines.join("\n")
}

/// The start report: a good model's chance and dates, when gates are decided, those that cannot be, and what else to know. `more` are
/// further sentences on when gates are decided.
pub fn start_lines(start: &StartReport, more: &[Sentence]) -> Vec<String> {
    let mut lines =
        vec![start.sentence.text.clone(), start.precision_recall.sentence.text.clone(), start.test.sentence.text.clone()];
    lines.push("\nWhen gates are decided".to_owned());
    lines.extend(start.gates.iter().map(|gate| &gate.sentence).chain(more).map(|sentence| format!("  {}", sentence.text)));
    let undecided = undecided(start);
    if undecided.is_empty() {
        lines.push("\nAll gates can be decided in time.".to_owned());
    } else {
        lines.push("\nCannot be decided with these settings".to_owned());
        lines.extend(undecided.iter().map(|sentence| format!("  {}", sentence.text)));
    }
    let other: Vec<&Sentence> = start.warnings.iter().filter(|warning| !undecided.contains(warning)).collect();
    if !other.is_empty() {
        lines.push("\nTo be known before a start".to_owned());
        lines.extend(other.iter().map(|sentence| format!("  {}", sentence.text)));
    }
    lines
}

/// What cannot be decided by these settings, at this base rate and traffic.
pub fn undecided(start: &StartReport) -> Vec<Sentence> {
    let mut found: Vec<Sentence> = Vec::new();
    if !start.test.is_long_enough {
        found.push(start.test.sentence.clone());
    }
    if start.precision_recall.cannot_hold_together {
        found.push(start.precision_recall.sentence.clone());
    }
    found.extend(start.gates.iter().filter(|gate| !gate.is_in_time).map(|gate| gate.sentence.clone()));
    found
}

/// Where a value comes from.
fn origin(key: &Key) -> String {
    let source = if key.source.is_empty() { String::new() } else { format!(", checklist {}", key.source) };
    let marks = if key.contradictions.is_empty() { "" } else { ", contradicts itself" };
    match key.is_default {
        true => format!("   (default{source}{marks})"),
        false => format!("   (default {}{source}{marks})", plain(&key.default)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The page of the connections.
pub fn setup_page(report: &SetupReport) -> String {
    if report.tried.is_empty() {
        return "The settings name no connection: no Slack, no webhook, no heartbeat. Give --store to try the store.".to_owned();
    }
    let line = |one: &Tried| {
        let mark = if one.is_fine { "ok" } else { "FAILED" };
        format!("{mark:6}  {}: {}; {}", one.what, one.how, one.answer)
    };
    report.tried.iter().map(line).collect::<Vec<_>>().join("\n")
}
