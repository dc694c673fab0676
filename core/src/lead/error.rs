//! What can be wrong with a lead, or with a body of leads.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use thiserror::Error;

use crate::json::{Decimal, Object, Quoted};
use crate::table::Epoch;

/// One thing that is wrong with a lead. Serialises as `{code, field?, pointer, detail}`, an item of a problem document's `errors`.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LeadError {
    /// The bytes are not JSON.
    #[error("the JSON is malformed at byte {offset}: {what}")]
    Malformed {
        /// Position in the bytes given, from 0, after a byte order mark.
        offset: u64,
        /// What was expected.
        what: &'static str,
    },
    /// The JSON is not an object of named values.
    #[error("a lead must be a JSON object of named values, not {found}")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// The body holds no lead.
    #[error("the body contains no lead")]
    Empty,
    /// A required field is absent or empty.
    #[error("field {} is required", Quoted(.field))]
    MissingField {
        /// The field.
        field: String,
    },
    /// A value is of another kind than the field.
    #[error("{place} must be {expected}, not {found}")]
    WrongType {
        /// Where.
        place: Place,
        /// What the field takes.
        expected: &'static str,
        /// What it got.
        found: &'static str,
    },
    /// A number is NaN or infinite, or too large for a double.
    #[error("{place} is not a finite number")]
    NotFinite {
        /// Where.
        place: Place,
    },
    /// An integer that JavaScript would round silently.
    #[error("{place} is an integer above 9007199254740991, which JavaScript cannot represent exactly")]
    UnsafeInteger {
        /// Where.
        place: Place,
    },
    /// A number outside the field's declared limits.
    #[error("{place} is {}, {side} {}", Decimal(*.value), Decimal(*.limit))]
    OutOfRange {
        /// Where.
        place: Place,
        /// The value.
        value: f64,
        /// `below the minimum of` or `above the maximum of`.
        side: &'static str,
        /// The limit.
        limit: f64,
    },
    /// A text that is no date.
    #[error("{place} is not a date such as 2026-11-23 or 2026-11-23T09:15:00Z")]
    BadDate {
        /// Where.
        place: Place,
    },
    /// A date as a number that is not of our time as milliseconds, and is in another unit.
    #[error("{place} is {}, not {unit}, or declare epoch = {} for the field", Decimal(*.value), Quoted(.unit.as_str()))]
    OtherEpoch {
        /// Where.
        place: Place,
        /// The number.
        value: f64,
        /// The unit it is likely in.
        unit: Epoch,
    },
    /// An id with a character that some readers of the log take for its end, which would merge it with others.
    #[error("{place} must not contain U+0000")]
    BadId {
        /// Where.
        place: Place,
    },
    /// A field that comes twice: readers differ on which counts, so neither does.
    #[error("field {} appears more than once", Quoted(.field))]
    DuplicateField {
        /// The field.
        field: String,
    },
    /// A row of a table with another number of values than there are columns.
    #[error("the row has {found} value{}, but the table has {expected} column{}", plural(*.found), plural(*.expected))]
    WrongCount {
        /// Values in the row.
        found: u64,
        /// Columns of the table.
        expected: u64,
    },
    /// A text longer than the limit.
    #[error("{place} is longer than {limit} bytes")]
    TooLong {
        /// Where.
        place: Place,
        /// The limit.
        limit: u32,
    },
    /// A list of more items than the limit.
    #[error("field {} has more than {limit} items", Quoted(.field))]
    TooManyItems {
        /// The field.
        field: String,
        /// The limit.
        limit: u32,
    },
    /// Arrays or objects nested deeper than the limit.
    #[error("the lead is nested deeper than {limit} levels (byte {offset})")]
    TooDeep {
        /// Position in the bytes given, from 0.
        offset: u64,
        /// The limit.
        limit: u32,
    },
    /// Values so large that the model's sum of them is no number.
    #[error("the lead's values overflow the model: its margin is not a finite number")]
    Overflow,
    /// A critical expectation of the data quality suite that the lead does not meet.
    #[error("{detail} ({expectation})")]
    Quality {
        /// The field, the first where several do not fit together.
        field: String,
        /// The type of the expectation.
        expectation: String,
        /// What is wrong.
        detail: String,
    },
    /// More problems than are told one by one.
    #[error("{count} more {} not listed", if *count == 1 { "problem is" } else { "problems are" })]
    More {
        /// How many.
        count: u64,
    },
    /// A body of more bytes than the limit.
    #[error("the body has {bytes} bytes; the limit is {limit}")]
    BodyTooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A batch of more leads than the limit.
    #[error("the batch exceeds the limit of {limit} leads")]
    BatchTooLarge {
        /// The limit.
        limit: u32,
    },
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// A place in a lead: a field, and an item of it when the field is a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The field.
    pub field: String,
    /// Position in the field's list, from 0.
    pub item: Option<u32>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            Some(item) => write!(f, "field {}, item {item},", Quoted(&self.field)),
            None => write!(f, "field {}", Quoted(&self.field)),
        }
    }
}

