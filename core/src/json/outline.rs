//! JSON taken apart by its outline: arrays and objects into their parts, each still text, so that what is wrong with one part costs
//! that part, and nothing is held beyond what a caller allows.

use super::cursor::{Cursor, Stop, Token};

/// Why JSON was not taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlineFault {
    /// There are more parts than allowed.
    TooMany,
    /// It is not the array or object that was expected.
    Unexpected,
    /// Its outline is broken at this byte.
    Malformed(usize),
}

/// The items of the array `json`, at most `limit`, each as its text. Brackets and quotes of items are checked, and nothing else.
///
/// # Errors
/// [`OutlineFault`].
///
/// # Example
/// ```
/// use plumbline_core::json::items;
/// assert_eq!(items(r#"[1, {"a": [2, 3]}, NaN]"#, 3), Ok(vec!["1", r#"{"a": [2, 3]}"#, "NaN"]));
/// ```
pub fn items(json: &str, limit: usize) -> Result<Vec<&str>, OutlineFault> {
    let mut items = Vec::new();
    parts(json, b'[', b']', &mut |cursor, buffer| {
        if items.len() == limit {
            return Err(OutlineFault::TooMany);
        }
        items.push(part(cursor, buffer)?);
        Ok(())
    })?;
    Ok(items)
}

/// The members of the object `json` in their order, at most `limit`, each value as its text. A key that comes twice is there twice.
///
/// # Errors
/// [`OutlineFault`].
pub fn members(json: &str, limit: usize) -> Result<Vec<(String, &str)>, OutlineFault> {
    let mut members = Vec::new();
    parts(json, b'{', b'}', &mut |cursor, buffer| {
        if members.len() == limit {
            return Err(OutlineFault::TooMany);
        }
        let malformed = |cursor: &Cursor<'_>| OutlineFault::Malformed(cursor.offset());
        let key = match cursor.string(buffer) {
            Ok(Token::Plain(text)) => text.to_owned(),
            Ok(Token::Unescaped) => buffer.clone(),
            Err(_) => return Err(malformed(cursor)),
        };
        cursor.expect(b':', "expected a colon").map_err(|_| malformed(cursor))?;
        members.push((key, part(cursor, buffer)?));
        Ok(())
    })?;
    Ok(members)
}

/// Takes one value by its outline.
fn part<'a>(cursor: &mut Cursor<'a>, buffer: &mut String) -> Result<&'a str, OutlineFault> {
    cursor.skip_space();
    let start = cursor.offset();
    if cursor.skip_outline(buffer) { Ok(cursor.source(start).trim_ascii_end()) } else { Err(OutlineFault::Malformed(start)) }
}

type Part<'p, 'a> = &'p mut dyn FnMut(&mut Cursor<'a>, &mut String) -> Result<(), OutlineFault>;

fn parts<'a>(json: &'a str, open: u8, close: u8, part: Part<'_, 'a>) -> Result<(), OutlineFault> {
    let mut cursor = Cursor::new(json);
    let mut buffer = String::new();
    cursor.expect(open, "expected an array or an object").map_err(|_| OutlineFault::Unexpected)?;
    let mut fault = None;
    let read = cursor.items(close, &mut |cursor| {
        part(cursor, &mut buffer).map_err(|found| {
            fault = Some(found);
            Stop::TooDeep
        })
    });
    cursor.skip_space();
    match (read, fault) {
        (_, Some(fault)) => Err(fault),
        (Ok(()), None) if cursor.is_at_end() => Ok(()),
        _ => Err(OutlineFault::Malformed(cursor.offset())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_objects_come_apart_up_to_a_limit() {
        assert_eq!(items("[1, [2, 3] , {} ]", 3), Ok(vec!["1", "[2, 3]", "{}"]));
        assert_eq!(items(r#"["\ud800",01]"#, 2), Ok(vec![r#""\ud800""#, "01"]), "what is wrong with an item is the item's");
        assert_eq!(items(" [ ] ", 0), Ok(vec![]));
        assert_eq!(items("[1,2]", 1), Err(OutlineFault::TooMany));
        for text in ["{}", "", "7", "null"] {
            assert_eq!(items(text, 9), Err(OutlineFault::Unexpected), "{text}");
        }
        for text in ["[1,]", "[1,,2]", "[", "[1", "[1}", "[1] 2", "[\"a]"] {
            assert!(matches!(items(text, 9), Err(OutlineFault::Malformed(_))), "{text}");
        }
        let found = members(r#"{"b": [1], "\u0061": 2, "b": x}"#, 3).unwrap();
        assert_eq!(
            found.iter().map(|(key, value)| (key.as_str(), *value)).collect::<Vec<_>>(),
            [("b", "[1]"), ("a", "2"), ("b", "x")]
        );
        assert_eq!(members(r#"{"b": 1, "a": 2}"#, 1), Err(OutlineFault::TooMany));
        for text in [r#"{"a"}"#, r#"{"a":}"#, r#"{a:1}"#, r#"{"a":1,}"#, r#"{"\ud800":1}"#] {
            assert!(matches!(members(text, 9), Err(OutlineFault::Malformed(_))), "{text}");
        }
    }
}
