//! A whole table in memory, column by column: what is judged as a whole has to be there as a whole. What a column is, is decided once
//! from all of its values ([`Census`]).

use std::borrow::Cow;
use std::cell::OnceCell;
use std::path::Path;

use plumbline_core::table::{Cell, Column, Given, Kind, Kinds, Mismatch, Nature, Reading, Rows, Sniffed, Vector, is_few};

use super::{account, named};
use crate::input::{self, Records, Step};
use crate::output::terminal::{self, thousands};
use crate::{Failure, input::Source};

/// The most distinct names of one column; beyond that it is free text, not a category.
const NAMES: usize = 100_000;

/// A table.
#[derive(Debug)]
pub struct Columns {
    /// What to call it in messages.
    pub place: String,
    /// Columns, in the file's order; all of one length.
    pub columns: Vec<Named>,
    /// Rows.
    pub rows: usize,
    /// Where the rows of the file went so far: those that could not be read are left out.
    pub account: Rows,
    /// The line each row starts on.
    lines: Vec<u64>,
}

/// A column of a table.
#[derive(Debug)]
pub struct Named {
    /// Its name.
    pub name: String,
    values: Column,
    untyped: bool,
    /// Words for missing, as `N/A`: how many, the first one and its row.
    words: Option<(u64, String, usize)>,
    reading: OnceCell<Reading>,
}

impl Named {
    /// The column as it was read, and what its values are.
    pub fn given(&self) -> Given<'_> {
        Given { column: &self.values, untyped: self.untyped, reading: Some(self.reading()) }
    }

    /// What its values are: found by the first who asks.
    fn reading(&self) -> &Reading {
        self.reading.get_or_init(|| Reading::of(&self.values, self.untyped))
    }

    /// The column with the kind that pandas gives it.
    pub fn typed(&self) -> Cow<'_, Column> {
        let Column::Text(texts) = &self.values else { return Cow::Borrowed(&self.values) };
        let mut sniffed = Sniffed::default();
        let rows = || (0..texts.len()).map(|row| texts.row(row).unwrap_or_default());
        rows().for_each(|text| sniffed.see(text));
        if !self.untyped || sniffed.kind() == Kind::Text {
            return Cow::Borrowed(&self.values);
        }
        let mut column = Column::new(sniffed.kind());
        for text in rows() {
            // The kind was detected from all of them.
            let _ = Sniffed::push(text, &mut column);
        }
        Cow::Owned(column)
    }
}

/// Values of a column, those that are not of its kind apart.
pub struct Read<T> {
    /// Per row its value; none is missing.
    pub values: Vec<Option<T>>,
    /// Rows whose value is of another kind, in order, each with what is wrong.
    pub odd: Vec<(usize, String)>,
}

impl<T> Read<T> {
    /// What is wrong with the value of `row`, if it is of another kind.
    pub fn problem(&self, row: usize) -> Option<&str> {
        self.odd.binary_search_by_key(&row, |(row, _)| *row).ok().and_then(|at| self.odd.get(at)).map(|(_, what)| what.as_str())
    }
}

/// A column while it is read: its texts, or its values as they are and what was seen of them.
struct Growing {
    named: Named,
    typed: Kinds,
}

impl Columns {
    /// Reads `path` (`-` is standard input) whole.
    pub fn read(path: &Path) -> Result<Columns, Failure> {
        Columns::read_as(path, None)
    }

