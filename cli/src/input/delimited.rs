//! CSV, TSV and semicolon-separated text, with a header; quoting as in RFC 4180. A record that is too long is skipped in
//! constant memory, even when an unclosed quote swallows the rest of the file.

use std::io::{self, BufRead, Cursor, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{Cell, FIELD_LIMIT, Problem, RECORD_LIMIT, Records, Step};
use crate::Failure;

/// A stream of separated values.
pub struct Delimited {
    input: Box<dyn BufRead>,
    place: String,
    parser: Reader,
    names: Vec<String>,
    /// The fields of the current record, one after another.
    text: Vec<u8>,
    /// Where each field ends in `text`.
    ends: Vec<usize>,
    fields: usize,
    line: u64,
    ended: bool,
}

enum Raw {
    Record,
    TooLong,
    End,
}

impl Delimited {
    /// Reads the header of `input`, which is called `place` in messages.
    pub fn open(mut input: Box<dyn BufRead>, place: &str) -> Result<Delimited, Failure> {
        let head = first_line(&mut *input).map_err(Failure::read(place))?;
        let parser = ReaderBuilder::new().delimiter(delimiter(&head)).build();
        let input: Box<dyn BufRead> = Box::new(Cursor::new(head).chain(input));
        let mut records = Delimited {
            input,
            place: place.to_owned(),
            parser,
            names: Vec::new(),
            text: vec![0; 4096],
            ends: vec![0; 64],
            fields: 0,
            line: 1,
            ended: false,
        };
        let refuse = |code, message: &str| Failure::input(format!("{place}, line 1"), code, message);
        match records.read()? {
            Raw::End => return Err(refuse("INPUT_EMPTY", "there is no header line")),
            Raw::TooLong => return Err(refuse("INPUT_TOO_LONG", "the header line is too long")),
            Raw::Record => {}
        }
        let mut names: Vec<String> = Vec::with_capacity(records.fields);
        for i in 0..records.fields {
            let name = std::str::from_utf8(records.field(i))
                .map_err(|_| refuse("INPUT_NOT_UTF8", &format!("the name of column {} is not UTF-8", i + 1)))?;
            let name = name.trim_start_matches('\u{feff}').trim();
            if !name.is_empty() && names.iter().any(|n| n == name) {
                return Err(refuse("INPUT_DUPLICATE_COLUMN", &format!("column {name:?} occurs twice")));
            }
            names.push(name.to_owned());
        }
        records.names = names;
        Ok(records)
    }

    fn field(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Moves to the first byte of the next record, counting lines: the parser itself would count those only within the record.
    fn skip_blank_lines(&mut self) -> Result<(), Failure> {
        loop {
            let input = self.input.fill_buf().map_err(Failure::read(&self.place))?;
            let blank = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let lines = input.iter().take(blank).filter(|byte| **byte == b'\n').count();
            if blank == 0 {
                return Ok(());
            }
            self.parser.set_line(self.parser.line() + lines as u64);
            self.input.consume(blank);
        }
    }

    /// Reads one record into `text` and `ends`.
    fn read(&mut self) -> Result<Raw, Failure> {
        if self.ended {
            return Ok(Raw::End);
        }
        self.skip_blank_lines()?;
        self.line = self.parser.line();
        let (mut written, mut fields, mut too_long) = (0, 0, false);
        loop {
            let input = self.input.fill_buf().map_err(Failure::read(&self.place))?;
            let (text, ends) = (self.text.get_mut(written..), self.ends.get_mut(fields..));
            let (result, eaten, out, ended) = self.parser.read_record(input, text.unwrap_or_default(), ends.unwrap_or_default());
            self.input.consume(eaten);
            written += out;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.text.len() < RECORD_LIMIT => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() < FIELD_LIMIT => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    // Go on to the end of the record, over what was written.
                    (written, fields, too_long) = (0, 0, true);
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => {
                    self.ended = true;
                    return Ok(if too_long { Raw::TooLong } else { Raw::End });
                }
            }
        }
        self.fields = fields;
        Ok(if too_long { Raw::TooLong } else { Raw::Record })
    }
}

impl Records for Delimited {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn is_table(&self) -> bool {
        true
    }

    fn advance(&mut self) -> Result<Step, Failure> {
        Ok(match self.read()? {
            Raw::End => Step::End,
            Raw::TooLong => Step::Rejected(Problem::new(
                "ROW_TOO_LONG",
                format!("the record is longer than {RECORD_LIMIT} bytes or {FIELD_LIMIT} fields (an unclosed quote?)"),
            )),
            Raw::Record if self.fields != self.names.len() => Step::Rejected(Problem::new(
                "ROW_FIELD_COUNT",
                format!("the record has {} fields, the header {}", self.fields, self.names.len()),
            )),
            Raw::Record => {
                let end = self.fields.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
                match std::str::from_utf8(self.text.get(..end).unwrap_or_default()) {
                    Ok(_) => Step::Record,
                    Err(_) => Step::Rejected(Problem::new("ROW_NOT_UTF8", "the record is not UTF-8")),
                }
            }
        })
    }

    fn line(&self) -> u64 {
        self.line
    }

    fn text(&self, index: usize) -> Option<&str> {
        std::str::from_utf8(self.field(index)).ok()
    }

    fn cell(&self, index: usize) -> Cell<'_> {
        match std::str::from_utf8(self.field(index)).unwrap_or_default().trim() {
            "" => Cell::Missing,
            text => Cell::Text(text),
        }
    }
}

