//! `plumbline window show`: the figures of hours, days or all of it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use plumbline_core::table::Rows;
use plumbline_core::window::{Report, Series, Window};

use super::row::Places;
use super::{is_windows, make, place, read, read_all, refused};
use crate::output::terminal;
use crate::report::rows::account;
use crate::report::window::page;
use crate::table::moment;
use crate::{Failure, Outcome, clock};

/// Print the figures of windows: ranking, calibration, drift, latency, errors, coverage, freshness, uptime, throughput
#[derive(Debug, Args)]
#[command(after_help = "\
Several files are merged first. If the data are insufficient for a figure, it is reported as \"no answer\", never as 0.

Example:
  plumbline window show today.plw --reference training.plw --by day")]
pub struct Show {
    /// Files made by `plumbline window make`; `-` is standard input
    #[arg(value_name = "WINDOWS", required = true)]
    files: Vec<PathBuf>,
    /// The reference for features and scores: a file of windows, or a training table
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
    /// Only hours that begin at this time or later
    #[arg(long, value_name = "TIME", value_parser = moment::moment)]
    from: Option<i64>,
    /// Only hours that begin before this time
    #[arg(long, value_name = "TIME", value_parser = moment::moment)]
    to: Option<i64>,
    /// Also print one line per period
    #[arg(long, value_enum)]
    by: Option<Piece>,
    /// If the reference is a table: its column with the score [default: probability, score, prob0, prob or y_pred_proba]
    #[arg(long, value_name = "COLUMN", requires = "reference")]
    score: Option<String>,
    /// The time freshness is computed for [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment::moment)]
    now: Option<i64>,
}

/// Pieces of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Piece {
    /// Hours
    Hour,
    /// Days, UTC
    Day,
}

impl Show {
    /// Prints the figures.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let mut series = read_all(&self.files)?;
        series.keep(self.from.unwrap_or(i64::MIN), self.to.unwrap_or(i64::MAX));
        if series.hours().next().is_none() {
            let places: Vec<String> = self.files.iter().map(|file| place(file)).collect();
            return Err(Failure::input(places.join(", "), "INPUT_EMPTY", "there are no hours in that time range"));
        }
        let reference = self.reference(&series)?;
        let now = self.now.unwrap_or_else(|| clock::now().0);
        let hours = self.by.map(|piece| match piece {
            Piece::Hour => 1,
            Piece::Day => 24,
        });
        let report = Report::new(&series, reference.as_ref(), now, hours).map_err(|e| refused("the windows", &e.into()))?;
        if json {
            terminal::say_json(&report)?
        } else {
            terminal::say(&page(&report))?
        }
        Ok(Outcome::Done)
    }

    fn reference(&self, series: &Series) -> Result<Option<Window>, Failure> {
        let Some(file) = &self.reference else { return Ok(None) };
        let mut reference = Series::new(series.layout().clone());
        if is_windows(file)? {
            reference.merge(&read(file)?).map_err(|e| refused(&place(file), &e))?;
        } else {
            let mut rows = Rows::default();
            make::count(file, &Places { score: self.score.clone(), ..Places::default() }, &mut reference, true, &mut rows)?;
            if rows.lost() > 0 {
                terminal::note(&account("rows of the reference", &rows));
            }
        }
        Ok(Some(reference.total()))
    }
}
