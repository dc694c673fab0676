//! A table in files: what its columns hold, and its rows in typed batches. The kinds of a CSV's columns are guessed from its first rows;
//! if a later row contradicts them, the whole table is surveyed and read again. Rows that cannot be read are left out and counted.
//!
//! One thread reads while the other judges; a few batches are on their way between them.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use plumbline_core::table::{Cell, Column, Kind, Kinds, Rows, Sniffed};

use super::account;
use crate::Failure;
use crate::input::{Format, ParquetTable, Records, Source, Step, records};
use crate::output::Interrupt;

/// Values of a batch, rows of a batch, and bytes of text at which it is full before.
const VALUES: usize = 1 << 22;
const ROWS: usize = 1 << 14;
const BYTES: usize = 1 << 24;
/// Batches read and not yet judged.
const AHEAD: usize = 2;
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
    /// Which of them are read.
    wanted: Vec<bool>,
    /// Whether the kinds were detected from all rows, so that no row can contradict them.
    surveyed: bool,
    /// Where the rows went, once [`all`](Table::all) has read them.
    pub account: Rows,
}

/// What the first pass finds in a column.
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
        let mut table = Table {
            files: paths,
            _spooled: spooled,
            names: Vec::new(),
            kinds: Vec::new(),
            wanted: Vec::new(),
            surveyed: false,
            account: Rows::default(),
        };
        if !table.survey(GUESS)? {
            table.survey(usize::MAX)?;
        }
        Ok(table)
    }

    /// Detects what the columns hold, of a CSV from the first `most` rows of each file. Returns whether only a row that does not fit can
    /// change that.
    fn survey(&mut self, most: usize) -> Result<bool, Failure> {
        let (mut names, mut seen): (Vec<String>, Vec<Seen>) = (Vec::new(), Vec::new());
        for (at, path) in self.files.iter().enumerate() {
            let (own, found) = look(path, most)?;
            if at > 0 && (own.len() != names.len() || own.iter().any(|name| !names.contains(name))) {
                let message = format!("its columns differ from those of {}", self.files.first().unwrap_or(path).display());
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
        self.surveyed = most == usize::MAX;
        self.kinds = seen.iter().map(|seen| seen.kind()).collect();
        self.names = names;
        Ok(seen.iter().all(|seen| !seen.is_text || seen.text.is_settled()))
    }

    /// What `start` makes of the names and kinds of the columns, given all rows in batches by `take`; made anew when the kinds
    /// turn out to be others. Columns that are not `asked` for stay empty and may hold anything.
    pub fn all<T>(
        &mut self,
        asked: Option<&[String]>,
        start: impl Fn(&[String], &[Kind]) -> T,
        mut take: impl FnMut(&mut T, usize, &[Column]),
    ) -> Result<T, Failure> {
        self.wanted = self.names.iter().map(|name| asked.is_none_or(|asked| asked.contains(name))).collect();
        let mut made = start(&self.names, &self.kinds);
        if !self.each(&mut |rows, columns| take(&mut made, rows, columns))? {
            self.survey(usize::MAX)?;
            made = start(&self.names, &self.kinds);
            self.each(&mut |rows, columns| take(&mut made, rows, columns))?;
        }
        if self.account.read == 0 {
            let places: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
            return Err(Failure::no_rows(places.join(", ")));
        }
        Ok(made)
    }

    /// Gives all rows in batches, and says whether all are of the kinds they were said to be; it ends where one is not.
    fn each(&mut self, read: &mut dyn FnMut(usize, &[Column])) -> Result<bool, Failure> {
        let table = &*self;
        let (fits, account) = std::thread::scope(|scope| {
            let (full, batches) = sync_channel(AHEAD);
            let (returned, empty) = channel();
            let reader = scope.spawn(move || {
                let mut batch = Batch::new(&table.kinds, full, empty);
                let fits = table.read(&mut batch)?;
                Ok::<_, Failure>((fits, batch.account))
            });
            let mut used = 0;
            for (rows, columns) in batches {
                read(rows, &columns);
                used += rows as u64;
                // The reader may have ended.
                let _ = returned.send(columns);
            }
            let (fits, mut account) = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            account.read += used;
            account.used = used;
            Ok::<_, Failure>((fits, account))
        })?;
        self.account = account;
        Ok(fits)
    }

    fn read(&self, batch: &mut Batch) -> Result<bool, Failure> {
        for path in &self.files {
            let mut source = Source::open(path)?;
            match source.format {
                Format::Parquet => {
                    let table = ParquetTable::open(&mut source)?;
                    let own = table.names();
                    let places: Vec<usize> =
                        self.names.iter().filter_map(|name| own.iter().position(|own| own == name)).collect();
                    let kinds: Vec<Kind> = own.iter().map(|name| self.kind(name)).collect();
                    let is_wanted = |name: &String| self.names.iter().zip(&self.wanted).any(|(own, is)| own == name && *is);
                    let wanted: Vec<bool> = own.iter().map(is_wanted).collect();
                    let is_sorted = places.iter().copied().eq(0..own.len());
                    table.each(&kinds, &wanted, &mut |rows, columns| {
                        batch.rows = rows;
                        if is_sorted {
                            std::mem::swap(&mut batch.columns, columns);
                        } else {
                            batch.columns = places.iter().filter_map(|at| columns.get(*at).cloned()).collect();
                        }
                        batch.flush()
                    })?;
                }
                Format::Delimited => {
                    if !self.read_text(&mut source, batch)? {
                        source.progress.finish_and_clear();
                        return Ok(false);
                    }
                }
                Format::Ndjson => self.read_json(&mut source, batch)?,
            }
            source.progress.finish_and_clear();
        }
        Ok(true)
    }

    fn kind(&self, name: &str) -> Kind {
        let at = self.names.iter().position(|own| own == name);
        at.and_then(|at| self.kinds.get(at)).copied().unwrap_or(Kind::Mixed)
    }

    fn read_text(&self, source: &mut Source, batch: &mut Batch) -> Result<bool, Failure> {
        let mut records = records(source, false)?;
        let own = records.names().to_vec();
        // (the column's place here, the field's place there) of what is asked for.
        let places: Vec<(usize, usize)> = self
            .names
            .iter()
            .zip(&self.wanted)
            .enumerate()
            .filter(|(_, (_, is_wanted))| **is_wanted)
            .filter_map(|(at, (name, _))| Some((at, own.iter().position(|own| own == name)?)))
            .collect();
        let mut fits = true;
        loop {
            let plain = records.plain(&mut |fields| {
                for (at, field) in &places {
                    if let Some(column) = batch.columns.get_mut(*at) {
                        fits &= Sniffed::push(fields.get(*field).copied().unwrap_or_default(), column);
                    }
                }
                fits |= self.surveyed;
                fits && batch.row()
            })?;
            if plain == 0 {
                if !next(&mut *records, source, &mut batch.account)? {
                    break;
                }
                for (at, field) in &places {
                    if let Some(column) = batch.columns.get_mut(*at) {
                        fits &= Sniffed::push(records.text(*field).unwrap_or_default(), column);
                    }
                }
                fits |= self.surveyed;
                fits = fits && batch.row();
            }
            if !fits || batch.ended {
                return Ok(batch.ended);
            }
        }
        batch.flush();
        Ok(true)
    }

    fn read_json(&self, source: &mut Source, batch: &mut Batch) -> Result<(), Failure> {
        let mut records = records(source, false)?;
        // Per column, the field it is read from; fields turn up as the input goes on.
        let (mut places, mut known): (Vec<Option<usize>>, usize) = (Vec::new(), usize::MAX);
        while next(&mut *records, source, &mut batch.account)? {
            let own = records.names();
            if own.len() != known {
                let place = |(name, is_wanted): (&String, &bool)| {
                    if *is_wanted { own.iter().position(|own| own == name) } else { None }
                };
                places = self.names.iter().zip(&self.wanted).map(place).collect();
                known = own.len();
            }
            for ((column, place), is_wanted) in batch.columns.iter_mut().zip(&places).zip(&self.wanted) {
                if *is_wanted {
                    column.push(place.map_or(Cell::Missing, |place| records.cell(place)));
                }
            }
            if !batch.row() {
                return Ok(());
            }
        }
        batch.flush();
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

/// Rows on their way to the judge, columns that are returned.
struct Batch {
    kinds: Vec<Kind>,
    columns: Vec<Column>,
    rows: usize,
    /// Rows that could not be read.
    account: Rows,
    most: usize,
    full: SyncSender<(usize, Vec<Column>)>,
    empty: Receiver<Vec<Column>>,
    /// Whether the receiver is gone.
    ended: bool,
}

impl Batch {
    fn new(kinds: &[Kind], full: SyncSender<(usize, Vec<Column>)>, empty: Receiver<Vec<Column>>) -> Batch {
        let most = (VALUES / kinds.len().max(1)).clamp(16, ROWS);
        let columns = kinds.iter().map(|kind| Column::new(*kind)).collect();
        Batch { kinds: kinds.to_vec(), columns, rows: 0, account: Rows::default(), most, full, empty, ended: false }
    }

    /// Counts a row whose values are there; whether to go on.
    fn row(&mut self) -> bool {
        self.rows += 1;
        let is_full = self.rows.is_multiple_of(16) && self.columns.iter().map(Column::text_bytes).sum::<usize>() > BYTES;
        if self.rows >= self.most || is_full { self.flush() } else { true }
    }

    /// Hands over the rows; whether to go on.
    fn flush(&mut self) -> bool {
        if self.rows > 0 {
            let fresh = || self.kinds.iter().map(|kind| Column::new(*kind)).collect();
            let mut next: Vec<Column> = self.empty.try_recv().unwrap_or_else(|_| fresh());
            next.iter_mut().for_each(Column::clear);
            self.ended |= self.full.send((self.rows, std::mem::replace(&mut self.columns, next))).is_err();
            self.rows = 0;
        }
        !self.ended
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
            while rows < most {
                let plain = records.plain(&mut |fields| {
                    seen.iter_mut().zip(fields).for_each(|(seen, text)| seen.text.see(text));
                    rows += 1;
                    rows < most
                })?;
                if plain == 0 {
                    if !next(&mut *records, &source, &mut Rows::default())? {
                        break;
                    }
                    rows += 1;
                    for (at, seen) in seen.iter_mut().enumerate() {
                        seen.text.see(records.text(at).unwrap_or_default());
                    }
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
    let mut records = records(source, false)?;
    let (mut kinds, mut rows): (Vec<Kinds>, u64) = (Vec::new(), 0);
    while next(&mut *records, source, &mut Rows::default())? {
        for _ in kinds.len()..records.names().len() {
            let mut kind = Kinds::default();
            if rows > 0 {
                kind.see(Cell::Missing);
            }
            kinds.push(kind);
        }
        kinds.iter_mut().enumerate().for_each(|(at, kind)| kind.see(records.cell(at)));
        rows += 1;
    }
    let seen = kinds.into_iter().map(|typed| Seen { typed, ..Seen::default() }).collect();
    Ok((records.names().to_vec(), seen))
}

/// Moves to the next row; those that cannot be read are left out and counted in `rows`.
fn next(records: &mut dyn Records, source: &Source, rows: &mut Rows) -> Result<bool, Failure> {
    loop {
        match records.advance()? {
            Step::Record => return Ok(true),
            Step::End => return Ok(false),
            Step::Rejected(problem) => account::leave_out(rows, source, records, &problem),
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
