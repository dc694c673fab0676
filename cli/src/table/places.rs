//! Where a table's columns hold the fields of a schema, and the lead that one record makes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plumbline_core::json::MAX_SAFE_INTEGER;
use plumbline_core::lead::{LeadError, Limits, Place, Reader, Slots};
use plumbline_core::name::Names;
use plumbline_core::schema::{Field, Schema};
use plumbline_core::table::format_date;
use plumbline_core::{Lead, ScoreError, Value};

use crate::Failure;
use crate::input::{Cell, Problem, Records};
use crate::output::terminal::listed;

/// Fields that name a lead when the schema does not say.
pub const ID_FIELDS: [&str; 2] = ["lead_id", "id"];

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
        let ids: Vec<&str> = ID_FIELDS.into_iter().filter(|name| schema.field(name).is_none()).collect();
        let mut fields = places_of(names, schema.fields.iter().map(|field| field.name.as_str()).chain(ids));
        let places = fields.split_off(schema.fields.len());
        let ids = ID_FIELDS.into_iter().filter(|name| schema.field(name).is_none()).zip(places);
        Places { fields, ids: ids.filter_map(|(name, place)| Some((name, place?))).collect(), known: names.len() }
    }

    /// Looks again when there are more columns: NDJSON shows fields as they occur.
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
        let reported: Vec<String> = problems.iter().filter_map(|p| p.field().map(str::to_owned)).collect();
        problems.extend(more.into_iter().filter(|p| !reported.iter().any(|field| p.field() == Some(field))));
        let error = ScoreError::from(problems);
        Err(Problem::new(error.code(), error.to_string()))
    }

    /// Reads the current record into `slots`, as `plumbline score` does: a JSON object as it stands, a row of a table as a lead.
    ///
    /// # Errors
    /// Everything that is wrong with the record.
    pub fn read(
        &self,
        records: &dyn Records,
        (schema, reader): (&Schema, &Reader),
        limits: &Limits,
        slots: &mut Slots,
    ) -> Result<(), Problem> {
        match records.json() {
            Some(json) => {
                let read = reader.read_json(json, limits, slots).map_err(ScoreError::from);
                read.map_err(|e| Problem::new(e.code(), e.to_string()))
            }
            None => self.take(records, schema, |lead| Ok(reader.read_lead(lead, limits, slots)?)),
        }
    }

    /// The lead that the current record makes, and the cells that do not fit their field.
    fn lead(&self, records: &dyn Records, schema: &Schema) -> (Lead, Vec<LeadError>) {
        let (mut lead, mut problems) = (Lead::default(), Vec::new());
        for (field, place) in schema.fields.iter().zip(&self.fields) {
            let Some(place) = place else { continue };
            match field_value(records, *place, field) {
                Ok(Value::Missing) => {}
                Ok(value) => lead.set(&field.name, value),
                Err(problem) => problems.push(problem),
            }
        }
        for (name, place) in &self.ids {
            // An id is the text as it stands: spaces and words for missing belong to it.
            if let Some(text) = records.text(*place) {
                if !text.trim().is_empty() {
                    lead.set(*name, Value::Text(text.to_owned()));
                }
                continue;
            }
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

/// The value of `field` that the current record has in column `place`.
///
/// # Errors
/// The cell does not fit the field.
pub fn field_value(records: &dyn Records, place: usize, field: &Field) -> Result<Value, LeadError> {
    // A schema may list a missing word as a category: only the field's text shows it.
    match records.text(place) {
        Some(text) => field.parse_cell(text),
        None => value(records.cell(place), field),
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

/// For each of `wanted` where `names` has it, or else the one name that is it but for white space and is not wanted itself: headers
/// of a CSV come without the spaces around them, LightGBM writes `Total Visits` as `Total_Visits`, and pandas calls a column without a
/// name by its place, `Unnamed: 3`.
pub fn places_of<'w>(names: &[String], wanted: impl Iterator<Item = &'w str> + Clone) -> Vec<Option<usize>> {
    let (exact, known) = (Names::new(names.iter().map(String::as_str)), Names::new(wanted.clone()));
    let mut alike: BTreeMap<Cow<'_, str>, Option<usize>> = BTreeMap::new();
    for (at, name) in names.iter().enumerate().filter(|(_, name)| known.find(name).is_none()) {
        let underlined: String = name.chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect();
        let trimmed = Cow::Borrowed(name.trim());
        let other = (trimmed != underlined).then_some(Cow::Owned(underlined));
        for spelling in [Some(trimmed), other].into_iter().flatten() {
            alike.entry(spelling).and_modify(|place| *place = None).or_insert(Some(at));
        }
    }
    let like = |text: &str| alike.get(text).copied();
    let unnamed = |wanted: &str| {
        let place: usize = wanted.strip_prefix("Unnamed: ")?.parse().ok()?;
        names.get(place).filter(|name| name.is_empty()).map(|_| place)
    };
    wanted
        .map(|wanted| {
            exact.find(wanted).or_else(|| unnamed(wanted)).or_else(|| match (like(wanted), like(wanted.trim())) {
                (Some(place), Some(trimmed)) if place != trimmed => None,
                (place, trimmed) => place.or(trimmed).flatten(),
            })
        })
        .collect()
}

/// A table without a column the schema requires would have every row rejected: better to say so once. So would one without a column
/// that is `needed` (per field), misspelt most often, have every row scored as if nothing were known.
///
/// `way_out` is the option of the command that scores such a table nevertheless; empty where it has none.
pub fn check_header(records: &dyn Records, fields: &[Field], needed: &[bool], place: &str, way_out: &str) -> Result<(), Failure> {
    let places = places_of(records.names(), fields.iter().map(|field| field.name.as_str()));
    if places.iter().all(Option::is_none) {
        let message = "no column name matches a field of the model's schema (for the model's own columns use --raw)";
        return Err(Failure::input(place, "INPUT_NO_COLUMN_MATCHES", message));
    }
    let missing = |of: &dyn Fn(usize, &Field) -> bool| -> Vec<String> {
        let absent = fields.iter().enumerate().zip(&places).filter(|((i, field), place)| place.is_none() && of(*i, field));
        absent.map(|((_, field), _)| format!("{:?}", field.name)).collect()
    };
    let required = missing(&|_, field| field.required);
    let needed = missing(&|i, _| needed.get(i) == Some(&true));
    let (what, names, advice) = match (required.is_empty(), needed.is_empty()) {
        (true, true) => return Ok(()),
        (false, _) => ("required columns are missing", required, String::new()),
        (true, false) => {
            let shown: Vec<String> = records.names().iter().map(|name| format!("{name:?}")).collect();
            let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
            let option = if way_out.is_empty() { String::new() } else { format!(", or add {way_out}") };
            let advice = format!("; the input has {}. Rename them{option}", listed(&shown));
            ("the model reads columns that are missing", needed, advice)
        }
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Err(Failure::input(place, "INPUT_MISSING_COLUMNS", format!("{what}: {}{advice}", listed(&names))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_but_for_white_space() {
        let found = |names: &[&str], wanted: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            places_of(&names, wanted.iter().copied())
        };
        let underlined = found(&["plain", "Total Visits", "Time  Spent"], &["Total_Visits", "Time__Spent", "plain"]);
        assert_eq!(underlined, [Some(1), Some(2), Some(0)]);
        // A name that is there as it is comes first; of two that could be meant neither is.
        assert_eq!(found(&["a b", "a_b"], &["a_b"]), [Some(1)]);
        assert_eq!(found(&["a b", "a\tb"], &["a_b"]), [None]);
        assert_eq!(found(&["a b"], &["a_b", "a b"]), [None, Some(0)]);
        // White space on both sides.
        assert_eq!(found(&["Total", "x"], &[" Total ", "x"]), [Some(0), Some(1)]);
        assert_eq!(found(&["Total"], &["Total", " Total "]), [Some(0), None]);
        assert_eq!(found(&[" Total", "Total "], &["Total"]), [None]);
    }
}
