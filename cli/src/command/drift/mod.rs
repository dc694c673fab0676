//! `plumbline drift`: whether leads are still what they were, by feature and as a whole.

mod bundle;
mod model;
mod role;

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use plumbline_core::drift::performance::{Estimator, Outlook};
use plumbline_core::drift::{
    AlarmRates, DriftError, DriftReport, FalseAlarms, Feature, LeftOut, PredictionDrift, Rules, Sample, Unscored,
};
use plumbline_core::evidence::Answer;
use plumbline_core::metric::{Labelled, MetricError};
use plumbline_core::table::Vector;

use crate::output::terminal;
use crate::report::drift::page;
use crate::table::account::Limit;
use crate::table::columns::Columns;
use crate::table::leads::{Leads, OUTCOMES};
use crate::table::number::finite;
use crate::{Failure, Outcome};

/// Compare current leads with those the model was trained on
#[derive(Debug, Args)]
#[command(after_help = "\
Both inputs are CSV with a header, NDJSON or Parquet. Every column present in both is compared: numbers by the Kolmogorov-Smirnov
distance, everything else by category. Ids, dates and outcomes are not features; with --model only the fields the model reads are,
weighted by the model's importance.

A feature drifted if the difference exceeds the tolerance *and* is unlikely to be chance. The table drifted if more than two features
did (--max-features), or all of them where there are no more; without drift that happens with at most the chance of --chance, whatever
the number of rows and features. Too few rows to know, scores that moved and scores that went missing fail --check, too; with --score
half of --chance is for the scores.

With --score, the percentiles of the predictions are compared too. If the reference also has outcomes (--outcome), the performance on
the current leads is estimated before their outcomes arrive, with an interval, next to the realised performance if known.

With --deals N, the rows of both tables are shuffled N times to measure how often these rules, all of them, raise a false alarm.

With a bundle in place of the reference, the leads are compared with the baseline that plumbline baseline put into it: its frozen bins,
so no training data is needed. The model reads and scores the leads; distances are known between two ends, because bins do not show more.

Examples:
  plumbline drift training.csv today.csv --model leads.plumb
  plumbline drift leads.plumb today.csv --check
  plumbline drift training.parquet today.ndjson --score probability --outcome converted --deals 200 --json
  plumbline drift training.csv today.csv --check && echo fine")]
pub struct Drift {
    /// The leads the model was trained on: CSV, NDJSON or Parquet; or a bundle (*.plumb) with a baseline
    #[arg(value_name = "REFERENCE")]
    reference: PathBuf,
    /// The current leads; `-` is standard input
    #[arg(value_name = "CURRENT", default_value = "-")]
    current: PathBuf,
    /// Columns to skip
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    ignore: Vec<String>,
    /// The column with the model's score
    #[arg(long, value_name = "COLUMN")]
    score: Option<String>,
    /// The column with the outcome; a lead without one is open [default: converted, outcome, label, target or y_true]
    #[arg(long, value_name = "COLUMN")]
    outcome: Option<String>,
    /// The score from which a lead is called
    #[arg(long, default_value_t = 0.5, value_parser = finite)]
    threshold: f64,
    /// The model: only the fields it reads are compared, with their importance
    #[arg(long, value_name = "M.plumb", conflicts_with = "importance")]
    model: Option<PathBuf>,
    /// A CSV with the columns feature and importance
    #[arg(long, value_name = "FILE")]
    importance: Option<PathBuf>,
    /// Maximum tolerated Kolmogorov-Smirnov (or total variation) distance
    #[arg(long, value_name = "D", default_value_t = Rules::default().distance)]
    max_distance: f64,
    /// Maximum tolerated rate of false alarms of the verdict, all features and rules together
    #[arg(long, value_name = "P", default_value_t = Rules::default().chance)]
    chance: f64,
    /// Number of features that may drift; of so few features all but one
    #[arg(long, value_name = "N", default_value_t = Rules::default().features_allowed)]
    max_features: usize,
    /// Number of shuffles for measuring false alarms
    #[arg(long, value_name = "N", default_value_t = 0)]
    deals: u64,
    /// Seed of the shuffles
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Exit with code 1 if the table drifted, scores moved or went missing, or the rows are too few to know
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    limit: Limit,
}

