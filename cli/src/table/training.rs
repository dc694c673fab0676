//! Leads as a model is trained on them: one row of numbers per lead, made by the declaration.

use plumbline_core::bundle::Declaration;
use plumbline_core::lead::Reader;
use plumbline_core::model::Column;
use plumbline_core::schema::Schema;
use plumbline_core::table::Rows;
use plumbline_core::{Pipeline, ScoreError};

use super::labelled::{Labelled, Seen};
use crate::Failure;

/// What makes the rows that a model is trained on.
pub struct Training {
    /// Columns of the rows.
    pub columns: Vec<Column>,
    schema: Schema,
    reader: Reader,
    pipeline: Pipeline,
}

impl Training {
    /// The rows of `declaration`.
    ///
    /// # Errors
    /// All problems of the declaration's features.
    pub fn of(declaration: &Declaration) -> Result<Training, Failure> {
        let schema = declaration.schema();
        let columns = Pipeline::columns(&schema, &declaration.feature);
        let pipeline = Pipeline::compile(&schema, &declaration.feature, &columns)
            .map_err(|e| Failure::input("the schema", e.code(), e.to_string()))?;
        Ok(Training { columns, reader: Reader::new(&schema), schema, pipeline })
    }

    /// The id of a lead; empty where it has none.
    pub fn id<'s>(&self, seen: &Seen<'s>) -> &'s str {
        self.reader.id(seen.slots)
    }

    /// Reads `leads` and has each `taken` with its row; where the rows of the file went, and its name.
    ///
    /// # Errors
    /// The file cannot be read, has no rows, or lacks the columns.
    pub fn each(&self, leads: &Labelled<'_>, taken: &mut dyn FnMut(&Seen<'_>, &[f64])) -> Result<(Rows, String), Failure> {
        let mut row = Vec::new();
        leads.each((&self.schema, &self.reader), &[], &mut |seen| {
            self.pipeline.apply(seen.slots, seen.as_of, &mut row);
            taken(&seen, &row);
            Ok::<(), ScoreError>(())
        })
    }
}
