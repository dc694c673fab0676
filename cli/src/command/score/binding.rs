//! Which field of the input feeds which column of the model.

use plumbline_core::model::Column;
use plumbline_core::name::Names;

use crate::Failure;
use crate::input::Records;
use crate::output::terminal::listed;
use crate::table::places::places_of;

/// Which field of the input feeds which column of the model.
#[derive(Debug)]
pub struct Binding {
    /// Per column of the model the field's index; none: not seen so far.
    places: Vec<Option<usize>>,
    /// How many fields were known when this was made.
    fields: usize,
    columns: Names,
    by_position: bool,
}

impl Binding {
    /// Binds `columns` to the fields of `records` by name; by position when no name matches and `numeric` (per field: it held
    /// nothing but numbers so far) has as many as there are columns.
    pub fn new(records: &dyn Records, columns: &[Column], numeric: &[bool], place: &str) -> Result<Binding, Failure> {
        let names = records.names();
        let places = by_name(names, columns);
        let missing = columns.iter().zip(&places).filter(|(_, p)| p.is_none()).map(|(c, _)| format!("{:?}", c.name));
        let missing: Vec<String> = missing.collect();
        let index = Names::new(columns.iter().map(|column| column.name.as_str()));
        if missing.is_empty() || !records.is_table() {
            return Ok(Binding { places, fields: names.len(), columns: index, by_position: false });
        }
        let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
        if missing.len() < columns.len() {
            let message = format!("{} of the model's {} columns are missing: {}", missing.len(), columns.len(), listed(&missing));
            return Err(Failure::input(place, "INPUT_MISSING_COLUMNS", message));
        }
        let places: Vec<Option<usize>> = numeric.iter().enumerate().filter(|(_, n)| **n).map(|(i, _)| Some(i)).collect();
        if places.len() != columns.len() {
            let message = format!(
                "no column name matches the model ({} …), and its {} numeric columns cannot be matched to the model's {} by position",
                columns.first().map_or("", |c| &c.name),
                places.len(),
                columns.len()
            );
            return Err(Failure::input(place, "INPUT_NO_COLUMN_MATCHES", message));
        }
        Ok(Binding { places, fields: names.len(), columns: index, by_position: true })
    }

    /// Per column of the model the field's index, after taking in fields that turned up since.
    pub fn places(&mut self, records: &dyn Records, columns: &[Column]) -> &[Option<usize>] {
        let names = records.names();
        for at in self.fields..names.len() {
            // Most often a new field is a column as it stands; only else is everything looked at again.
            match names.get(at).and_then(|name| self.columns.find(name)).and_then(|column| self.places.get_mut(column)) {
                Some(place) if place.is_none() => *place = Some(at),
                _ => self.places = by_name(names, columns),
            }
        }
        self.fields = names.len();
        &self.places
    }

    /// Whether any column was ever fed.
    pub fn is_fed(&self) -> bool {
        self.places.iter().any(Option::is_some)
    }

    /// What a person should know: which columns are ignored, whether names were; `is_kept` are carried through.
    pub fn remarks(&self, names: &[String], columns: &[Column], is_kept: impl Fn(usize) -> bool) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.by_position {
            let pairs = self.places.iter().flatten().filter_map(|i| names.get(*i)).zip(columns);
            let pairs: Vec<String> = pairs.map(|(name, column)| format!("{name} → {}", column.name)).collect();
            let pairs: Vec<&str> = pairs.iter().map(String::as_str).collect();
            remarks.push(format!("no column name matches the model; columns are matched by position ({})", listed(&pairs)));
        }
        let ignored = names.iter().enumerate().filter(|(i, _)| !self.places.contains(&Some(*i)) && !is_kept(*i));
        let ignored: Vec<&str> = ignored.map(|(_, name)| name.as_str()).collect();
        if !ignored.is_empty() {
            remarks.push(format!("ignored, not in the model: {}", listed(&ignored)));
        }
        let never = columns.iter().zip(&self.places).filter(|(_, p)| p.is_none());
        let never: Vec<&str> = never.map(|(c, _)| c.name.as_str()).collect();
        if !never.is_empty() {
            remarks.push(format!("missing in every record: {}", listed(&never)));
        }
        remarks
    }
}

/// Whether any of `names` is that of a column.
pub fn matches(names: &[String], columns: &[Column]) -> bool {
    by_name(names, columns).iter().any(Option::is_some)
}

fn by_name(names: &[String], columns: &[Column]) -> Vec<Option<usize>> {
    places_of(names, columns.iter().map(|column| column.name.as_str()))
}
