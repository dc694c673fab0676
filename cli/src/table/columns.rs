//! A whole table in memory, column by column: what is judged as a whole has to be there as a whole.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Failure;
use crate::input::{self, Cell, Step};
use crate::output::{shortest, terminal};
use crate::table::moment;

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;
/// The most distinct texts of one column; beyond that it is free text, not a category.
const KINDS: usize = 100_000;

/// The values of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers; NaN is missing.
    Numbers(Vec<f64>),
    /// Texts, each as a place in a list.
    Texts(Texts),
}

/// Texts, each as a place in a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Texts {
    /// A place in `names`, or [`MISSING`].
    pub codes: Vec<u32>,
    /// The distinct texts, in the order they turned up.
    pub names: Vec<String>,
    /// The place of each name.
    pub places: BTreeMap<String, u32>,
}

impl Texts {
    /// Appends `text`; none is missing.
    pub fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(MISSING, |text| match self.places.get(text) {
            Some(code) => *code,
            None => {
                let code = self.names.len() as u32;
                self.names.push(text.to_owned());
                self.places.insert(text.to_owned(), code);
                code
            }
        });
        self.codes.push(code);
    }

    /// The text of each row.
    pub fn rows(&self) -> impl Iterator<Item = Option<&str>> {
        self.codes.iter().map(|code| self.names.get(*code as usize).map(String::as_str))
    }
}

/// A table.
#[derive(Debug)]
pub struct Columns {
    /// What to call it in messages.
    pub place: String,
    /// Names and values, in the file's order; all of one length.
    pub columns: Vec<(String, Column)>,
    /// Rows.
    pub rows: usize,
    /// Rows that were no rows and are left out.
    pub rejected: u64,
    /// The line each row starts on.
    lines: Vec<u64>,
}

impl Columns {
    /// Reads `path` (`-` is standard input) whole.
    pub fn read(path: &Path) -> Result<Columns, Failure> {
        Columns::read_with(path, &[])
    }

