//! `plumbline window`: what happened, hour by hour, in a file of kilobytes that merges in any order.

mod layout;
mod make;
mod row;
mod show;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use plumbline_core::table::Rows;
use plumbline_core::window::{Series, SeriesError};

use crate::output::{replace, terminal};
use crate::report::rows::account;
use crate::report::summary::WindowSummary;
use crate::{Failure, Outcome};

/// The largest window file that is read, in bytes.
const FILE_LIMIT: u64 = 1 << 30;

/// Keep hourly counts in a few kilobytes and merge them in any order
#[derive(Debug, Args)]
#[command(after_help = "\
A window contains counts, never leads: requests and failures, latencies, scores by outcome, features in bins frozen at training time.
Hours counted on any number of hosts merge to the same bytes in any order. Figures are reported with the precision that counting costs:
the AUC and KS distances with bounds, latency quantiles to 1/64.

Examples:
  plumbline window make predictions.ndjson -o today.plw
  plumbline window make today.csv --features-of training.csv --ignore lead_id -o today.plw
  plumbline window merge host-1.plw host-2.plw month.plw -o month.plw
  plumbline window show month.plw --from 2026-11-01 --by day
  plumbline window show month.plw --reference training.csv --json | jq .total.roc_auc")]
pub struct Window {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Make(Box<make::Make>),
    Merge(Merge),
    Show(show::Show),
}

impl Window {
    /// Makes, merges or shows.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        match &self.action {
            Action::Make(make) => make.run(json),
            Action::Merge(merge) => merge.run(json),
            Action::Show(show) => show.run(json),
        }
    }
}

/// Merge the hours of several files; the output may be one of them, and a file that was merged before is rejected
#[derive(Debug, Args)]
struct Merge {
    /// Files made by `plumbline window make`; `-` is standard input
    #[arg(value_name = "WINDOWS", required = true)]
    files: Vec<PathBuf>,
    /// Output file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Merge {
    fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let all = read_all(&self.files)?;
        written(&all, &self.output, None, json)?;
        Ok(Outcome::Done)
    }
}

/// The hours of `files`, put together.
fn read_all(files: &[PathBuf]) -> Result<Series, Failure> {
    let mut all: Option<Series> = None;
    for file in files {
        let one = read(file)?;
        match &mut all {
            None => all = Some(one),
            Some(all) => all.merge(&one).map_err(|e| refused(&place(file), &e))?,
        }
    }
    Ok(all.unwrap_or_default())
}

fn refused(place: &str, error: &SeriesError) -> Failure {
    let hint = match error {
        SeriesError::Layout(_) => "; create both with --features-of the same file",
        SeriesError::MergedBefore => "; leave it out",
        _ => "",
    };
    Failure::input(place, error.code(), format!("{error}{hint}"))
}

fn place(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let place = place(path);
    let source: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(path).map_err(Failure::read(&place))?),
    };
    let mut bytes = Vec::new();
    source.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(Failure::read(&place))?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(Failure::input(place, "INPUT_TOO_LARGE", format!("it exceeds the limit of {FILE_LIMIT} bytes")));
    }
    Ok(bytes)
}

fn read(path: &Path) -> Result<Series, Failure> {
    Series::read(&bytes(path)?).map_err(|e| Failure::input(place(path), e.code(), e.to_string()))
}

/// Whether a file is one of windows, by its first bytes.
fn is_windows(path: &Path) -> Result<bool, Failure> {
    if path == Path::new("-") {
        return Ok(false);
    }
    let mut head = [0; 5];
    let mut file = std::fs::File::open(path).map_err(Failure::read(place(path)))?;
    Ok(file.read_exact(&mut head).is_ok() && Series::is_series(&head))
}

/// Writes `series` and says so.
fn written(series: &Series, output: &Path, rows: Option<&Rows>, json: bool) -> Result<(), Failure> {
    let bytes = series.write();
    replace(output, &bytes)?;
    let (hours, features) = (series.hours().count(), series.layout().features().len());
    if json {
        return terminal::say_json(&WindowSummary {
            output: output.display().to_string(),
            bytes: bytes.len(),
            hours,
            features,
            rejected_rows: rows.map_or(0, Rows::lost),
            rows: rows.cloned(),
        });
    }
    let counted =
        |n: usize, one: &str, many: &str| format!("{} {}", terminal::thousands(n as u64), if n == 1 { one } else { many });
    let account = rows.map_or(String::new(), |rows| format!("\n{}", account("rows", rows)));
    terminal::say(&format!(
        "{}: {}, {}, {}{account}",
        output.display(),
        counted(hours, "hour", "hours"),
        counted(features, "feature", "features"),
        counted(bytes.len(), "byte", "bytes")
    ))
}