    /// [`Columns::read`] of what messages call `place`.
    pub fn read_as(path: &Path, place: Option<&str>) -> Result<Columns, Failure> {
        let (mut records, source) = input::open_as(path, place, false)?;
        let (columns, account) = (Vec::new(), Rows::default());
        let mut table = Columns { place: source.place.clone(), columns, rows: 0, account, lines: Vec::new() };
        let mut columns: Vec<Growing> = Vec::new();
        while table.advance(&mut *records, &source)? {
            for name in records.names().iter().skip(columns.len()) {
                columns.push(Growing::new(name, table.rows, records.text(columns.len()).is_some()));
            }
            for (at, column) in columns.iter_mut().enumerate() {
                match records.text(at) {
                    Some(text) => column.push_text(text, table.rows),
                    None => column.push(records.cell(at)),
                }
            }
            table.rows += 1;
            table.lines.push(records.line());
        }
        source.progress.finish_and_clear();
        if table.rows == 0 {
            return Err(Failure::no_rows(&table.place));
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
                Step::Rejected(problem) => account::leave_out(&mut self.account, source, records, &problem),
            }
        }
    }

    /// The account of a command that uses every row that could be read.
    pub fn all_used(&self) -> Rows {
        let mut rows = self.account.clone();
        (0..self.rows).for_each(|_| rows.take());
        rows
    }

    /// The column `name`, in any case if no other column has that name in another.
    pub fn column(&self, name: &str) -> Result<&Named, Failure> {
        let advice = "name one of them as it is spelled";
        let found = named::given(self.spelled(), name).map_err(|e| e.failure(&self.place, advice))?;
        found.and_then(|at| self.columns.get(at)).ok_or_else(|| {
            let message = format!("there is no column {name:?}; {}", self.listed());
            Failure::input(&self.place, "COLUMN_UNKNOWN", message)
        })
    }

    fn spelled(&self) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().map(|named| named.name.as_str())
    }

    fn listed(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|named| format!("{:?}", named.name)).take(20).collect();
        match self.columns.len() {
            1 => format!("the only column is {}", names.join("")),
            _ => format!("the columns are {}", names.join(", ")),
        }
    }

    /// The column `name`, if there is one; of one spelled in another case only if no other is.
    pub fn find(&self, name: &str) -> Option<&Named> {
        named::given(self.spelled(), name).ok().flatten().and_then(|at| self.columns.get(at))
    }

    /// The name of the column that the user gave, or that is the first of `usual` in any case.
    pub fn choose(&self, given: Option<&str>, option: &str, usual: &[&str]) -> Result<String, Failure> {
        if let Some(name) = given {
            return self.column(name).map(|named| named.name.clone());
        }
        for name in usual {
            let advice = format!("choose one with {option}");
            let found = named::usual(self.spelled(), name).map_err(|e| e.failure(&self.place, &advice))?;
            if let Some(named) = found.and_then(|at| self.columns.get(at)) {
                return Ok(named.name.clone());
            }
        }
        let message = format!("no column is named {}; choose one with {option}; {}", usual.join(", "), self.listed());
        Err(Failure::input(&self.place, "COLUMN_UNKNOWN", message))
    }

    /// The numbers of column `name`.
    pub fn numbers(&self, name: &str) -> Result<Read<f64>, Failure> {
        self.cells(name, "VALUE_NOT_A_NUMBER", |cell| cell.read_number().map_err(not))
    }

    /// Yes or no of each row of column `name`.
    pub fn flags(&self, name: &str) -> Result<Read<bool>, Failure> {
        self.cells(name, "VALUE_NOT_A_FLAG", |cell| cell.read_flag().map_err(not))
    }

    /// The moments of column `name`, in milliseconds since 1970.
    pub fn moments(&self, name: &str) -> Result<Read<i64>, Failure> {
        self.cells(name, "VALUE_NOT_A_TIME", |cell| cell.read_moment().map_err(not))
    }

    /// The names in column `name`.
    pub fn names(&self, name: &str) -> Result<Vec<Option<String>>, Failure> {
        let column = &self.column(name)?.values;
        Ok((0..column.len()).map(|row| column.cell(row).read_name().map(|name| name.into_owned())).collect())
    }

    /// The values of a column. A few that are of another kind are kept apart; if they are many, the column is another one.
    fn cells<T>(
        &self,
        name: &str,
        code: &'static str,
        read: impl for<'a> Fn(Cell<'a>) -> Result<Option<T>, String>,
    ) -> Result<Read<T>, Failure> {
        let column = &self.column(name)?.values;
        let mut found = Read { values: Vec::with_capacity(column.len()), odd: Vec::new() };
        let mut present = 0u64;
        for row in 0..column.len() {
            let cell = column.cell(row);
            let value = read(cell).unwrap_or_else(|wanted| {
                let shown = cell.read_name().unwrap_or("a list or an object".into());
                found.odd.push((row, format!("{name} is {shown:?}, {wanted}")));
                None
            });
            present += u64::from(value.is_some());
            found.values.push(value);
        }
        match found.odd.first() {
            Some((row, message)) if !is_few(found.odd.len() as u64, present + found.odd.len() as u64) => {
                Err(Failure::input(self.line(*row), code, message.clone()))
            }
            _ => Ok(found),
        }
    }

    /// Column `name` here and in `other` in one form, when both have it. A column of free text has no values.
    pub fn pair(&self, other: &Columns, name: &str) -> Option<(Vector, Vector)> {
        let (first, second) = Vector::pair(self.find(name)?.given(), other.find(name)?.given());
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

    /// Sentences for the values of column `name` that are not numbers although the column is one of numbers here and in `other`.
    pub fn odd_values(&self, other: &Columns, name: &str) -> Vec<String> {
        let found = self.find(name).zip(other.find(name)).map(|(own, others)| self.odd_in(own, others));
        found.unwrap_or_default()
    }

    fn odd_in(&self, own: &Named, others: &Named) -> Vec<String> {
        let census = own.reading().census;
        if census.join(others.reading().census).nature() != Nature::Numbers {
            return Vec::new();
        }
        let sentence = |count: u64, what: &str, shown: &str, row: usize| {
            let (all, verb) = (thousands(own.values.len() as u64), if count == 1 { "is" } else { "are" });
            let place = self.line(row);
            format!("{} of {all} values of {} {verb} {what}: {shown:?} ({place}); counted as missing", thousands(count), own.name)
        };
        let odd = census.first_odd.map(|row| {
            let shown = own.values.cell(row).read_name().unwrap_or("a list or an object".into());
            sentence(census.names(), "not a number", &shown, row)
        });
        let words = own.words.as_ref().map(|(count, word, row)| sentence(*count, "a word for missing", word, *row));
        odd.into_iter().chain(words).collect()
    }

    /// Where row `row` stands.
    pub fn line(&self, row: usize) -> String {
        match self.lines.get(row) {
            Some(line) => format!("{}, line {line}", self.place),
            None => self.place.clone(),
        }
    }
}

