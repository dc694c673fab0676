//! Reports that something about a score is odd, as a person reads them.

use plumbline_core::report::time_text;
use serde_json::Value;

/// The reports, two lines each; `only_open` says what was asked for.
pub fn listed(answer: &Value, only_open: bool) -> String {
    let reports = answer.get("reports").and_then(Value::as_array);
    let lines: Vec<String> = reports.into_iter().flatten().map(line).collect();
    match (lines.is_empty(), only_open) {
        (true, true) => "No report is open.".to_owned(),
        (true, false) => "Nothing odd was ever reported.".to_owned(),
        _ => lines.join("\n"),
    }
}

fn line(report: &Value) -> String {
    let word = |name: &str| report.get(name).and_then(Value::as_str).unwrap_or_default();
    let state = match (word("closed_by"), report.get("confirmed") == Some(&Value::Bool(true))) {
        ("", _) if report.get("counts") == Some(&Value::Bool(false)) => {
            "open; no gate counts it, for the version did not score the lead".to_owned()
        }
        ("", _) => "open".to_owned(),
        (by, true) => format!("confirmed by {by}"),
        (by, false) => format!("dismissed by {by}"),
    };
    let version = if word("version").is_empty() { "not known" } else { word("version") };
    let at = report.get("at_ms").and_then(Value::as_i64).map(time_text).unwrap_or_default();
    let by = if word("rep").is_empty() { String::new() } else { format!(" by {}", word("rep")) };
    format!("{}  lead {}, version {}, {at}{by}: {state}\n  {}", word("id"), word("lead_id"), version, word("text"))
}
