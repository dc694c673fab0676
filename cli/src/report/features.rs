//! What `plumbline check features` found.

use plumbline_core::table::Rows;
use serde::Serialize;

use super::rows::account;
use super::summary::ModelName;
use crate::output::shortest;
use crate::output::terminal::thousands;

/// What `plumbline check features --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FeaturesReport {
    /// The model; null where only a declaration was given.
    pub model: Option<ModelName>,
    /// Leads that were compared.
    pub leads: u64,
    /// Columns of a row.
    pub columns: Vec<String>,
    /// The rows of each way, training first.
    pub ways: Vec<Way>,
    /// Where the rows of the input went.
    pub rows: Rows,
}

/// The rows that one way made of the leads.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Way {
    /// `training`, `batch`, `json` or `service`.
    pub id: String,
    /// What it is, in words.
    pub name: String,
    /// SHA-256 of the rows in the order of the input: each value as eight bytes, little-endian, missing as 7ff8000000000000.
    pub sha256: String,
    /// Leads whose row differs from that of training.
    pub differing: u64,
    /// The first differences.
    pub differences: Vec<Difference>,
}

/// A value that differs from that of training, or a lead without a row.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// The line of the lead.
    pub line: u64,
    /// The column; empty where the lead has no row.
    pub column: String,
    /// The value and bits of training.
    pub training: Bits,
    /// The value and bits of this way.
    pub found: Bits,
    /// Why there is no row; empty where there is one.
    pub reason: String,
}

/// A value and its bits.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bits {
    /// The value; null is missing.
    pub value: Option<f64>,
    /// Its bits, hexadecimal.
    pub bits: String,
}

impl Bits {
    /// A value, NaN for missing.
    pub fn of(value: f64) -> Bits {
        Bits { value: Some(value).filter(|x| !x.is_nan()), bits: format!("{:016x}", value.to_bits()) }
    }

    fn shown(&self) -> String {
        let mut text = String::new();
        match self.value {
            Some(value) => shortest(value, &mut text),
            None => text.push_str("missing"),
        }
        format!("{text} ({})", self.bits)
    }
}

impl FeaturesReport {
    /// Whether all ways make the same rows.
    pub fn is_same(&self) -> bool {
        self.ways.iter().all(|way| way.differing == 0)
    }

    /// What is not the same, in one line; none where all is.
    pub fn sentence(&self) -> Option<String> {
        let way = self.ways.iter().find(|way| way.differing > 0)?;
        let first = way.differences.first().map(|first| format!("; {}", first.shown())).unwrap_or_default();
        Some(format!("{}: {} of {} leads differ{first}", way.name, thousands(way.differing), thousands(self.leads)))
    }
}

impl Difference {
    fn shown(&self) -> String {
        match self.reason.as_str() {
            "" => {
                format!("line {}, {}: {} in training, {} here", self.line, self.column, self.training.shown(), self.found.shown())
            }
            reason => format!("line {}: {reason}", self.line),
        }
    }
}

/// The page of `report`.
pub fn page(report: &FeaturesReport) -> String {
    let mut lines = vec![match &report.model {
        Some(model) => {
            format!("{} {}: {} leads, {} columns", model.name, model.version, thousands(report.leads), report.columns.len())
        }
        None => format!("{} leads, {} columns", thousands(report.leads), report.columns.len()),
    }];
    for way in &report.ways {
        let short = way.sha256.get(..16).unwrap_or_default();
        match (way.id.as_str(), way.differing) {
            ("training", _) => lines.push(format!("✓ {}: sha256 {short}…", way.name)),
            (_, 0) => lines.push(format!("✓ {}: identical bits, sha256 {short}…", way.name)),
            (_, differing) => {
                lines.push(format!("✗ {}: {} leads differ", way.name, thousands(differing)));
                lines.extend(way.differences.iter().map(|one| format!("    {}", one.shown())));
            }
        }
    }
    lines.push(account("rows", &report.rows));
    lines.join("\n")
}
