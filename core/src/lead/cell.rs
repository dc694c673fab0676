//! Text cells of a table to values.

use super::{LeadError, Place, Value};
use crate::json::{MAX_SAFE_INTEGER, parse_number};
use crate::schema::{Field, FieldKind, Role, means_missing};
use crate::table::{Cell, Epoch, is_missing, number, trim};

impl Field {
    /// The value a CSV's cell stands for, by the rules of [`table`](crate::table): a missing word is missing, unless it is one of the
    /// field's categories; any other text is read by [`Field::parse_text`].
    ///
    /// # Errors
    /// Those of [`Field::parse_text`].
    pub fn parse_cell(&self, cell: &str) -> Result<Value, LeadError> {
        let text = trim(cell);
        if self.role != Role::Id && is_missing(text) && !self.lists(cell) && !self.lists(text) {
            return Ok(Value::Missing);
        }
        self.parse_trimmed(cell, text)
    }

    /// Whether `text` is one of the field's categories as it stands.
    fn lists(&self, text: &str) -> bool {
        self.kind == FieldKind::Category && self.categories.iter().any(|category| category == text)
    }

    /// The value a text stands for. Numbers and flags are read by the rules of [`table`](crate::table); a number in a date is in the
    /// field's [unit](Field::epoch); items of a list are separated by `;`; a category that looks like a number is a code where the schema
    /// lists no texts or says so, else a text. A blank text is missing.
    ///
    /// # Errors
    /// [`LeadError::WrongType`], [`LeadError::NotFinite`] or [`LeadError::UnsafeInteger`] for a text that is no value of this
    /// kind. Limits and dates are checked when the lead is read.
    pub fn parse_text(&self, text: &str) -> Result<Value, LeadError> {
        self.parse_trimmed(text, trim(text))
    }

    /// The value of `whole`, which without the white space around it is `text`.
    fn parse_trimmed(&self, whole: &str, text: &str) -> Result<Value, LeadError> {
        // An id is taken as it stands, and white space belongs to the text of a category that is listed with it.
        if self.role == Role::Id && !text.is_empty() || text.len() < whole.len() && self.lists(whole) {
            return Ok(Value::Text(whole.to_owned()));
        }
        if text.is_empty() {
            return Ok(Value::Missing);
        }
        if means_missing(&self.missing, text) && !self.lists(text) {
            return Ok(Value::Missing);
        }
        let place = || Place { field: self.name.clone(), item: None };
        let wrong = |expected| LeadError::WrongType { place: place(), expected, found: "text" };
        match self.kind {
            FieldKind::Number => match Cell::Text(text).read_number().map_err(|_| wrong("a number"))? {
                Some(x) if !x.is_finite() => Err(LeadError::NotFinite { place: place() }),
                Some(x) if x.abs() > MAX_SAFE_INTEGER as f64 && is_whole(text) => {
                    Err(LeadError::UnsafeInteger { place: place() })
                }
                x => Ok(x.map_or(Value::Missing, Value::Number)),
            },
            FieldKind::Category => Ok(match parse_number(text) {
                Ok(code) if self.categories.is_empty() || self.codes => Value::Number(code),
                _ => Value::Text(text.to_owned()),
            }),
            FieldKind::Flag => {
                let flag = Cell::Text(text).read_flag().map_err(|_| wrong("true or false"))?;
                Ok(flag.map_or(Value::Missing, Value::Flag))
            }
            FieldKind::List => {
                let items = text.split(';').map(str::trim).filter(|item| !item.is_empty());
                Ok(Value::List(items.map(str::to_owned).collect()))
            }
            FieldKind::Date if is_missing(text) => Ok(Value::Missing),
            FieldKind::Date => Ok(match number(text) {
                Some(x) if x.fract() == 0.0 || self.epoch != Epoch::Milliseconds => Value::Number(x),
                _ => Value::Text(text.to_owned()),
            }),
            FieldKind::Text => Ok(Value::Text(text.to_owned())),
        }
    }
}

/// Whether a number is written as a whole one.
fn is_whole(text: &str) -> bool {
    text.strip_prefix(['-', '+']).unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit())
}
