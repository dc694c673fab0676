//! Where a table's columns hold the fields of a schema, and the lead that one record makes.

use plumbline_core::json::MAX_SAFE_INTEGER;
use plumbline_core::lead::{LeadError, Place};
use plumbline_core::schema::{Field, Schema};
use plumbline_core::table::format_date;
use plumbline_core::{Lead, ScoreError, Value};

use crate::Failure;
use crate::input::{Cell, Problem, Records};
use crate::output::terminal::listed;

/// Fields that name a lead when the schema does not say.
const ID_FIELDS: [&str; 2] = ["lead_id", "id"];

/// Where the input holds the fields.
pub struct Places {
    /// Per field of the schema.
    fields: Vec<Option<usize>>,
    /// Fields that name a lead though the schema does not say so.
    ids: Vec<(&'static str, usize)>,
    known: usize,
}

impl Places {
    /// The places of the fields of `schema` among columns called `names`.
    pub fn of(names: &[String], schema: &Schema) -> Places {
        let place = |wanted: &str| place_of(names, |name| schema.field(name).is_some(), wanted);
        let ids = ID_FIELDS.into_iter().filter(|name| schema.field(name).is_none());
        Places {
            fields: schema.fields.iter().map(|field| place(&field.name)).collect(),
            ids: ids.filter_map(|name| Some((name, place(name)?))).collect(),
            known: names.len(),
        }
    }

    /// Looks again when columns have come since: NDJSON tells its fields as it goes.
    pub fn follow(&mut self, names: &[String], schema: &Schema) {
        if names.len() != self.known {
            *self = Places::of(names, schema);
        }
    }

    /// Per field of the schema, its column.
    pub fn fields(&self) -> &[Option<usize>] {
        &self.fields
    }

    /// Whether column `index` is read.
    pub fn holds(&self, index: usize) -> bool {
        self.fields.contains(&Some(index)) || self.ids.iter().any(|(_, id)| *id == index)
    }

    /// Makes a lead of the current record and has it `taken`.
    ///
    /// # Errors
    /// Everything that is wrong with the record: its cells, and what `taken` says of the other fields.
    pub fn take<T>(
        &self,
        records: &dyn Records,
        schema: &Schema,
        taken: impl FnOnce(&Lead) -> Result<T, ScoreError>,
    ) -> Result<T, Problem> {
        let (lead, mut problems) = self.lead(records, schema);
        let more = match taken(&lead) {
            Ok(taken) if problems.is_empty() => return Ok(taken),
            Ok(_) => Vec::new(),
            Err(error) => error.problems().to_vec(),
        };
        // A cell that was refused is not there: that it is missing says nothing new.
        let told: Vec<String> = problems.iter().filter_map(|p| p.field().map(str::to_owned)).collect();
        problems.extend(more.into_iter().filter(|p| !told.iter().any(|field| p.field() == Some(field))));
        let error = ScoreError::from(problems);
        Err(Problem::new(error.code(), error.to_string()))
    }

    /// The lead that the current record makes, and the cells that are no value of their field.
    fn lead(&self, records: &dyn Records, schema: &Schema) -> (Lead, Vec<LeadError>) {
        let (mut lead, mut problems) = (Lead::default(), Vec::new());
        for (field, place) in schema.fields.iter().zip(&self.fields) {
            let Some(place) = place else { continue };
            // A schema may list a missing word as a category: only the field's text shows it.
            let read = match records.text(*place) {
                Some(text) => field.parse_cell(text),
                None => value(records.cell(*place), field),
            };
            match read {
                Ok(Value::Missing) => {}
                Ok(value) => lead.set(&field.name, value),
                Err(problem) => problems.push(problem),
            }
        }
        for (name, place) in &self.ids {
            match records.cell(*place) {
                Cell::Text(text) => lead.set(*name, Value::Text(text.to_owned())),
                Cell::Int(n) => lead.set(*name, whole(n)),
                Cell::UInt(n) => lead.set(*name, Value::Text(n.to_string())),
                Cell::Float(x) => lead.set(*name, Value::Number(x)),
                _ => {}
            }
        }
        (lead, problems)
    }
}

fn value(cell: Cell<'_>, field: &Field) -> Result<Value, LeadError> {
    let texts = cell.read_texts().map(|texts| texts.into_iter().map(str::to_owned).collect());
    Ok(match cell {
        Cell::Missing => Value::Missing,
        Cell::Text(text) => return field.parse_text(text),
        Cell::Time(moment) => return field.parse_text(&format_date(moment.ms)),
        Cell::Int(n) => match whole(n) {
            Value::Text(digits) => return field.parse_text(&digits),
            number => number,
        },
        Cell::UInt(n) => return field.parse_text(&n.to_string()),
        Cell::Float(x) => Value::Number(x),
        Cell::Bool(flag) => Value::Flag(flag),
        Cell::Other(_) => {
            let place = Place { field: field.name.clone(), item: None };
            let found = "an object, bytes, or a list that contains something other than text";
            return texts.map(Value::List).ok_or(LeadError::WrongType { place, expected: field.kind.described(), found });
        }
    })
}

/// A whole number; its digits when a double cannot hold it, because an id must not change.
fn whole(n: i64) -> Value {
    if n.unsigned_abs() <= MAX_SAFE_INTEGER { Value::Number(n as f64) } else { Value::Text(n.to_string()) }
}

/// Where `names` has `wanted`, or else the one name that is `wanted` but for white space and is not `known` itself: LightGBM
/// writes `Total Visits` as `Total_Visits`.
pub fn place_of(names: &[String], known: impl Fn(&str) -> bool, wanted: &str) -> Option<usize> {
    if let Some(place) = names.iter().position(|name| name == wanted) {
        return Some(place);
    }
    let underlined = |name: &str| name.chars().map(|c| if c.is_whitespace() { '_' } else { c }).eq(wanted.chars());
    let mut found = names.iter().enumerate().filter(|(_, name)| underlined(name) && !known(name)).map(|(at, _)| at);
    let first = found.next();
    first.filter(|_| found.next().is_none())
}

/// A table without a column the schema requires would have every row rejected: better to say so once.
pub fn check_header(records: &dyn Records, fields: &[Field], place: &str) -> Result<(), Failure> {
    let declared = |name: &str| fields.iter().any(|field| field.name == name);
    let known = |field: &&Field| place_of(records.names(), declared, &field.name).is_some();
    if !fields.iter().any(|field| known(&field)) {
        let message = "no column name matches a field of the model's schema (for the model's own columns use --raw)";
        return Err(Failure::input(place, "INPUT_NO_COLUMN_MATCHES", message));
    }
    let missing: Vec<&str> = fields.iter().filter(|f| f.required && !known(f)).map(|f| f.name.as_str()).collect();
    if !missing.is_empty() {
        return Err(Failure::input(
            place,
            "INPUT_MISSING_COLUMNS",
            format!("required columns are missing: {}", listed(&missing)),
        ));
    }
    Ok(())
}
