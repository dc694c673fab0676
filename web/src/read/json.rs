//! JSON in and out. The exact reader and writer of a library carry 30 KB of tables for numbers that a browser can read and write itself:
//! here short numbers are worked out, and the long ones are the browser's, or std's in a native build.

use serde_json::{Map, Number, Value};

/// How deep values may lie in each other.
const DEPTH: u32 = 64;
/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
    1e22,
];

/// The value that `text` holds; none where it is no JSON.
pub fn parse(text: &str) -> Option<Value> {
    first(text, usize::MAX)
}

/// As [`parse`], with at most `most` entries of any list: those behind are passed over, however many and whatever they are.
pub fn first(text: &str, most: usize) -> Option<Value> {
    let mut reader = Reader { text, at: 0, most };
    let value = reader.value(0)?;
    reader.space();
    (reader.at == text.len()).then_some(value)
}

/// The finite number in all of `text`, in JSON's notation.
pub fn number(text: &str) -> Option<f64> {
    let mut reader = Reader { text, at: 0, most: 0 };
    let x = reader.number()?.as_f64()?;
    (reader.at == text.len()).then_some(x)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Entries of a list that are kept.
    most: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.text.get(self.at..)?.starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.space();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Value::String),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => self.number().map(Value::Number),
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        self.at += 1;
        let mut members = Map::new();
        if self.take(b'}') {
            return Some(Value::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            if !self.take(b':') {
                return None;
            }
            members.insert(name, self.value(depth + 1)?);
            if self.take(b'}') {
                return Some(Value::Object(members));
            }
            if !self.take(b',') {
                return None;
            }
        }
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        self.at += 1;
        let mut entries = Vec::new();
        if self.take(b']') {
            return Some(Value::Array(entries));
        }
        loop {
            if entries.len() == self.most {
                return self.pass_over().map(|()| Value::Array(entries));
            }
            entries.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Some(Value::Array(entries));
            }
            if !self.take(b',') {
                return None;
            }
        }
    }

    /// Goes behind the end of the list that is open, looking at brackets and quotes alone.
    fn pass_over(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut open = 1u32;
        while open > 0 {
            match bytes.get(self.at)? {
                b'"' => loop {
                    self.at += 1;
                    match bytes.get(self.at)? {
                        b'"' => break,
                        b'\\' => self.at += 1,
                        _ => {}
                    }
                },
                b'[' | b'{' => open += 1,
                b']' | b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        if self.peek() != Some(b'"') {
            return None;
        }
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..)?;
            let length = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20)?;
            out.push_str(rest.get(..length)?);
            self.at += length + 1;
            match rest.as_bytes().get(length)? {
                b'"' => return Some(out),
                b'\\' => out.push(self.escaped()?),
                _ => return None,
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let high = self.unit()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return char::from_u32(high);
                }
                // Half a character: the other half follows as a code of its own.
                self.word("\\u", Value::Null)?;
                let low = self.unit().filter(|low| (0xdc00..0xe000).contains(low))?;
                return char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            }
            b'"' | b'\\' | b'/' => char::from(byte),
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    }

    fn digits(&mut self, mantissa: &mut u64, count: &mut u32) -> u32 {
        let mut read = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            if *count < 19 {
                *mantissa = *mantissa * 10 + u64::from(digit - b'0');
            }
            // Zeros before the first digit do not count.
            *count += u32::from(*mantissa > 0);
            self.at += 1;
            read += 1;
        }
        read
    }

    fn number(&mut self) -> Option<Number> {
        let start = self.at;
        let is_negative = self.peek() == Some(b'-');
        self.at += usize::from(is_negative);
        let (mut mantissa, mut count) = (0, 0);
        let is_zero = self.peek() == Some(b'0');
        let whole = self.digits(&mut mantissa, &mut count);
        if whole == 0 || (is_zero && whole > 1) {
            return None;
        }
        let mut exponent = 0i32;
        let mut is_whole = true;
        if self.peek() == Some(b'.') {
            self.at += 1;
            is_whole = false;
            let places = self.digits(&mut mantissa, &mut count);
            if places == 0 {
                return None;
            }
            exponent -= i32::try_from(places).ok()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            is_whole = false;
            let is_below = self.peek() == Some(b'-');
            self.at += usize::from(matches!(self.peek(), Some(b'-' | b'+')));
            let (mut size, mut count) = (0, 0);
            if self.digits(&mut size, &mut count) == 0 {
                return None;
            }
            let size = i32::try_from(size.min(9_999)).ok()?;
            exponent += if is_below { -size } else { size };
        }
        if is_whole && !is_negative && count < 19 {
            return Some(mantissa.into());
        }
        // Both are exact, so that one rounding is all there is.
        let power = POWERS.get(exponent.unsigned_abs() as usize);
        let x = match power.filter(|_| mantissa < 1 << 53 && count < 19) {
            Some(power) if exponent < 0 => mantissa as f64 / power,
            Some(power) => mantissa as f64 * power,
            None => return Number::from_f64(exact(self.text.get(start..self.at)?)),
        };
        Number::from_f64(if is_negative { -x } else { x })
    }
}

