//! CSV, TSV and semicolon-separated text, with a header; quoting as in RFC 4180. A record that is too long is skipped in
//! constant memory. A quote that is not closed before the end of the file is an error: it hides all rows behind it.
//!
//! It stands in for the `csv` crate, whose parser (`csv-core`) it calls, for two reasons: `csv` has no limit on the length of a record, and
//! whole lines are read in batches ([`Records::plain`]). It is the faster one only in batches without quotes. Seconds for 10^6 rows of 8
//! columns (60 MB), the best of 7 in each of three rounds on a loaded machine:
//!
//! | rows | ours | `StringRecord` of `csv` |
//! |---|---|---|
//! | without quotes, in batches | 0.10–0.12, in one round 0.21 | 0.19–0.22 |
//! | without quotes, record by record | 0.21–0.26 | 0.19–0.22 |
//! | a third with quotes, in batches | 0.27–0.29 | 0.15–0.23 |
//! | a third with quotes, record by record | 0.24–0.29 | 0.15–0.23 |

use std::io::{self, BufRead, Cursor, Read};
use std::ops::Range;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr, memchr_iter, memchr2, memchr2_iter, memrchr};

use super::{Cell, FIELD_LIMIT, Problem, RECORD_LIMIT, Records, Step};
use crate::Failure;
use crate::output::quoted;

/// A stream of separated values.
pub struct Delimited {
    input: Box<dyn BufRead>,
    place: String,
    parser: Reader,
    delimiter: u8,
    names: Vec<String>,
    /// The fields of the record just read, one after another, `gap` bytes apart.
    text: Vec<u8>,
    /// Where each field ends in `text`.
    ends: Vec<usize>,
    gap: usize,
    /// `text` of the current record, known to be UTF-8.
    record: String,
    fields: usize,
    line: u64,
    ended: bool,
}

enum Raw {
    Record,
    TooLong,
    End,
    /// The line on which a quote opens that nothing closes.
    Unclosed(u64),
}

impl Delimited {
    /// Reads the header of `input`, which is called `place` in messages.
    pub fn open(mut input: Box<dyn BufRead>, place: &str) -> Result<Delimited, Failure> {
        let head = first_line(&mut *input).map_err(Failure::read(place))?;
        let delimiter = delimiter(&head);
        let parser = ReaderBuilder::new().delimiter(delimiter).build();
        let input: Box<dyn BufRead> = Box::new(Cursor::new(head).chain(input));
        let mut records = Delimited {
            input,
            place: place.to_owned(),
            parser,
            delimiter,
            names: Vec::new(),
            text: vec![0; 4096],
            ends: vec![0; 64],
            gap: 0,
            record: String::new(),
            fields: 0,
            line: 1,
            ended: false,
        };
        let refuse = |code, message: &str| Failure::input(format!("{place}, line 1"), code, message);
        match records.read()? {
            Raw::End => return Err(refuse("INPUT_EMPTY", "the header line is missing")),
            Raw::TooLong => return Err(refuse("INPUT_TOO_LONG", "the header line is too long")),
            Raw::Unclosed(line) => return Err(records.unclosed(line)),
            Raw::Record => {}
        }
        let mut names: Vec<String> = Vec::with_capacity(records.fields);
        for i in 0..records.fields {
            let name = std::str::from_utf8(records.text.get(records.place_of(i)).unwrap_or_default())
                .map_err(|_| refuse("INPUT_NOT_UTF8", &format!("the name of column {} is not valid UTF-8", i + 1)))?;
            let name = name.trim_start_matches('\u{feff}').trim();
            if !name.is_empty() && names.iter().any(|n| n == name) {
                return Err(refuse("INPUT_DUPLICATE_COLUMN", &format!("column {name:?} appears more than once")));
            }
            names.push(name.to_owned());
        }
        records.names = names;
        Ok(records)
    }

    /// Where field `index` lies in the record.
    fn place_of(&self, index: usize) -> Range<usize> {
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).map_or(0, |end| end + self.gap);
        start..self.ends.get(index).copied().unwrap_or(start)
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

