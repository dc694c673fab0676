//! A table in files: what its columns hold, and its rows in typed batches. What the columns of a CSV hold is guessed of its first
//! rows; a later row that tells otherwise is noticed while all are read, and then the table is looked through and read again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plumbline_core::quality::{Column, Kind, Kinds, Scalar, Sniffed};
use serde_json::{Map, Value as Json};

use crate::Failure;
use crate::input::{FIELD_LIMIT, Format, ParquetTable, Records, Source, Step, records};
use crate::interrupt::Interrupt;

/// Values of a batch, rows of a batch, and bytes of text at which it is full before.
const VALUES: usize = 1 << 22;
const ROWS: usize = 1 << 16;
const BYTES: usize = 1 << 24;
/// Rows of a CSV from which its kinds are guessed.
const GUESS: usize = 1 << 14;

/// Several files with the same columns, one table.
pub struct Table {
    files: Vec<PathBuf>,
    /// What standard input held, until the end.
    _spooled: Option<tempfile::NamedTempFile>,
    /// Names of the columns.
    pub names: Vec<String>,
    /// What they hold.
    pub kinds: Vec<Kind>,
}

/// What is told of a column in the first pass.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    text: Sniffed,
    typed: Kinds,
    is_text: bool,
}

impl Table {
    /// Looks through `files` (`-` is standard input) for what their columns hold.
    pub fn open(files: &[PathBuf], interrupt: &Interrupt) -> Result<Table, Failure> {
        let (mut paths, mut spooled) = (Vec::new(), None);
        for file in files {
            if file == Path::new("-") {
                let copy = spool()?;
                interrupt.guard(copy.path());
                paths.push(copy.path().to_owned());
                spooled = Some(copy);
            } else {
                paths.push(file.clone());
            }
        }
        let mut table = Table { files: paths, _spooled: spooled, names: Vec::new(), kinds: Vec::new() };
        table.survey(GUESS)?;
        Ok(table)
    }

    /// Tells what the columns hold; CSV of the first `most` rows of each file.
    fn survey(&mut self, most: usize) -> Result<(), Failure> {
        let (mut names, mut seen): (Vec<String>, Vec<Seen>) = (Vec::new(), Vec::new());
        for (at, path) in self.files.iter().enumerate() {
            let (own, found) = look(path, most)?;
            if at > 0 && (own.len() != names.len() || own.iter().any(|name| !names.contains(name))) {
                let message = format!("its columns are not those of {}", self.files.first().unwrap_or(path).display());
                return Err(Failure::input(path.display().to_string(), "INPUT_COLUMNS_DIFFER", message));
            }
            if at == 0 {
                (names, seen) = (own, found);
                continue;
            }
            for (name, found) in own.iter().zip(found) {
                if let Some(known) = names.iter().position(|own| own == name).and_then(|at| seen.get_mut(at)) {
                    known.join(found);
                }
            }
        }
        self.kinds = seen.iter().map(|seen| seen.kind()).collect();
        self.names = names;
        Ok(())
    }

    /// What `start` makes of the names and kinds of the columns, given all rows in batches by `take`; made anew when the kinds
    /// turn out to be others.
    pub fn all<T>(
        &mut self,
        start: impl Fn(&[String], &[Kind]) -> T,
        mut take: impl FnMut(&mut T, &[Column]),
    ) -> Result<T, Failure> {
        let mut made = start(&self.names, &self.kinds);
        if self.each(&mut |columns| take(&mut made, columns))? {
            return Ok(made);
        }
        self.survey(usize::MAX)?;
        made = start(&self.names, &self.kinds);
        self.each(&mut |columns| take(&mut made, columns))?;
        Ok(made)
    }

    /// Gives all rows in batches, and says whether all are of the kinds they were said to be; it ends where one is not.
    fn each(&self, read: &mut dyn FnMut(&[Column])) -> Result<bool, Failure> {
        for path in &self.files {
            let mut source = Source::open(path)?;
            match source.format {
                Format::Parquet => {
                    let table = ParquetTable::open(&mut source)?;
                    let own = table.names();
                    let places: Vec<usize> =
                        self.names.iter().filter_map(|name| own.iter().position(|own| own == name)).collect();
                    let kinds: Vec<Kind> = own.iter().map(|name| self.kind(name)).collect();
                    if places.iter().copied().eq(0..own.len()) {
                        table.each(&kinds, read)?;
                    } else {
                        table.each(&kinds, &mut |columns| {
                            let sorted: Vec<Column> = places.iter().filter_map(|at| columns.get(*at).cloned()).collect();
                            read(&sorted);
                        })?;
                    }
                }
                Format::Delimited => {
                    if !self.each_text(&mut source, read)? {
                        source.progress.finish_and_clear();
                        return Ok(false);
                    }
                }
                Format::Ndjson => self.each_json(&mut source, read)?,
            }
            source.progress.finish_and_clear();
        }
        Ok(true)
    }

    fn kind(&self, name: &str) -> Kind {
        let at = self.names.iter().position(|own| own == name);
        at.and_then(|at| self.kinds.get(at)).copied().unwrap_or(Kind::Mixed)
    }

    fn each_text(&self, source: &mut Source, read: &mut dyn FnMut(&[Column])) -> Result<bool, Failure> {
        let mut records = records(source, false)?;
        let own = records.names().to_vec();
        let places: Vec<usize> =
            self.names.iter().map(|name| own.iter().position(|own| own == name).unwrap_or(usize::MAX)).collect();
        let mut batch = Batch::new(&self.kinds);
        while next(&mut *records, &source.place)? {
            let mut fits = true;
            for (column, at) in batch.columns.iter_mut().zip(&places) {
                fits &= Sniffed::push(records.text(*at).unwrap_or_default(), column);
            }
            if !fits {
                return Ok(false);
            }
            batch.row(read);
        }
        batch.flush(read);
        Ok(true)
    }

