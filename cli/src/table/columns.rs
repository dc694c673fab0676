//! A whole table in memory, column by column: what is judged as a whole has to be there as a whole. Columns are of the kinds of
//! [`plumbline_core::table`], told from all of their values.

use std::path::Path;

use plumbline_core::table::{Cell, Column, Kind, Kinds, Mismatch, Sniffed, Vector};

use crate::input::{self, Records, Step};
use crate::output::terminal;
use crate::{Failure, input::Source};

/// The most distinct names of one column; beyond that it is free text, not a category.
const NAMES: usize = 100_000;

/// A table.
#[derive(Debug)]
pub struct Columns {
    /// What to call it in messages.
    pub place: String,
    /// Names and values, in the file's order; all of one length.
    pub columns: Vec<(String, Column)>,
    /// Rows.
    pub rows: usize,
    /// Rows that could not be read and are skipped.
    pub rejected: u64,
    /// The line each row starts on.
    lines: Vec<u64>,
}

/// A column while it is read: its texts, or its values as they are, and what was seen of them.
struct Growing {
    name: String,
    values: Column,
    texts: Sniffed,
    typed: Kinds,
}

impl Columns {
    /// Reads `path` (`-` is standard input) whole.
    pub fn read(path: &Path) -> Result<Columns, Failure> {
        let (mut records, source) = input::open(path, false)?;
        let mut table = Columns { place: source.place.clone(), columns: Vec::new(), rows: 0, rejected: 0, lines: Vec::new() };
        let mut columns: Vec<Growing> = Vec::new();
        while table.advance(&mut *records, &source)? {
            for name in records.names().iter().skip(columns.len()) {
                columns.push(Growing::new(name, table.rows, records.text(columns.len()).is_some()));
            }
            for (at, column) in columns.iter_mut().enumerate() {
                match records.text(at) {
                    Some(text) => column.push_text(text.trim()),
                    None => column.push(records.cell(at)),
                }
            }
            table.rows += 1;
            table.lines.push(records.line());
        }
        source.progress.finish_and_clear();
        if table.rows == 0 {
            return Err(Failure::input(&table.place, "INPUT_EMPTY", "the input has no rows"));
        }
        table.columns = columns.into_iter().map(Growing::finish).collect();
        Ok(table)
    }

    /// Moves to the next record; false at the end.
    fn advance(&mut self, records: &mut dyn Records, source: &Source) -> Result<bool, Failure> {
        loop {
            match records.advance()? {
                Step::End => return Ok(false),
                Step::Record => return Ok(true),
                Step::Rejected(problem) => {
                    if self.rejected == 0 {
                        let note = format!("{}, line {} skipped: {}", self.place, records.line(), problem.message);
                        source.progress.suspend(|| terminal::note(&note));
                    }
                    self.rejected += 1;
                }
            }
        }
    }

    /// The column `name`.
    pub fn column(&self, name: &str) -> Result<&Column, Failure> {
        self.find(name).ok_or_else(|| {
            let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).take(20).collect();
            let message = format!("there is no column {name}; the columns are {}", names.join(", "));
            Failure::input(&self.place, "COLUMN_UNKNOWN", message)
        })
    }

    /// The column `name`, if there is one.
    pub fn find(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, column)| column)
    }

    /// The name the user gave, or the first of `usual` that is a column.
    pub fn choose(&self, given: Option<&str>, option: &str, usual: &[&str]) -> Result<String, Failure> {
        let found = given.or_else(|| usual.iter().copied().find(|name| self.find(name).is_some()));
        let name = found.ok_or_else(|| {
            let message = format!("no column is named {}; choose one with {option}", usual.join(", "));
            Failure::input(&self.place, "COLUMN_UNKNOWN", message)
        })?;
        self.column(name).map(|_| name.to_owned())
    }

    /// The numbers of column `name`; NaN is missing.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, Failure> {
        let numbers = self.cells(name, "VALUE_NOT_A_NUMBER", |cell| cell.read_number())?;
        Ok(numbers.into_iter().map(|x| x.unwrap_or(f64::NAN)).collect())
    }

    /// Yes, no or missing of each row of column `name`.
    pub fn flags(&self, name: &str) -> Result<Vec<Option<bool>>, Failure> {
        self.cells(name, "VALUE_NOT_A_FLAG", |cell| cell.read_flag())
    }

    /// The moments of column `name`, in milliseconds since 1970.
    pub fn moments(&self, name: &str) -> Result<Vec<Option<i64>>, Failure> {
        self.cells(name, "VALUE_NOT_A_TIME", |cell| cell.read_moment())
    }

    fn cells<T>(
        &self,
        name: &str,
        code: &'static str,
        read: impl for<'a> Fn(Cell<'a>) -> Result<T, Mismatch>,
    ) -> Result<Vec<T>, Failure> {
        let column = self.column(name)?;
        let value = |row: usize| {
            let cell = column.cell(row);
            read(cell).map_err(|wanted| {
                let shown = cell.read_name().unwrap_or("a list or an object".into());
                Failure::input(self.line(row), code, format!("{name} is {shown:?}, not {wanted}"))
            })
        };
        (0..column.len()).map(value).collect()
    }

    /// Column `name` here and in `other` in one form, when both have it. A column of free text has no values.
    pub fn pair(&self, other: &Columns, name: &str) -> Option<(Vector, Vector)> {
        let (first, second) = Vector::pair(self.find(name)?, other.find(name)?);
        match &first {
            Vector::Categories(categories) if categories.names().len() > NAMES => {
                let places = format!("{} and {}", self.place, other.place);
                terminal::note(&format!("{places}: column {name} has more than {NAMES} different values; skip it with --ignore"));
                let nothing = |rows: usize| Vector::Numbers(vec![f64::NAN; rows]);
                Some((nothing(self.rows), nothing(other.rows)))
            }
            _ => Some((first, second)),
        }
    }

    /// Where row `row` stands.
    pub fn line(&self, row: usize) -> String {
        match self.lines.get(row) {
            Some(line) => format!("{}, line {line}", self.place),
            None => self.place.clone(),
        }
    }
}

impl Growing {
    /// The column `name`, missing in the first `rows`.
    fn new(name: &str, rows: usize, is_text: bool) -> Growing {
        let values = Column::new(if is_text { Kind::Text } else { Kind::Mixed });
        let mut column = Growing { name: name.to_owned(), values, texts: Sniffed::default(), typed: Kinds::default() };
        (0..rows).for_each(|_| column.push(Cell::Missing));
        column
    }

    fn push_text(&mut self, text: &str) {
        self.texts.see(text);
        self.values.push(Cell::of_field(text));
    }

    fn push(&mut self, cell: Cell<'_>) {
        self.typed.see(cell);
        self.values.push(cell);
    }

    /// The column with its kind.
    fn finish(self) -> (String, Column) {
        let is_text = self.values.kind() == Kind::Text;
        let kind = if is_text { self.texts.kind() } else { self.typed.kind() };
        if kind == self.values.kind() {
            return (self.name, self.values);
        }
        let mut column = Column::new(kind);
        for row in 0..self.values.len() {
            match self.values.cell(row) {
                Cell::Text(text) if is_text => drop(Sniffed::push(text, &mut column)),
                cell => column.push(cell),
            }
        }
        (self.name, column)
    }
}
