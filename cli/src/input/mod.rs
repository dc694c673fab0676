//! Where leads come from: CSV, NDJSON or Parquet, plain or gzipped, a file or standard input, one record at a time.

mod carried;
pub mod declaration;
mod delimited;
pub mod model_file;
mod ndjson;
pub mod origin;
mod parquet;
pub mod policy;
mod rejects;
mod settings;
mod source;
mod suite;

use std::path::Path;

use crate::Failure;
use crate::output::member;

pub use carried::Carried;
pub use parquet::{ParquetTable, quiet_panics};
pub use plumbline_core::table::Cell;
pub use rejects::Rejects;
pub use settings::{native, read_settings};
pub use source::{Format, Source, gunzip};
pub use suite::read_suite;

/// The longest record taken, in bytes; a longer one is rejected without being held in memory.
pub const RECORD_LIMIT: usize = 1 << 20;
/// The most distinct fields of one input.
pub const FIELD_LIMIT: usize = 10_000;

/// Why one record was rejected; the run goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable name of the kind of problem.
    pub code: &'static str,
    /// A sentence that names the field.
    pub message: String,
}

impl Problem {
    /// A problem of kind `code`.
    pub fn new(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { code, message: message.into() }
    }
}

/// What the next record turned out to be.
#[derive(Debug)]
pub enum Step {
    /// A record, to be read with [`Records::cell`].
    Record,
    /// Something that is not a record.
    Rejected(Problem),
    /// There are no more.
    End,
}

/// A stream of records with named fields, in constant memory.
pub trait Records {
    /// Names of the fields seen so far: all of them for CSV and Parquet; NDJSON adds some as they turn up.
    fn names(&self) -> &[String];
    /// Whether every record has every field (a table), or an absent one is simply missing (objects).
    fn is_table(&self) -> bool;
    /// Moves to the next record.
    fn advance(&mut self) -> Result<Step, Failure>;
    /// The line the current record starts on, from 1 (Parquet: the row, from 1).
    fn line(&self) -> u64;
    /// The value of field `index` (into [`Records::names`]) of the current record.
    fn cell(&self, index: usize) -> Cell<'_>;
    /// The text of field `index` as it stands, spaces and all, where records are text (CSV).
    fn text(&self, _index: usize) -> Option<&str> {
        None
    }
    /// Gives `take` the texts of the next records, for as long as they lie in memory whole, need no parser and it says true; how many
    /// there were. Others, and what is not a record, are left to [`Records::advance`].
    ///
    /// # Errors
    /// The input cannot be read.
    fn plain(&mut self, _take: &mut dyn FnMut(&[&str]) -> bool) -> Result<usize, Failure> {
        Ok(0)
    }
    /// The current record as text, also when it was rejected: the row of a CSV, the line of NDJSON, otherwise a JSON object. Empty when
    /// it is longer than [`RECORD_LIMIT`].
    fn row(&self) -> String {
        let mut row = String::from("{");
        for (index, name) in self.names().iter().enumerate() {
            if index > 0 {
                row.push(',');
            }
            member(name, Carried::cell(self.cell(index)).datum(), &mut row);
        }
        row.push('}');
        row
    }
    /// The current record as JSON, for callers that read JSON directly; none in other formats.
    fn json(&self) -> Option<&[u8]> {
        None
    }
}

/// Opens `path` (`-` is standard input). With `as_json` the records of NDJSON are only the JSON they are, without names and cells.
pub fn open(path: &Path, as_json: bool) -> Result<(Box<dyn Records>, Source), Failure> {
    open_as(path, None, as_json)
}

/// [`open`] of what messages call `place`.
pub fn open_as(path: &Path, place: Option<&str>, as_json: bool) -> Result<(Box<dyn Records>, Source), Failure> {
    let mut source = Source::open_as(path, place)?;
    Ok((records(&mut source, as_json)?, source))
}

/// Opens what is in memory, its format found by content.
pub fn of_bytes(bytes: Vec<u8>, as_json: bool) -> Result<Box<dyn Records>, Failure> {
    records(&mut Source::of_bytes(bytes)?, as_json)
}

/// The records of `source`. With `as_json` the records of NDJSON are only the JSON they are, without names and cells.
pub fn records(source: &mut Source, as_json: bool) -> Result<Box<dyn Records>, Failure> {
    Ok(match source.format {
        Format::Delimited => Box::new(delimited::Delimited::open(source.take_reader(), &source.place)?),
        Format::Ndjson => Box::new(ndjson::Ndjson::new(source.take_reader(), &source.place, as_json)),
        Format::Parquet => Box::new(parquet::ParquetRows::open(source)?),
    })
}
