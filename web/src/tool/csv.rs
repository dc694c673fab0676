//! A CSV as it arrives in pieces: its header, its first rows, and of every row the fields that are asked for. The rules are those of the
//! native command's reader: the delimiter that the first line has most of, quotes of RFC 4180, rows of another length left out.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr, memchr_iter, memchr2};

/// Bytes of a record, at most.
const RECORD: usize = 1 << 20;
/// Fields of a record, at most.
const FIELDS: usize = 10_000;
/// Rows that are kept to be shown.
const SHOWN: usize = 10;

/// A row that cannot be read: a stable code and what is wrong.
pub type Problem = (&'static str, String);

/// What takes a row: its line, and its fields or what is wrong with it.
pub type Take<'a> = dyn FnMut(u64, Result<&[&str], Problem>) + 'a;

/// A table that is read piece by piece.
pub struct Csv {
    parser: Reader,
    delimiter: u8,
    /// What came before the header was whole.
    head: Vec<u8>,
    is_open: bool,
    /// The names of the columns.
    pub names: Vec<String>,
    /// The first rows.
    pub first: Vec<Vec<String>>,
    text: Vec<u8>,
    ends: Vec<usize>,
    written: usize,
    fields: usize,
    is_too_long: bool,
    begun: bool,
    line: u64,
    failed: Option<Problem>,
}

impl Default for Csv {
    fn default() -> Csv {
        Csv {
            parser: Reader::new(),
            delimiter: b',',
            head: Vec::new(),
            is_open: false,
            names: Vec::new(),
            first: Vec::new(),
            text: vec![0; 4096],
            ends: vec![0; 64],
            written: 0,
            fields: 0,
            is_too_long: false,
            begun: false,
            line: 1,
            failed: None,
        }
    }
}

impl Csv {
    /// Reads `bytes`, the next of the file. `row` takes each row: its line, and its fields or what is wrong with it.
    ///
    /// # Errors
    /// A header that is no header, a quote that hides rows.
    pub fn feed(&mut self, bytes: &[u8], row: &mut Take<'_>) -> Result<(), Problem> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let read = if self.is_open {
            self.records(bytes, row)
        } else {
            self.head.extend_from_slice(bytes);
            if !self.head.is_empty() && is_line(&self.head) { self.open(row) } else { Ok(()) }
        };
        read.inspect_err(|problem| self.failed = Some(problem.clone()))
    }

    /// Reads what is left at the end of the file.
    ///
    /// # Errors
    /// As for [`Csv::feed`]; a file without a header; a quote that nothing closes.
    pub fn end(&mut self, row: &mut Take<'_>) -> Result<(), Problem> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        if !self.is_open {
            self.open(row)?;
        }
        if self.begun || self.written > 0 || self.fields > 0 {
            // A line end closes the last record, unless a quote is open.
            self.records(b"\n", row)?;
            if self.begun {
                let line = self.line;
                return Err((
                    "QUOTE_NOT_CLOSED",
                    format!("a quote opens on line {line} and is not closed, which hides all rows behind it"),
                ));
            }
        }
        if self.names.is_empty() {
            return Err(("INPUT_EMPTY", "the header line is missing".to_owned()));
        }
        Ok(())
    }

    fn open(&mut self, row: &mut Take<'_>) -> Result<(), Problem> {
        let head = std::mem::take(&mut self.head);
        self.delimiter = delimiter(&head);
        self.parser = ReaderBuilder::new().delimiter(self.delimiter).build();
        self.is_open = true;
        self.records(&head, row)
    }

    fn records(&mut self, mut input: &[u8], row: &mut Take<'_>) -> Result<(), Problem> {
        while !input.is_empty() {
            if !self.begun {
                let blank = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                let lines = input.iter().take(blank).filter(|byte| **byte == b'\n').count() as u64;
                self.parser.set_line(self.parser.line() + lines);
                input = input.get(blank..).unwrap_or_default();
                if input.is_empty() {
                    return Ok(());
                }
                self.line = self.parser.line();
                if let Some(eaten) = self.plain(input, row) {
                    self.parser.set_line(self.line + 1);
                    input = input.get(eaten..).unwrap_or_default();
                    continue;
                }
                self.begun = true;
            }
            let (text, ends) = (self.text.get_mut(self.written..), self.ends.get_mut(self.fields..));
            let (result, eaten, out, ended) = self.parser.read_record(input, text.unwrap_or_default(), ends.unwrap_or_default());
            input = input.get(eaten..).unwrap_or_default();
            self.written += out;
            self.fields += ended;
            match result {
                ReadRecordResult::InputEmpty => return Ok(()),
                ReadRecordResult::OutputFull if self.text.len() < RECORD => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() < FIELDS => self.ends.resize(self.ends.len() * 2, 0),
                // Go on to the end of the record, over what was written.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    (self.written, self.fields, self.is_too_long) = (0, 0, true);
                }
                ReadRecordResult::Record => self.record(row)?,
                ReadRecordResult::End => return Ok(()),
            }
        }
        Ok(())
    }

    /// Takes a line that lies in `input` whole and quotes nothing, as nearly all do, and returns its length.
    fn plain(&mut self, input: &[u8], row: &mut Take<'_>) -> Option<usize> {
        if self.names.is_empty() {
            return None;
        }
        let end = memchr(b'\n', input)?;
        let line = input.get(..end)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() >= RECORD || memchr2(b'"', b'\r', line).is_some() {
            return None;
        }
        let Ok(text) = std::str::from_utf8(line) else {
            row(self.line, Err(not_utf8()));
            return Some(end + 1);
        };
        let (mut fields, mut start): (Vec<&str>, usize) = (Vec::with_capacity(self.names.len()), 0);
        for end in memchr_iter(self.delimiter, line).chain([line.len()]) {
            fields.push(text.get(start..end).unwrap_or_default());
            start = end + 1;
        }
        self.hand(&fields, row);
        Some(end + 1)
    }

    fn record(&mut self, row: &mut Take<'_>) -> Result<(), Problem> {
        let (count, is_too_long) = (self.fields, self.is_too_long);
        (self.begun, self.written, self.fields, self.is_too_long) = (false, 0, 0, false);
        if is_too_long {
            row(self.line, Err(("ROW_TOO_LONG", format!("the record is longer than {RECORD} bytes or {FIELDS} fields"))));
            return Ok(());
        }
        let end = count.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or_default();
        let text = self.text.get(..end).unwrap_or_default().to_vec();
        let Ok(text) = String::from_utf8(text) else {
            if self.names.is_empty() {
                return Err(("INPUT_NOT_UTF8", "the header is not valid UTF-8".to_owned()));
            }
            row(self.line, Err(not_utf8()));
            return Ok(());
        };
        let start = |place: usize| place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let field = |place: usize| text.get(start(place)..self.ends.get(place).copied().unwrap_or_default()).unwrap_or_default();
        let fields: Vec<&str> = (0..count).map(field).collect();
        if self.names.is_empty() {
            return self.header(&fields);
        }
        if fields.len() == self.names.len() && self.swallows(&fields) {
            let line = self.line;
            let text = format!(
                "a quote opens on line {line} and closes some rows later, which hides the rows between; close or remove it"
            );
            return Err(("QUOTE_NOT_CLOSED", text));
        }
        self.hand(&fields, row);
        Ok(())
    }

    fn header(&mut self, fields: &[&str]) -> Result<(), Problem> {
        for name in fields {
            let name = name.trim_start_matches('\u{feff}').trim();
            if !name.is_empty() && self.names.iter().any(|own| own == name) {
                return Err(("INPUT_DUPLICATE_COLUMN", format!("column {name:?} appears more than once")));
            }
            self.names.push(name.to_owned());
        }
        Ok(())
    }

    fn hand(&mut self, fields: &[&str], row: &mut Take<'_>) {
        if fields.len() != self.names.len() {
            let text = format!("the record has {} fields, but the header has {}", fields.len(), self.names.len());
            return row(self.line, Err(("ROW_FIELD_COUNT", text)));
        }
        if self.first.len() < SHOWN {
            self.first.push(fields.iter().map(|field| (*field).to_owned()).collect());
        }
        row(self.line, Ok(fields));
    }

    /// Whether a field holds what look like rows of this table, as behind a quote that should not be there.
    fn swallows(&self, fields: &[&str]) -> bool {
        let is_row = |line: &str| line.bytes().filter(|byte| *byte == self.delimiter).count() + 1 == self.names.len();
        let hides = |field: &&str| {
            let lines: Vec<&str> = field.split('\n').collect();
            let inner = lines.get(1..lines.len() - 1).unwrap_or_default();
            inner.len() >= 3 && inner.iter().all(|line| is_row(line))
        };
        self.names.len() >= 3 && fields.iter().any(hides)
    }
}