    /// The same; the columns called `times` hold moments, which become milliseconds since 1970.
    pub fn read_with(path: &Path, times: &[&str]) -> Result<Columns, Failure> {
        let (mut records, source) = input::open(path, false)?;
        let mut table = Columns { place: source.place.clone(), columns: Vec::new(), rows: 0, rejected: 0, lines: Vec::new() };
        loop {
            match records.advance()? {
                Step::End => break,
                Step::Rejected(problem) => {
                    if table.rejected == 0 {
                        terminal::note(&format!("{}, line {} skipped: {}", table.place, records.line(), problem.message));
                    }
                    table.rejected += 1;
                }
                Step::Record => {
                    for name in records.names().iter().skip(table.columns.len()) {
                        table.columns.push((name.clone(), Column::Numbers(vec![f64::NAN; table.rows])));
                    }
                    for (i, (name, column)) in table.columns.iter_mut().enumerate() {
                        let cell = records.cell(i);
                        if times.contains(&name.as_str()) {
                            let place = || format!("{}, line {}", source.place, records.line());
                            column.push_moment(&cell).ok_or_else(|| {
                                let message = format!("{name} is not a time: use a date with a time, or milliseconds since 1970");
                                Failure::input(place(), "VALUE_NOT_A_TIME", message)
                            })?;
                            continue;
                        }
                        column.push(&cell);
                        if matches!(column, Column::Texts(texts) if texts.names.len() > KINDS) {
                            let message = format!("column {name} has more than {KINDS} different values; skip it with --ignore");
                            // Nothing is gained by holding it: it is dropped as soon as it turns out to be free text.
                            *column = Column::Numbers(vec![f64::NAN; table.rows + 1]);
                            terminal::note(&format!("{}: {message}", table.place));
                        }
                    }
                    table.rows += 1;
                    table.lines.push(records.line());
                }
            }
        }
        source.progress.finish_and_clear();
        if table.rows == 0 {
            return Err(Failure::input(&table.place, "INPUT_EMPTY", "the input has no rows"));
        }
        Ok(table)
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
    pub fn numbers(&self, name: &str) -> Result<&[f64], Failure> {
        match self.column(name)? {
            Column::Numbers(values) => Ok(values),
            Column::Texts(texts) => {
                let bad = texts.rows().enumerate().find(|(_, text)| text.is_some_and(|text| text.parse::<f64>().is_err()));
                let (row, text) = bad.map_or((0, ""), |(row, text)| (row, text.unwrap_or_default()));
                Err(Failure::input(self.line(row), "VALUE_NOT_A_NUMBER", format!("{name} is {text:?}, not a number")))
            }
        }
    }

    /// Yes, no or missing of each row of column `name`: 1 and 0, true and false, yes and no.
    pub fn flags(&self, name: &str) -> Result<Vec<Option<bool>>, Failure> {
        let wrong = |row: usize, text: &str| {
            Failure::input(
                self.line(row),
                "VALUE_NOT_A_FLAG",
                format!("{name} is {text:?}; it must be 1 or 0, true or false, yes or no"),
            )
        };
        match self.column(name)? {
            Column::Numbers(values) => {
                let flag = |(row, value): (usize, &f64)| match *value {
                    1.0 => Ok(Some(true)),
                    0.0 => Ok(Some(false)),
                    value if value.is_nan() => Ok(None),
                    value => Err(wrong(row, &value.to_string())),
                };
                values.iter().enumerate().map(flag).collect()
            }
            Column::Texts(texts) => {
                let flag = |(row, text): (usize, Option<&str>)| match text.map(str::to_ascii_lowercase).as_deref() {
                    None => Ok(None),
                    Some("1" | "1.0" | "true" | "yes" | "y" | "t") => Ok(Some(true)),
                    Some("0" | "0.0" | "false" | "no" | "n" | "f") => Ok(Some(false)),
                    Some(text) => Err(wrong(row, text)),
                };
                texts.rows().enumerate().map(flag).collect()
            }
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

impl Column {
    fn push(&mut self, cell: &Cell<'_>) {
        let text = match cell {
            Cell::Missing | Cell::Other => return self.push_missing(),
            Cell::Number(x) => return self.push_number(*x),
            Cell::Flag(flag) => if *flag { "true" } else { "false" }.to_owned(),
            Cell::List(items) => items.join(", "),
            Cell::Text(text) => text.trim().to_owned(),
        };
        match (text.as_str(), text.parse::<f64>()) {
            (missing, _) if moment::is_missing(missing) => self.push_missing(),
            (_, Ok(x)) if matches!(self, Column::Numbers(_)) => self.push_number(x),
            (text, _) => self.texts().push(Some(text)),
        }
    }

    /// Appends a moment; none when the cell is no moment.
    fn push_moment(&mut self, cell: &Cell<'_>) -> Option<()> {
        // Whole numbers up to the furthest moment are exact.
        let ms = moment::of_cell(cell)?.map_or(f64::NAN, |ms| ms as f64);
        self.push_number(ms);
        Some(())
    }

    fn push_missing(&mut self) {
        match self {
            Column::Numbers(values) => values.push(f64::NAN),
            Column::Texts(texts) => texts.push(None),
        }
    }

    fn push_number(&mut self, x: f64) {
        match self {
            Column::Numbers(values) => values.push(x),
            Column::Texts(texts) => texts.push((!x.is_nan()).then(|| decimal(x)).as_deref()),
        }
    }

    /// The column as texts; numbers become the shortest decimals that mean them.
    pub fn texts(&mut self) -> &mut Texts {
        if let Column::Numbers(values) = self {
            let mut texts = Texts::default();
            values.iter().for_each(|x| texts.push((!x.is_nan()).then(|| decimal(*x)).as_deref()));
            *self = Column::Texts(texts);
        }
        match self {
            Column::Texts(texts) => texts,
            // It was made texts just now.
            Column::Numbers(_) => unreachable!("numbers were turned into text"),
        }
    }
}

fn decimal(x: f64) -> String {
    let mut text = String::new();
    shortest(x, &mut text);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