    /// Reads one record into `text` and `ends` if it is a line that lies in the buffer whole and quotes nothing, as nearly all are; the
    /// parser, which looks at each byte by itself, is asked for the others.
    fn read_plain(&mut self) -> Result<bool, Failure> {
        let input = self.input.fill_buf().map_err(Failure::read(&self.place))?;
        let Some(line) = memchr(b'\n', input).and_then(|end| input.get(..end)) else { return Ok(false) };
        let eaten = line.len() + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if memchr2(b'"', b'\r', line).is_some() {
            return Ok(false);
        }
        // A longer one makes the parser grow the memory, or is refused there.
        let Some(text) = self.text.get_mut(..line.len()) else { return Ok(false) };
        let mut fields = 0;
        for end in memchr_iter(self.delimiter, line).chain([line.len()]) {
            match self.ends.get_mut(fields) {
                Some(place) => *place = end,
                // The parser grows the list, or says that there are too many.
                None => return Ok(false),
            }
            fields += 1;
        }
        text.copy_from_slice(line);
        (self.fields, self.gap) = (fields, 1);
        self.input.consume(eaten);
        self.parser.set_line(self.line + 1);
        Ok(true)
    }

    /// Reads one record into `text` and `ends`.
    fn read(&mut self) -> Result<Raw, Failure> {
        if self.ended {
            return Ok(Raw::End);
        }
        self.skip_blank_lines()?;
        self.line = self.parser.line();
        // The parser has to see the header: it knows of byte order marks.
        if !self.names.is_empty() && self.read_plain()? {
            return Ok(Raw::Record);
        }
        self.gap = 0;
        let (mut written, mut fields, mut too_long, mut begun) = (0, 0, false, false);
        loop {
            let input = self.input.fill_buf().map_err(Failure::read(&self.place))?;
            let is_end = input.is_empty();
            begun |= !is_end;
            let (text, ends) = (self.text.get_mut(written..), self.ends.get_mut(fields..));
            // At the end of the file a line end closes a record, unless a quote is open.
            let input = if is_end && begun { b"\n".as_slice() } else { input };
            let (result, eaten, out, ended) = self.parser.read_record(input, text.unwrap_or_default(), ends.unwrap_or_default());
            if !is_end {
                self.input.consume(eaten);
            }
            written += out;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty if is_end && begun => {
                    let line = if too_long { self.line } else { self.opened(written, fields) };
                    return Ok(Raw::Unclosed(line));
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.text.len() < RECORD_LIMIT => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() < FIELD_LIMIT => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    // Go on to the end of the record, over what was written.
                    (written, fields, too_long) = (0, 0, true);
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => {
                    (self.ended, self.fields) = (true, 0);
                    return Ok(if too_long { Raw::TooLong } else { Raw::End });
                }
            }
        }
        // Of a record that is too long nothing is held.
        self.fields = if too_long { 0 } else { fields };
        Ok(if too_long { Raw::TooLong } else { Raw::Record })
    }
}

impl Delimited {
    /// The line on which the last field of the record begins, at the end of the file; `written` bytes and `fields` fields are read.
    fn opened(&self, written: usize, fields: usize) -> u64 {
        let start = fields.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        let lines = self.text.get(start..written).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        // Of a field that is too long only a part is known: the record's own line.
        self.parser.line().saturating_sub(lines as u64).max(self.line)
    }

    /// Whether a cell of the record holds what look like rows of this table: a quote that should not be there opened it, and another
    /// one, many rows later, closed it. A text of several lines may hold a line with as many delimiters, hardly three and no other.
    fn swallows_rows(&self) -> bool {
        const LEAST: usize = 3;
        if self.parser.line() < self.line + LEAST as u64 || self.names.len() < 3 {
            return false;
        }
        let is_row = |line: &str| line.bytes().filter(|byte| *byte == self.delimiter).count() + 1 == self.names.len();
        (0..self.fields).filter_map(|index| self.record.get(self.place_of(index))).any(|cell| {
            let lines: Vec<&str> = cell.split('\n').collect();
            let inner = lines.get(1..lines.len() - 1).unwrap_or_default();
            inner.len() >= LEAST && inner.iter().all(|line| is_row(line))
        })
    }

    fn swallowed(&self) -> Failure {
        let message = "a quote opens on this line and closes some rows later, which hides the rows between; close or remove it";
        Failure::input(format!("{}, line {}", self.place, self.line), "QUOTE_NOT_CLOSED", message)
    }