#[cfg(target_arch = "wasm32")]
fn exact(text: &str) -> f64 {
    js_sys::parse_float(text)
}

#[cfg(not(target_arch = "wasm32"))]
fn exact(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// The shortest text that reads as `x` again.
#[cfg(target_arch = "wasm32")]
pub fn shortest(x: f64) -> String {
    js_sys::Object::from(wasm_bindgen::JsValue::from_f64(x)).to_string().into()
}

/// The shortest text that reads as `x` again.
#[cfg(not(target_arch = "wasm32"))]
pub fn shortest(x: f64) -> String {
    x.to_string()
}

/// `value` as JSON.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    put(value, &mut out);
    out
}

fn put(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&shortest(number.as_f64().unwrap_or_default())),
        Value::String(text) => put_text(text, out),
        Value::Array(entries) => {
            out.push('[');
            for (place, entry) in entries.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                put(entry, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (place, (name, value)) in members.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                put_text(name, out);
                out.push(':');
                put(value, out);
            }
            out.push('}');
        }
    }
}

fn put_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_the_library_reads_it() {
        let texts = [
            r#"{"a":[1,-2,0.1,1e-7,123456789012345678901234567890,0.30000000000000004,-0.0,5e-324,1.7976931348623157e308],"b":"\u00e9\ud83d\ude00\n\"\\","c":null,"d":[true,false,{}],"e":[]}"#,
            "  [ 1 , 2 ]  ",
            "0.57444251681165903",
        ];
        for text in texts {
            let (own, other): (Value, Value) = (parse(text).unwrap(), serde_json::from_str(text).unwrap());
            assert_eq!(parse(&write(&own)).unwrap(), own, "{text}");
            let bits = |value: &Value| {
                value
                    .get("a")
                    .and_then(Value::as_array)
                    .map(|list| list.iter().map(|x| x.as_f64().unwrap().to_bits()).collect::<Vec<_>>())
            };
            assert_eq!(bits(&own), bits(&other), "{text}");
        }
        for text in ["", "{", "[1,]", "01", "1.", "-", "\"\\x\"", "\"\\ud800\"", "nul", "1 2", "{\"a\" 1}", "NaN", "\"\n\""] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
    }

    #[test]
    fn entries_behind_the_last_that_is_kept_are_passed_over() {
        let text = r#"{"a":[1,2,{"x":"]}\"["},[3,4,5]],"b":[[1,2,3]],"c":7}"#;
        let kept = first(text, 2).unwrap();
        assert_eq!(kept, serde_json::json!({ "a": [1, 2], "b": [[1, 2]], "c": 7 }));
        assert_eq!((first("[1,2,3", 1), first("[1,2]", 2)), (None, Some(serde_json::json!([1, 2]))));
    }

    #[test]
    fn short_numbers_have_the_bits_of_std() {
        for n in 0..20_000u64 {
            let text = format!("{}.{:03}", n / 1_000, n % 1_000);
            assert_eq!(number(&text).unwrap().to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }
}