/// What the delimiter is looked for in: the first line that is not blank and ends outside quotes, as far as a record may go.
/// However `input` comes, in one piece or a few bytes at a time, it is not judged by its first bytes.
fn first_line(input: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    let (mut head, mut open, mut blank) = (Vec::new(), false, true);
    loop {
        let start = head.len();
        let left = RECORD_LIMIT.saturating_sub(start) as u64;
        let read = Read::take(&mut *input, left).read_until(b'\n', &mut head)?;
        let line = head.get(start..).unwrap_or_default();
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        open ^= line.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
        blank &= line.trim_ascii().is_empty();
        if read == 0 || !(open || blank) {
            return Ok(head);
        }
    }
}

/// The likeliest delimiter: whichever of tab, semicolon and comma the first line has most of, outside quotes.
fn delimiter(head: &[u8]) -> u8 {
    const NONE: [(u8, usize); 3] = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    let mut counts = NONE;
    for &byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted && counts != NONE => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(d, _)| *d == byte).for_each(|(_, n)| *n += 1),
        }
    }
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(d, _)| *d)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
        let mut records = Delimited::open(Box::new(std::io::Cursor::new(text.to_owned())), "test").unwrap();
        let mut rows = Vec::new();
        loop {
            let row = match records.advance().unwrap() {
                Step::End => return rows,
                Step::Rejected(problem) => Err(problem.code),
                Step::Record => Ok((0..records.names.len())
                    .map(|i| match records.cell(i) {
                        Cell::Text(text) => text.to_owned(),
                        _ => "-".to_owned(),
                    })
                    .collect()),
            };
            rows.push((records.line(), row));
        }
    }

    fn strings(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn records_keep_their_line() {
        assert_eq!(
            rows("\u{feff}a,\"b\"\r\n1,\"x\ny\"\r\n\r\n2,\n3\n4,5"),
            [
                (2, Ok(strings(&["1", "x\ny"]))),
                (5, Ok(strings(&["2", "-"]))),
                (6, Err("ROW_FIELD_COUNT")),
                (7, Ok(strings(&["4", "5"]))),
            ]
        );
    }

    #[test]
    fn an_unclosed_quote_ends_in_one_rejection() {
        let text = format!("a,b\n1,2\n3,\"{}\n", "x\n".repeat(RECORD_LIMIT));
        assert_eq!(rows(&text), [(2, Ok(strings(&["1", "2"]))), (3, Err("ROW_TOO_LONG"))]);
    }

    /// A pipe that gives a byte at a time.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0.read(out.get_mut(..1).unwrap_or_default())
        }
    }

    #[test]
    fn the_delimiter_does_not_depend_on_how_the_bytes_come() {
        for text in ["visits;pages\n1;2\n", "\u{feff}\n\nvisits;\"pa\nges\"\n1;2\n", "visits;pages"] {
            for slow in [false, true] {
                let bytes = Cursor::new(text.as_bytes().to_vec());
                let input: Box<dyn Read> = if slow { Box::new(Slow(bytes)) } else { Box::new(bytes) };
                let records = Delimited::open(Box::new(io::BufReader::new(input)), "test").unwrap();
                assert_eq!(records.names().len(), 2, "{text:?} {slow}");
            }
        }
    }

    #[test]
    fn the_delimiter_is_seen_in_the_header() {
        for (head, expected) in [("a,b", b','), ("a\tb,c\td", b'\t'), ("\"a,b,c\";d", b';'), ("a", b',')] {
            assert_eq!(delimiter(head.as_bytes()), expected, "{head}");
        }
    }
}
