//! `plumbline window make`: a log becomes hours.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::table::Rows;
use plumbline_core::window::{Layout, Series};

use super::row::{Found, Places, TIMES};
use super::{layout, place, written};
use crate::input::{self, Step};
use crate::output::terminal::listed;
use crate::table::account::{self, Limit};
use crate::table::named::Ambiguous;
use crate::{Failure, Outcome};

/// Count logs or scored leads by the hour
#[derive(Debug, Args)]
#[command(after_help = "\
Input: CSV with a header, NDJSON or Parquet, one lead per row, such as the rows of the service's `prediction_logs` or the output of
`plumbline score`, joined to outcomes. A row counts as a request unless its column `position` marks it as a further lead of one. Rows
that cannot be read are reported and skipped (exit code 3).

Features are counted only with --features-of: in bins and categories frozen from a training table, or taken from an existing file of
windows. Files can be merged only if they use the same.

Example:
  plumbline window make log.parquet --features-of training.parquet --matured-after 30d -o today.plw")]
pub struct Make {
    /// CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "LOGS", default_value = "-")]
    files: Vec<PathBuf>,
    /// Output file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Also count features, in the bins of this training table or file of windows
    #[arg(long, value_name = "FILE")]
    features_of: Option<PathBuf>,
    /// Columns of the training table that are not features
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', requires = "features_of")]
    ignore: Vec<String>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    limit: Limit,
}

impl Make {
    /// Counts and writes.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let layout = match &self.features_of {
            Some(file) => {
                let taken = self.places.taken().into_iter().chain(self.ignore.iter().map(String::as_str));
                layout::of(file, &taken.collect::<Vec<&str>>())?
            }
            None => Layout::default(),
        };
        let mut series = Series::new(layout);
        let mut rows = Rows::default();
        for file in &self.files {
            count(file, &self.places, &mut series, false, &mut rows)?;
        }
        if series.hours().next().is_none() {
            let places: Vec<String> = self.files.iter().map(|file| place(file)).collect();
            return Err(Failure::no_rows(places.join(", ")));
        }
        written(&series, &self.output, Some(&rows), json)?;
        Ok(self.limit.outcome([&rows]))
    }
}

/// Counts the rows of `file` in `series`, and where they went in `rows`.
pub fn count(file: &Path, places: &Places, series: &mut Series, timeless: bool, rows: &mut Rows) -> Result<(), Failure> {
    let (mut records, source) = input::open(file, false)?;
    if let Some(absent) = records.is_table().then(|| places.absent(records.names())).flatten() {
        let there = listed(&records.names().iter().map(String::as_str).collect::<Vec<&str>>());
        let message = format!("there is no column {absent}; the columns are {there}");
        return Err(Failure::input(&source.place, "INPUT_MISSING_COLUMNS", message));
    }
    let (now_ms, layout) = (places.ripeness.now_ms(), series.layout().clone());
    let mut found = Found::default();
    let ambiguous = |e: Ambiguous| e.failure(&source.place, "name one of them as it is spelled");
    places.find(records.names(), &layout, &mut found).map_err(ambiguous)?;
    if records.is_table() && !timeless && !found.has_time() {
        let message = format!("no column is named {}; choose one with --time", TIMES.join(", "));
        return Err(Failure::input(&source.place, "COLUMN_UNKNOWN", message));
    }
    loop {
        let problem = match records.advance()? {
            Step::End => break,
            Step::Rejected(problem) => problem,
            Step::Record => {
                places.find(records.names(), &layout, &mut found).map_err(ambiguous)?;
                match places.count(&*records, &found, series, now_ms, timeless) {
                    Ok(true) => {
                        rows.take();
                        continue;
                    }
                    Ok(false) => {
                        let place = format!("{}, line {}", source.place, records.line());
                        rows.leave_out_ordinary("NOT_SELECTED", || (place, "--only does not select it".to_owned()));
                        continue;
                    }
                    Err(problem) => problem,
                }
            }
        };
        if problem.code == "WINDOW_TOO_MANY_HOURS" {
            return Err(Failure::input(format!("{}, line {}", source.place, records.line()), problem.code, problem.message));
        }
        account::leave_out(rows, &source, &*records, &problem);
    }
    source.progress.finish_and_clear();
    Ok(())
}
