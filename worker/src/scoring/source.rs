//! What a lead is read from.

use std::borrow::Cow;
use std::fmt::Write;

use plumbline_core::Decimal;
use plumbline_core::lead::{LeadError, Limits, Place, Reader, Slots, Value};

/// A lead that can be read by one schema after another.
pub(crate) trait Source {
    /// Reads it by `reader` into `slots`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn read(&self, reader: &Reader, limits: &Limits, slots: &mut Slots) -> Result<(), Vec<LeadError>>;

    /// The lead as a JSON object; empty where it is no text.
    fn json(&self) -> Cow<'_, str>;
}

/// A lead as a JSON object.
pub(super) struct Json<'a>(pub &'a [u8]);

impl Source for Json<'_> {
    fn read(&self, reader: &Reader, limits: &Limits, slots: &mut Slots) -> Result<(), Vec<LeadError>> {
        reader.read_json(self.0, limits, slots)
    }

    fn json(&self) -> Cow<'_, str> {
        std::str::from_utf8(self.0).unwrap_or_default().into()
    }
}

/// A lead put together from the cells of a table or a tensor: a JSON object, so that a cell is read as a member of a lead is.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// The members so far, each behind a bracket or a comma.
    json: String,
    /// Cells that are no value of their field.
    pub wrong: Vec<LeadError>,
}

impl Row {
    /// Adds the member `name` with `json`, the text of its value.
    pub(crate) fn set(&mut self, name: &str, json: &str) {
        self.begin(name);
        self.json.push_str(json);
    }

    /// Adds the member `name` with `value`; infinities are noted as wrong, since JSON has none.
    pub(crate) fn set_value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Missing => {}
            Value::Number(x) if x.is_finite() => {
                self.begin(name);
                // Writing to memory cannot fail.
                let _ = write!(self.json, "{}", Decimal(*x));
            }
            Value::Number(_) => {
                self.wrong.push(LeadError::NotFinite { place: Place { field: name.to_owned(), item: None } });
            }
            value => self.set(name, &serde_json::to_string(value).unwrap_or_default()),
        }
    }

    fn begin(&mut self, name: &str) {
        self.json.push(if self.json.is_empty() { '{' } else { ',' });
        self.json.push_str(&serde_json::to_string(name).unwrap_or_default());
        self.json.push(':');
    }
}

impl Source for Row {
    fn read(&self, reader: &Reader, limits: &Limits, slots: &mut Slots) -> Result<(), Vec<LeadError>> {
        let json = self.json();
        // The body was measured; its cells with their names may be longer.
        let limits = Limits { body_bytes: u64::MAX, ..*limits };
        let read = reader.read_json(json.as_bytes(), &limits, slots);
        // What cannot be a value is reported alone: that it is missing says nothing new.
        if self.wrong.is_empty() { read } else { Err(self.wrong.clone()) }
    }

    fn json(&self) -> Cow<'_, str> {
        if self.json.is_empty() { "{}".into() } else { format!("{}}}", self.json).into() }
    }
}
