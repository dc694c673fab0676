//! Results of Great Expectations, and the test cases of its definitions.
#![expect(clippy::indexing_slicing, reason = "JSON values: what is absent is null; of lists the lengths were compared")]

use std::path::Path;

use plumbline_core::quality::{Detail, Reading, ResultFormat, Suite as Expectations, Validation, parse_moment, read_json};
use plumbline_core::table::{Cell, Column, Kind, Sniffed};
use serde_json::{Map, Value as Json, json};

use super::super::Suite;

/// Means and deviations: the peer adds in pairs, we add with compensation.
const RELATIVE: f64 = 1e-12;
/// What the peer's own runner of definitions allows for figures (numpy's `allclose` with these).
const DEFINITION: (f64, f64) = (1e-5, 1e-8);

/// A CSV as pandas reads it.
fn table(text: &str) -> Result<(Vec<String>, Vec<Column>), String> {
    let mut lines = text.lines();
    let names: Vec<String> = lines.next().unwrap_or_default().split(',').map(str::to_owned).collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    if text.contains('"') || rows.iter().any(|row| row.len() != names.len()) {
        return Err("the table needs a reader of quotes".to_owned());
    }
    let column = |at: usize| {
        let mut seen = Sniffed::default();
        rows.iter().for_each(|row| seen.see(row[at]));
        let mut column = Column::new(seen.kind());
        for row in &rows {
            Sniffed::push(row[at], &mut column);
        }
        column
    };
    let columns = (0..names.len()).map(column).collect();
    Ok((names, columns))
}

/// Every figure of `result_<format>.json`, whatever stands there but moments of running and the package's own version.
pub(super) fn results(folder: &Path) -> Result<Suite, String> {
    let mut suite = Suite::named("quality: results (Great Expectations)");
    let folder = folder.join("great_expectations");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|e| format!("{name}: {e}"));
    let expectations = Expectations::read(&read("suite.json")?).map_err(|e| e.to_string())?;
    let (names, columns) = table(&read("table.csv")?)?;
    for (name, detail) in [
        ("result_boolean_only.json", Detail::BooleanOnly),
        ("result_basic.json", Detail::Basic),
        ("result_summary.json", Detail::Summary),
        ("result_complete.json", Detail::Complete),
    ] {
        suite.files += 1;
        let theirs: Json = serde_json::from_str(&read(name)?).map_err(|e| format!("{name}: {e}"))?;
        let batch = theirs.pointer("/results/0/expectation_config/kwargs/batch_id").and_then(Json::as_str);
        // In one batch, and cut into batches of seven rows: streaming must not be seen in the result.
        for size in [columns[0].len(), 7] {
            let ours = validate(&expectations, &names, &columns, detail, size).document(batch);
            let ours = serde_json::to_value(ours).unwrap_or_default();
            for key in ["success", "suite_name", "suite_parameters", "statistics", "id"] {
                suite.check(equal(&ours[key], &theirs[key], (RELATIVE, 0.0)), || format!("{name} {key}: ours {}", ours[key]));
            }
            let lists = (ours["results"].as_array(), theirs["results"].as_array());
            let (Some(ours), Some(theirs)) = lists else { return Err(format!("{name}: no results")) };
            suite.check(ours.len() == theirs.len(), || format!("{name}: {} results, theirs {}", ours.len(), theirs.len()));
            for (ours, theirs) in ours.iter().zip(theirs) {
                suite.check(equal(ours, theirs, (RELATIVE, 0.0)), || {
                    format!("{name} {}: ours {} theirs {}", theirs["expectation_config"]["type"], short(ours), short(theirs))
                });
            }
        }
    }
    Ok(suite)
}

fn short(value: &Json) -> String {
    value["result"].to_string().chars().take(500).collect()
}

fn validate<'s>(
    suite: &'s Expectations,
    names: &[String],
    columns: &[Column],
    detail: Detail,
    size: usize,
) -> plumbline_core::quality::Report<'s> {
    let kinds: Vec<Kind> = columns.iter().map(Column::kind).collect();
    let mut validation = Validation::new(suite, names, &kinds, &ResultFormat::of(detail));
    let rows = columns.first().map_or(0, Column::len);
    for start in (0..rows).step_by(size.max(1)) {
        let part = |column: &Column| {
            let mut part = Column::new(column.kind());
            (start..(start + size).min(rows)).for_each(|row| part.push(column.cell(row)));
            part
        };
        validation.push(&columns.iter().map(part).collect::<Vec<_>>());
    }
    validation.finish()
}

/// Equal documents; numbers of one kind within a relative and an absolute tolerance.
fn equal(ours: &Json, theirs: &Json, tolerance: (f64, f64)) -> bool {
    match (ours, theirs) {
        (Json::Number(a), Json::Number(b)) => {
            let (x, y) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            let same_kind = a.is_f64() == b.is_f64() || tolerance.1 > 0.0;
            same_kind && (a == b || (x - y).abs() <= tolerance.1 + tolerance.0 * y.abs())
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b, tolerance)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b, tolerance)))
        }
        (a, b) => a == b,
    }
}

