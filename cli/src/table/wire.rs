//! Records as the JSON leads that a service reads.

use plumbline_core::schema::{Field, FieldKind, Role};
use plumbline_core::table::number;
use serde_json::{Map, Value, json};

use super::places::places_of;
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

    /// The current record of `records` as a JSON object; texts of a CSV are numbers where the field is one.
    pub fn lead(&self, records: &dyn Records) -> String {
        if let Some(json) = records.json() {
            return String::from_utf8_lossy(json).into_owned();
        }
        let mut lead = Map::new();
        for (index, (name, field)) in self.0.iter().enumerate() {
            let value = match records.cell(index) {
                Cell::Missing => continue,
                Cell::Text(text) if text.trim().is_empty() => continue,
                Cell::Text(text) => {
                    let is_number = field.as_ref().is_some_and(|field| field.kind == FieldKind::Number && field.role != Role::Id);
                    number(text).filter(|_| is_number).map_or_else(|| text.into(), |x| json!(x))
                }
                Cell::Bool(is) => is.into(),
                Cell::Int(n) => n.into(),
                Cell::UInt(n) => n.into(),
                Cell::Float(x) => json!(x),
                Cell::Time(moment) => moment.ms.into(),
                Cell::Other(other) => serde_json::from_str(&other.to_string()).unwrap_or_default(),
            };
            lead.insert(name.clone(), value);
        }
        Value::Object(lead).to_string()
    }
}
