//! Current leads against a bundle's baseline, for a program and a person.

use std::fmt::Write as _;

use plumbline_core::rollout::evidence::FeatureFigures;
use plumbline_core::table::Rows;
use serde::Serialize;

use super::answer::p_value;
use super::rows::account;
use crate::output::terminal::thousands;

/// What `plumbline drift M.plumb CURRENT --json` prints.
#[derive(Debug, Serialize)]
pub struct BaselineDrift {
    /// The model's version.
    pub model: String,
    /// Leads of its training data.
    pub reference_rows: u64,
    /// Leads that were compared with them.
    pub current_rows: u64,
    /// Whether these are enough for a verdict.
    pub is_enough: bool,
    /// So many are needed.
    pub needed_rows: u64,
    /// The tolerated distance.
    pub max_distance: f64,
    /// A distance counts with a p-value below this.
    pub threshold: f64,
    /// Whether more fields drifted than are allowed to.
    pub drifted: bool,
    /// The fields, the most changed first.
    pub features: Vec<BaselineFeature>,
    /// The model's scores of the current leads against those in training.
    pub score: Option<BaselineFeature>,
    /// Where the rows of the input went.
    pub rows: Rows,
}

/// One field against the training data.
#[derive(Debug, Serialize)]
pub struct BaselineFeature {
    /// Whether it drifted.
    pub drifted: bool,
    /// Its part in the model's reasons; none where the baseline has none.
    pub importance: Option<f64>,
    /// Its figures.
    #[serde(flatten)]
    pub figures: FeatureFigures,
}

impl BaselineFeature {
    /// The least distance from the training data; below 0 where none is known.
    pub fn distance(&self) -> f64 {
        self.figures.distance.map_or(-1.0, |distance| distance.at_least)
    }
}

impl BaselineDrift {
    /// Whether `--check` fails: drift of the fields or of the scores, or too few leads to know.
    pub fn fails(&self) -> bool {
        self.drifted || !self.is_enough || self.score.as_ref().is_some_and(|score| score.drifted)
    }
}

/// All of it.
pub fn page(report: &BaselineDrift) -> String {
    let count = report.features.iter().filter(|feature| feature.drifted).count();
    let (now, before) = (thousands(report.current_rows), thousands(report.reference_rows));
    let mut text = match (report.is_enough, count) {
        (false, _) => format!("Not enough data: {now} leads, {} are needed.", report.needed_rows),
        (_, 0) => "No field drifted.".to_owned(),
        (_, 1) => "1 field drifted.".to_owned(),
        (_, count) => format!("{count} fields drifted."),
    };
    if report.is_enough && report.score.as_ref().is_some_and(|score| score.drifted) {
        text.push_str(" The scores moved.");
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, " {now} leads against the {before} of the training data of model {}.", report.model);
    let all = report.features.iter().chain(&report.score);
    let width = all.clone().map(|feature| feature.figures.name.len()).max().unwrap_or(0).max(5);
    let _ = write!(text, "\n{:width$}  distance            p        missing  before     new values", "field");
    for feature in all {
        let figures = &feature.figures;
        let (distance, p) = figures.distance.map_or(("unknown".to_owned(), String::new()), |found| {
            let distance = if found.at_least == found.at_most {
                format!("{:.3}", found.at_least)
            } else {
                format!("{:.3} to {:.3}", found.at_least, found.at_most)
            };
            (distance, found.p_value.map(p_value).unwrap_or_default())
        });
        let share = |part: u64, all: u64| format!("{:.1} %", 100.0 * part as f64 / all.max(1) as f64);
        let missing = share(figures.missing, figures.values);
        let missing_before = share(figures.reference_missing, figures.reference_values);
        let new = figures.new_categories.map(thousands).unwrap_or_default();
        let mark = if feature.drifted { "  drifted" } else { "" };
        let line = format!("{:width$}  {distance:18}  {p:7}  {missing:7}  {missing_before:9}  {new}{mark}", figures.name);
        let _ = write!(text, "\n{}", line.trim_end());
    }
    let _ = write!(
        text,
        "\n\na field drifted if its distance is above {} and p below {:.5}\n{}",
        report.max_distance,
        report.threshold,
        account("current rows", &report.rows)
    );
    text
}
