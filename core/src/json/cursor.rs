//! A scanner of JSON text: strict, non-recursive in memory, never beyond the bytes given.
//!
//! Why not a general parser: leads go straight into their places, one bad value must not spoil its neighbours, and limits,
//! safe integers and positions have to be known while reading. Tested against `serde_json`: both accept the same texts.

use super::number::{NumberFault, scan_number, skip_number};

/// A position in JSON text (valid UTF-8).
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// Why reading stopped, at [`Cursor::offset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The text is not JSON: what was expected.
    Malformed(&'static str),
    /// Nested deeper than allowed.
    TooDeep,
}

/// A text: as it stands in the source, or unescaped into the caller's buffer.
pub(crate) enum Token<'a> {
    Plain(&'a str),
    Unescaped,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// The next byte, 0 at the end.
    #[inline]
    pub(crate) fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Moves past the byte [`peek`](Self::peek) gave.
    #[inline]
    pub(crate) fn advance(&mut self) {
        self.at += 1;
    }

    #[inline]
    pub(crate) fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Skips space, then takes `byte`.
    #[inline]
    pub(crate) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Stop> {
        self.skip_space();
        if self.peek() != byte || self.is_at_end() {
            return Err(Stop::Malformed(what));
        }
        self.at += 1;
        Ok(())
    }

    /// Takes `word` (`true`, `false`, `null`).
    pub(crate) fn literal(&mut self, word: &str) -> Result<(), Stop> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(Stop::Malformed("invalid literal: expected true, false or null"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Takes a number; the text of it is `source(start)` with the offset before the call.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<Result<f64, NumberFault>, Stop> {
        let (value, end) = scan_number(self.text.as_bytes(), self.at).ok_or(Stop::Malformed("invalid number"))?;
        self.at = end;
        Ok(value)
    }

    /// The text from `start` to here.
    pub(crate) fn source(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or("")
    }

    /// Takes the key `name`, when it is next and written without escapes; else takes nothing.
    #[inline]
    pub(crate) fn key(&mut self, name: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        let end = name.len() + 1;
        let is_next = rest.first() == Some(&b'"') && rest.get(1..end) == Some(name.as_bytes()) && rest.get(end) == Some(&b'"');
        self.at += if is_next { end + 1 } else { 0 };
        is_next
    }

    /// Takes a text. `buffer` is overwritten when the text has escapes.
    #[inline]
    pub(crate) fn string(&mut self, buffer: &mut String) -> Result<Token<'a>, Stop> {
        self.expect(b'"', "expected a string")?;
        let start = self.at;
        loop {
            match self.text.as_bytes().get(self.at).copied() {
                Some(b'"') => {
                    let plain = self.source(start);
                    self.at += 1;
                    return Ok(Token::Plain(plain));
                }
                Some(b'\\') => {
                    buffer.clear();
                    buffer.push_str(self.source(start));
                    return self.unescape(buffer).map(|()| Token::Unescaped);
                }
                Some(0..0x20) => return Err(Stop::Malformed("unescaped control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(Stop::Malformed("unterminated string")),
            }
        }
    }

    #[cold]
    fn unescape(&mut self, buffer: &mut String) -> Result<(), Stop> {
        loop {
            let start = self.at;
            while !matches!(self.text.as_bytes().get(self.at), None | Some(b'"' | b'\\' | 0..0x20)) {
                self.at += 1;
            }
            buffer.push_str(self.source(start));
            match self.text.as_bytes().get(self.at).copied() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    let escape = self.peek();
                    self.at += 1;
                    buffer.push(match escape {
                        b'"' | b'\\' | b'/' => char::from(escape),
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        b'u' => self.unicode()?,
                        _ => {
                            // Back to the byte after the backslash: it may begin a wider character.
                            self.at -= 1;
                            return Err(Stop::Malformed("unknown escape sequence"));
                        }
                    });
                }
                Some(_) => return Err(Stop::Malformed("unescaped control character in a string")),
                None => return Err(Stop::Malformed("unterminated string")),
            }
        }
    }

    fn unicode(&mut self) -> Result<char, Stop> {
        const LONE: Stop = Stop::Malformed("unpaired surrogate");
        let first = self.hex4()?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first).ok_or(LONE);
        }
        if first >= 0xDC00 || self.peek() != b'\\' {
            return Err(LONE);
        }
        self.at += 1;
        if self.peek() != b'u' {
            return Err(LONE);
        }
        self.at += 1;
        let second = self.hex4()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(LONE);
        }
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or(LONE)
    }

    fn hex4(&mut self) -> Result<u32, Stop> {
        let mut value = 0;
        for _ in 0..4 {
            let digit =
                char::from(self.peek()).to_digit(16).ok_or(Stop::Malformed("\\u must be followed by four hexadecimal digits"))?;
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }

    /// Takes any value, checking it whole; arrays and objects at most `depth` deep.
    pub(crate) fn skip_value(&mut self, depth: u32, buffer: &mut String) -> Result<(), Stop> {
        self.skip_space();
        match self.peek() {
            b'"' => self.string(buffer).map(|_| ()),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'[' | b'{' if depth == 0 => Err(Stop::TooDeep),
            b'[' => {
                self.at += 1;
                self.items(b']', &mut |cursor| cursor.skip_value(depth - 1, buffer))
            }
            b'{' => {
                self.at += 1;
                self.items(b'}', &mut |cursor| {
                    cursor.string(buffer)?;
                    cursor.expect(b':', "expected a colon")?;
                    cursor.skip_value(depth - 1, buffer)
                })
            }
            b'-' | b'0'..=b'9' => {
                let end = skip_number(self.text.as_bytes(), self.at);
                self.at = end.ok_or(Stop::Malformed("invalid number"))?;
                Ok(())
            }
            _ => Err(Stop::Malformed("expected a value")),
        }
    }

    /// Takes the value that begins here by its outline alone, however deep it is and whatever else is wrong with it: brackets must
    /// match and texts must end. False, with nothing promised about the position, when they do not. `buffer` is overwritten.
    pub(crate) fn skip_outline(&mut self, buffer: &mut String) -> bool {
        self.skip_space();
        let start = self.at;
        // The brackets that are open.
        buffer.clear();
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            match byte {
                b'"' => {
                    if !self.skip_text() {
                        return false;
                    }
                    continue;
                }
                b'[' => buffer.push(']'),
                b'{' => buffer.push('}'),
                b',' | b']' | b'}' if buffer.is_empty() => return self.at > start,
                b']' | b'}' if buffer.pop() != Some(char::from(byte)) => return false,
                _ => {}
            }
            self.at += 1;
        }
        buffer.is_empty() && self.at > start
    }

    /// Whether the array that begins here has more than `limit` items, by its outline alone.
    pub(crate) fn has_more_items_than(mut self, limit: usize) -> bool {
        let mut buffer = String::new();
        let mut count = 0;
        let mut more = self.expect(b'[', "expected an array").is_ok();
        while more && self.skip_outline(&mut buffer) {
            count += 1;
            if count > limit {
                return true;
            }
            more = self.expect(b',', "expected a comma").is_ok();
        }
        false
    }

    /// Takes a text by its quotes alone, whatever is in it; false when it does not end.
    fn skip_text(&mut self) -> bool {
        self.at += 1;
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            self.at += 1;
            match byte {
                b'"' => return true,
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        false
    }

    /// Takes `item`s between commas up to `close`; the opening bracket is already taken.
    pub(crate) fn items(&mut self, close: u8, item: &mut dyn FnMut(&mut Cursor<'a>) -> Result<(), Stop>) -> Result<(), Stop> {
        self.skip_space();
        if self.peek() == close {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            self.skip_space();
            match self.peek() {
                b',' => {
                    self.at += 1;
                    self.skip_space();
                }
                byte if byte == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Stop::Malformed("expected a comma or the closing bracket")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accepts(text: &str) -> Result<(), Stop> {
        let mut cursor = Cursor::new(text);
        cursor.skip_value(128, &mut String::new())?;
        cursor.skip_space();
        if cursor.is_at_end() { Ok(()) } else { Err(Stop::Malformed("unexpected data after the value")) }
    }

    /// `serde_json` refuses numbers beyond a double; we note them per field, so here they count as accepted.
    fn check(text: &str) {
        let theirs = match serde_json::from_str::<serde_json::Value>(text) {
            Ok(_) => true,
            Err(e) => e.to_string().contains("number out of range"),
        };
        assert_eq!(accepts(text).is_ok(), theirs, "{text:?}: {:?}", accepts(text));
    }

    #[test]
    fn accepts_what_serde_json_accepts() {
        for text in [
            "",
            " ",
            "{}",
            "[]",
            "[1,]",
            "{,}",
            "{\"a\":1,}",
            "{\"a\" : [ 1 , {} ] }",
            "tru",
            "nullx",
            "\"\\u00e9\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ud83dx\"",
            "\"\\ude00\"",
            "\"\\x\"",
            "\"\\é\"",
            "\"a\nb\"",
            "\"",
            "\"\\",
            "01",
            "-",
            "1.5e",
            "[1 2]",
            "{1:2}",
            "\u{feff}1",
            "\0",
        ] {
            check(text);
        }
    }

    #[test]
    fn a_value_is_skipped_by_its_outline() {
        let skipped = |text: &str| {
            let mut cursor = Cursor::new(text);
            cursor.skip_outline(&mut String::new()).then(|| text[cursor.offset()..].to_owned())
        };
        for (text, rest) in [
            (r#" {"a":"\ud800"},7"#, ",7"),
            ("[[[[1]]],x]]", "]"),
            ("nul,1", ",1"),
            ("01]", "]"),
            ("\"a\0\u{1}]\\\"\" }", "}"),
            ("-Infinity", ""),
        ] {
            assert_eq!(skipped(text).as_deref(), Some(rest), "{text}");
        }
        for text in ["", ",", "]", r#"{"a":1,{"b":2}]"#, "[1}", "[", r#""a"#, r#""\"#, r#"{"a":"x},{"b":1}"#] {
            assert_eq!(skipped(text), None, "{text}");
        }
        let more = |text: &str, limit| Cursor::new(text).has_more_items_than(limit);
        assert!(more("[1,[2,2],{\"a\":[,]}]", 2) && !more("[1,[2,2],\",,,\"]", 3) && !more("{}", 0) && !more("[]", 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn agrees_with_serde_json_on_near_json(text in "([\\[\\]{},:\" 0-9eE.+-]|true|null|\"[a-zé]\"|\\\\u[0-9a-f]{4}|\\\\n){0,12}") {
            check(&text);
        }
    }
}