/// Cases whose `out` release 1.24 itself does not give, with what is compared instead.
const DIFFERENT: [(&str, &str); 3] = [
    ("expect_column_distinct_values_to_contain_set", "observed_value"),
    ("expect_compound_columns_to_be_unique", "details"),
    ("expect_select_column_values_to_be_unique_within_record", "details"),
];

/// Definitions that only a database or Spark can run, and what they need of it.
fn needs_database(file: &str, dialects: &[&str]) -> Option<String> {
    match file {
        "unexpected_rows_expectation" => Some("runs SQL".to_owned()),
        "expect_this_test_to_be_suppressed" => Some("is to be run nowhere".to_owned()),
        _ if dialects.is_empty() => None,
        _ if file.contains("like_pattern") || file.contains("regex") || file.contains("mean") => None,
        _ => Some(format!("names types or errors of {}", dialects.join(", "))),
    }
}

/// The time of validation of the definitions: 1 June 2026, long after their rows.
const NOW_MS: i64 = 1_780_272_000_000;

/// Every test case of every definition in `folder`; those left out are named with the reason.
pub(super) fn definitions(folder: &Path, left_out: &mut Vec<String>) -> Result<Suite, String> {
    let mut suite = Suite::named("quality: definitions (Great Expectations)");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    for path in files {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{name}: {e}"))?;
        let document = read_json(&text).map_err(|e| format!("{name}: {e}"))?;
        suite.files += 1;
        for dataset in list(&document, "datasets") {
            for case in list(dataset, "tests") {
                let place = format!("{name}/{}", case["title"].as_str().unwrap_or("?"));
                let named = |key: &str| -> Vec<&str> {
                    list(case, key).iter().chain(list(dataset, key)).filter_map(Json::as_str).collect()
                };
                let only = named("only_for");
                let for_pandas =
                    only.is_empty() || only.iter().any(|name| matches!(*name, "pandas" | "pandas_v3_api" | "pandas>=024"));
                let suppressed = named("suppress_test_for").contains(&"pandas");
                let foreign: Vec<&str> = if for_pandas { Vec::new() } else { only.clone() };
                if let Some(reason) =
                    needs_database(&name, if suppressed && foreign.is_empty() { &["other engines"] } else { &foreign })
                {
                    left_out.push(format!("{place}: {reason}"));
                    continue;
                }
                run_case(&place, &name, document["expectation_type"].as_str().unwrap_or(&name), dataset, case, &only, &mut suite);
            }
        }
    }
    Ok(suite)
}

fn list<'j>(value: &'j Json, key: &str) -> &'j [Json] {
    value.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn run_case(place: &str, file: &str, kind: &str, dataset: &Json, case: &Json, only: &[&str], suite: &mut Suite) {
    let (names, columns) = dataset_table(dataset, kind.starts_with("expect_table_col"));
    let mut kwargs: Map<String, Json> = case["in"].as_object().cloned().unwrap_or_default();
    kwargs.remove("catch_exceptions");
    if !kind.starts_with("expect_table_col") {
        let format = json!({"result_format": "COMPLETE", "unexpected_index_column_names": ["pk_index"]});
        kwargs.entry("result_format").or_insert(format);
    }
    let document = json!({"name": "case", "expectations": [{"type": kind, "kwargs": kwargs}]});
    let reading = Reading { like_brackets: only.contains(&"mssql"), now_ms: Some(NOW_MS), ..Reading::default() };
    let out = case["out"].as_object().cloned().unwrap_or_default();
    let raises = out.get("traceback_substring").and_then(Json::as_str);
    let expectations = match Expectations::read_with(&document.to_string(), &reading) {
        Ok(expectations) => expectations,
        Err(error) => {
            // The peer raises some of these only when it runs; here they are reported earlier.
            let expected = raises.or(case.pointer("/error/traceback_substring").and_then(Json::as_str));
            return suite.check(expected.is_some_and(|words| says(&error.to_string(), words)), || format!("{place}: {error}"));
        }
    };
    let report = validate(&expectations, &names, &columns, Detail::Complete, columns.first().map_or(1, Column::len));
    let result = serde_json::to_value(report.document(None)).unwrap_or_default()["results"][0].clone();
    if let Some(words) = raises {
        let traceback = result["exception_info"]["exception_traceback"].as_str().unwrap_or_default();
        return suite.check(says(traceback, words), || format!("{place}: {traceback:?} does not say {words:?}"));
    }
    let exact = case["exact_match_out"] == json!(true);
    let expected = if exact { out.get("result").and_then(Json::as_object).cloned().unwrap_or_default() } else { out.clone() };
    if out.is_empty() {
        // An error the peer's runner no longer looks for: the two that release 1.24 dropped may pass, the others have to raise.
        let words = case.pointer("/error/traceback_substring").and_then(Json::as_str).unwrap_or_default();
        let dropped = words == "cannot both be None" && (file.contains("_min_") || file.contains("_sum_"));
        let traceback = result["exception_info"]["exception_traceback"].as_str().unwrap_or_default();
        return suite.check(says(traceback, words) || (dropped && result["success"] == json!(true)), || {
            format!("{place}: {traceback:?} does not say {words:?}")
        });
    }
    if let Some(success) = out.get("success") {
        suite.check(&result["success"] == success, || format!("{place} success: ours {}", short_all(&result)));
    }
    for (key, theirs) in expected.iter().filter(|(key, _)| *key != "success") {
        if DIFFERENT.contains(&(file, key.as_str())) {
            let ours = &result["result"][key];
            suite.check(ours.is_null(), || format!("{place} {key}: release 1.24 tells nothing here, ours {ours}"));
            continue;
        }
        let (ours, theirs, tolerance) = compared(key, case, &result["result"], theirs);
        suite.check(equal(&ours, &theirs, tolerance), || format!("{place} {key}: ours {ours}, theirs {theirs}"));
    }
}

