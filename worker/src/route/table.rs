//! Columns and rows of values to leads: what the tabular protocols have in common.

use plumbline_core::Score;
use plumbline_core::lead::{LeadError, Slots, Value};
use plumbline_core::schema::Field;

use crate::problem::Problem;
use crate::scoring::{Outcome, Row, Scoring};

/// Refuses a batch of more leads than the settings allow.
pub(super) fn check_count(count: usize, limit: u32) -> Result<(), Problem> {
    if count == 0 {
        return Err(Problem::new(400, "LEAD_BODY_EMPTY", "the body contains no lead"));
    }
    if count > limit as usize {
        return Err(Problem::new(413, "BATCH_TOO_LARGE", format!("the batch exceeds the limit of {limit} leads")));
    }
    Ok(())
}

/// A column's name and the field it fills, if the schema of a model that may score it has one.
pub(super) struct Column<'s> {
    pub name: String,
    pub field: Option<&'s Field>,
}

impl<'s> Column<'s> {
    /// The column of this name; none when nothing reads it.
    fn of(name: &str, scoring: &Scoring<'s>) -> Option<Column<'s>> {
        let field = scoring.field(name);
        // Readers take these for a lead's id where a schema has none.
        let read = field.is_some() || ["lead_id", "id"].contains(&name);
        read.then(|| Column { name: name.to_owned(), field })
    }
}

/// The columns of a table: those that are read, each with its place, and the names of others. Only what is read is ever held: a table
/// may bring many more cells than a model has use for.
#[derive(Default)]
pub(super) struct Columns<'s> {
    read: Vec<(usize, Column<'s>)>,
    count: usize,
    unknown: Vec<String>,
}

impl<'s> Columns<'s> {
    /// The columns of these names.
    pub(super) fn of<N: AsRef<str>>(names: impl IntoIterator<Item = N>, scoring: &Scoring<'s>) -> Result<Columns<'s>, Problem> {
        let mut columns = Columns::default();
        let names: Vec<N> = names.into_iter().collect();
        let mut sorted: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        sorted.sort_unstable();
        let mut next = sorted.iter().skip(1);
        if let Some(name) = sorted.iter().find(|name| next.next() == Some(name)) {
            return Err(twice(name));
        }
        for name in &names {
            columns.push(name.as_ref(), scoring)?;
        }
        Ok(columns)
    }

    /// The columns of rows that come without names: the schema's fields in their order, without the id.
    pub(super) fn positional(scoring: &Scoring<'s>) -> Columns<'s> {
        let fields = scoring.served.scorer.bundle().manifest.schema.fields.iter();
        let features = fields.filter(|field| field.role.is_readable());
        let read = features.map(|field| Column { name: field.name.clone(), field: Some(field) }).enumerate();
        let read = read.collect::<Vec<_>>();
        Columns { count: read.len(), read, unknown: Vec::new() }
    }

    /// Adds one column behind the others; whether it is read.
    ///
    /// # Errors
    /// A column of this name is there: which of the two counts?
    pub(super) fn push(&mut self, name: &str, scoring: &Scoring<'s>) -> Result<bool, Problem> {
        let at = self.count;
        self.count += 1;
        let Some(column) = Column::of(name, scoring) else {
            if self.unknown.len() < Slots::MAX_UNKNOWN {
                self.unknown.push(name.chars().take(100).collect());
            }
            return Ok(false);
        };
        if self.read.iter().any(|(_, other)| other.name == name) {
            return Err(twice(name));
        }
        self.read.push((at, column));
        Ok(true)
    }

    /// How many there are, those that nothing reads among them.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The columns that are read, each with its place in a row.
    pub(super) fn read(&self) -> impl Iterator<Item = (usize, &Column<'s>)> {
        self.read.iter().map(|(at, column)| (*at, column))
    }

    /// Of a row's `cells` those that are read, in the order of [`Columns::read`].
    ///
    /// # Errors
    /// There are not as many as columns: which is whose?
    pub(super) fn pick<T: Copy>(&self, cells: &[T]) -> Result<Vec<T>, LeadError> {
        self.check(cells.len()).map(|()| self.read.iter().filter_map(|(at, _)| cells.get(*at).copied()).collect())
    }

    /// Whether a row of `found` cells has as many as there are columns.
    pub(super) fn check(&self, found: usize) -> Result<(), LeadError> {
        let expected = self.count as u64;
        if found == self.count { Ok(()) } else { Err(LeadError::WrongCount { found: found as u64, expected }) }
    }

    /// Names of columns that nothing reads, the first of them.
    pub(super) fn into_unknown(self) -> Vec<String> {
        self.unknown
    }
}

fn twice(name: &str) -> Problem {
    Problem::new(400, "BAD_REQUEST", format!("column {name:.100} appears more than once"))
}

impl Row {
    /// Sets the value of `column`.
    pub(super) fn set_column(&mut self, column: &Column<'_>, value: &Value) {
        self.set_value(&column.name, value);
    }

    /// Sets `column` from JSON that is still text.
    pub(super) fn set_json(&mut self, column: &Column<'_>, json: &str) {
        self.set(&column.name, json);
    }

    /// Sets `column` from a text as tables hold them.
    pub(super) fn set_cell(&mut self, column: &Column<'_>, cell: &str) {
        match column.field.map_or_else(|| Ok(Value::Text(cell.to_owned())), |field| field.parse_cell(cell)) {
            Ok(value) => self.set_column(column, &value),
            Err(error) => self.wrong.push(error),
        }
    }
}

/// Scores `rows` in order.
pub(super) fn score_rows(scoring: &mut Scoring<'_>, rows: impl Iterator<Item = Row>) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(rows.size_hint().0);
    scoring.rows(rows, |lead| outcomes.push(lead.outcome));
    outcomes
}

/// A probability, NaN where the lead was refused.
pub(super) fn probability(outcome: &Outcome) -> Option<f64> {
    outcome.as_ref().ok().map(|score: &Score| score.probability)
}
