//! A table judged by a suite, as a person reads it.

use plumbline_core::quality::{ExpectationResult, Found, SuiteResult};
use serde_json::Value as Json;

use crate::output::terminal::{aligned, thousands};

/// The result for people: what is not met first, then what is. `rows` were judged.
pub fn page(result: &SuiteResult, rows: u64) -> String {
    let (met, total) = (result.statistics.successful_expectations, result.statistics.evaluated_expectations);
    let (failed, passed): (Vec<_>, Vec<_>) = result.results.iter().partition(|result| !result.success);
    let told: Vec<(String, String)> = failed.into_iter().chain(passed).map(expectation).collect();
    let told: Vec<(&str, String)> = told.iter().map(|(label, value)| (label.as_str(), value.trim_end().to_owned())).collect();
    let verdict =
        if met == total { "all expectations are met".to_owned() } else { format!("{met} of {total} expectations are met") };
    let name = if result.suite_name.is_empty() { "suite" } else { &result.suite_name };
    let head = format!("{name}: {verdict}, {} rows", thousands(rows));
    if told.is_empty() { head } else { format!("{head}\n\n{}", aligned(&told)) }
}

fn expectation(result: &ExpectationResult) -> (String, String) {
    let config = &result.expectation_config;
    let word = match (result.exception_info.raised_exception, result.success) {
        (true, _) => "error",
        (false, true) => "met",
        (false, false) => "NOT MET",
    };
    let kind = config.kind.trim_start_matches("expect_").replace('_', " ");
    let severity = if result.success { "" } else { config.severity.name() };
    let found = result.exception_info.exception_message.clone().unwrap_or_else(|| found(&result.result));
    (format!("{word:<8}{severity:<9}"), format!("{}: {kind}\n{found}", config.subject()))
}

/// What was found, in a line.
fn found(result: &Found) -> String {
    if let Some(count) = result.unexpected_count.filter(|count| *count > 0) {
        let share = result.unexpected_percent.flatten().map_or(String::new(), |share| format!(" ({share:.2} %)"));
        let values = result.partial_unexpected_list.iter().flatten();
        let values: Vec<String> = values.take(5).map(short).collect();
        let values = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
        return format!("{count} unexpected{share}{values}");
    }
    if let Some(values) = result.partial_missing_list.as_ref().filter(|list| !list.is_empty()) {
        return format!("missing: {}", short(&values.clone().into()));
    }
    let mismatched = result.details.as_ref().and_then(|details| details.mismatched.as_ref());
    match (&result.observed_value, mismatched) {
        (Some(Json::Null | Json::Array(_)), Some(details)) => short(details),
        (Some(Json::Null) | None, _) => String::new(),
        (Some(value), _) => format!("observed {}", short(value)),
    }
}

fn short(value: &Json) -> String {
    const MOST: usize = 100;
    let text = value.to_string();
    if text.chars().count() <= MOST { text } else { text.chars().take(MOST).chain(['…']).collect() }
}
