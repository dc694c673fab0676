//! JSON as Python reads it: `NaN`, `Infinity` and `-Infinity` are numbers to it.

use serde_json::Value as Json;

/// Reads a document that Python's `json` wrote. Its three bare words become texts.
///
/// # Errors
/// A sentence with line and column.
pub fn read(text: &str) -> Result<Json, String> {
    serde_json::from_str(&quoted(text)).map_err(|e| e.to_string())
}

/// `text` with the bare words quoted; everything else as it stands.
fn quoted(text: &str) -> String {
    let (mut out, mut rest, mut in_text) = (String::with_capacity(text.len()), text, false);
    while let Some(c) = rest.chars().next() {
        if in_text {
            let end = rest.find(['"', '\\']).unwrap_or(rest.len());
            let step = match rest.as_bytes().get(end) {
                Some(b'\\') => end + 1 + rest.get(end + 1..).and_then(|r| r.chars().next()).map_or(0, char::len_utf8),
                Some(_) => {
                    in_text = false;
                    end + 1
                }
                None => end,
            };
            out.push_str(rest.get(..step).unwrap_or(rest));
            rest = rest.get(step..).unwrap_or_default();
            continue;
        }
        if let Some(word) = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| rest.starts_with(word)) {
            out.push('"');
            out.push_str(word);
            out.push('"');
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        in_text = c == '"';
        out.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out
}

/// Whether Python's `json.loads` takes `text`: any nesting up to a thousand, the bare words, halves of surrogate pairs.
pub(super) fn is_json(text: &str) -> bool {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    scan.value(1000) && {
        scan.space();
        scan.at == scan.bytes.len()
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &[u8]) -> bool {
        let is_next = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// Takes one value. Nesting is counted, not called: a deep text must not exhaust the stack.
    fn value(&mut self, deepest: usize) -> bool {
        let mut open = Vec::new();
        loop {
            self.space();
            let done = match self.peek() {
                b'{' => {
                    self.at += 1;
                    self.space();
                    if self.takes(b"}") {
                        true
                    } else {
                        open.push(b'}');
                        if open.len() > deepest || !self.key() {
                            return false;
                        }
                        false
                    }
                }
                b'[' => {
                    self.at += 1;
                    self.space();
                    if self.takes(b"]") {
                        true
                    } else {
                        open.push(b']');
                        if open.len() > deepest {
                            return false;
                        }
                        false
                    }
                }
                _ => {
                    if !self.plain() {
                        return false;
                    }
                    true
                }
            };
            if !done {
                continue;
            }
            loop {
                let Some(close) = open.last().copied() else { return true };
                self.space();
                if self.takes(b",") {
                    self.space();
                    if close == b'}' && !self.key() {
                        return false;
                    }
                    break;
                }
                if !self.takes(&[close]) {
                    return false;
                }
                open.pop();
            }
        }
    }

    /// Takes a value that holds no others.
    fn plain(&mut self) -> bool {
        match self.peek() {
            b'"' => self.text(),
            b't' => self.takes(b"true"),
            b'f' => self.takes(b"false"),
            b'n' => self.takes(b"null"),
            b'N' => self.takes(b"NaN"),
            b'I' => self.takes(b"Infinity"),
            _ => self.takes(b"-Infinity") || self.number(),
        }
    }

    fn key(&mut self) -> bool {
        if !(self.peek() == b'"' && self.text()) {
            return false;
        }
        self.space();
        self.takes(b":")
    }

    fn text(&mut self) -> bool {
        self.at += 1;
        loop {
            match self.bytes.get(self.at).copied() {
                Some(b'"') => {
                    self.at += 1;
                    return true;
                }
                Some(b'\\') => {
                    let hex = self.bytes.get(self.at + 2..self.at + 6);
                    self.at += match self.bytes.get(self.at + 1) {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                        Some(b'u') if hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => 6,
                        _ => return false,
                    };
                }
                None | Some(0..0x20) => return false,
                Some(_) => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> bool {
        let digits = |scan: &mut Self| {
            let start = scan.at;
            while scan.peek().is_ascii_digit() {
                scan.at += 1;
            }
            scan.at > start
        };
        self.takes(b"-");
        if !self.takes(b"0") && !digits(self) {
            return false;
        }
        let before = self.at;
        if self.takes(b".") && !digits(self) {
            self.at = before;
            return false;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            return digits(self);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bare_words_are_read() {
        let read = read(r#"{"a": [NaN, -Infinity, "NaN \" Infinity"], "b": 1}"#).unwrap();
        assert_eq!(read, serde_json::json!({"a": ["NaN", "-Infinity", "NaN \" Infinity"], "b": 1}));
        assert!(super::read("{").is_err());
    }

    #[test]
    fn json_is_what_python_takes() {
        let deep = "[".repeat(900) + &"]".repeat(900);
        for text in ["1", "-0.5e3", "[1, {}]", "NaN", "[-Infinity]", "\"\\ud83d\"", " {\"a\":1} ", deep.as_str()] {
            assert!(is_json(text), "{text}");
        }
        let deep = "[".repeat(100_000);
        for text in ["", "a", "01", "1.", "[1,]", "{\"a\"}", "{a:1}", "'a'", "user@x", "\"a\nb\"", "1 2", deep.as_str()] {
            assert!(!is_json(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in "([\\[\\]{},:\" 0-9eE.+-]|true|null|\"[a-zé]\"|\\\\n){0,12}") {
            let theirs = match serde_json::from_str::<Json>(&text) {
                Ok(_) => true,
                Err(e) => e.to_string().contains("number out of range"),
            };
            prop_assert_eq!(is_json(&text), theirs);
        }
    }
}
