//! A table judged by a suite, as a person reads it.

use plumbline_core::Decimal;
use plumbline_core::quality::{ExpectationResult, Found, SuiteResult};
use serde_json::{Map, Value as Json};

use super::rows::account;
use crate::output::terminal::{aligned, thousands};

/// The result for people: what is not met, and with `all` what is, after it; then where the rows went.
pub fn page(result: &SuiteResult, all: bool) -> String {
    let (met, total) = (result.statistics.successful_expectations, result.statistics.evaluated_expectations);
    let (failed, passed): (Vec<_>, Vec<_>) = result.results.iter().partition(|result| !result.success);
    let passed = passed.into_iter().filter(|_| all);
    let lines: Vec<(String, String)> = failed.into_iter().chain(passed).map(expectation).collect();
    let lines: Vec<(&str, String)> = lines.iter().map(|(label, value)| (label.as_str(), value.trim_end().to_owned())).collect();
    let verdict =
        if met == total { "all expectations are met".to_owned() } else { format!("{met} of {total} expectations are met") };
    let name = if result.suite_name.is_empty() { "suite" } else { &result.suite_name };
    let used = result.rows.as_ref().map_or(String::new(), |rows| format!(", {} rows", thousands(rows.used)));
    let mut parts = vec![format!("{name}: {verdict}{used}")];
    parts.extend((!lines.is_empty()).then(|| aligned(&lines)));
    parts.extend(result.rows.as_ref().map(|rows| account("rows", rows)));
    parts.join("\n\n")
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
    let found = result.exception_info.exception_message.clone().unwrap_or_else(|| {
        let bound = allowed(&config.kwargs).map(|bound| format!("allowed {bound}"));
        [Some(found(&result.result)).filter(|found| !found.is_empty()), bound]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    });
    (format!("{word:<8}{severity:<9}"), format!("{}: {kind}\n{found}", config.subject()))
}

/// What an expectation with these arguments allows, in words; none where its name says all.
fn allowed(kwargs: &Map<String, Json>) -> Option<String> {
    let of = |name: &str| kwargs.get(name).filter(|value| !value.is_null());
    let strict = |name: &str| of(name).and_then(Json::as_bool).unwrap_or(false);
    let range = match (of("min_value"), of("max_value")) {
        (Some(min), Some(max)) if !strict("strict_min") && !strict("strict_max") => {
            Some(format!("{} to {}", plain(min), plain(max)))
        }
        (min, max) => {
            let min = min.map(|min| format!("{} {}", if strict("strict_min") { "above" } else { "at least" }, plain(min)));
            let max = max.map(|max| format!("{} {}", if strict("strict_max") { "below" } else { "at most" }, plain(max)));
            let ends: Vec<String> = min.into_iter().chain(max).collect();
            (!ends.is_empty()).then(|| ends.join(" and "))
        }
    };
    let list = |name: &str, words: &str| of(name).map(|values| format!("{words}{}", short(values)));
    let bound = range
        .or_else(|| list("value_set", "values: "))
        .or_else(|| list("regex_list", "a match of one of "))
        .or_else(|| list("regex", "a match of "))
        .or_else(|| list("strftime_format", "the format "))
        .or_else(|| list("type_list", "one of the types "))
        .or_else(|| list("type_", "the type "))
        .or_else(|| list("column_set", "the columns "))
        .or_else(|| list("column_list", "the columns "))
        .or_else(|| list("value", ""));
    let mostly = of("mostly").and_then(Json::as_f64).filter(|mostly| *mostly < 1.0);
    let mostly = mostly.map(|mostly| format!("in {} % of the rows or more", Decimal((mostly * 1e6).round() / 1e4)));
    match (bound, mostly) {
        (Some(bound), Some(mostly)) => Some(format!("{bound}, {mostly}")),
        (bound, mostly) => bound.or(mostly),
    }
}

/// A number as it stands, a text without its quotes.
fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| short(value), str::to_owned)
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