    fn each_json(&self, source: &mut Source, read: &mut dyn FnMut(&[Column])) -> Result<(), Failure> {
        let mut records = records(source, true)?;
        let mut batch = Batch::new(&self.kinds);
        while next(&mut *records, &source.place)? {
            let object = object(&*records, &source.place)?;
            for (column, name) in batch.columns.iter_mut().zip(&self.names) {
                column.push(Scalar::of_json(object.get(name).unwrap_or(&Json::Null)).cell());
            }
            batch.row(read);
        }
        batch.flush(read);
        Ok(())
    }
}

impl Seen {
    fn join(&mut self, other: Seen) {
        self.text.join(other.text);
        self.typed.join(other.typed);
        self.is_text |= other.is_text;
    }

    fn kind(&self) -> Kind {
        if self.is_text { self.text.kind() } else { self.typed.kind() }
    }
}

struct Batch {
    columns: Vec<Column>,
    rows: usize,
    most: usize,
}

impl Batch {
    fn new(kinds: &[Kind]) -> Batch {
        let most = (VALUES / kinds.len().max(1)).clamp(16, ROWS);
        Batch { columns: kinds.iter().map(|kind| Column::new(*kind)).collect(), rows: 0, most }
    }

    fn row(&mut self, read: &mut dyn FnMut(&[Column])) {
        self.rows += 1;
        let is_full = self.rows.is_multiple_of(16) && self.columns.iter().map(Column::text_bytes).sum::<usize>() > BYTES;
        if self.rows >= self.most || is_full {
            self.flush(read);
        }
    }

    fn flush(&mut self, read: &mut dyn FnMut(&[Column])) {
        if self.rows > 0 {
            read(&self.columns);
            self.columns.iter_mut().for_each(Column::clear);
            self.rows = 0;
        }
    }
}

/// The columns of one file and what they hold, a CSV in its first `most` rows.
fn look(path: &Path, most: usize) -> Result<(Vec<String>, Vec<Seen>), Failure> {
    let mut source = Source::open(path)?;
    let found = match source.format {
        Format::Parquet => {
            let table = ParquetTable::open(&mut source)?;
            let names = table.names();
            let mut kinds = vec![Kinds::default(); names.len()];
            table.see(&mut kinds)?;
            let seen = kinds.into_iter().map(|typed| Seen { typed, ..Seen::default() }).collect();
            (names, seen)
        }
        Format::Delimited => {
            let mut records = records(&mut source, false)?;
            let names = records.names().to_vec();
            let mut seen = vec![Seen { is_text: true, ..Seen::default() }; names.len()];
            let mut rows = 0;
            while rows < most && next(&mut *records, &source.place)? {
                rows += 1;
                for (at, seen) in seen.iter_mut().enumerate() {
                    seen.text.see(records.text(at).unwrap_or_default());
                }
            }
            (names, seen)
        }
        Format::Ndjson => look_json(&mut source)?,
    };
    source.progress.finish_and_clear();
    Ok(found)
}

fn look_json(source: &mut Source) -> Result<(Vec<String>, Vec<Seen>), Failure> {
    let mut records = records(source, true)?;
    // Per name: its place, what was seen, in how many records.
    let mut columns: BTreeMap<String, (usize, Kinds, u64)> = BTreeMap::new();
    let mut rows = 0u64;
    while next(&mut *records, &source.place)? {
        rows += 1;
        for (name, value) in object(&*records, &source.place)? {
            let place = columns.len();
            if place >= FIELD_LIMIT && !columns.contains_key(&name) {
                let message = format!("more than {FIELD_LIMIT} distinct fields");
                return Err(Failure::input(format!("{}, line {}", source.place, records.line()), "ROW_FIELD_COUNT", message));
            }
            let (_, kinds, count) = columns.entry(name).or_insert((place, Kinds::default(), 0));
            kinds.see(Scalar::of_json(&value).cell());
            *count += 1;
        }
    }
    let mut list: Vec<(usize, String, Seen)> = columns
        .into_iter()
        .map(|(name, (place, mut typed, count))| {
            if count < rows {
                typed.see(plumbline_core::quality::Cell::Missing);
            }
            (place, name, Seen { typed, ..Seen::default() })
        })
        .collect();
    list.sort_by_key(|(place, ..)| *place);
    Ok(list.into_iter().map(|(_, name, seen)| (name, seen)).unzip())
}

fn object(records: &dyn Records, place: &str) -> Result<Map<String, Json>, Failure> {
    let place = || format!("{place}, line {}", records.line());
    match serde_json::from_slice(records.json().unwrap_or_default()) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::input(place(), "ROW_NOT_AN_OBJECT", "the line is JSON, but no object")),
        Err(e) => Err(Failure::input(place(), "ROW_NOT_JSON", e.to_string())),
    }
}

/// Moves on; a row that cannot be read ends the run, because a table with holes is not the table.
fn next(records: &mut dyn Records, place: &str) -> Result<bool, Failure> {
    match records.advance()? {
        Step::Record => Ok(true),
        Step::End => Ok(false),
        Step::Rejected(problem) => {
            Err(Failure::input(format!("{place}, line {}", records.line()), problem.code, problem.message))
        }
    }
}

/// Copies standard input into a file that can be read twice.
fn spool() -> Result<tempfile::NamedTempFile, Failure> {
    let place = "standard input";
    let mut copy = tempfile::NamedTempFile::new().map_err(Failure::read(place))?;
    std::io::copy(&mut std::io::stdin().lock(), &mut copy).map_err(Failure::read(place))?;
    Ok(copy)
}
