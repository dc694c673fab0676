//! The rollout as a person reads it.

use serde_json::Value;

use crate::output::terminal::aligned;

/// What comes next and what is missing, in words.
pub fn explained(rollout: &Value) -> String {
    let mut lines: Vec<String> = notes(rollout);
    lines.push(word(rollout, "/next/text").to_owned());
    let missing = rollout.get("missing").and_then(Value::as_array);
    let gates = rollout.get("gates").and_then(Value::as_array).cloned().unwrap_or_default();
    for one in missing.into_iter().flatten() {
        let id = word(one, "/id");
        let found = gates.iter().find(|gate| word(gate, "/gate") == id).map(|gate| word(gate, "/sentence/text"));
        lines.push(format!("  {id:17} {}", found.unwrap_or(word(one, "/sentence/text"))));
    }
    lines.join("\n")
}

/// Stage, days, gates and approvals as a table.
pub fn status(rollout: &Value) -> String {
    let number = |path: &str| rollout.pointer(path).and_then(Value::as_u64).map_or_else(String::new, |n| n.to_string());
    let mut rows = vec![("stage", word(rollout, "/stage").to_owned()), ("champion", word(rollout, "/champion").to_owned())];
    if rollout.get("rollout").is_some_and(|rollout| !rollout.is_null()) {
        rows.push(("rollout", word(rollout, "/rollout/id").to_owned()));
        rows.push(("challenger", word(rollout, "/rollout/challenger").to_owned()));
        rows.push(("days logged", number("/rollout/days_logged")));
    }
    rows.push(("epoch", number("/epoch")));
    rows.push(("revision", number("/revision")));
    rows.push(("next", word(rollout, "/next/text").to_owned()));
    rows.extend(notes(rollout).into_iter().map(|note| ("note", note)));
    let mut text = aligned(&rows);
    let gates = rollout.get("gates").and_then(Value::as_array).cloned().unwrap_or_default();
    if !gates.is_empty() {
        let mark = |gate: &Value| match word(gate, "/outcome") {
            "pass" => "pass",
            "fail" => "FAIL",
            "inconclusive" => "open",
            "insufficient_data" => "wait",
            _ => "ERROR",
        };
        text.push_str("\ngates\n");
        for gate in &gates {
            let waived = gate.get("waived").and_then(Value::as_str).map(|why| format!(" (waived: {why})")).unwrap_or_default();
            text.push_str(&format!("  {:5} {:17} {}{waived}\n", mark(gate), word(gate, "/gate"), word(gate, "/sentence/text")));
        }
    }
    text.trim_end().to_owned()
}

/// What a reader should know besides, such as a kill switch that is on.
fn notes(rollout: &Value) -> Vec<String> {
    let notes = rollout.get("notes").and_then(Value::as_array);
    notes.into_iter().flatten().map(|note| word(note, "/text").to_owned()).collect()
}

fn word<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}
