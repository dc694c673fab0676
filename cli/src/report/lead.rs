//! A lead as a person reads it: its scores, what became of it, what was said, and its fields.

use plumbline_core::report::time_text;
use serde_json::Value;

use crate::output::terminal::{aligned, columns};

/// The page of a lead, of the answer of `GET /v1/leads/{id}`.
pub fn page(record: &Value) -> String {
    let lead = record.get("lead").unwrap_or(&Value::Null);
    let mut head = vec![("lead", plain(lead.get("lead_id")))];
    if number(lead, "first_ms") > 0 {
        head.push(("first scored", time_text(number(lead, "first_ms"))));
    }
    let mut parts = vec![aligned(&head)];
    parts.push(table(
        "scores",
        &["version", "role", "arm", "probability", "epoch", "rollout", "from"],
        &list(lead, "scores", |score| {
            let probability = score.get("probability").and_then(Value::as_f64).map_or_else(String::new, |p| format!("{p:.4}"));
            let from = if score.get("backfill") == Some(&Value::Bool(true)) { "stored fields" } else { "request" };
            let [version, role, arm, epoch, rollout] =
                ["version", "role", "arm", "epoch", "rollout"].map(|name| plain(score.get(name)));
            vec![version, role, arm, probability, epoch, rollout, from.to_owned()]
        }),
    ));
    let outcome = lead.get("outcome").filter(|outcome| !outcome.is_null());
    parts.push(match outcome.map(became).filter(|rows| !rows.is_empty()) {
        Some(rows) => format!("outcome\n{}", indented(&aligned(&rows))),
        None => "outcome\n  none yet".to_owned(),
    });
    parts.push(table(
        "events",
        &["kind", "at", "value", "id", "replaces"],
        &list(record, "events", |event| {
            let [kind, value, id, replaces] = ["kind", "value", "event_id", "replaces"].map(|name| plain(event.get(name)));
            vec![kind, time_text(number(event, "occurred_ms")), value, id, replaces]
        }),
    ));
    parts.push(table(
        "feedback",
        &["kind", "rating", "at", "version", "rep", "text", "closed by"],
        &list(record, "feedback", |said| {
            let [kind, rating, version, rep, text, closed] =
                ["kind", "rating", "version", "rep", "text", "closed_by"].map(|name| plain(said.get(name)));
            vec![kind, rating, time_text(number(said, "at_ms")), version, rep, text, closed]
        }),
    ));
    parts.push(table(
        "seen",
        &["version", "at"],
        &list(record, "exposures", |seen| vec![plain(seen.get("version")), time_text(number(seen, "at_ms"))]),
    ));
    for stored in record.get("fields").and_then(Value::as_array).into_iter().flatten() {
        let at = stored.get(0).and_then(Value::as_i64).map(time_text).unwrap_or_default();
        let fields = stored.get(1).and_then(Value::as_object);
        let rows: Vec<(&str, String)> =
            fields.into_iter().flatten().map(|(name, value)| (name.as_str(), plain(Some(value)))).collect();
        parts.push(format!("fields at {at}\n{}", indented(&aligned(&rows))));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// What became of a lead, as labels and values.
fn became(outcome: &Value) -> Vec<(&'static str, String)> {
    let times = [("converted", "converted_ms"), ("lost", "lost_ms"), ("deal opened", "opened_ms"), ("deal won", "closed_ms")];
    let time = |(label, name): (&'static str, &str)| Some((label, time_text(outcome.get(name)?.as_i64()?)));
    let mut rows: Vec<(&str, String)> = times.into_iter().filter_map(time).collect();
    rows.extend(outcome.get("deal_value").filter(|value| !value.is_null()).map(|value| ("deal value", plain(Some(value)))));
    rows
}

/// A table under a title; empty without rows.
fn table(title: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    match rows.is_empty() {
        true => String::new(),
        false => format!("{title}\n{}", indented(&columns(head, rows.iter().cloned()))),
    }
}

fn list(of: &Value, name: &str, row: impl Fn(&Value) -> Vec<String>) -> Vec<Vec<String>> {
    of.get(name).and_then(Value::as_array).into_iter().flatten().map(row).collect()
}

fn number(of: &Value, name: &str) -> i64 {
    of.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// A value without quotes; empty for none.
fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