fn not_utf8() -> Problem {
    ("ROW_NOT_UTF8", "the record is not valid UTF-8".to_owned())
}

/// Whether the first line of `head` that is not blank ends in it, outside quotes.
fn is_line(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let (mut quoted, mut blank) = (false, true);
    for byte in head {
        match byte {
            b'"' => (quoted, blank) = (!quoted, false),
            b'\n' if !quoted && !blank => return true,
            byte => blank &= byte.is_ascii_whitespace(),
        }
    }
    head.len() > RECORD
}

/// The likeliest delimiter: whichever of tab, semicolon and comma the first line has most of, outside quotes.
fn delimiter(head: &[u8]) -> u8 {
    let (mut quoted, mut counts) = (false, [(b',', 0), (b';', 0), (b'\t', 0)]);
    for &byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted && counts.iter().any(|(_, count)| *count > 0) => break,
            _ if quoted => {}
            byte => counts.iter_mut().filter(|(own, _)| *own == byte).for_each(|(_, count)| *count += 1),
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| *byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, piece: usize) -> Vec<String> {
        let (mut csv, mut out) = (Csv::default(), Vec::new());
        let mut take = |line: u64, row: Result<&[&str], Problem>| {
            out.push(match row {
                Ok(fields) => format!("{line}: {}", fields.join("|")),
                Err((code, _)) => format!("{line}: {code}"),
            });
        };
        let mut read = text.as_bytes().chunks(piece).try_for_each(|bytes| csv.feed(bytes, &mut take));
        read = read.and_then(|()| csv.end(&mut take));
        if let Err((code, _)) = read {
            out.push(code.to_owned());
        }
        out
    }

    #[test]
    fn rows_are_the_same_however_the_bytes_come() {
        let text = "\u{feff}a,\"b\"\r\n1,\"x\ny\"\r\n\r\n2,\n3\n4,5";
        let wanted = ["2: 1|x\ny", "5: 2|", "6: ROW_FIELD_COUNT", "7: 4|5"];
        for piece in 1..text.len() {
            assert_eq!(rows(text, piece), wanted, "pieces of {piece}");
        }
        assert_eq!(rows("a;b\n1;2", 3), ["2: 1|2"]);
        assert_eq!(rows("a,b\n1,\"2\n3,4\n", 5), ["QUOTE_NOT_CLOSED"]);
        assert_eq!(rows("a,a\n1,2\n", 9), ["INPUT_DUPLICATE_COLUMN"]);
        assert_eq!(rows("", 9), ["INPUT_EMPTY"]);
        let swallowed: String = (0..9).map(|i| format!("{i},{}web,1\n", if i == 2 || i == 7 { "\"" } else { "" })).collect();
        assert_eq!(rows(&format!("id,source,won\n{swallowed}"), 7).last().map(String::as_str), Some("QUOTE_NOT_CLOSED"));
    }
}
