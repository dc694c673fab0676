//! A value of the input on its way to the output, where it is what it was.

use plumbline_core::table::format_date;

use super::{Cell, Records};
use crate::output::Datum;

/// A value of the input on its way to the output.
#[derive(Debug, Clone, PartialEq)]
pub enum Carried {
    /// Nothing.
    Missing,
    /// Text; a field of a CSV as it stands, spaces and all.
    Text(String),
    /// `true`, `false`, a list or an object.
    Json(String),
    /// A whole number.
    Whole(i128),
    /// A number.
    Real(f64),
}

impl Carried {
    /// Field `index` of the current record.
    pub fn field(records: &dyn Records, index: usize) -> Carried {
        match records.text(index) {
            Some("") => Carried::Missing,
            Some(text) => Carried::Text(text.to_owned()),
            None => Carried::cell(records.cell(index)),
        }
    }

    /// A cell; a moment is its date as ISO 8601.
    pub fn cell(cell: Cell<'_>) -> Carried {
        match cell {
            Cell::Missing => Carried::Missing,
            Cell::Text(text) => Carried::Text(text.to_owned()),
            Cell::Time(moment) => Carried::Text(format_date(moment.ms)),
            Cell::Int(n) => Carried::Whole(n.into()),
            Cell::UInt(n) => Carried::Whole(n.into()),
            Cell::Float(x) => Carried::Real(x),
            Cell::Bool(flag) => Carried::Json(flag.to_string()),
            Cell::Other(json) => Carried::Json(json.to_string()),
        }
    }

    /// The value as it is written.
    pub fn datum(&self) -> Datum<'_> {
        match self {
            Carried::Missing => Datum::Empty,
            Carried::Text(text) => Datum::Text(text),
            Carried::Json(json) => Datum::Json(json),
            Carried::Whole(n) => Datum::Whole(*n),
            Carried::Real(x) => Datum::Real(*x),
        }
    }
}
