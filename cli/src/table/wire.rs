//! Records as the JSON leads that a service reads.

use plumbline_core::schema::Field;
use serde_json::{Map, Value, json};

use super::places::{field_value, places_of};
use crate::input::{Cell, Records};

/// For each column of a table its name in a lead, and its field.
pub struct Named(Vec<(String, Option<Field>)>);

impl Named {
    /// The columns of `records`, each by the field of `fields` that it holds.
    pub fn of(records: &dyn Records, fields: &[Field]) -> Named {
        let names = if records.is_table() { records.names() } else { &[] };
        let mut named: Vec<(String, Option<Field>)> = names.iter().map(|name| (name.clone(), None)).collect();
        let places = places_of(names, fields.iter().map(|field| field.name.as_str()));
        for (field, place) in fields.iter().zip(places) {
            if let Some(column) = place.and_then(|place| named.get_mut(place)) {
                *column = (field.name.clone(), Some(field.clone()));
            }
        }
        Named(named)
    }

    /// The current record of `records` as a JSON object. A cell of a field is the value that `plumbline score` reads from it, such as `true` for
    /// `Yes` where the field is a flag; one that does not fit its field, or belongs to no field, stays as the table has it.
    pub fn lead(&self, records: &dyn Records) -> String {
        if let Some(json) = records.json() {
            return String::from_utf8_lossy(json).into_owned();
        }
        let mut lead = Map::new();
        for (index, (name, field)) in self.0.iter().enumerate() {
            let of_field = field.as_ref().and_then(|field| field_value(records, index, field).ok());
            let value = match of_field {
                Some(value) => serde_json::to_value(&value).unwrap_or_default(),
                None => as_it_stands(records.cell(index)),
            };
            if !value.is_null() {
                lead.insert(name.clone(), value);
            }
        }
        Value::Object(lead).to_string()
    }
}

/// A cell that is of no field; null where it is empty.
fn as_it_stands(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Missing => Value::Null,
        Cell::Text(text) if text.trim().is_empty() => Value::Null,
        Cell::Text(text) => text.into(),
        Cell::Bool(is) => is.into(),
        Cell::Int(n) => n.into(),
        Cell::UInt(n) => n.into(),
        Cell::Float(x) => json!(x),
        Cell::Time(moment) => moment.ms.into(),
        Cell::Other(other) => serde_json::from_str(&other.to_string()).unwrap_or_default(),
    }
}