    fn unclosed(&self, line: u64) -> Failure {
        let message = "a quote opens on this line and is not closed, which hides all rows behind it; close or remove it";
        Failure::input(format!("{}, line {line}", self.place), "QUOTE_NOT_CLOSED", message)
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
            Raw::Unclosed(line) => return Err(self.unclosed(line)),
            Raw::TooLong => Step::Rejected(Problem::new(
                "ROW_TOO_LONG",
                format!("the record is longer than {RECORD_LIMIT} bytes or {FIELD_LIMIT} fields"),
            )),
            Raw::Record if self.fields != self.names.len() => Step::Rejected(Problem::new(
                "ROW_FIELD_COUNT",
                format!("the record has {} fields, but the header has {}", self.fields, self.names.len()),
            )),
            Raw::Record => {
                let end = self.fields.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
                self.record.clear();
                match std::str::from_utf8(self.text.get(..end).unwrap_or_default()) {
                    Ok(text) => {
                        self.record.push_str(text);
                        if self.swallows_rows() {
                            return Err(self.swallowed());
                        }
                        Step::Record
                    }
                    Err(_) => Step::Rejected(Problem::new("ROW_NOT_UTF8", "the record is not valid UTF-8")),
                }
            }
        })
    }

    fn line(&self) -> u64 {
        self.line
    }

    fn plain(&mut self, take: &mut dyn FnMut(&[&str]) -> bool) -> Result<usize, Failure> {
        if self.ended {
            return Ok(0);
        }
        let input = self.input.fill_buf().map_err(Failure::read(&self.place))?;
        // Up to the first line that quotes, has a carriage return or is no UTF-8.
        let input = memchr2(b'"', b'\r', input).and_then(|end| input.get(..end)).unwrap_or(input);
        let text = std::str::from_utf8(input).unwrap_or_else(|e| {
            input.get(..e.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or_default()
        });
        let text = memrchr(b'\n', text.as_bytes()).and_then(|end| text.get(..=end)).unwrap_or_default();
        let mut fields: Vec<&str> = Vec::with_capacity(self.names.len());
        let (mut start, mut eaten, mut rows) = (0, 0, 0);
        for end in memchr2_iter(self.delimiter, b'\n', text.as_bytes()) {
            fields.push(text.get(start..end).unwrap_or_default());
            start = end + 1;
            if text.as_bytes().get(end) != Some(&b'\n') {
                continue;
            }
            // An empty line is none; of one with other fields the parser says what is wrong.
            if fields.len() != self.names.len() || end == eaten {
                break;
            }
            (eaten, rows) = (start, rows + 1);
            let goes_on = take(&fields);
            fields.clear();
            if !goes_on {
                break;
            }
        }
        self.input.consume(eaten);
        self.parser.set_line(self.parser.line() + rows as u64);
        Ok(rows)
    }

    fn text(&self, index: usize) -> Option<&str> {
        if index < self.fields { self.record.get(self.place_of(index)) } else { None }
    }

    fn row(&self) -> String {
        let mut row = String::new();
        for index in 0..self.fields {
            if index > 0 {
                row.push(char::from(self.delimiter));
            }
            let field = self.text.get(self.place_of(index)).unwrap_or_default();
            quoted(&String::from_utf8_lossy(field), char::from(self.delimiter), &mut row);
        }
        row
    }

    fn cell(&self, index: usize) -> Cell<'_> {
        Cell::of_field(self.text(index).unwrap_or_default())
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
    fn an_unclosed_quote_is_an_error_that_names_its_line() {
        let long = format!("a,b\n1,2\n3,\"{}\n", "x\n".repeat(RECORD_LIMIT));
        let rows = [
            ("a,b\n1,\"2\n3,4\n5,6\n", 2),
            ("a,b\n1,2\n\"x\ny\",\"z\n5,6", 4),
            ("a,b\n1,2\n3,\"", 3),
            ("a,\"b\n1,2\n", 1),
            (&long, 3),
        ];
        for (text, line) in rows {
            for slow in [false, true] {
                let bytes = Cursor::new(text.as_bytes().to_vec());
                let input: Box<dyn Read> = if slow && text.len() < 99 { Box::new(Slow(bytes)) } else { Box::new(bytes) };
                let opened = Delimited::open(Box::new(io::BufReader::new(input)), "test");
                let error = opened.and_then(|mut records| {
                    while !matches!(records.advance()?, Step::End) {}
                    Ok(())
                });
                let words = error.unwrap_err().to_string();
                assert!(words.starts_with(&format!("test, line {line}: a quote opens")), "{words}");
            }
        }
    }

    #[test]
    fn a_quote_inside_a_field_and_a_last_line_without_end_are_no_unclosed_quotes() {
        for text in ["a,b\n1,5\" disk", "a,b\n1,\"2\"", "a,b\n1,\"say \"\"x\"\"\"\n", "a,b\n\n\n", "a,b\n1,\n", "a,b"] {
            assert!(rows(text).iter().all(|(_, row)| row.is_ok()), "{text:?}");
        }
    }

    #[test]
    fn two_stray_quotes_do_not_hide_the_rows_between() {
        let rows: String = (0..9).map(|i| format!("{i},{}web,1\n", if i == 2 || i == 7 { "\"" } else { "" })).collect();
        let of = |text: String| Delimited::open(Box::new(io::Cursor::new(text.into_bytes())), "test").unwrap();
        let mut records = of(format!("id,source,won\n{rows}"));
        let error = loop {
            match records.advance() {
                Ok(Step::End) => panic!("no row is missed"),
                Ok(_) => {}
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.starts_with("test, line 4: a quote opens on this line and closes some rows later"), "{error}");
        let address = "id,address,won\n1,\"Foo Ltd\n1 Main St, Springfield, IL\nUSA\",1\n2,\"a\nb\nc\nd\ne\",0\n";
        let mut records = of(address.to_owned());
        assert_eq!((0..2).filter(|_| matches!(records.advance(), Ok(Step::Record))).count(), 2);
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

    /// Lines, positions and values of `text` as they come from `input`; or why it is refused.
    fn contents(input: Box<dyn Read>) -> Result<Vec<String>, String> {
        let mut records =
            Delimited::open(Box::new(io::BufReader::with_capacity(64, input)), "test").map_err(|e| e.to_string())?;
        let mut rows = vec![format!("{:?}", records.names())];
        loop {
            let row = match records.advance().map_err(|e| e.to_string())? {
                Step::End => return Ok(rows),
                Step::Rejected(problem) => problem.message,
                Step::Record => format!("{:?}", (0..4).map(|i| records.text(i)).collect::<Vec<_>>()),
            };
            rows.push(format!("{}: {row}", records.line()));
        }
    }

    #[test]
    fn lines_in_one_piece_are_cut_as_the_parser_cuts_them() {
        let alphabet = ["a", ",", "\n", "\"", "\r", "é", "\r\n", "x,y\n"];
        for number in 0..alphabet.len().pow(5) {
            let letters = (0..5).scan(number, |rest, _| {
                let letter = alphabet[*rest % alphabet.len()];
                *rest /= alphabet.len();
                Some(letter)
            });
            let text = format!("k,v\n{}", letters.collect::<String>());
            // What comes byte by byte is never a whole line.
            let [whole, slow] = [false, true].map(|slow| {
                let bytes = Cursor::new(text.clone().into_bytes());
                contents(if slow { Box::new(Slow(bytes)) } else { Box::new(bytes) })
            });
            assert_eq!(whole, slow, "{text:?}");
        }
    }

    #[test]
    fn plain_records_are_those_the_parser_gives() {
        let alphabet = ["a", ",", "\n", "\"", "\r", "é", "1,2\n", "x,y\n"];
        for number in 0..alphabet.len().pow(5) {
            let letters = (0..5).scan(number, |rest, _| {
                let letter = alphabet[*rest % alphabet.len()];
                *rest /= alphabet.len();
                Some(letter)
            });
            let text = format!("k,v\n{}", letters.collect::<String>());
            let open = || Delimited::open(Box::new(Cursor::new(text.clone().into_bytes())), "test").unwrap();
            let (mut mixed, mut parsed) = (open(), open());
            // Every second time one record at a time.
            let most = if number % 2 == 0 { usize::MAX } else { 1 };
            let mut rows: Vec<Option<Vec<String>>> = Vec::new();
            loop {
                let before = rows.len();
                mixed
                    .plain(&mut |fields| {
                        rows.push(Some(strings(fields)));
                        rows.len() - before < most
                    })
                    .unwrap();
                // A quote that nothing closes ends the one as it ends the other.
                let Ok(step) = mixed.advance() else { break };
                match step {
                    Step::End => break,
                    Step::Rejected(_) => rows.push(None),
                    Step::Record => rows.push(Some((0..2).map(|i| mixed.text(i).unwrap().to_owned()).collect())),
                }
            }
            for row in rows {
                match parsed.advance().unwrap() {
                    Step::End => panic!("{text:?}: {row:?}"),
                    Step::Rejected(_) => assert_eq!(row, None, "{text:?}"),
                    Step::Record => {
                        assert_eq!(row, Some((0..2).map(|i| parsed.text(i).unwrap().to_owned()).collect()), "{text:?}")
                    }
                }
            }
            assert!(matches!(parsed.advance(), Ok(Step::End) | Err(_)), "{text:?}");
            assert_eq!(mixed.line(), parsed.line(), "{text:?}");
        }
    }

    #[test]
    fn the_delimiter_is_seen_in_the_header() {
        for (head, expected) in [("a,b", b','), ("a\tb,c\td", b'\t'), ("\"a,b,c\";d", b';'), ("a", b',')] {
            assert_eq!(delimiter(head.as_bytes()), expected, "{head}");
        }
    }
}
