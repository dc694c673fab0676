//! Looking at the first records of a table before the run, without losing them.

use std::collections::VecDeque;

use plumbline_core::table::Scalar;

use crate::Failure;
use crate::input::{Cell, Problem, Records, Step};

/// How many records are looked at.
const LOOKED_AT: usize = 100;

/// A table whose first records were looked at.
pub struct Replay {
    records: Box<dyn Records>,
    held: VecDeque<Held>,
    current: Option<Held>,
}

struct Held {
    line: u64,
    row: String,
    content: Result<Vec<Field>, Problem>,
}

/// A field: what it is, and the text of a CSV.
struct Field {
    value: Scalar,
    text: Option<String>,
}

impl Replay {
    /// Looks at the first records of `records`.
    pub fn new(mut records: Box<dyn Records>) -> Result<Replay, Failure> {
        let fields = records.names().len();
        let mut held = VecDeque::new();
        while held.len() < LOOKED_AT {
            let content = match records.advance()? {
                Step::End => break,
                Step::Rejected(problem) => Err(problem),
                Step::Record => Ok((0..fields).map(|i| Field::of(&*records, i)).collect()),
            };
            held.push_back(Held { line: records.line(), row: records.row(), content });
        }
        Ok(Replay { records, held, current: None })
    }

    /// Per field: whether it held nothing but numbers (or nothing) in the records looked at.
    pub fn numeric(&self) -> Vec<bool> {
        let rows = || self.held.iter().filter_map(|held| held.content.as_ref().ok());
        let is_number = |field: Option<&Field>| field.is_some_and(|field| field.value.cell().read_number().is_ok());
        (0..self.records.names().len()).map(|i| rows().all(|row| is_number(row.get(i)))).collect()
    }
}

impl Field {
    fn of(records: &dyn Records, index: usize) -> Field {
        Field { value: records.cell(index).own(), text: records.text(index).map(str::to_owned) }
    }
}

impl Held {
    fn field(&self, index: usize) -> Option<&Field> {
        self.content.as_ref().ok().and_then(|row| row.get(index))
    }
}

impl Records for Replay {
    fn names(&self) -> &[String] {
        self.records.names()
    }

    fn is_table(&self) -> bool {
        self.records.is_table()
    }

    fn advance(&mut self) -> Result<Step, Failure> {
        self.current = self.held.pop_front();
        match &self.current {
            None => self.records.advance(),
            Some(held) => Ok(held.content.as_ref().map_or_else(|p| Step::Rejected(p.clone()), |_| Step::Record)),
        }
    }

    fn line(&self) -> u64 {
        self.current.as_ref().map_or_else(|| self.records.line(), |held| held.line)
    }

    fn cell(&self, index: usize) -> Cell<'_> {
        match &self.current {
            None => self.records.cell(index),
            Some(held) => held.field(index).map_or(Cell::Missing, |field| field.value.cell()),
        }
    }

    fn text(&self, index: usize) -> Option<&str> {
        match &self.current {
            None => self.records.text(index),
            Some(held) => held.field(index).and_then(|field| field.text.as_deref()),
        }
    }

    fn row(&self) -> String {
        self.current.as_ref().map_or_else(|| self.records.row(), |held| held.row.clone())
    }
}