impl Drift {
    /// Prints the report.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if bundle::is_bundle(&self.reference) {
            return self.run_against_baseline(json);
        }
        let whole = self.rules()?;
        let rules = if self.score.is_some() { whole.beside_scores() } else { whole };
        let (reference, current) = (Columns::read(&self.reference)?, Columns::read(&self.current)?);
        let outcome = self
            .outcome
            .clone()
            .or_else(|| OUTCOMES.iter().find(|name| reference.find(name).is_some()).map(|name| (*name).to_owned()));
        if let Some(name) = &self.outcome {
            reference.column(name)?;
        }
        for name in &self.ignore {
            if reference.find(name).is_none() && current.find(name).is_none() {
                return Err(Failure::usage("COLUMN_UNKNOWN", format!("--ignore {name}: neither input has this column")));
            }
        }
        let weights = match &self.model {
            Some(model) => Some(model::importances(model, &self.reference)?),
            None => self.importances()?,
        };
        let kept_apart = |name: &str| {
            Some(name) == self.score.as_deref() || Some(name) == outcome.as_deref() || self.ignore.iter().any(|i| i == name)
        };
        let read = |name: &str| {
            let listed = weights.as_ref().filter(|_| self.model.is_some());
            listed.is_none_or(|weights| weights.iter().any(|(known, _)| known == name))
        };
        let mut skipped = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for before in reference.columns.iter().filter(|named| !kept_apart(&named.name) && read(&named.name)) {
            let Some(now) = current.find(&before.name) else { continue };
            match role::of(&before.name, before.given(), now.given(), self.model.is_some()) {
                Some(reason) => skipped.push(LeftOut { feature: before.name.clone(), reason: reason.to_owned() }),
                None => names.push(before.name.clone()),
            }
        }
        let only = |one: &Columns, other: &Columns| -> Vec<String> {
            let own = |name: &&String| !kept_apart(name) && read(name) && other.find(name).is_none();
            let lone = one.columns.iter().map(|named| &named.name).filter(own);
            lone.cloned().collect()
        };
        let (gone, new) = (only(&reference, &current), only(&current, &reference));
        let pairs: Vec<(&String, (Vector, Vector))> =
            names.iter().filter_map(|name| Some((name, reference.pair(&current, name)?))).collect();
        let features: Vec<Feature<'_>> = pairs.iter().map(|(name, pair)| feature(name, pair, weights.as_ref())).collect();
        if features.is_empty() && self.score.is_none() {
            let skipped: Vec<String> = skipped.iter().map(|left| format!("{} is {}", left.feature, left.reason)).collect();
            let apart = if skipped.is_empty() { String::new() } else { format!(" that is a feature ({})", skipped.join(", ")) };
            let message = format!("it has no column in common with {}{apart}", reference.place);
            return Err(Failure::input(&current.place, "NOTHING_TO_COMPARE", message));
        }
        for (name, (before, now)) in &pairs {
            for (table, vector) in [(&reference, before), (&current, now)] {
                if let Vector::Numbers(values) = vector
                    && let Some(row) = values.iter().position(|value| value.is_infinite())
                {
                    return Err(Failure::input(table.line(row), "VALUE_NOT_FINITE", format!("{name} is infinite")));
                }
            }
        }
        let refuse =
            |e: DriftError| Failure::input(format!("{} and {}", reference.place, current.place), e.code(), e.to_string());
        let mut report = DriftReport::new(&features, &rules).map_err(refuse)?;
        if let Some(left) = report.left_out.first().filter(|_| report.features.is_empty() && self.score.is_none()) {
            let message = format!("no feature can be compared; for {}: {}", left.feature, left.reason);
            return Err(Failure::input(&current.place, "INSUFFICIENT_DATA", message));
        }
        report.left_out.extend(skipped);
        (report.reference_rows, report.current_rows) = (reference.rows as u64, current.rows as u64);
        (report.only_in_reference, report.only_in_current) = (gone, new);
        if let Some(score) = &self.score {
            report.unscored = Unscored::new(&values(&reference, score)?, &values(&current, score)?, &whole);
            report.prediction = Some(prediction(&reference, &current, score, &whole)?);
            if let Some(outcome) = &outcome {
                report.performance = Some(self.performance(&reference, &current, score, outcome)?);
            }
        }
        if self.deals > 0 {
            report.false_alarms = Some(self.false_alarms(&features, &rules).map_err(refuse)?);
        }
        report.odd_values = names
            .iter()
            .flat_map(|name| [reference.odd_values(&current, name), current.odd_values(&reference, name)])
            .flatten()
            .collect();
        let accounts = [reference.all_used(), current.all_used()];
        report.rejected_rows = accounts.iter().map(|rows| rows.read - rows.used).sum();
        let outcome = self.limit.outcome(&accounts);
        [report.rows_of_reference, report.rows_of_current] = accounts.map(Some);
        if json {
            terminal::say_json(&report)?
        } else {
            terminal::say(&page(&report))?
        }
        Ok(if self.check && report.fails() { Outcome::CheckFailed } else { outcome })
    }

    fn rules(&self) -> Result<Rules, Failure> {
        for (name, value) in [("--max-distance", self.max_distance), ("--chance", self.chance)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(Failure::usage("ARGUMENTS", format!("{name} is {value}; it must be in [0, 1]")));
            }
        }
        Ok(Rules { distance: self.max_distance, chance: self.chance, features_allowed: self.max_features, ..Rules::default() })
    }

    fn importances(&self) -> Result<Option<Vec<(String, f64)>>, Failure> {
        let Some(path) = &self.importance else { return Ok(None) };
        let table = Columns::read(path)?;
        let names = table.names("feature")?.into_iter().map(Option::unwrap_or_default);
        let values = table.numbers("importance")?.values.into_iter().map(|value| value.unwrap_or(f64::NAN));
        let pairs: Vec<(String, f64)> = names.zip(values).collect();
        match pairs.iter().position(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
            Some(row) => {
                Err(Failure::input(table.line(row), "BAD_SETTING", "an importance must be a finite number of at least 0"))
            }
            None => Ok(Some(pairs)),
        }
    }

    fn performance(
        &self,
        reference: &Columns,
        current: &Columns,
        score: &str,
        outcome: &str,
    ) -> Result<Answer<Outlook>, Failure> {
        let before = Leads::of(reference, score, outcome)?;
        let known = Labelled::new(&before.scores, &before.converted).map_err(|e| wrong(reference, &before.rows, score, &e))?;
        let estimator = match Estimator::fit(&known, self.threshold).map_err(|e| wrong(reference, &before.rows, score, &e))? {
            Ok(estimator) => estimator,
            Err(reason) => return Ok(Err(reason).into()),
        };
        let (rows, scores): (Vec<usize>, Vec<f64>) =
            current.numbers(score)?.values.iter().enumerate().filter_map(|(row, score)| Some((row, (*score)?))).unzip();
        let now = if current.find(outcome).is_some() { Some(Leads::of(current, score, outcome)?) } else { None };
        let now = now.as_ref().filter(|now| !now.scores.is_empty());
        let realised = now.and_then(|now| Labelled::new(&now.scores, &now.converted).ok());
        let outlook =
            Outlook::new(&estimator, &known, &scores, realised.as_ref()).map_err(|e| wrong(current, &rows, score, &e))?;
        Ok(outlook.into())
    }

    fn false_alarms(&self, features: &[Feature<'_>], rules: &Rules) -> Result<Answer<AlarmRates>, DriftError> {
        let bar = ProgressBar::new(self.deals);
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos} of {len} shuffles  {eta} left") {
            bar.set_style(style);
        }
        let found = FalseAlarms::measure(features, rules, self.deals, self.seed, |deal, _| {
            bar.set_position(deal);
            true
        })?;
        bar.finish_and_clear();
        Ok(found.map(|found| found.rates(features, self.seed)).into())
    }
}