fn not(wanted: Mismatch) -> String {
    format!("not {wanted}")
}

impl Growing {
    /// The column `name`, missing in the first `rows`.
    fn new(name: &str, rows: usize, untyped: bool) -> Growing {
        let values = Column::new(if untyped { Kind::Text } else { Kind::Mixed });
        let named = Named { name: name.to_owned(), values, untyped, words: None, reading: OnceCell::new() };
        let mut column = Growing { named, typed: Kinds::default() };
        (0..rows).for_each(|_| column.push(Cell::Missing));
        column
    }

    /// Appends a text of a CSV.
    fn push_text(&mut self, text: &str, row: usize) {
        let cell = Cell::of_field(text);
        if cell.is_missing() && !text.is_empty() {
            self.note(text.trim(), row);
        }
        self.named.values.push(cell);
    }

    /// Notes a word for missing, unless it is the one that programs write.
    fn note(&mut self, word: &str, row: usize) {
        if word.is_empty() {
            return;
        }
        match &mut self.named.words {
            Some((count, ..)) => *count += 1,
            None if word.eq_ignore_ascii_case("nan") => {}
            words => *words = Some((1, word.to_owned(), row)),
        }
    }

    fn push(&mut self, cell: Cell<'_>) {
        self.typed.see(cell);
        self.named.values.push(cell);
    }

    /// The column: texts as they stand, other values in the type that holds them all.
    fn finish(self) -> Named {
        let Growing { mut named, typed } = self;
        let kind = typed.kind();
        if !named.untyped && kind != named.values.kind() {
            let mut column = Column::new(kind);
            (0..named.values.len()).for_each(|row| column.push(named.values.cell(row)));
            named.values = column;
        }
        named
    }
}
