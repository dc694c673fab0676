//! A strict JSON reader for model files.
//!
//! Not `serde_json`, because XGBoost's JSON is not quite JSON: a threshold may be `Infinity` (as in
//! `tests/vectors/models/xgb_infinity`), which `serde_json` rejects. Also, decimals are rounded straight to f32 though it
//! is only known afterwards what an array is for (via f64 a few would be rounded twice), arrays of numbers stay packed, and
//! limits and places in messages are those of the UBJ reader, whose tree it fills. Accepts nothing else beyond RFC 8259.

use std::borrow::Cow;

use super::document::{Elements, Limits, Node};
use super::error::ImportError;

/// Reads one JSON document.
pub(super) fn read(bytes: &[u8], limits: Limits) -> Result<Node<'_>, ImportError> {
    let mut reader = Reader { bytes, at: 0, depth: 0, values: 0, limits };
    reader.space();
    let node = reader.value()?;
    reader.space();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.error("unexpected data after the end of the document")),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    values: usize,
    limits: Limits,
}

impl<'a> Reader<'a> {
    fn error(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Syntax { offset: self.at, reason: reason.into() }
    }

    fn expected(&self, what: &str) -> ImportError {
        match self.peek() {
            None => self.error(format!("expected {what}, found the end of the file")),
            Some(b) => self.error(format!("expected {what}, found {:?}", char::from(b))),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn value(&mut self) -> Result<Node<'a>, ImportError> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Node::Text),
            Some(b't') if self.word("true") => Ok(Node::Bool(true)),
            Some(b'f') if self.word("false") => Ok(Node::Bool(false)),
            Some(b'n') if self.word("null") => Ok(Node::Null),
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => self.number(),
            _ => Err(self.expected("a value")),
        }
    }

    fn nested(&mut self, read: impl Fn(&mut Self) -> Result<Node<'a>, ImportError>) -> Result<Node<'a>, ImportError> {
        if self.depth == self.limits.depth {
            return Err(ImportError::Limit {
                place: format!("byte {}", self.at),
                what: "the nesting",
                setting: "depth",
                limit: self.limits.depth,
            });
        }
        self.depth += 1;
        self.at += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn object(&mut self) -> Result<Node<'a>, ImportError> {
        let mut entries = Vec::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Node::Map(entries));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key"));
            }
            let key = self.string()?;
            self.space();
            if !self.eat(b':') {
                return Err(self.expected("`:`"));
            }
            self.space();
            let node = self.value()?;
            self.count()?;
            entries.push((key, node));
            self.space();
            if self.eat(b'}') {
                return Ok(Node::Map(entries));
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `}`"));
            }
        }
    }

    fn array(&mut self) -> Result<Node<'a>, ImportError> {
        let mut elements = Elements::new();
        self.space();
        if self.eat(b']') {
            return Ok(elements.finish());
        }
        loop {
            self.space();
            let start = self.at;
            let node = self.value()?;
            if !matches!(node, Node::Int(_) | Node::Float(_) | Node::Bool(_)) {
                self.count()?;
            }
            if !elements.push(node) {
                return Err(ImportError::Syntax { offset: start, reason: "an array mixes numbers and other values".to_owned() });
            }
            self.space();
            if self.eat(b']') {
                return Ok(elements.finish());
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn count(&mut self) -> Result<(), ImportError> {
        self.values += 1;
        if self.values > self.limits.values {
            return Err(ImportError::Limit {
                place: format!("byte {}", self.at),
                what: "the number of values",
                setting: "values",
                limit: self.limits.values,
            });
        }
        Ok(())
    }

    /// A text; borrowed from the file unless it holds escapes.
    fn string(&mut self) -> Result<Cow<'a, str>, ImportError> {
        self.at += 1;
        let start = self.at;
        let mut text = String::new();
        let mut copied = start;
        loop {
            match self.peek() {
                None => return Err(self.expected("the end of a string")),
                Some(b'"') => {
                    let rest = self.utf8(copied)?;
                    self.at += 1;
                    if copied == start {
                        return Ok(Cow::Borrowed(rest));
                    }
                    text.push_str(rest);
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => {
                    text.push_str(self.utf8(copied)?);
                    self.at += 1;
                    text.push_str(&self.escape()?);
                    copied = self.at;
                }
                Some(0..=0x1f) => return Err(self.expected("a string without control characters")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn utf8(&self, from: usize) -> Result<&'a str, ImportError> {
        let bytes = self.bytes.get(from..self.at).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|e| ImportError::Syntax {
            offset: from + e.valid_up_to(),
            reason: "the string is not valid UTF-8".to_owned(),
        })
    }

    fn escape(&mut self) -> Result<String, ImportError> {
        let escaped = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                // XGBoost does not escape a backslash before a `u`: of `rate\unit` it writes just that.
                let Ok(high) = self.hex() else { return Ok("\\u".into()) };
                let code = if (0xd800..0xdc00).contains(&high) {
                    if !self.word("\\u") {
                        return Err(self.expected("the second half of a surrogate pair"));
                    }
                    let low = self.hex()?;
                    0x10000 + ((high - 0xd800) << 10) + low.wrapping_sub(0xdc00).min(0x3ff)
                } else {
                    high
                };
                return char::from_u32(code)
                    .map(String::from)
                    .ok_or_else(|| self.error(format!("\\u{code:04x} is not a character")));
            }
            _ => return Err(self.expected("an escape sequence")),
        };
        self.at += 1;
        Ok(escaped.into())
    }

    fn hex(&mut self) -> Result<u32, ImportError> {
        let digits = self.bytes.get(self.at..self.at + 4).and_then(|d| std::str::from_utf8(d).ok());
        let code = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).and_then(|d| u32::from_str_radix(d, 16).ok());
        self.at += if code.is_some() { 4 } else { 0 };
        code.ok_or_else(|| self.expected("four hexadecimal digits"))
    }

    fn number(&mut self) -> Result<Node<'a>, ImportError> {
        let start = self.at;
        let negative = self.eat(b'-');
        if self.word("NaN") {
            return Ok(Node::Float(f32::NAN));
        }
        if self.word("Infinity") {
            return Ok(Node::Float(if negative { f32::NEG_INFINITY } else { f32::INFINITY }));
        }
        let whole = self.digits()?;
        if whole > 1 && self.bytes.get(self.at - whole) == Some(&b'0') {
            return Err(ImportError::Syntax { offset: start, reason: "a number starts with a superfluous 0".to_owned() });
        }
        let mut float = false;
        if self.eat(b'.') {
            float = true;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            float = true;
            self.at += 1;
            if !self.eat(b'-') {
                self.eat(b'+');
            }
            self.digits()?;
        }
        let text = self.utf8(start)?;
        let node = if float { text.parse().ok().map(Node::Float) } else { text.parse().ok().map(Node::Int) };
        node.ok_or_else(|| ImportError::Syntax { offset: start, reason: format!("{text} is out of range") })
    }

    /// Steps over digits; returns how many, at least one.
    fn digits(&mut self) -> Result<usize, ImportError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(self.at - start) }
    }
}