fn short_all(result: &Json) -> String {
    format!("{} {}", result["exception_info"]["exception_traceback"], short(result))
}

/// What stands against what: lists of rows and values in one order, as the peer's runner compares them.
fn compared(key: &str, case: &Json, result: &Json, theirs: &Json) -> (Json, Json, (f64, f64)) {
    let tolerance = case["tolerance"].as_f64().map_or(DEFINITION, |relative| (relative, DEFINITION.1));
    let sorted = |value: &Json| match value.as_array() {
        Some(list) => {
            let mut list = list.clone();
            list.sort_by_cached_key(|item| {
                item.get("pk_index").and_then(Json::as_i64).map_or(item.to_string(), |n| format!("{n:08}"))
            });
            Json::from(list)
        }
        None => value.clone(),
    };
    match key {
        "observed_value_list" => {
            let ours = result["observed_value"].clone();
            let theirs = theirs.as_array().and_then(|list| list.iter().find(|one| **one == ours)).cloned().unwrap_or_default();
            (ours, theirs, tolerance)
        }
        "expected_partition" | "observed_partition" => (result["details"][key].clone(), theirs.clone(), tolerance),
        // Rows without a name of their own where the definition numbers them.
        "partial_unexpected_index_list" if theirs.as_array().is_some_and(|list| list.iter().all(Json::is_number)) => {
            let rows = result[key].as_array().map_or(Vec::new(), |list| list.iter().map(|row| row["pk_index"].clone()).collect());
            (rows.into(), theirs.clone(), tolerance)
        }
        "details" if theirs.get("mismatched").is_some_and(|mismatched| mismatched == &json!({})) => {
            (result.get(key).cloned().unwrap_or(json!({"mismatched": {}})), theirs.clone(), tolerance)
        }
        "unexpected_list" | "unexpected_index_list" | "partial_unexpected_list" => {
            (sorted(&result[key]), sorted(theirs), tolerance)
        }
        key => (result[key].clone(), theirs.clone(), tolerance),
    }
}

/// Whether `text` says what the peer's exception says; the name of the exception alone is said by raising.
fn says(text: &str, words: &str) -> bool {
    let words = match words.trim_start_matches("TypeError: ").trim_start_matches("ValueError: ") {
        // As release 1.24 says it; the definition has the words of an older one.
        "argument of type 'NoneType' is not iterable" => "none is not an allowed value",
        words => words,
    };
    !text.is_empty() && (matches!(words, "ValueError" | "TypeError") || text.contains(words))
}

/// The table of a definition, cast as its schema for pandas says, with a numbering column when rows are to be named.
fn dataset_table(dataset: &Json, plain: bool) -> (Vec<String>, Vec<Column>) {
    let data = dataset["data"].as_object().cloned().unwrap_or_default();
    let rows = data.values().filter_map(Json::as_array).map(Vec::len).max().unwrap_or(0);
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    for (name, values) in &data {
        let values = values.as_array().cloned().unwrap_or_default();
        let schema = dataset.pointer(&format!("/schemas/pandas/{name}")).and_then(Json::as_str).unwrap_or_default();
        names.push(name.clone());
        columns.push(cast(&values, schema));
    }
    if !plain {
        names.push("pk_index".to_owned());
        columns.push(Column::Int((0..rows as i64).collect()));
    }
    (names, columns)
}

fn cast(values: &[Json], schema: &str) -> Column {
    let time = |kind: Kind| {
        let mut column = Column::new(kind);
        for value in values {
            let moment = value.as_str().and_then(parse_moment);
            column.push(moment.map_or(Cell::Missing, |moment| Cell::Time(moment.at)));
        }
        column
    };
    match schema {
        "datetime64[ns]" | "datetime64" => time(Kind::Time),
        "timestamp" => time(Kind::Zoned),
        "str" => {
            let text = |value: &Json| match value {
                Json::String(text) => json!(text),
                Json::Null => Json::Null,
                value => json!(value.to_string()),
            };
            Column::of_json(&values.iter().map(text).collect::<Vec<_>>())
        }
        "float64" | "float" => Column::Float(values.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()),
        _ => Column::of_json(values),
    }
}
