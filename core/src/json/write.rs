//! Writing JSON to bytes.

use std::convert::Infallible;

use super::shown;

/// An object being written: members with nothing to say are the caller's to leave out.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    /// Begins an object; [`end`](Self::end) ends it.
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Object<'a> {
        out.push(b'{');
        Object { out, first: true }
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    /// Writes a key of our own, which needs no escape; the caller writes its value to what is returned.
    pub(crate) fn key(&mut self, key: &'static str) -> &mut Vec<u8> {
        self.out.extend_from_slice(if self.first { b"\"" } else { b",\"" });
        self.first = false;
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Writes a key that is anybody's; the caller writes its value to what is returned.
    pub(crate) fn named(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        text(self.out, key);
        self.out.push(b':');
        self.out
    }

    /// Writes a member whose key is anybody's.
    pub(crate) fn entry(&mut self, key: &str, value: &str) {
        text(self.named(key), value);
    }

    pub(crate) fn text(&mut self, key: &'static str, value: &str) {
        text(self.key(key), value);
    }

    /// The shortest decimal that reads back to the same bits; what is not finite is null.
    pub(crate) fn number(&mut self, key: &'static str, value: f64) {
        number(self.key(key), value);
    }

    pub(crate) fn integer(&mut self, key: &'static str, value: i32) {
        integer(self.key(key), i64::from(value));
    }

    pub(crate) fn list<T>(&mut self, key: &'static str, items: &[T], each: &mut dyn FnMut(&mut Vec<u8>, &T)) {
        list(self.key(key), items, each);
    }

    pub(crate) fn texts(&mut self, key: &'static str, items: &[String]) {
        list(self.key(key), items, &mut |out, item| text(out, item));
    }
}

/// A list; `each` writes an item.
pub(crate) fn list<T>(out: &mut Vec<u8>, items: &[T], each: &mut dyn FnMut(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        each(out, item);
    }
    out.push(b']');
}

/// The shortest decimal that reads back to the same bits; what is not finite is null.
pub(crate) fn number(out: &mut Vec<u8>, x: f64) {
    if !x.is_finite() {
        out.extend_from_slice(b"null");
    } else if x.abs() < 1e15 && (x as i64 as f64).to_bits() == x.to_bits() {
        integer(out, x as i64);
    } else {
        let written: Result<(), Infallible> = shown::plain(x, &mut |part| {
            out.extend_from_slice(part.as_bytes());
            Ok(())
        });
        let Ok(()) = written;
    }
}

fn integer(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0u8; 20];
    let (mut rest, mut length) = (value.unsigned_abs(), 0);
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        (rest, length) = (rest / 10, length + 1);
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(digits.get(digits.len() - length..).unwrap_or(&[]));
}

/// A text in quotes, escaped as JSON demands and no further.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    // Nearly all texts need no escape: asked without a way out, many bytes are looked at together.
    let plain = rest.iter().fold(true, |plain, b| plain & (*b >= 0x20) & (*b != b'"') & (*b != b'\\'));
    while !plain
        && let Some((plain, after)) =
            rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)).and_then(|at| rest.split_at_checked(at))
    {
        let Some((byte, after)) = after.split_first() else { break };
        out.extend_from_slice(plain);
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                let low = HEX.get(usize::from(byte % 16)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + byte / 16, low]);
            }
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(bits: u64, value: String, whole: i64, control in "[\\x00-\\x1f\"\\\\é]{0,6}") {
            let mut out = Vec::new();
            let mut object = Object::begin(&mut out);
            let x = f64::from_bits(bits);
            object.number("x", x);
            object.number("whole", whole as f64);
            object.text("value", &value);
            object.texts("list", &[value.clone(), control.clone()]);
            object.end();
            let read: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
            if x.is_finite() {
                prop_assert_eq!(read["x"].as_f64().map(f64::to_bits), Some(x.to_bits()));
            } else {
                prop_assert!(read["x"].is_null());
            }
            prop_assert_eq!(read["whole"].as_f64(), Some(whole as f64));
            prop_assert_eq!(read["value"].as_str(), Some(value.as_str()));
            prop_assert_eq!(read["list"][1].as_str(), Some(control.as_str()));
        }
    }
}
