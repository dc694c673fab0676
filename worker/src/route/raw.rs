//! JSON arrays taken apart without holding more than the settings allow.

use std::fmt;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

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
        Err(error) => Err(Fault::Malformed(error.to_string())),
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
    }
}
