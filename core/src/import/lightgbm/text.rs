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
    rest: &'a str,
    /// Bytes that are not UTF-8 follow `rest`.
    is_broken: bool,
    number: usize,
    pending: Option<Line<'a>>,
}

impl<'a> Lines<'a> {
    /// The lines of `bytes`, read as far as they are UTF-8.
    pub fn new(bytes: &'a [u8]) -> Self {
        let (rest, is_broken) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(e) => {
                let sound = bytes.get(..e.valid_up_to()).and_then(|sound| std::str::from_utf8(sound).ok());
                (sound.unwrap_or_default(), true)
            }
        };
        Lines { rest, is_broken, number: 0, pending: None }
    }

    /// Leaves out `count` lines.
    pub fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
            self.number += 1;
        }
    }

    /// The next line, or none at the end of the file.
    pub fn next(&mut self) -> Result<Option<Line<'a>>, ImportError> {
        if let Some(line) = self.pending.take() {
            return Ok(Some(line));
        }
        if self.rest.is_empty() && !self.is_broken {
            return Ok(None);
        }
        self.number += 1;
        let (line, rest) = match self.rest.split_once('\n') {
            Some(halves) => halves,
            None if self.is_broken => return Err(self.end("the line is not valid UTF-8".to_owned())),
            None => (self.rest, ""),
        };
        self.rest = rest;
        Ok(Some(Line { number: self.number, text: line.strip_suffix('\r').unwrap_or(line) }))
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
        // A value takes two bytes at least.
        let mut values = Vec::with_capacity(n.min(self.value.len() / 2 + 1));
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
