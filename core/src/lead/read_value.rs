//! The value of one field as it was read, borrowed from its place.

use super::{Slots, Value};
use crate::schema::{Field, FieldKind};

/// The value of one field as it was read.
#[derive(Debug, Clone)]
pub enum ReadValue<'a> {
    /// Nothing is known.
    Missing,
    /// Yes or no.
    Flag(bool),
    /// A number; of a date, milliseconds since 1970.
    Number(f64),
    /// A text, an id, or a category by its name.
    Text(&'a str),
    /// The items of a list.
    List(Items<'a>),
}

/// The items of a list that was read.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    pub(super) arena: &'a str,
    pub(super) spans: std::slice::Iter<'a, (u32, u32)>,
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (start, end) = self.spans.next()?;
        Some(self.arena.get(*start as usize..*end as usize).unwrap_or(""))
    }
}

impl Slots {
    /// The value of `field`, number `at` of the schema this was read by. A category given as a code outside the schema's list is
    /// missing.
    pub fn value<'a>(&'a self, at: usize, field: &'a Field) -> ReadValue<'a> {
        let x = self.get(at).number;
        let text = || match self.text(at) {
            "" => ReadValue::Missing,
            text => ReadValue::Text(text),
        };
        match field.kind {
            FieldKind::List if x.is_nan() => ReadValue::Missing,
            FieldKind::List => ReadValue::List(self.items(at)),
            FieldKind::Flag if !x.is_nan() => ReadValue::Flag(x != 0.0),
            FieldKind::Category => match field.categories.get(x as usize).filter(|_| x >= 0.0) {
                Some(category) => ReadValue::Text(category),
                None => text(),
            },
            FieldKind::Number | FieldKind::Date if !x.is_nan() => ReadValue::Number(x),
            _ => text(),
        }
    }
}

impl From<ReadValue<'_>> for Value {
    fn from(value: ReadValue<'_>) -> Value {
        match value {
            ReadValue::Missing => Value::Missing,
            ReadValue::Flag(flag) => Value::Flag(flag),
            ReadValue::Number(x) => Value::Number(x),
            ReadValue::Text(text) => Value::Text(text.to_owned()),
            ReadValue::List(items) => Value::List(items.map(str::to_owned).collect()),
        }
    }
}
