//! Small readings of text that several routes need.

use std::borrow::Cow;
use std::fmt::Write;

/// `part` with `%41` read as `A`; what is no escape, or no UTF-8, stays as it is.
pub(crate) fn percent_decoded(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return Cow::Borrowed(part);
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits =
            tail.get(..2).filter(|two| two.iter().all(u8::is_ascii_hexdigit)).and_then(|two| std::str::from_utf8(two).ok());
        match digits.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(part), Cow::Owned)
}

/// `text` as a segment of a path: what is neither letter, digit, `-`, `.`, `_` nor `~` is escaped.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to memory cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `json` with each bare `NaN` replaced by `null`; none, and nothing copied, when there is none.
pub(crate) fn nan_as_null(json: &str) -> Option<String> {
    let mut out: Option<String> = None;
    let (mut quoted, mut escaped, mut copied) = (false, false, 0);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'N' if !quoted && json.get(at..at + 3) == Some("NaN") => {
                let out = out.get_or_insert_with(|| String::with_capacity(json.len() + 64));
                out.push_str(json.get(copied..at).unwrap_or_default());
                out.push_str("null");
                copied = at + 3;
            }
            _ => {}
        }
    }
    let mut out = out?;
    out.push_str(json.get(copied..).unwrap_or_default());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{nan_as_null, percent_decoded};

    #[test]
    fn bare_nan_is_null_and_text_stays_text() {
        assert_eq!(nan_as_null(r#"[NaN,"NaN \" NaN",{"a":NaN}]"#).as_deref(), Some(r#"[null,"NaN \" NaN",{"a":null}]"#));
        assert_eq!((nan_as_null(r#"["NaN"]"#), nan_as_null("[Na"), nan_as_null("")), (None, None, None));
    }

    #[test]
    fn decodes_escapes_and_leaves_the_rest() {
        for (part, decoded) in
            [("a%20b", "a b"), ("%C3%A9", "é"), ("100%", "100%"), ("%zz", "%zz"), ("%FF", "%FF"), ("%2", "%2"), ("%+f", "%+f")]
        {
            assert_eq!(percent_decoded(part), decoded);
        }
    }
}
