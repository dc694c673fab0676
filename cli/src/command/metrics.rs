//! `plumbline metrics`: scores against what became of the leads.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use plumbline_core::metric::{AgainstModel, Labelled, Measure, MetricError, Report, Segments, Slice, Slices};

use plumbline_core::table::Rows;

use crate::output::terminal;
use crate::report::metrics::page;
use crate::table::account::Limit;
use crate::table::columns::{Columns, Read};
use crate::table::leads::{Leads, OUTCOMES, SCORES};
use crate::table::moment::Ripeness;
use crate::table::number::finite;
use crate::{Failure, Outcome};

/// The most values of a segment column: beyond that it names leads or is free text.
const SEGMENTS: usize = 1_000;

/// Compare scores with outcomes
#[derive(Debug, Args)]
#[command(after_help = "\
Input: CSV with a header, NDJSON or Parquet with a column of scores and one of outcomes (1 or 0, true or false, yes or no). A lead
without an outcome is open and not counted. A higher score must mean a likelier conversion. Scores are probabilities; percentages and
other scales have to be named (--scale). Of raw scores, some of them negative, calibration measures are skipped.

With --matured-after only leads of at least that age count, converted or not; counting younger leads would make a model look worse
the younger its leads are. With --converted-at, conversions after that age do not count.

If the data are insufficient for a figure, it is reported as \"no answer\", never as 0.

Examples:
  plumbline metrics scored.csv --outcome converted
  plumbline score web-leads.plumb leads.csv -o scored.csv --keep converted,region && plumbline metrics scored.csv --segment region
  plumbline metrics scored.csv --scored-at timestamp --converted-at closed_at --matured-after 30d
  plumbline metrics scored.parquet --score prob0 --threshold 0.3 --bands 0.2,0.6 --json | jq .roc_auc")]
pub struct Metrics {
    /// CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "SCORED", default_value = "-")]
    file: PathBuf,
    /// The column with the score [default: probability, score, prob0, prob or y_pred_proba]
    #[arg(long, value_name = "COLUMN")]
    score: Option<String>,
    /// The column with the outcome [default: converted, outcome, label, target or y_true]
    #[arg(long, value_name = "COLUMN")]
    outcome: Option<String>,
    /// The column with another model's score of the same leads, to compare AUCs (DeLong)
    #[arg(long, value_name = "COLUMN")]
    against: Option<String>,
    /// The column that marks leads of the exploration slice, whose AUC is shown next to that of worked leads
    #[arg(long, value_name = "COLUMN")]
    exploration: Option<String>,
    /// A column whose values are measured apart, such as region
    #[arg(long, value_name = "COLUMN")]
    segment: Option<String>,
    /// With --matured-after: the column with the time each lead was scored
    #[arg(long, value_name = "COLUMN", requires = "matured_after")]
    scored_at: Option<String>,
    #[command(flatten)]
    ripeness: Ripeness,
    /// The scale of the scores [default: probability, or rank if some are negative]
    #[arg(long, value_enum)]
    scale: Option<Scale>,
    /// The score from which a lead is called
    #[arg(long, default_value_t = 0.5, value_parser = finite)]
    threshold: f64,
    /// Limits between bands of scores, increasing
    #[arg(long, value_name = "CUT,…", value_delimiter = ',', default_values_t = [0.2, 0.5, 0.8], value_parser = finite)]
    bands: Vec<f64>,
    /// Number of bins for the calibration error
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    bins: u16,
    /// Number of parts of the ranked list
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    parts: u16,
    #[command(flatten)]
    limit: Limit,
}

/// Scales of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scale {
    /// In [0, 1]
    Probability,
    /// From 0 to 100; divided by 100
    Percent,
    /// Any numbers: calibration measures are skipped if they are not in [0, 1]
    Rank,
}

