//! Lines, sections of `key=value` lines, and lists in them; each knows its line number.

use super::super::error::{ImportError, excerpt};

/// A line without its end.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// From 1.
    pub number: usize,
    pub text: &'a str,
}

impl Line<'_> {
    /// An error at this line.
    pub fn error(&self, reason: String) -> ImportError {
        ImportError::Line { line: self.number, reason }
    }
}

/// The lines of a file; ends of lines may be LF or CR LF.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
    pending: Option<Line<'a>>,
}

impl<'a> Lines<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Lines { rest: bytes, number: 0, pending: None }
    }

    /// Leaves out `count` lines, whatever they hold.
    pub fn skip(&mut self, count: usize) {
        for _ in 0..count {
            let mut halves = self.rest.splitn(2, |b| *b == b'\n').skip(1);
            self.rest = halves.next().unwrap_or_default();
            self.number += 1;
        }
    }

    /// The next line, or none at the end of the file.
    pub fn next(&mut self) -> Result<Option<Line<'a>>, ImportError> {
        if let Some(line) = self.pending.take() {
            return Ok(Some(line));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let mut halves = self.rest.splitn(2, |b| *b == b'\n');
        let line = halves.next().unwrap_or_default();
        self.rest = halves.next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match std::str::from_utf8(line) {
            Ok(text) => Ok(Some(Line { number: self.number, text })),
            Err(_) => Err(ImportError::Line { line: self.number, reason: "the line is not valid UTF-8".to_owned() }),
        }
    }

    /// Returns `line` to be read again.
    pub fn back(&mut self, line: Line<'a>) {
        self.pending = Some(line);
    }

    /// The `key=value` lines up to a blank line, a new tree, the end of trees or the end of the file.
    pub fn section(&mut self, start: usize) -> Result<Section<'a>, ImportError> {
        let mut section = Section { start, entries: Vec::new() };
        while let Some(line) = self.next()? {
            if line.text.is_empty() {
                break;
            }
            if line.text.starts_with("Tree=") || line.text == "end of trees" {
                self.back(line);
                break;
            }
            section.push(line);
        }
        Ok(section)
    }

    /// An error at the last line read.
    pub fn end(&self, reason: String) -> ImportError {
        ImportError::Line { line: self.number, reason }
    }
}

/// Lines that belong together.
#[derive(Default)]
pub(super) struct Section<'a> {
    start: usize,
    entries: Vec<(&'a str, Entry<'a>)>,
}

/// A `key=value` line; `value` is empty when there is no `=`.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub line: usize,
    pub value: &'a str,
}

impl<'a> Section<'a> {
    pub fn push(&mut self, line: Line<'a>) {
        let (key, value) = line.text.split_once('=').unwrap_or((line.text, ""));
        self.entries.push((key, Entry { line: line.number, value }));
    }

    /// The value of `key`; of several equal keys the last counts.
    pub fn find(&self, key: &str) -> Option<Entry<'a>> {
        self.entries.iter().rev().find(|(k, _)| *k == key).map(|(_, entry)| *entry)
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Result<Entry<'a>, ImportError> {
        self.find(key).ok_or_else(|| ImportError::Line {
            line: self.entries.last().map_or(self.start, |(_, entry)| entry.line).max(1),
            reason: format!("`{key}` is missing from the section that ends here"),
        })
    }
}

impl Entry<'_> {
    /// An error at this line.
    pub fn error(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Line { line: self.line, reason: reason.into() }
    }

    /// The values between spaces, which must be `n`.
    pub fn list<T>(&self, n: usize, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ImportError> {
        let mut values = Vec::new();
        for word in self.value.split_ascii_whitespace() {
            if values.len() == n {
                return Err(self.error(format!("more than {n} values")));
            }
            values.push(read(word).ok_or_else(|| self.error(format!("{:?} is not a number in range", excerpt(word))))?);
        }
        if values.len() == n { Ok(values) } else { Err(self.error(format!("{} values, expected {n}", values.len()))) }
    }

    /// `n` numbers.
    pub fn numbers<T: std::str::FromStr>(&self, n: usize) -> Result<Vec<T>, ImportError> {
        self.list(n, |word| word.parse().ok())
    }
}