impl LeadError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            LeadError::Malformed { .. } => "LEAD_MALFORMED",
            LeadError::NotAnObject { .. } => "LEAD_NOT_AN_OBJECT",
            LeadError::Empty => "LEAD_BODY_EMPTY",
            LeadError::MissingField { .. } => "LEAD_MISSING_FIELD",
            LeadError::WrongType { .. } => "LEAD_WRONG_TYPE",
            LeadError::NotFinite { .. } => "LEAD_NOT_FINITE",
            LeadError::UnsafeInteger { .. } => "LEAD_UNSAFE_INTEGER",
            LeadError::OutOfRange { .. } => "LEAD_OUT_OF_RANGE",
            LeadError::BadDate { .. } => "LEAD_BAD_DATE",
            LeadError::OtherEpoch { .. } => "LEAD_OTHER_EPOCH",
            LeadError::BadId { .. } => "LEAD_BAD_ID",
            LeadError::DuplicateField { .. } => "LEAD_DUPLICATE_FIELD",
            LeadError::WrongCount { .. } => "LEAD_WRONG_COUNT",
            LeadError::TooLong { .. } => "LEAD_TEXT_TOO_LONG",
            LeadError::TooManyItems { .. } => "LEAD_TOO_MANY_ITEMS",
            LeadError::TooDeep { .. } => "LEAD_TOO_DEEP",
            LeadError::Overflow => "LEAD_OVERFLOWS_MODEL",
            LeadError::Quality { .. } => "LEAD_QUALITY",
            LeadError::More { .. } => "LEAD_MORE_PROBLEMS",
            LeadError::BodyTooLarge { .. } => "BODY_TOO_LARGE",
            LeadError::BatchTooLarge { .. } => "BATCH_TOO_LARGE",
        }
    }

    /// The field that is wrong, when it is one.
    pub fn field(&self) -> Option<&str> {
        match self {
            LeadError::MissingField { field }
            | LeadError::DuplicateField { field }
            | LeadError::TooManyItems { field, .. }
            | LeadError::Quality { field, .. } => Some(field),
            LeadError::WrongType { place, .. }
            | LeadError::NotFinite { place }
            | LeadError::UnsafeInteger { place }
            | LeadError::OutOfRange { place, .. }
            | LeadError::BadDate { place }
            | LeadError::OtherEpoch { place, .. }
            | LeadError::BadId { place }
            | LeadError::TooLong { place, .. } => Some(&place.field),
            _ => None,
        }
    }

    /// JSON pointer (RFC 6901) into the lead, such as `/tags/3`; empty when the lead as a whole is wrong.
    pub fn pointer(&self) -> String {
        let Some(field) = self.field() else { return String::new() };
        let mut pointer = "/".to_owned();
        for c in field.chars() {
            match c {
                '~' => pointer.push_str("~0"),
                '/' => pointer.push_str("~1"),
                c => pointer.push(c),
            }
        }
        if let LeadError::WrongType { place, .. } | LeadError::TooLong { place, .. } = self
            && let Some(item) = place.item
        {
            pointer.push_str(&format!("/{item}"));
        }
        pointer
    }
}

impl LeadError {
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        object.text("code", self.code());
        if let Some(field) = self.field() {
            object.text("field", field);
        }
        object.text("pointer", &self.pointer());
        object.text("detail", &self.to_string());
        object.end();
    }
}

impl Serialize for LeadError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("LeadError", 4)?;
        out.serialize_field("code", self.code())?;
        if let Some(field) = self.field() {
            out.serialize_field("field", field)?;
        }
        out.serialize_field("pointer", &self.pointer())?;
        out.serialize_field("detail", &self.to_string())?;
        out.end()
    }
}
