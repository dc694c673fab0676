//! A table judged by a suite, as a person reads it.

use plumbline_core::quality::Report;
use serde_json::Value as Json;

use crate::output::terminal::{aligned, thousands};

/// The report for people: what is not met first, then what is.
pub fn page(report: &Report<'_>) -> String {
    let met = report.outcomes.iter().filter(|outcome| outcome.success).count();
    let total = report.outcomes.len();
    let expectations = report.suite().expectations();
    let mut rows: Vec<(String, String)> = Vec::new();
    for wanted in [false, true] {
        for outcome in report.outcomes.iter().filter(|outcome| outcome.success == wanted) {
            let Some(expectation) = expectations.get(outcome.index) else { continue };
            let word = match (&outcome.raised, outcome.success) {
                (Some(_), _) => "error",
                (None, true) => "met",
                (None, false) => "NOT MET",
            };
            let kind = expectation.kind.trim_start_matches("expect_").replace('_', " ");
            let about = ["column", "column_A", "column_list", "column_set"].iter().find_map(|name| expectation.kwargs.get(*name));
            let about = match (about, expectation.kwargs.get("column_B")) {
                (Some(a), Some(b)) => format!("{}, {}", plain(a), plain(b)),
                (Some(Json::Array(list)), None) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
                (Some(a), None) => plain(a),
                (None, _) => "table".to_owned(),
            };
            let found = match &outcome.raised {
                Some(raised) => raised.message.clone(),
                None => found(&outcome.result),
            };
            let severity = if outcome.success { "" } else { expectation.severity.name() };
            rows.push((format!("{word:<8}{severity:<9}"), format!("{about}: {kind}\n{found}")));
        }
    }
    let rows: Vec<(&str, String)> = rows.iter().map(|(label, value)| (label.as_str(), value.trim_end().to_owned())).collect();
    let verdict =
        if met == total { "all expectations are met".to_owned() } else { format!("{met} of {total} expectations are met") };
    let name = if report.suite().name.is_empty() { "suite" } else { &report.suite().name };
    let head = format!("{name}: {verdict}, {} rows", thousands(report.rows));
    if rows.is_empty() { head } else { format!("{head}\n\n{}", aligned(&rows)) }
}

/// What was found, in a line.
fn found(result: &serde_json::Map<String, Json>) -> String {
    if let Some(count) = result.get("unexpected_count").filter(|count| count.as_u64() != Some(0)) {
        let share =
            result.get("unexpected_percent").and_then(Json::as_f64).map_or(String::new(), |share| format!(" ({share:.2} %)"));
        let values = result.get("partial_unexpected_list").and_then(Json::as_array);
        let values: Vec<String> = values.map_or(Vec::new(), |list| list.iter().take(5).map(short).collect());
        let values = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
        return format!("{count} unexpected{share}{values}");
    }
    if let Some(values) = result.get("partial_missing_list").filter(|list| list.as_array().is_some_and(|list| !list.is_empty())) {
        return format!("missing: {}", short(values));
    }
    let mismatched = result.get("details").and_then(|details| details.get("mismatched"));
    match (result.get("observed_value"), mismatched) {
        (Some(value), Some(details)) if value.is_null() || value.is_array() => short(details),
        (Some(value), _) if !value.is_null() => format!("observed {}", short(value)),
        _ => String::new(),
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn short(value: &Json) -> String {
    const MOST: usize = 100;
    let text = value.to_string();
    if text.chars().count() <= MOST { text } else { text.chars().take(MOST).chain(['…']).collect() }
}
