//! JSON arrays taken apart without holding more than the settings allow.

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::table::not_as_expected;

/// Why an array was not taken apart.
#[derive(Debug)]
pub(super) enum Fault {
    /// It has more items than allowed.
    TooMany,
    /// It is none, or not JSON.
    Malformed(String),
}

/// The items of the array `raw`, at most `limit`, each still as text.
pub(super) fn items(raw: &RawValue, limit: usize) -> Result<Vec<&RawValue>, Fault> {
    let mut full = false;
    let mut json = serde_json::Deserializer::from_str(raw.get());
    let read = json.deserialize_seq(Items { limit, full: &mut full });
    match read {
        Ok(items) => Ok(items),
        Err(_) if full => Err(Fault::TooMany),
        Err(error) => Err(Fault::Malformed(not_as_expected(&error))),
    }
}

/// The entries of the object `raw` in their order, at most `limit`, each value still as text.
pub(super) fn entries(raw: &RawValue, limit: usize) -> Result<Vec<(String, &RawValue)>, Fault> {
    let mut full = false;
    let mut json = serde_json::Deserializer::from_str(raw.get());
    let read = json.deserialize_map(Entries { limit, full: &mut full });
    match read {
        Ok(entries) => Ok(entries),
        Err(_) if full => Err(Fault::TooMany),
        Err(error) => Err(Fault::Malformed(not_as_expected(&error))),
    }
}

struct Entries<'f> {
    limit: usize,
    full: &'f mut bool,
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            if entries.len() == self.limit {
                *self.full = true;
                return Err(A::Error::custom("too many entries"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

struct Items<'f> {
    limit: usize,
    full: &'f mut bool,
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            if items.len() == self.limit {
                *self.full = true;
                return Err(A::Error::custom("too many items"));
            }
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_arrays_apart_up_to_the_limit() {
        let raw = |text: &str| serde_json::from_str::<Box<RawValue>>(text).unwrap();
        assert_eq!(items(&raw("[1, [2, 3], {}]"), 3).unwrap().iter().map(|i| i.get()).collect::<Vec<_>>(), ["1", "[2, 3]", "{}"]);
        assert!(matches!(items(&raw("[1,2]"), 1), Err(Fault::TooMany)));
        assert!(matches!(items(&raw("{}"), 1), Err(Fault::Malformed(_))));
        let object = raw(r#"{"b": [1], "a": 2}"#);
        let found = entries(&object, 2).unwrap();
        assert_eq!(found.iter().map(|(k, v)| (k.as_str(), v.get())).collect::<Vec<_>>(), [("b", "[1]"), ("a", "2")]);
        assert!(matches!(entries(&object, 1), Err(Fault::TooMany)));
        assert!(matches!(entries(&raw("[]"), 1), Err(Fault::Malformed(_))));
    }
}