impl Metrics {
    /// Prints every measure.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if self.ripeness.rule().is_some() && self.scored_at.is_none() {
            return Err(Failure::usage("ARGUMENTS", "--matured-after needs --scored-at to compute a lead's age"));
        }
        let table = Columns::read(&self.file)?;
        let score = table.choose(self.score.as_deref(), "--score", &SCORES)?;
        let mut leads = match (&self.scored_at, &self.ripeness.converted_at) {
            (Some(scored_at), Some(converted_at)) if self.outcome.is_none() => {
                // A time of conversion says that it converted.
                let outcomes = Read { values: vec![None; table.rows], odd: Vec::new() };
                Leads::with(&table, &score, &self.matured(&table, scored_at, Some(converted_at), &outcomes)?)?
            }
            (scored_at, converted_at) => {
                let outcome = table.choose(self.outcome.as_deref(), "--outcome", &OUTCOMES)?;
                let outcomes = table.flags(&outcome)?;
                match scored_at {
                    Some(scored_at) => {
                        Leads::with(&table, &score, &self.matured(&table, scored_at, converted_at.as_ref(), &outcomes)?)?
                    }
                    None => Leads::with(&table, &score, &outcomes)?,
                }
            }
        };
        self.to_probabilities(&table, &score, &mut leads)?;
        let mut report = self.measured(&leads).map_err(|e| self.refuse(&table, &leads, &e))?;
        report.exploration = match &self.exploration {
            Some(column) => Some(slices(&leads, &table.flags(column)?.values).map_err(|e| self.refuse(&table, &leads, &e))?),
            None => None,
        };
        report.segments = self.segment.as_deref().map(|column| self.by_segment(&table, &leads, column)).transpose()?;
        report.comparison = self.against.as_deref().map(|against| compared(&table, &leads, against)).transpose()?;
        report.maturity = self.ripeness.sentence();
        report.rejected_rows = unreadable(&table.account);
        report.rows = Some(leads.account.clone());
        if json {
            terminal::say_json(&report)?
        } else {
            terminal::say(&page(&report))?
        }
        Ok(self.limit.outcome([&leads.account]))
    }

    /// The scores on the scale of the measures.
    fn to_probabilities(&self, table: &Columns, score: &str, leads: &mut Leads) -> Result<(), Failure> {
        let (low, high) = leads
            .scores
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), score| (low.min(*score), high.max(*score)));
        let (limit, scale) = match self.scale {
            Some(Scale::Rank) => return Ok(()),
            // Raw scores of a model; what is not finite is reported with its line later.
            None if low < 0.0 || !high.is_finite() => return Ok(()),
            Some(Scale::Percent) => (100.0, "percentages"),
            Some(Scale::Probability) | None => (1.0, "probabilities"),
        };
        if let Some(at) = leads.scores.iter().position(|score| !(0.0..=limit).contains(score)) {
            let place = leads.rows.get(at).map_or_else(|| table.place.clone(), |row| table.line(*row));
            let percent = if self.scale.is_none() && high <= 100.0 { "--scale percent if they are percentages, or " } else { "" };
            let message = format!(
                "{score} lies between {low} and {high}, so these are no {scale} from 0 to {limit}; add {percent}--scale rank to measure the ranking alone"
            );
            return Err(Failure::input(place, "SCALE_IMPLAUSIBLE", message));
        }
        if limit > 1.0 {
            leads.scores.iter_mut().for_each(|score| *score /= limit);
        }
        Ok(())
    }

    /// The outcomes that are final at the moment of judgement.
    fn matured(
        &self,
        table: &Columns,
        scored_at: &str,
        converted_at: Option<&String>,
        outcomes: &Read<bool>,
    ) -> Result<Read<bool>, Failure> {
        let now_ms = self.ripeness.now_ms();
        let converted = converted_at.map(|name| table.moments(name)).transpose()?;
        let times = table.moments(scored_at)?;
        let mut found = Read { values: Vec::with_capacity(table.rows), odd: Vec::new() };
        for (row, (scored, outcome)) in times.values.iter().zip(&outcomes.values).enumerate() {
            let odd = [Some(&times), converted.as_ref()].into_iter().flatten().find_map(|times| times.problem(row));
            let odd = odd.or_else(|| outcomes.problem(row)).map(str::to_owned);
            let empty = || scored.is_none().then(|| format!("{scored_at} is empty, so the lead's age is unknown"));
            match (odd.or_else(empty), scored) {
                (None, Some(scored)) => {
                    let converted_ms = converted.as_ref().and_then(|times| times.values.get(row)).copied().flatten();
                    found.values.push(self.ripeness.label(*scored, *outcome, converted_ms, now_ms));
                }
                (what, _) => {
                    found.odd.push((row, what.unwrap_or_default()));
                    found.values.push(None);
                }
            }
        }
        Ok(found)
    }

    fn refuse(&self, table: &Columns, leads: &Leads, error: &MetricError) -> Failure {
        match error {
            MetricError::BadCut { .. } => Failure::usage(error.code(), format!("--bands: {error}")),
            MetricError::ScoreNotFinite { row } | MetricError::NotAProbability { row, .. } => {
                let place = leads.rows.get(*row).map_or_else(|| table.place.clone(), |row| table.line(*row));
                let what = match error {
                    MetricError::NotAProbability { value, .. } => format!("the score is {value}, not a probability in [0, 1]"),
                    _ => "the score is not finite".to_owned(),
                };
                Failure::input(place, error.code(), what)
            }
            _ => Failure::input(&table.place, error.code(), error.to_string()),
        }
    }

    fn measure(&self) -> Measure {
        Measure {
            threshold: self.threshold,
            bands: self.bands.clone(),
            bins: usize::from(self.bins),
            parts: usize::from(self.parts),
        }
    }

    /// The measures of each value of `column`.
    fn by_segment(&self, table: &Columns, leads: &Leads, column: &str) -> Result<Segments, Failure> {
        let values = table.names(column)?;
        let mut parts: BTreeMap<Option<String>, (Vec<f64>, Vec<bool>)> = BTreeMap::new();
        for (row, (score, converted)) in leads.rows.iter().zip(leads.scores.iter().zip(&leads.converted)) {
            let value = values.get(*row).cloned().flatten();
            let part = parts.entry(value).or_default();
            part.0.push(*score);
            part.1.push(*converted);
            if parts.len() > SEGMENTS {
                let message = format!("column {column:?} has more than {SEGMENTS} values; a segment is a group of leads");
                return Err(Failure::input(&table.place, "SEGMENT_TOO_MANY", message));
            }
        }
        Segments::new(column, parts, &self.measure()).map_err(|e| self.refuse(table, leads, &e))
    }

    fn measured(&self, leads: &Leads) -> Result<Report, MetricError> {
        let report = Report::new(&Labelled::new(&leads.scores, &leads.converted)?, &self.measure())?;
        Ok(Report { open: leads.open, unscored: leads.unscored, ..report })
    }
}

