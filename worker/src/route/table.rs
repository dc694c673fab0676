//! Columns and rows of values to leads: what the tabular protocols have in common.

use plumbline_core::lead::{LeadError, Place, Value};
use plumbline_core::schema::Field;
use plumbline_core::{Lead, Score};
use serde_json::value::RawValue;

use crate::problem::Problem;
use crate::scoring::{Outcome, Scoring};

/// Refuses a batch of more leads than the settings allow.
pub(super) fn check_count(count: usize, limit: u32) -> Result<(), Problem> {
    if count == 0 {
        return Err(Problem::new(400, "LEAD_BODY_EMPTY", "the body holds no lead"));
    }
    if count > limit as usize {
        return Err(Problem::new(413, "BATCH_TOO_LARGE", format!("the batch has more than {limit} leads")));
    }
    Ok(())
}

/// A column's name and the field it fills, if the schema of a model that may score it has one.
pub(super) struct Column<'s> {
    pub name: String,
    pub field: Option<&'s Field>,
    /// Whether its values are looked into.
    read: bool,
}

impl<'s> Column<'s> {
    pub(super) fn of(name: String, scoring: &Scoring<'s>) -> Column<'s> {
        let field = scoring.field(&name);
        // Readers take these for a lead's id where a schema has none.
        let read = field.is_some() || ["lead_id", "id"].contains(&name.as_str());
        Column { field, name, read }
    }

    /// The columns of rows that come without names: the schema's fields in their order, without the id.
    pub(super) fn positional(scoring: &Scoring<'s>) -> Vec<Column<'s>> {
        let fields = scoring.served.scorer.bundle().manifest.schema.fields.iter();
        let features = fields.filter(|field| field.role.is_readable());
        features.map(|field| Column { name: field.name.clone(), field: Some(field), read: true }).collect()
    }
}

/// A lead being put together, column by column.
#[derive(Default)]
pub(super) struct Row {
    pub lead: Lead,
    pub wrong: Vec<LeadError>,
}

impl Row {
    /// Sets the value of `column`.
    pub(super) fn set(&mut self, column: &Column<'_>, value: Value) {
        self.lead.set(column.name.clone(), value);
    }

    /// Sets `column` from JSON that is still text. Columns no schema knows are not looked into.
    pub(super) fn set_json(&mut self, column: &Column<'_>, json: &RawValue) {
        let value = if column.read { serde_json::from_str(json.get()) } else { Ok(Value::Missing) };
        match value {
            Ok(value) => self.set(column, value),
            Err(_) => self.wrong.push(LeadError::WrongType {
                place: Place { field: column.name.clone(), item: None },
                expected: "a number, a text, true, false or a list of texts",
                found: "something else",
            }),
        }
    }

    /// Sets `column` from a text as tables hold them.
    pub(super) fn set_cell(&mut self, column: &Column<'_>, cell: &str) {
        match column.field.map_or_else(|| Ok(Value::Text(cell.to_owned())), |field| field.parse_cell(cell)) {
            Ok(value) => self.set(column, value),
            Err(error) => self.wrong.push(error),
        }
    }
}

/// Scores `rows` in order.
pub(super) fn score_rows(scoring: &mut Scoring<'_>, rows: impl Iterator<Item = Row>) -> Vec<Outcome> {
    scoring.with_workspace(|scoring, work| rows.map(|row| scoring.lead(&row.lead, row.wrong, work)).collect())
}

/// A probability, NaN where the lead was refused.
pub(super) fn probability(outcome: &Outcome) -> Option<f64> {
    outcome.as_ref().ok().map(|score: &Score| score.probability)
}
