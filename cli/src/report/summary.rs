//! What commands that write a file did with their input, for a program and a person.

use std::collections::BTreeMap;

use plumbline_core::table::Rows;
use serde::Serialize;

use super::card::Card;
use super::rows::account;
use crate::output::terminal::thousands;

/// What `plumbline score --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScoreSummary {
    /// The model that scored.
    pub model: ModelName,
    /// Leads or raw rows that were scored.
    pub scored: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// The file with the scores.
    pub out: Option<String>,
    /// The file with the rejected rows; null when there are none.
    pub rejected_to: Option<String>,
    /// Values that the model has never seen; it scores them as missing.
    pub unknown_values: UnknownValues,
    /// Where the rows of the input went.
    pub rows: Rows,
}

/// Name and version of a model.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelName {
    /// Name, such as `demo-leads`.
    pub name: String,
    /// Version, such as `2026-11-23.1`.
    pub version: String,
}

/// Values that a model has never seen, by field.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnknownValues {
    /// Leads with at least one.
    pub leads: u64,
    /// The fields that have some, in the order of the schema.
    pub fields: Vec<UnknownField>,
}

/// Values of one field that a model has never seen.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnknownField {
    /// The field.
    pub field: String,
    /// Leads with such a value in it.
    pub leads: u64,
    /// The most frequent values.
    pub values: Vec<UnknownValue>,
}

/// A value that a model has never seen.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnknownValue {
    /// The text.
    pub value: String,
    /// Leads that have it.
    pub leads: u64,
}

/// What `plumbline features --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FeaturesSummary {
    /// Rows that were written.
    pub written: u64,
    /// Leads that were rejected.
    pub rejected: u64,
    /// The file with the rows.
    pub out: Option<String>,
    /// The file with the rejected leads; null when there are none.
    pub rejected_to: Option<String>,
    /// Where the rows of the input went.
    pub rows: Rows,
}

/// What `plumbline assign --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AssignSummary {
    /// Leads by arm.
    pub arms: BTreeMap<String, u64>,
    /// Rows that were rejected, because they have no id.
    pub rejected: u64,
    /// The file with the arms.
    pub out: Option<String>,
    /// The file with the rejected rows; null when there are none.
    pub rejected_to: Option<String>,
    /// Where the rows of the input went.
    pub rows: Rows,
}

/// What `plumbline window make --json` and `plumbline window merge --json` print.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WindowSummary {
    /// The file that was written.
    pub output: String,
    /// Its size.
    pub bytes: usize,
    /// Hours in it.
    pub hours: usize,
    /// Features that are counted in each.
    pub features: usize,
    /// Rows that could not be counted.
    pub rejected_rows: u64,
    /// Where the rows of the input went; null of a merge, which reads none.
    pub rows: Option<Rows>,
}

/// What `plumbline schema init --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SchemaSummary {
    /// The file with the schema; null when it is printed.
    pub out: Option<String>,
    /// Fields in it.
    pub fields: usize,
    /// Declared features in it.
    pub features: usize,
    /// Lines marked `# check`.
    pub to_check: usize,
    /// The schema, TOML; null when it is in a file.
    pub schema: Option<String>,
    /// Where the rows of the leads went; null without leads.
    pub rows: Option<Rows>,
}

/// What `plumbline import --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImportSummary {
    /// The first model file.
    pub file: Option<String>,
    /// All model files; several are averaged.
    pub files: Vec<String>,
    /// Their format, such as `XGBoost UBJ`.
    pub format: String,
    /// The version of the library or the format that the file names; empty when it names none.
    pub format_version: String,
    /// The objective the model was trained for, as its library calls it.
    pub objective: String,
    /// What changes in meaning on import, sentences.
    pub notes: Vec<String>,
    /// The bundle that was written.
    pub out: String,
    /// What it is.
    pub model: Card,
}

/// Where the rows of a run went: with the first places when the rejected ones are in a file, otherwise, as they were reported one by one,
/// only counts.
pub fn page(rows: &Rows, rejected_to: Option<&str>) -> String {
    match rejected_to {
        Some(file) => format!("{}\nrejected rows: {file}", account("rows", rows)),
        None => counts(rows),
    }
}

fn counts(rows: &Rows) -> String {
    let by_reason: Vec<String> = rows.left_out.iter().map(|left| format!("{} {}", thousands(left.rows), left.reason)).collect();
    let by_reason = if by_reason.is_empty() { String::new() } else { format!(" ({})", by_reason.join(", ")) };
    let out = thousands(rows.read - rows.used);
    format!("rows: {} read, {} used, {out} left out{by_reason}", thousands(rows.read), thousands(rows.used))
}