/// Rows that could not be read.
fn unreadable(rows: &Rows) -> u64 {
    rows.left_out.iter().map(|left| left.rows).sum()
}

/// The areas of explored and of worked leads.
fn slices(leads: &Leads, explored: &[Option<bool>]) -> Result<Slices, MetricError> {
    let of = |wanted: bool| {
        let rows = leads.rows.iter().zip(leads.scores.iter().zip(&leads.converted));
        let kept = rows.filter(|(row, _)| explored.get(**row).copied().flatten() == Some(wanted));
        let (scores, converted): (Vec<f64>, Vec<bool>) = kept.map(|(_, (score, converted))| (*score, *converted)).unzip();
        Labelled::new(&scores, &converted).map(|data| Slice::new(&data))
    };
    Ok(Slices { explored: of(true)?, worked: of(false)? })
}

/// The scores of `leads` against those in column `against`, on the leads that have both.
fn compared(table: &Columns, leads: &Leads, against: &str) -> Result<AgainstModel, Failure> {
    let others = table.numbers(against)?;
    let other = |row: &usize| others.values.get(*row).copied().flatten();
    let rows = leads.rows.iter().zip(leads.scores.iter().zip(&leads.converted));
    let both: Vec<(f64, f64, bool)> = rows.filter_map(|(row, (one, converted))| Some((*one, other(row)?, *converted))).collect();
    let (first, second): (Vec<f64>, Vec<f64>) = both.iter().map(|(one, two, _)| (*one, *two)).unzip();
    let converted: Vec<bool> = both.iter().map(|(.., converted)| *converted).collect();
    let refuse = |e: MetricError| Failure::input(&table.place, e.code(), format!("{against}: {e}"));
    let [first, second] = [&first, &second].map(|scores| Labelled::new(scores, &converted));
    AgainstModel::new(against, &first.map_err(refuse)?, &second.map_err(refuse)?).map_err(refuse)
}
