//! A lead: named values as the CRM knows them, before any feature is made of them; and how it is read.
//!
//! Two doors lead to the same [`Slots`]: JSON bytes, read straight into their places, and [`Lead`], for hosts that hold values
//! already. Both refuse the same things with the same [`LeadError`]s.

mod body;
mod cell;
mod error;
mod limits;
mod read_value;
mod reader;
mod slots;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

pub use body::{BodyLead, EachLead, Form};
pub use error::{LeadError, Place};
pub use limits::Limits;
pub use read_value::{Items, ReadValue};
pub use reader::Reader;
pub use slots::Slots;

use crate::json::{self, MAX_SAFE_INTEGER};

/// Milliseconds since 1970-01-01T00:00:00Z. The core never asks a clock; the shell passes the time in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// One value of a lead. Its JSON is the plain value; whole numbers are written without a fraction.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "FieldValue"))]
#[serde(untagged)]
pub enum Value {
    /// Nothing is known: JSON `null`, an empty text, an empty CSV cell, an absent key.
    Missing,
    /// Yes or no.
    Flag(bool),
    /// A finite number.
    Number(f64),
    /// Text, UTF-8.
    Text(String),
    /// Several texts, such as tags.
    List(Vec<String>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Missing => serializer.serialize_unit(),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Number(x) if x.abs() <= MAX_SAFE_INTEGER as f64 && (*x as i64 as f64).to_bits() == x.to_bits() => {
                serializer.serialize_i64(*x as i64)
            }
            Value::Number(x) => serializer.serialize_f64(*x),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items),
        }
    }
}

impl Value {
    /// Appends the value's JSON to `out`, without serde's code: what travels to a page must be small.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Value::Missing => out.extend_from_slice(b"null"),
            Value::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Value::Number(x) => json::number(out, *x),
            Value::Text(value) => json::text(out, value),
            Value::List(items) => json::list(out, items, &mut |out, item| json::text(out, item)),
        }
    }
}

/// A lead's named values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lead {
    values: BTreeMap<String, Value>,
}

impl Lead {
    /// The value of `field`, or `Missing` when the lead does not carry it.
    pub fn value(&self, field: &str) -> &Value {
        self.values.get(field).unwrap_or(&Value::Missing)
    }

    /// Sets `field` to `value`, replacing what was there.
    pub fn set(&mut self, field: impl Into<String>, value: Value) {
        self.values.insert(field.into(), value);
    }

    /// The fields the lead carries, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }
}

#[cfg(test)]
mod tests;
