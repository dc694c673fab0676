//! `plumbline quality`: a table judged by a suite of Great Expectations, or a suite made of a table.

mod table;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use plumbline_core::quality::{Detail, Kind, Profile, Report, ResultFormat, Suite, Validation, generate};
use serde_json::Value as Json;

use crate::interrupt::Interrupt;
use crate::terminal::{aligned, thousands};
use crate::{Failure, Outcome, terminal};
use table::Table;

/// Judge a table by a suite of Great Expectations
#[derive(Debug, Args)]
#[command(after_help = "\
Reads CSV, NDJSON and Parquet, plain or gzipped; several files are one table. The suite is the JSON of Great Expectations 1.x; with
--json the result is its result document. What the columns of a CSV hold is told of its first rows; if later ones tell otherwise, it
is read again. Other formats are read twice. Rows are not kept, but for uniqueness, quantiles and z-scores.

Exit codes:
  0    every expectation is met
  1    some are not
  2    the suite, the table or the arguments were refused
  130  interrupted

Examples:
  plumbline quality --suite suite.json leads.csv
  plumbline quality --suite suite.json week1.parquet week2.parquet --result-format complete --json > result.json
  plumbline quality --generate training.csv > suite.json")]
pub struct Quality {
    /// The suite, JSON
    #[arg(long, value_name = "S.json", required_unless_present = "generate")]
    suite: Option<PathBuf>,
    /// The table: CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How much a result tells
    #[arg(long, value_name = "FORMAT", default_value = "summary", ignore_case = true)]
    result_format: Format,
    /// Make a suite that the table meets, on standard output
    #[arg(long, conflicts_with = "suite")]
    generate: bool,
    /// The name of the suite that is made
    #[arg(long, value_name = "NAME", default_value = "generated", requires = "generate")]
    name: String,
}

/// The four result formats.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Whether it is met
    #[value(alias = "BOOLEAN_ONLY")]
    BooleanOnly,
    /// Counts and the first unexpected values
    Basic,
    /// The most frequent ones and rows too
    Summary,
    /// All rows
    Complete,
}

impl Quality {
    /// Judges the table, or makes the suite.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        // Nothing is written, but a copy of standard input must not stay behind.
        let interrupt = Interrupt::watch()?;
        let suite = self.suite.as_deref().map(read_suite).transpose()?;
        let mut table = Table::open(&self.files, &interrupt)?;
        let Some(suite) = suite else {
            let profile = table.all(None, Profile::new, |profile, _, columns| profile.push(columns))?;
            terminal::say_json(&generate(&profile, &self.name))?;
            return Ok(Outcome::Done);
        };
        let format = ResultFormat::of(match self.result_format {
            Format::BooleanOnly => Detail::BooleanOnly,
            Format::Basic => Detail::Basic,
            Format::Summary => Detail::Summary,
            Format::Complete => Detail::Complete,
        });
        let start = |names: &[String], kinds: &[Kind]| Validation::new(&suite, names, kinds, &format);
        let report =
            table.all(Some(&suite.columns()), start, |validation, rows, columns| validation.push_rows(rows, columns))?.finish();
        if json {
            let names: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
            terminal::say_json(&report.to_json(Some(&names.join(" "))))?;
        } else {
            terminal::say(&shown(&report))?;
        }
        Ok(if report.success() { Outcome::Done } else { Outcome::CheckFailed })
    }
}

/// The most bytes of a suite.
const SUITE_LIMIT: u64 = 64 << 20;

/// Reads a suite.
pub(crate) fn read_suite(path: &Path) -> Result<Suite, Failure> {
    let place = path.display().to_string();
    let size = std::fs::metadata(path).map_err(Failure::read(&place))?.len();
    if size > SUITE_LIMIT {
        return Err(Failure::input(
            place,
            "SUITE_TOO_LARGE",
            format!("the suite has {size} bytes; at most {SUITE_LIMIT} are read"),
        ));
    }
    let text = std::fs::read_to_string(path).map_err(Failure::read(&place))?;
    Suite::read(&text).map_err(|e| Failure::input(place, e.code(), e.to_string()))
}

/// The report for people: what is not met first, then what is.
fn shown(report: &Report<'_>) -> String {
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
        if met == total { "every expectation is met".to_owned() } else { format!("{met} of {total} expectations are met") };
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
        return format!("not there: {}", short(values));
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
