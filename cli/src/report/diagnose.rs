//! The diagnosis as a person reads it.

use serde_json::Value;

/// Each question with its steps, the findings first.
pub fn page(diagnosis: &Value) -> String {
    let mut lines = Vec::new();
    for check in diagnosis.get("checks").and_then(Value::as_array).into_iter().flatten() {
        lines.push(format!("{}  {}", word(check, "/id"), word(check, "/finding/text")));
        for step in check.get("steps").and_then(Value::as_array).into_iter().flatten() {
            let mark = match word(step, "/status") {
                "cause" => "CAUSE",
                "suspect" => "suspect",
                "fine" => "fine",
                _ => "unknown",
            };
            lines.push(format!("  {:4}  {mark:7}  {}", word(step, "/id"), word(step, "/sentence/text")));
            let action = word(step, "/action/text");
            if !action.is_empty() {
                lines.push(format!("                 → {action}"));
            }
        }
    }
    lines.join("\n")
}

fn word<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}
