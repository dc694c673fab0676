//! `plumbline report`: how the models do, on one page.

use clap::Args;
use serde_json::Value;

use crate::client::Service;
use crate::output::terminal;
use crate::{Failure, Outcome};

/// How the models do: verdict, what comes next, and the measures
#[derive(Debug, Args)]
#[command(after_help = "\
--json prints the whole document that the dashboard reads (docs/FORMATS.md).

Examples:
  plumbline report
  plumbline report --store store --json | jq .verdict.sentence.text")]
pub struct ShowReport {
    #[command(flatten)]
    service: Service,
}

impl ShowReport {
    /// Prints the report.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let report = self.service.get("/v1/report")?.body;
        if json {
            terminal::say_json(&report)?;
        } else {
            terminal::say(&summary(&report))?;
        }
        Ok(Outcome::Done)
    }
}

/// The report as a person reads it.
fn summary(report: &Value) -> String {
    let word = |path: &str| report.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut lines = vec![word("/verdict/sentence/text"), String::new()];
    let questions = [
        ("what changed", "/answers/what_changed/sentence/text"),
        ("which serves", "/answers/which_serves/sentence/text"),
        ("may promote", "/answers/may_promote/sentence/text"),
        ("who acts", "/answers/who_acts/sentence/text"),
        ("worth", "/answers/worth/sentence/text"),
        ("next", "/rollout/next/text"),
    ];
    let rows: Vec<(&str, String)> =
        questions.map(|(name, path)| (name, word(path))).into_iter().filter(|(_, text)| !text.is_empty()).collect();
    lines.push(terminal::aligned(&rows));
    lines.push(String::new());
    let measures = report.get("measures").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows = measures.iter().map(|measure| {
        let word = |path: &str| measure.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |path: &str| measure.pointer(path).and_then(Value::as_f64);
        let value = number("/estimate/value").map_or_else(|| "-".to_owned(), shown);
        let interval = match (number("/estimate/low"), number("/estimate/high")) {
            (Some(low), Some(high)) => format!("{} to {}", shown(low), shown(high)),
            _ => String::new(),
        };
        let target =
            number("/target/value").map(|target| format!("{} {}", word("/target/op"), shown(target))).unwrap_or_default();
        vec![word("/id"), value, interval, target, word("/status").replace('_', " ")]
    });
    lines.push(terminal::columns(&["measure", "value", "95 % interval", "target", "status"], rows));
    lines.join("\n")
}

/// A figure with as many digits as say something.
fn shown(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.01 || size == 0.0 => format!("{value:.3}"),
        _ => format!("{value:.5}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
