//! `plumbline features`: the rows a model is trained on, made of leads by the very code that serves them.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::feature::FeatureVector;
use plumbline_core::lead::{Limits, Reader, Slots};
use plumbline_core::schema::Role;
use plumbline_core::{Pipeline, Timestamp};

use crate::input::declaration::read_declaration;
use crate::input::{self, Carried, Cell, Problem, Records, Rejects, Step};
use crate::output::paths::{append, keep_apart};
use crate::output::{Datum, Interrupt, Layout, Sink, Table, terminal};
use crate::report::summary::{FeaturesSummary, page};
use crate::table::keep::Keep;
use crate::table::named;
use crate::table::places::{ID_FIELDS, Places, check_header};
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
            check_header(&*records, &schema.fields, &[], &source.place, "")?;
            self.check_time(records.names(), &source.place)?;
        }
        let taken: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let mut keep = Keep::new(&self.keep, &taken, &*records, &source.place)?;
        let names: Vec<String> = keep.names().iter().cloned().chain(columns.into_iter().map(|c| c.name)).collect();
        let place = out.map_or_else(|| "standard output".to_owned(), |out| out.display().to_string());
        let mut table = Table::start(Sink::open(out, &interrupt)?, place, Layout::Csv, names)?;
        let named = schema.fields.iter().find(|field| field.role == Role::Id).map(|field| field.name.as_str());
        let ids = named.into_iter().chain(ID_FIELDS).map(str::to_owned).collect();
        let mut rejects = Rejects::new(rejected, &source.place, ids, &interrupt);
        let (mut slots, mut row) = (Slots::default(), FeatureVector::new());
        let (places, limits) = (Places::of(records.names(), &schema), Limits::default());
        let now = clock::now();
        loop {
            match records.advance()? {
                Step::End => break,
                Step::Rejected(problem) => rejects.add_unreadable(&*records, &problem)?,
                Step::Record => {
                    let taken = places.read(&*records, (&schema, &reader), &limits, &mut slots);
                    let at = self.at.as_ref().map_or(Ok(now), |name| moment(&*records, name));
                    let read = taken.and(at);
                    match read {
                        Err(problem) => rejects.add(&*records, &problem)?,
                        Ok(at) => {
                            pipeline.apply(&slots, at, &mut row);
                            keep.read(&*records, &source.place)?;
                            let kept = keep.values().iter().map(datum);
                            table.row(kept.chain(row.iter().map(|x| Datum::Real(*x))))?;
                            rejects.take();
                        }
                    }
                }
            }
        }
        if rejects.read() > 0 {
            keep.check(&*records, &source.place)?;
        }
        source.progress.finish_and_clear();
        let summary = rejects.commit(&interrupt)?;
        table.commit(&interrupt)?;
        let file = summary.file.as_ref().map(|file| file.display().to_string());
        let is_done = summary.rows.lost() == 0;
        if json {
            terminal::say_json(&FeaturesSummary {
                written: summary.rows.used,
                rejected: summary.rows.lost(),
                out: out.map(|out| out.display().to_string()),
                rejected_to: file,
                rows: summary.rows,
            })?;
        } else {
            terminal::note(&page(&summary.rows, file.as_deref()));
        }
        Ok(if is_done { Outcome::Done } else { Outcome::SomeRejected })
    }
}

impl Features {
    /// A time that is asked for and not there would reject every row: better to say so once.
    fn check_time(&self, names: &[String], place: &str) -> Result<(), Failure> {
        match self.at.as_deref().filter(|at| !names.iter().any(|name| name == at)) {
            Some(at) => Err(named::absent(place, &[at], names)),
            None => Ok(()),
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

/// A kept value; a flag is 1 or 0, as trainers take it.
fn datum(value: &Carried) -> Datum<'_> {
    match value {
        Carried::Json(json) if json == "true" || json == "false" => Datum::Whole(i128::from(json == "true")),
        Carried::Json(_) => Datum::Empty,
        value => value.datum(),
    }
}
