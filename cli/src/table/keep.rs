//! Columns of the input that are carried through to the output (`--keep`).

use super::named;
use crate::Failure;
use crate::input::{Carried, Records};

/// Columns of the input that are carried through to the output.
#[derive(Debug)]
pub struct Keep {
    names: Vec<String>,
    /// Where the input has them; NDJSON may show a field only later.
    places: Vec<Option<usize>>,
    known: usize,
    values: Vec<Carried>,
}

impl Keep {
    /// Carries the columns `names` of `records` to an output that has the columns `taken`.
    ///
    /// # Errors
    /// A name twice, a name of the output's own, a column that a table does not have.
    pub fn new(names: &[String], taken: &[&str], records: &dyn Records, place: &str) -> Result<Keep, Failure> {
        for (at, name) in names.iter().enumerate() {
            let refuse = |message: String| Err(Failure::usage("ARGUMENTS", message));
            if names.iter().take(at).any(|other| other == name) {
                return refuse(format!("--keep names {name:?} twice"));
            }
            if taken.contains(&name.as_str()) {
                return refuse(format!(
                    "--keep {name}: the output has a column of this name; leave it out, or rename it in the input"
                ));
            }
        }
        let mut keep = Keep { names: names.to_vec(), places: vec![None; names.len()], known: 0, values: Vec::new() };
        keep.find(records, place)?;
        if records.is_table() {
            keep.check(records, place)?;
        }
        Ok(keep)
    }

    /// Their names, as the user gave them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether column `index` of the input is one of them.
    pub fn holds(&self, index: usize) -> bool {
        self.places.contains(&Some(index))
    }

    /// Reads their [values](Keep::values) in the current record.
    pub fn read(&mut self, records: &dyn Records, place: &str) -> Result<(), Failure> {
        if self.known != records.names().len() {
            self.find(records, place)?;
        }
        self.values.clear();
        let value = |at: &Option<usize>| at.map_or(Carried::Missing, |at| Carried::field(records, at));
        self.values.extend(self.places.iter().map(value));
        Ok(())
    }

    /// Their values in the record that was read last.
    pub fn values(&self) -> &[Carried] {
        &self.values
    }

    /// Fails if the input called `place` has none of a column.
    pub fn check(&mut self, records: &dyn Records, place: &str) -> Result<(), Failure> {
        if self.known != records.names().len() {
            self.find(records, place)?;
        }
        let absent = self.names.iter().zip(&self.places).filter(|(_, place)| place.is_none());
        let absent: Vec<&str> = absent.map(|(name, _)| name.as_str()).collect();
        if absent.is_empty() { Ok(()) } else { Err(named::absent(place, &absent, records.names())) }
    }

    fn find(&mut self, records: &dyn Records, place: &str) -> Result<(), Failure> {
        let names = records.names();
        self.known = names.len();
        for (name, at) in self.names.iter().zip(&mut self.places) {
            let found = named::given(names.iter().map(String::as_str), name);
            *at = found.map_err(|e| e.failure(place, "name one of them with --keep as it is spelled"))?;
        }
        Ok(())
    }
}
