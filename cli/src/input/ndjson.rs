//! One JSON object a line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::{Cell, FIELD_LIMIT, Problem, RECORD_LIMIT, Records, Step};
use crate::Failure;

/// A stream of JSON objects.
pub struct Ndjson {
    input: Box<dyn BufRead>,
    place: String,
    row: Row,
    text: Vec<u8>,
    line: u64,
    as_json: bool,
}

/// The fields seen so far and their values in the current record.
#[derive(Default)]
struct Row {
    names: Vec<String>,
    places: BTreeMap<String, usize>,
    values: Vec<Value>,
    /// Per field the number of the last record that has it, and the number of the current one.
    last: Vec<u64>,
    record: u64,
    /// A field that the record has twice.
    repeated: Option<usize>,
    /// Whether the record has a field beyond the limit.
    is_full: bool,
}

impl Ndjson {
    /// Reads `input`, which is called `place` in messages. With `as_json` records are only the JSON they are, without names and cells.
    pub fn new(input: Box<dyn BufRead>, place: &str, as_json: bool) -> Ndjson {
        Ndjson { input, place: place.to_owned(), row: Row::default(), text: Vec::new(), line: 0, as_json }
    }

    /// Reads one line into `text`; false at the end.
    fn read_line(&mut self) -> std::io::Result<bool> {
        self.text.clear();
        self.line += 1;
        let limit = RECORD_LIMIT as u64 + 1;
        let read = self.input.by_ref().take(limit).read_until(b'\n', &mut self.text)?;
        if self.text.len() > RECORD_LIMIT && self.text.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
        }
        Ok(read > 0)
    }

    fn store(&mut self) -> Result<(), Problem> {
        if self.text.len() > RECORD_LIMIT {
            return Err(Problem::new("ROW_TOO_LONG", format!("the line is longer than {RECORD_LIMIT} bytes")));
        }
        if self.as_json {
            return Ok(());
        }
        self.row.values.iter_mut().for_each(|value| *value = Value::Null);
        self.row.is_full = false;
        self.row.repeated = None;
        self.row.record += 1;
        let mut json = serde_json::Deserializer::from_slice(&self.text);
        if let Err(error) = self.row.deserialize(&mut json).and_then(|()| json.end()) {
            return Err(match serde_json::from_slice::<IgnoredAny>(&self.text) {
                Ok(_) => Problem::new("ROW_NOT_AN_OBJECT", "the line is JSON but not an object"),
                Err(_) => Problem::new("ROW_NOT_JSON", error.to_string()),
            });
        }
        match self.row.repeated.and_then(|at| self.row.names.get(at)) {
            Some(name) => Err(Problem::new("ROW_DUPLICATE_KEY", format!("{name:?} appears twice, so its value is not known"))),
            None if self.row.is_full => {
                Err(Problem::new("ROW_FIELD_COUNT", format!("more than {FIELD_LIMIT} distinct fields so far")))
            }
            None => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Row {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Row {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut next = 0;
        while let Some(place) = object.next_key_seed(Key { row: self, next })? {
            if let Some((at, last)) = place.and_then(|place| Some((place, self.last.get_mut(place)?)))
                && std::mem::replace(last, self.record) == self.record
            {
                self.repeated = Some(at);
            }
            match place.and_then(|place| self.values.get_mut(place)) {
                Some(value) => *value = object.next_value()?,
                None => drop(object.next_value::<IgnoredAny>()?),
            }
            next = place.map_or(next, |place| place + 1);
        }
        Ok(())
    }
}

/// The place of a key: that of the field `next`, in records of one layout.
struct Key<'a> {
    row: &'a mut Row,
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<usize>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        if self.row.names.get(self.next).is_some_and(|own| own == name) {
            return Ok(Some(self.next));
        }
        Ok(self.row.place(name.into()))
    }

    fn visit_string<E>(self, name: String) -> Result<Option<usize>, E> {
        Ok(self.row.place(name.into()))
    }
}

impl Row {
    /// The place of field `name`, a new one if it was not seen before; none beyond the limit.
    fn place(&mut self, name: Cow<'_, str>) -> Option<usize> {
        if let Some(place) = self.places.get(&*name) {
            return Some(*place);
        }
        if self.names.len() == FIELD_LIMIT {
            self.is_full = true;
            return None;
        }
        let name = name.into_owned();
        self.names.push(name.clone());
        self.values.push(Value::Null);
        self.last.push(0);
        self.places.insert(name, self.names.len() - 1);
        Some(self.names.len() - 1)
    }
}

impl Records for Ndjson {
    fn names(&self) -> &[String] {
        &self.row.names
    }

    fn is_table(&self) -> bool {
        false
    }

    fn advance(&mut self) -> Result<Step, Failure> {
        loop {
            if !self.read_line().map_err(Failure::read(&self.place))? {
                return Ok(Step::End);
            }
            if self.line == 1 {
                let text = self.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.text).to_vec();
                if text.trim_ascii_start().starts_with(b"[") {
                    let message = "this is a JSON array; put one object on each line (for example with jq -c '.[]')";
                    return Err(Failure::input(format!("{}, line 1", self.place), "INPUT_JSON_ARRAY", message));
                }
                self.text = text;
            }
            if !self.text.trim_ascii().is_empty() {
                return Ok(self.store().map_or_else(Step::Rejected, |()| Step::Record));
            }
        }
    }

    fn line(&self) -> u64 {
        self.line
    }

    fn cell(&self, index: usize) -> Cell<'_> {
        self.row.values.get(index).map_or(Cell::Missing, Cell::of_json)
    }

    fn row(&self) -> String {
        let text = if self.text.len() > RECORD_LIMIT { b"" } else { self.text.trim_ascii() };
        String::from_utf8_lossy(text).into_owned()
    }

    fn json(&self) -> Option<&[u8]> {
        Some(self.text.trim_ascii())
    }
}
