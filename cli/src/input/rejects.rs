//! Records that were not used: in a file with the lead's id and the row itself, counted by reason in the account of all rows.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use plumbline_core::table::Rows;
use serde_json::Value as Json;

use super::{Cell, Problem, Records};
use crate::Failure;
use crate::output::{Datum, Draft, Interrupt, Layout, Sink, Table, terminal};

/// How many are reported on standard error when there is no file for them.
const REPORTED: u64 = 20;

/// The columns of a file of rejects.
const NAMES: [&str; 5] = ["line", "code", "reason", "lead_id", "row"];
/// The first line of a file of rejects, and what it was in earlier versions.
const HEADERS: [&str; 2] = ["line,code,reason,lead_id,row", "line,code,reason"];

/// Which records of an input were used, and the others.
#[derive(Debug)]
pub struct Rejects {
    target: Option<PathBuf>,
    place: String,
    /// Fields that may hold a lead's id, the first that does counts.
    ids: Vec<String>,
    table: Option<Table>,
    rows: Rows,
    interrupt: Interrupt,
}

/// What became of the records.
#[derive(Debug)]
pub struct Summary {
    /// Where they went.
    pub rows: Rows,
    /// The file of the rejected ones, when there were any and a file was asked for.
    pub file: Option<PathBuf>,
}

impl Rejects {
    /// Rejects of the input called `place`, whose leads are named by one of `ids`. They go to `target`, a file that is only made when
    /// there are any; to standard error when none is given.
    pub fn new(target: Option<PathBuf>, place: &str, ids: Vec<String>, interrupt: &Interrupt) -> Rejects {
        let (place, interrupt) = (place.to_owned(), interrupt.clone());
        Rejects { target, place, ids, table: None, rows: Rows::default(), interrupt }
    }

    /// Counts a record that is used.
    pub fn take(&mut self) {
        self.rows.take();
    }

    /// Records used so far.
    pub fn used(&self) -> u64 {
        self.rows.used
    }

    /// Records read so far.
    pub fn read(&self) -> u64 {
        self.rows.read
    }

    /// Rejects the current record of `records`, which can be read.
    pub fn add(&mut self, records: &dyn Records, problem: &Problem) -> Result<(), Failure> {
        let id = lead_id(records, &self.ids).unwrap_or_default();
        self.reject(records, &id, problem)
    }

    /// Rejects what `records` holds in place of a record, as a row of the wrong length: which of its fields is the id is not known.
    pub fn add_unreadable(&mut self, records: &dyn Records, problem: &Problem) -> Result<(), Failure> {
        self.reject(records, "", problem)
    }

    fn reject(&mut self, records: &dyn Records, id: &str, problem: &Problem) -> Result<(), Failure> {
        let line = records.line();
        self.rows.leave_out(problem.code, || (format!("{}, line {line}", self.place), problem.message.clone()));
        let Some(target) = &self.target else {
            match self.rows.lost() {
                1..=REPORTED => terminal::note(&format!("line {line} rejected [{}]: {}", problem.code, problem.message)),
                n if n == REPORTED + 1 => {
                    terminal::note("… more rejected rows are counted but not shown (use -o OUT to get them all)")
                }
                _ => {}
            }
            return Ok(());
        };
        if self.table.is_none() {
            let sink = Sink::Draft(Draft::create(target, &self.interrupt)?);
            let names = NAMES.map(str::to_owned).to_vec();
            self.table = Some(Table::start(sink, target.display().to_string(), Layout::Csv, names)?);
        }
        let row = records.row();
        let [code, reason, id, row] = [problem.code, &problem.message, id, &row].map(Datum::Text);
        match &mut self.table {
            Some(table) => table.row([Datum::Whole(line.into()), code, reason, id, row]),
            None => Ok(()),
        }
    }

    /// Gives the file its name. When nothing was rejected, a file of rejects of an earlier run is removed: it would mislead.
    ///
    /// # Errors
    /// The input has no rows, the file cannot be written.
    pub fn commit(self, interrupt: &Interrupt) -> Result<Summary, Failure> {
        let rows = self.rows;
        if rows.read == 0 {
            return Err(Failure::no_rows(self.place));
        }
        match (self.table, self.target) {
            (Some(table), target) => {
                table.commit(interrupt)?;
                Ok(Summary { rows, file: target })
            }
            (None, Some(target)) if is_rejects(&target) => {
                std::fs::remove_file(&target).map_err(Failure::write(target.display().to_string()))?;
                Ok(Summary { rows, file: None })
            }
            _ => Ok(Summary { rows, file: None }),
        }
    }
}

/// The id in the first of the fields `ids` that has one.
fn lead_id(records: &dyn Records, ids: &[String]) -> Option<String> {
    // The records of NDJSON may be read without cells.
    if let Some(json) = records.json() {
        let lead: Json = serde_json::from_slice(json).ok()?;
        return ids.iter().find_map(|id| Some(Cell::of_json(lead.get(id)?).read_name()?.into_owned()));
    }
    let of = |id: &String| {
        let at = records.names().iter().position(|name| name == id)?;
        let text = records.text(at).map(str::to_owned);
        text.or_else(|| Some(records.cell(at).read_name()?.into_owned())).filter(|id| !id.trim().is_empty())
    };
    ids.iter().find_map(of)
}

/// Whether `path` is a file of rejects, of ours: nothing else is ever removed.
fn is_rejects(path: &Path) -> bool {
    let longest = HEADERS.iter().map(|header| header.len() as u64 + 1).max().unwrap_or(0);
    let mut line = String::new();
    let first = |file: File| BufReader::new(file.take(longest)).read_line(&mut line);
    let read = path.is_file() && File::open(path).and_then(first).is_ok();
    read && line.strip_suffix('\n').is_some_and(|line| HEADERS.contains(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_rejects_are_taken_for_such() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.rejected");
        let is = |text: &str| {
            std::fs::write(&path, text).unwrap();
            is_rejects(&path)
        };
        assert!(NAMES.join(",") == HEADERS[0] && is("line,code,reason,lead_id,row\n1,A,b,,\n") && is("line,code,reason\n"));
        assert!(!is("line,code,reason") && !is("line,code,reasons\n") && !is("mine") && !is("") && !is_rejects(folder.path()));
    }
}
