//! The baseline of a bundle as a person and a program read it.

use std::path::Path;

use plumbline_core::Bundle;
use plumbline_core::bundle::{BandShare, Baseline, DataFile, Distribution, Figure, Weight};
use plumbline_core::table::{Rows, format_date};
use serde::Serialize;
use serde_json::Value;

use crate::output::terminal::{aligned, columns, thousands};

/// Fields listed by importance.
const SHOWN: usize = 10;

/// The baseline of a bundle.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BaselineCard"))]
pub struct BaselineCard {
    /// The training data.
    data: DataFile,
    /// The leads that the figures are of, where they were held out of training.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<DataFile>,
    /// A lead is called at this probability.
    threshold: f64,
    /// The figures, with 95 % intervals.
    figures: Vec<Figure>,
    /// Scores that parts of the leads do not exceed.
    percentiles: Vec<(f64, f64)>,
    /// The share of leads in each band.
    bands: Vec<BandShare>,
    /// What each field weighs in the scores, the heaviest first.
    importance: Vec<Weight>,
    /// The frozen distributions.
    fields: Vec<ReferenceCard>,
    /// Expectations in the generated suite.
    expectations: usize,
}

/// The frozen distribution of a field.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct ReferenceCard {
    /// The field.
    name: String,
    /// Bins of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    bins: Option<usize>,
    /// Categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    categories: Option<usize>,
    /// Values that were counted.
    values: u64,
    /// Missing values.
    missing: u64,
}

/// What `plumbline baseline --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BaselineSummary {
    /// The bundle that was written.
    output: String,
    /// Its size.
    bytes: usize,
    /// The model's name.
    name: String,
    /// Its version.
    version: String,
    /// The baseline.
    baseline: Option<BaselineCard>,
    /// Where the rows of the training data went.
    rows: Rows,
    /// Where the rows of the held-out data went; null without them.
    held_out_rows: Option<Rows>,
}

impl BaselineSummary {
    /// The summary of `bundle`, which was written to `output`.
    pub fn new(output: &Path, bytes: usize, bundle: &Bundle, rows: Rows, held_out_rows: Option<Rows>) -> BaselineSummary {
        BaselineSummary {
            output: output.display().to_string(),
            bytes,
            name: bundle.manifest.name.clone(),
            version: bundle.manifest.version.clone(),
            baseline: BaselineCard::of(bundle),
            rows,
            held_out_rows,
        }
    }
}

/// The page of a baseline that was written.
pub fn page(summary: &BaselineSummary) -> String {
    let BaselineSummary { output, bytes, name, version, baseline, .. } = summary;
    let mut text = format!("{output}: {name} {version} with its baseline, {} bytes", thousands(*bytes as u64));
    if let Some(card) = baseline {
        text.push('\n');
        text.push_str(&aligned(&card.rows()));
    }
    text
}

impl BaselineCard {
    /// The baseline of `bundle`, if it has one.
    pub fn of(bundle: &Bundle) -> Option<BaselineCard> {
        let Baseline { data, held_out, threshold, figures, percentiles, bands, importance, suite, .. } =
            bundle.baseline.clone()?;
        let suite: Value = serde_json::from_str(&suite).unwrap_or(Value::Null);
        let fields = bundle.reference.iter().flat_map(|reference| &reference.fields).map(|field| match &field.distribution {
            Distribution::Number(found) => ReferenceCard {
                name: field.name.clone(),
                bins: Some(found.bins().count()),
                categories: None,
                values: found.counts().iter().sum(),
                missing: found.missing(),
            },
            Distribution::Category(found) => ReferenceCard {
                name: field.name.clone(),
                bins: None,
                categories: Some(found.known().len()),
                values: found.counts().iter().sum::<u64>() + found.other(),
                missing: found.missing(),
            },
        });
        Some(BaselineCard {
            data,
            held_out,
            threshold,
            figures,
            percentiles,
            bands,
            importance,
            fields: fields.collect(),
            expectations: suite.get("expectations").and_then(Value::as_array).map_or(0, Vec::len),
        })
    }

    /// The rows of its part of a card.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![("baseline", file(&self.data))];
        match &self.held_out {
            Some(held_out) => rows.push(("figures of", format!("{}, held out of training", file(held_out)))),
            None => rows.push(("figures of", "the training data itself, which flatters the model".to_owned())),
        }
        rows.push(("figures", self.figures_table()));
        let percentiles = self.percentiles.iter().map(|(part, score)| format!("{} % {score:.3}", short(100.0 * part)));
        rows.push(("scores", percentiles.collect::<Vec<_>>().join(", ")));
        if !self.bands.is_empty() {
            rows.push(("bands then", self.bands.iter().map(band).collect::<Vec<_>>().join(", ")));
        }
        rows.push(("importance", self.importance_table()));
        let missing = self.fields.iter().filter(|field| field.missing > 0).count();
        let numbers = self.fields.iter().filter(|field| field.bins.is_some()).count();
        let categories = self.fields.len() - numbers;
        rows.push((
            "reference",
            format!("{numbers} numbers in frozen bins, {categories} categories; {missing} of them with missing values"),
        ));
        rows.push(("suite", format!("{} expectations (print it with inspect --suite)", self.expectations)));
        rows
    }

    fn figures_table(&self) -> String {
        let line = |figure: &Figure| {
            let interval = figure.interval.map_or(String::new(), |(low, high)| format!("({low:.3} to {high:.3})"));
            vec![figure.id.clone(), format!("{:.3}", figure.value), interval]
        };
        columns(&["", "", ""], self.figures.iter().map(line)).trim_start().to_owned()
    }

    fn importance_table(&self) -> String {
        let line = |weight: &Weight| format!("{} {:.1} %", weight.field, 100.0 * weight.share);
        let mut listed: Vec<String> = self.importance.iter().take(SHOWN).map(line).collect();
        match self.importance.len().saturating_sub(SHOWN) {
            0 if listed.is_empty() => listed.push("not known: this kind of model cannot be explained".to_owned()),
            0 => {}
            more => listed.push(format!("and {more} more")),
        }
        listed.join(", ")
    }
}

fn band(band: &BandShare) -> String {
    let converted = band.conversion.map_or(String::new(), |rate| format!(", of which {:.1} % converted", 100.0 * rate));
    format!("{} {:.1} % of leads{converted}", band.name, 100.0 * band.share)
}

fn file(file: &DataFile) -> String {
    let span = file.span_ms.map_or(String::new(), |(first, last)| {
        let day = |ms: i64| format_date(ms).chars().take(10).collect::<String>();
        format!(", {} to {}", day(first), day(last))
    });
    let DataFile { name, sha256, rows, converted, .. } = file;
    let digest: String = sha256.chars().take(12).collect();
    format!("{name} (SHA-256 {digest}…): {} leads, {} converted{span}", thousands(*rows), thousands(*converted))
}

/// A percentage without needless digits.
fn short(x: f64) -> String {
    format!("{x:.1}").trim_end_matches(".0").to_owned()
}
