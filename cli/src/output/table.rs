//! Rows of results, as CSV or as NDJSON.

use std::io::Write;

use super::{Interrupt, Sink, shortest};
use crate::Failure;

/// How rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A header, then comma-separated values; lines end in `\n`.
    Csv,
    /// One JSON object a line. What JSON cannot say (`NaN`, `inf`, `-inf`) is a string.
    Ndjson,
}

/// One value of a row.
#[derive(Debug, Clone, Copy)]
pub enum Datum<'a> {
    /// Text as it stands.
    Text(&'a str),
    /// The shortest decimal that reads back to the same bits.
    Real(f64),
    /// A whole number.
    Whole(i128),
    /// JSON, already encoded; in CSV a text.
    Json(&'a str),
    /// Nothing.
    Empty,
}

/// A writer of rows.
#[derive(Debug)]
pub struct Table {
    sink: Sink,
    place: String,
    layout: Layout,
    names: Vec<String>,
    line: String,
}

impl Table {
    /// Starts a table of columns `names` in `sink`, which is called `place` in errors. CSV begins with the header.
    pub fn start(sink: Sink, place: String, layout: Layout, names: Vec<String>) -> Result<Table, Failure> {
        let mut table = Table { sink, place, layout, names, line: String::new() };
        if layout == Layout::Csv {
            let mut line = String::new();
            for (i, name) in table.names.iter().enumerate() {
                if i > 0 {
                    line.push(',');
                }
                quoted(name, ',', &mut line);
            }
            line.push('\n');
            table.put(&line)?;
        }
        Ok(table)
    }

    /// Writes one row, one datum per column.
    pub fn row<'a>(&mut self, data: impl IntoIterator<Item = Datum<'a>>) -> Result<(), Failure> {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        match self.layout {
            Layout::Csv => {
                for (i, datum) in data.into_iter().enumerate() {
                    if i > 0 {
                        line.push(',');
                    }
                    csv_datum(datum, &mut line);
                }
            }
            Layout::Ndjson => {
                line.push('{');
                for (i, (datum, name)) in data.into_iter().zip(&self.names).enumerate() {
                    if i > 0 {
                        line.push(',');
                    }
                    member(name, datum, &mut line);
                }
                line.push('}');
            }
        }
        line.push('\n');
        self.put(&line)?;
        self.line = line;
        Ok(())
    }

    /// Writes one row of NDJSON that is encoded already: an object without its line end.
    pub fn encoded(&mut self, object: &str) -> Result<(), Failure> {
        self.put(object)?;
        self.put("\n")
    }

    /// Ends the table: everything is written, the file has its name.
    pub fn commit(self, interrupt: &Interrupt) -> Result<(), Failure> {
        self.sink.commit(interrupt)
    }

    fn put(&mut self, line: &str) -> Result<(), Failure> {
        self.sink.write_all(line.as_bytes()).map_err(Failure::write(&self.place))
    }
}

fn csv_datum(datum: Datum<'_>, line: &mut String) {
    match datum {
        Datum::Text(text) | Datum::Json(text) => quoted(text, ',', line),
        Datum::Real(x) => shortest(x, line),
        Datum::Whole(n) => line.push_str(&n.to_string()),
        Datum::Empty => {}
    }
}

/// Appends `"name":datum`, a member of a JSON object.
pub fn member(name: &str, datum: Datum<'_>, line: &mut String) {
    json_text(name, line);
    line.push(':');
    json_datum(datum, line);
}

fn json_datum(datum: Datum<'_>, line: &mut String) {
    match datum {
        Datum::Text(text) => json_text(text, line),
        Datum::Real(x) if x.is_finite() => shortest(x, line),
        Datum::Real(x) => {
            line.push('"');
            shortest(x, line);
            line.push('"');
        }
        Datum::Whole(n) => line.push_str(&n.to_string()),
        Datum::Json(json) => line.push_str(json),
        Datum::Empty => line.push_str("null"),
    }
}

fn json_text(text: &str, line: &mut String) {
    line.push_str(&serde_json::Value::from(text).to_string());
}

/// Appends a field of a CSV with this delimiter, in quotes where it needs them.
pub fn quoted(text: &str, delimiter: char, line: &mut String) {
    if text.contains(['"', delimiter, '\n', '\r']) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}