/// The scores of `table`; NaN is missing.
fn values(table: &Columns, score: &str) -> Result<Vec<f64>, Failure> {
    Ok(table.numbers(score)?.values.into_iter().map(|score| score.unwrap_or(f64::NAN)).collect())
}

/// An error in the scores of `rows` of `table`, with the line of the score.
fn wrong(table: &Columns, rows: &[usize], score: &str, error: &MetricError) -> Failure {
    let (row, what) = match error {
        MetricError::NotAProbability { row, value } => (*row, format!("{score} is {value}; it must be a probability in [0, 1]")),
        MetricError::ScoreNotFinite { row } => (*row, format!("{score} is not finite")),
        _ => return Failure::input(&table.place, error.code(), format!("column {score}: {error}")),
    };
    let place = rows.get(row).map_or_else(|| table.place.clone(), |row| table.line(*row));
    Failure::input(place, error.code(), what)
}

fn feature<'a>(name: &'a str, (before, now): &'a (Vector, Vector), weights: Option<&Vec<(String, f64)>>) -> Feature<'a> {
    let importance = weights.map(|weights| weights.iter().find(|(known, _)| known == name).map_or(0.0, |(_, weight)| *weight));
    Feature { name, reference: before.values(), current: now.values(), importance }
}

fn prediction(reference: &Columns, current: &Columns, score: &str, rules: &Rules) -> Result<Answer<PredictionDrift>, Failure> {
    let sample = |table: &Columns| -> Result<Sample, Failure> {
        let scores: Vec<f64> = table.numbers(score)?.values.into_iter().flatten().collect();
        Sample::current(&scores).map_err(|e| Failure::input(&table.place, e.code(), format!("column {score}: {e}")))
    };
    Ok(PredictionDrift::new(&sample(reference)?, &sample(current)?, rules).into())
}
