//! The JSON of requests to the tabular protocols, taken apart by its outline: a request is read as strictly as its protocol says, a
//! cell as leads are read, so that what is wrong with one costs one lead.

use std::borrow::Cow;

use plumbline_core::json::{self, OutlineFault};
use serde::de::DeserializeOwned;

use crate::problem::Problem;
use crate::text::nan_as_null;

/// Members of one object beyond this are refused.
const MOST_MEMBERS: usize = 1_000;
/// U+FEFF in UTF-8, as some editors put it before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// `body` as text, without a byte order mark, and with `null` for each bare `NaN`, as Python's clients write a missing number.
///
/// # Errors
/// It is not UTF-8.
pub(super) fn text(body: &[u8]) -> Result<Cow<'_, str>, Problem> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let text =
        std::str::from_utf8(body).map_err(|e| bad(format!("the JSON is not valid UTF-8 after byte {}", e.valid_up_to())))?;
    Ok(nan_as_null(text).map_or(Cow::Borrowed(text), Cow::Owned))
}

/// The members of a JSON object, each still as text.
pub(super) struct Members<'a> {
    list: Vec<(String, &'a str)>,
    place: String,
}

impl<'a> Members<'a> {
    /// The members of the object `json`, which the request has at `place` (such as `the request` or `inputs[2]`).
    ///
    /// # Errors
    /// It is not an object, or its outline is broken.
    pub(super) fn of(json: &'a str, place: impl Into<String>) -> Result<Members<'a>, Problem> {
        let place = place.into();
        let list = json::members(json, MOST_MEMBERS).map_err(|fault| misread(&place, "an object", MOST_MEMBERS, fault))?;
        Ok(Members { list, place })
    }

    /// The text of the member `name`; none where it is absent or null.
    ///
    /// # Errors
    /// It comes twice: readers differ on which counts.
    pub(super) fn get(&self, name: &str) -> Result<Option<&'a str>, Problem> {
        let mut found = self.list.iter().filter(|(known, _)| known == name).map(|(_, text)| *text);
        let first = found.next();
        match found.next() {
            Some(_) => Err(bad(format!("{} has the member {name} twice", self.place))),
            None => Ok(first.filter(|text| *text != "null")),
        }
    }

    /// The member `name`, which must be `expected`; none where it is absent or null.
    ///
    /// # Errors
    /// It comes twice, or is something else.
    pub(super) fn read<T: DeserializeOwned>(&self, name: &str, expected: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.get(name)? else { return Ok(None) };
        let value = serde_json::from_str(text).map_err(|_| bad(format!("{name} of {} must be {expected}", self.place)))?;
        Ok(Some(value))
    }

    /// The whole number `name`, which may be written as 3.0 too; none where it is absent or null.
    ///
    /// # Errors
    /// It comes twice, or is something else.
    pub(super) fn whole(&self, name: &str) -> Result<Option<u32>, Problem> {
        let expected = "a whole number up to 4294967295";
        let Some(number) = self.read::<f64>(name, expected)? else { return Ok(None) };
        let whole = number as u32;
        if f64::from(whole) == number {
            Ok(Some(whole))
        } else {
            Err(bad(format!("{name} of {} must be {expected}", self.place)))
        }
    }

    /// The members of the object `name`; of none where it is absent or null.
    ///
    /// # Errors
    /// It comes twice, or is not an object.
    pub(super) fn object(&self, name: &str) -> Result<Members<'a>, Problem> {
        Members::of(self.get(name)?.unwrap_or("{}"), format!("{name} of {}", self.place))
    }
}

/// The items of the array `json`, at most `limit`, which the request has at `place`.
///
/// # Errors
/// It is not an array, has more items, or its outline is broken.
pub(super) fn items<'a>(json: &'a str, place: &str, limit: usize) -> Result<Vec<&'a str>, Problem> {
    json::items(json, limit).map_err(|fault| misread(place, "an array", limit, fault))
}

/// The entries of the object `json` in their order, at most `limit`, which the request has at `place`.
///
/// # Errors
/// It is not an object, has more entries, or its outline is broken.
pub(super) fn entries<'a>(json: &'a str, place: &str, limit: usize) -> Result<Vec<(String, &'a str)>, Problem> {
    json::members(json, limit).map_err(|fault| misread(place, "an object", limit, fault))
}

fn misread(place: &str, expected: &str, limit: usize, fault: OutlineFault) -> Problem {
    match fault {
        OutlineFault::TooMany => Problem::new(413, "BATCH_TOO_LARGE", format!("{place} has more than {limit} items")),
        OutlineFault::Unexpected => bad(format!("{place} must be {expected}")),
        OutlineFault::Malformed(at) => bad(format!("{place} is malformed at byte {at}")),
    }
}

/// The problem of a request that is not as its protocol says.
pub(super) fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(400, "BAD_REQUEST", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_by_name_and_null_is_absent() {
        let json = r#"{"id": "7", "n": null, "parameters": {"reasons": 2}, "twice": 1, "twice": 2, "list": [1]}"#;
        let members = Members::of(json, "the request").unwrap();
        assert_eq!(members.read::<String>("id", "text").unwrap().as_deref(), Some("7"));
        assert_eq!((members.get("n").unwrap(), members.get("none").unwrap()), (None, None));
        assert_eq!(members.object("parameters").unwrap().whole("reasons").unwrap(), Some(2));
        let numbers = Members::of(r#"{"a": 3.0, "b": 0.5, "c": -1, "d": 4294967296, "e": null}"#, "x").unwrap();
        assert_eq!((numbers.whole("a").unwrap(), numbers.whole("e").unwrap()), (Some(3), None));
        assert!(["b", "c", "d"].iter().all(|name| numbers.whole(name).is_err()));
        assert_eq!(members.object("n").unwrap().list.len(), 0);
        for wrong in [
            members.get("twice").err(),
            members.read::<usize>("id", "a whole number").err(),
            members.object("list").err(),
            Members::of("[]", "the request").err(),
            Members::of(r#"{"a":"#, "the request").err(),
            text(b"\xff").err(),
        ] {
            assert_eq!(wrong.unwrap().code, "BAD_REQUEST");
        }
        assert_eq!(items("[1,2]", "data", 1).unwrap_err().code, "BATCH_TOO_LARGE");
        assert_eq!(text("\u{feff}{\"a\":NaN}".as_bytes()).unwrap(), r#"{"a":null}"#);
    }
}
