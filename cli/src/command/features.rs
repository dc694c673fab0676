//! `plumbline features`: the rows a model is trained on, made of leads by the very code that serves them.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::feature::FeatureVector;
use plumbline_core::lead::{Limits, Reader, Slots};
use plumbline_core::table::format_date;
use plumbline_core::{Pipeline, ScoreError, Timestamp};

use crate::input::declaration::read_declaration;
use crate::input::{self, Cell, Problem, Records, Rejects, Step};
use crate::output::paths::{append, keep_apart};
use crate::output::terminal::{self, listed};
use crate::output::{Datum, Interrupt, Layout, Sink, Table};
use crate::table::places::{Places, check_header};
use crate::{Failure, Outcome, clock};

/// Compute the rows for training a model
#[derive(Debug, Args)]
#[command(after_help = "\
Reads leads like `plumbline score` and writes one column per model column of this declaration: first the fields used as they are,
then the [[feature]]s. Numbers are the shortest decimals that read back to the same bits; missing is NaN.

Examples:
  plumbline features schema.toml leads.csv -o rows.csv --at scored_at --keep converted")]
pub struct Features {
    /// The declaration, TOML
    #[arg(value_name = "S.toml")]
    schema: PathBuf,
    /// CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "LEADS", default_value = "-")]
    leads: PathBuf,
    /// Output file for the rows, CSV [default: standard output]
    #[arg(short, long)]
    out: Option<PathBuf>,
    /// The column with the time at which each lead is seen, which days are counted to [default: now]
    #[arg(long, value_name = "COLUMN")]
    at: Option<String>,
    /// Columns of the input to copy to the output, before the others
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    keep: Vec<String>,
}

impl Features {
    /// Makes the rows.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let out = self.out.as_deref().filter(|out| *out != Path::new("-"));
        if json && out.is_none() {
            return Err(Failure::usage("ARGUMENTS", "--json writes the summary to standard output, so the rows need -o OUT"));
        }
        let rejected = out.map(|out| append(out, ".rejected"));
        let read = [("LEADS", Some(self.leads.as_path())), ("the declaration", Some(&self.schema))];
        keep_apart(&read, &[("OUT", out), ("the rejected rows", rejected.as_deref())])?;
        let interrupt = Interrupt::watch()?;
        let declaration = read_declaration(&self.schema)?;
        let schema = declaration.schema();
        let columns = Pipeline::columns(&schema, &declaration.feature);
        let pipeline = Pipeline::compile(&schema, &declaration.feature, &columns)
            .map_err(|e| Failure::input(self.schema.display().to_string(), e.code(), e.to_string()))?;
        let reader = Reader::new(&schema);
        let (mut records, source) = input::open(&self.leads, false)?;
        if records.is_table() {
            check_header(&*records, &schema.fields, &[], &source.place)?;
            self.check_columns(records.names(), &source.place)?;
        }
        let names: Vec<String> = self.keep.iter().cloned().chain(columns.into_iter().map(|c| c.name)).collect();
        let place = out.map_or_else(|| "standard output".to_owned(), |out| out.display().to_string());
        let mut table = Table::start(Sink::open(out, &interrupt)?, place, Layout::Csv, names)?;
        let mut rejects = Rejects::new(rejected, &interrupt);
        let (mut slots, mut row) = (Slots::default(), FeatureVector::new());
        let (places, limits) = (Places::of(records.names(), &schema), Limits::default());
        let (now, mut made) = (clock::now(), 0u64);
        loop {
            match records.advance()? {
                Step::End => break,
                Step::Rejected(problem) => rejects.add(records.line(), &problem)?,
                Step::Record => {
                    let taken = match records.json() {
                        Some(json) => {
                            let read = reader.read_json(json, &limits, &mut slots).map_err(ScoreError::from);
                            read.map_err(|e| Problem::new(e.code(), e.to_string()))
                        }
                        None => places.take(&*records, &schema, |lead| Ok(reader.read_lead(lead, &limits, &mut slots)?)),
                    };
                    let at = self.at.as_ref().map_or(Ok(now), |name| moment(&*records, name));
                    let read = taken.and(at);
                    match read {
                        Err(problem) => rejects.add(records.line(), &problem)?,
                        Ok(at) => {
                            pipeline.apply(&slots, at, &mut row);
                            let dates: Vec<String> = self.keep.iter().map(|name| date(cell(&*records, name))).collect();
                            let kept = self.keep.iter().zip(&dates).map(|(name, date)| kept(cell(&*records, name), date));
                            table.row(kept.chain(row.iter().map(|x| Datum::Real(*x))))?;
                            made += 1;
                        }
                    }
                }
            }
        }
        source.progress.finish_and_clear();
        let summary = rejects.commit(&interrupt)?;
        table.commit(&interrupt)?;
        if json {
            terminal::say_json(&serde_json::json!({ "rows": made, "rejected": summary.count }))?;
        } else {
            let rejected = if summary.count == 0 { String::new() } else { format!("; {} rejected", summary.count) };
            terminal::note(&format!("{} rows{rejected}", terminal::thousands(made)));
        }
        Ok(if summary.count == 0 { Outcome::Done } else { Outcome::SomeRejected })
    }
}

impl Features {
    /// Columns that are asked for and not there would be empty in every row: better to say so once.
    fn check_columns(&self, names: &[String], place: &str) -> Result<(), Failure> {
        let absent = self.keep.iter().chain(&self.at).filter(|name| !names.contains(name));
        let absent: Vec<&str> = absent.map(String::as_str).collect();
        match absent.is_empty() {
            true => Ok(()),
            false => Err(Failure::input(place, "INPUT_MISSING_COLUMNS", format!("there is no column {}", listed(&absent)))),
        }
    }
}

fn cell<'a>(records: &'a dyn Records, name: &str) -> Cell<'a> {
    records.names().iter().position(|n| n == name).map_or(Cell::Missing, |i| records.cell(i))
}

fn moment(records: &dyn Records, name: &str) -> Result<Timestamp, Problem> {
    let ms = cell(records, name).read_moment().ok().flatten();
    ms.map(Timestamp).ok_or_else(|| Problem::new("MOMENT_NOT_A_DATE", format!("{name} is not a time")))
}

/// A moment as it is written; of other cells nothing.
fn date(cell: Cell<'_>) -> String {
    if let Cell::Time(moment) = cell { format_date(moment.ms) } else { String::new() }
}

fn kept<'a>(cell: Cell<'a>, date: &'a str) -> Datum<'a> {
    match cell {
        Cell::Text(text) => Datum::Text(text),
        Cell::Time(_) => Datum::Text(date),
        Cell::Int(n) => Datum::Whole(n.into()),
        Cell::UInt(n) => Datum::Whole(n.into()),
        Cell::Float(x) => Datum::Real(x),
        Cell::Bool(flag) => Datum::Whole(i128::from(flag)),
        Cell::Missing | Cell::Other(_) => Datum::Empty,
    }
}
