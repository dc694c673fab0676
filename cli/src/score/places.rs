//! Where a table's columns hold the fields of a schema, and the lead that one record makes.

use plumbline_core::schema::{Field, Schema};
use plumbline_core::{Lead, Value};

use crate::input::{Cell, Problem, Records};

/// Fields that name a lead when the schema does not say.
const ID_FIELDS: [&str; 2] = ["lead_id", "id"];

/// Where the input holds the fields.
pub(crate) struct Places {
    /// Per field of the schema.
    fields: Vec<Option<usize>>,
    /// Fields that name a lead though the schema does not say so.
    ids: Vec<(&'static str, usize)>,
    known: usize,
}

impl Places {
    /// The places of the fields of `schema` among columns called `names`.
    pub(crate) fn of(names: &[String], schema: &Schema) -> Places {
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let ids = ID_FIELDS.into_iter().filter(|name| schema.field(name).is_none());
        Places {
            fields: schema.fields.iter().map(|field| place(&field.name)).collect(),
            ids: ids.filter_map(|name| Some((name, place(name)?))).collect(),
            known: names.len(),
        }
    }

    /// Looks again when columns have come since: NDJSON tells its fields as it goes.
    pub(crate) fn follow(&mut self, names: &[String], schema: &Schema) {
        if names.len() != self.known {
            *self = Places::of(names, schema);
        }
    }

    /// Per field of the schema, its column.
    pub(crate) fn fields(&self) -> &[Option<usize>] {
        &self.fields
    }

    /// Whether column `index` is read.
    pub(crate) fn holds(&self, index: usize) -> bool {
        self.fields.contains(&Some(index)) || self.ids.iter().any(|(_, id)| *id == index)
    }

    /// The lead that the current record makes.
    pub(crate) fn lead(&self, records: &dyn Records, schema: &Schema) -> Result<Lead, Problem> {
        let mut lead = Lead::default();
        for (field, place) in schema.fields.iter().zip(&self.fields) {
            if let Some(place) = place {
                let value = value(&records.cell(*place), field)?;
                if value != Value::Missing {
                    lead.set(&field.name, value);
                }
            }
        }
        for (name, place) in &self.ids {
            match records.cell(*place) {
                Cell::Text(text) => lead.set(*name, Value::Text(text.to_owned())),
                Cell::Number(x) => lead.set(*name, Value::Number(x)),
                _ => {}
            }
        }
        Ok(lead)
    }
}

fn value(cell: &Cell<'_>, field: &Field) -> Result<Value, Problem> {
    Ok(match cell {
        Cell::Missing => Value::Missing,
        Cell::Text(text) => return field.parse_cell(text).map_err(|e| Problem::new(e.code(), e.to_string())),
        // What a data frame calls not a number is a missing value.
        Cell::Number(x) if x.is_nan() => Value::Missing,
        Cell::Number(x) => Value::Number(*x),
        Cell::Flag(flag) => Value::Flag(*flag),
        Cell::List(items) => Value::List(items.clone()),
        Cell::Other => return Err(Problem::new("LEAD_NESTED", format!("{}: an object is no value", field.name))),
    })
}
