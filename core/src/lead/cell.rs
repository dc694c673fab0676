//! Text cells of a table (CSV) to values.

use super::{LeadError, Place, Value};
use crate::json::{NumberFault, parse_number};
use crate::schema::{Field, FieldKind, Role};

impl Field {
    /// The value a table's cell stands for. Empty (or `NaN` for a number) is missing; a flag is `true`/`false`, `yes`/`no` or
    /// `1`/`0` in any case; list items are separated by `;`; a category that looks like a number is a code, unless the schema
    /// lists categories that do.
    ///
    /// # Errors
    /// [`LeadError::WrongType`], [`LeadError::NotFinite`] or [`LeadError::UnsafeInteger`] for a cell that is no value of this
    /// kind. Limits and dates are checked when the lead is read.
    pub fn parse_cell(&self, cell: &str) -> Result<Value, LeadError> {
        let cell = cell.trim();
        if cell.is_empty() {
            return Ok(Value::Missing);
        }
        if self.role == Role::Id {
            return Ok(Value::Text(cell.to_owned()));
        }
        let place = || Place { field: self.name.clone(), item: None };
        let wrong = |expected| LeadError::WrongType { place: place(), expected, found: "text" };
        match self.kind {
            FieldKind::Number if cell.eq_ignore_ascii_case("nan") => Ok(Value::Missing),
            FieldKind::Number => match parse_number(cell) {
                Ok(x) => Ok(Value::Number(x)),
                Err(NumberFault::Malformed) => Err(wrong("a number")),
                Err(NumberFault::NotFinite) => Err(LeadError::NotFinite { place: place() }),
                Err(NumberFault::UnsafeInteger) => Err(LeadError::UnsafeInteger { place: place() }),
            },
            FieldKind::Category if self.categories.is_empty() && cell.eq_ignore_ascii_case("nan") => Ok(Value::Missing),
            FieldKind::Category => Ok(match parse_number(cell) {
                Ok(code) if !self.has_numeric_categories() => Value::Number(code),
                _ => Value::Text(cell.to_owned()),
            }),
            FieldKind::Flag => match cell.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(Value::Flag(true)),
                "false" | "no" | "0" => Ok(Value::Flag(false)),
                _ => Err(wrong("true or false")),
            },
            FieldKind::List => {
                let items = cell.split(';').map(str::trim).filter(|item| !item.is_empty());
                Ok(Value::List(items.map(str::to_owned).collect()))
            }
            FieldKind::Text | FieldKind::Date => Ok(Value::Text(cell.to_owned())),
        }
    }
}
