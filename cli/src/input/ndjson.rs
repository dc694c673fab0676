//! One JSON object a line.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use serde_json::Value;

use super::{Cell, FIELD_LIMIT, Problem, RECORD_LIMIT, Records, Step};
use crate::Failure;

/// A stream of JSON objects.
pub struct Ndjson {
    input: Box<dyn BufRead>,
    place: String,
    names: Vec<String>,
    places: BTreeMap<String, usize>,
    values: Vec<Value>,
    text: Vec<u8>,
    line: u64,
    as_json: bool,
}

impl Ndjson {
    /// Reads `input`, which is called `place` in messages. With `as_json` records are only the JSON they are, without names and cells.
    pub fn new(input: Box<dyn BufRead>, place: &str, as_json: bool) -> Ndjson {
        let (names, values, text) = (Vec::new(), Vec::new(), Vec::new());
        Ndjson { input, place: place.to_owned(), names, places: BTreeMap::new(), values, text, line: 0, as_json }
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
        let value: Value = serde_json::from_slice(&self.text).map_err(|e| Problem::new("ROW_NOT_JSON", e.to_string()))?;
        let Value::Object(object) = value else {
            return Err(Problem::new("ROW_NOT_AN_OBJECT", "the line is JSON but not an object"));
        };
        self.values.iter_mut().for_each(|v| *v = Value::Null);
        for (name, value) in object {
            let at = match self.places.get(&name) {
                Some(at) => *at,
                None if self.names.len() < FIELD_LIMIT => {
                    self.names.push(name.clone());
                    self.values.push(Value::Null);
                    self.places.insert(name, self.names.len() - 1);
                    self.names.len() - 1
                }
                None => return Err(Problem::new("ROW_FIELD_COUNT", format!("more than {FIELD_LIMIT} distinct fields so far"))),
            };
            if let Some(slot) = self.values.get_mut(at) {
                *slot = value;
            }
        }
        Ok(())
    }
}

impl Records for Ndjson {
    fn names(&self) -> &[String] {
        &self.names
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
        self.values.get(index).map_or(Cell::Missing, Cell::of_json)
    }

    fn json(&self) -> Option<&[u8]> {
        Some(self.text.trim_ascii())
    }
}
