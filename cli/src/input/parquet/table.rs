//! The columns of a file, batch by batch, without a row in between.

use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use plumbline_core::table::{Cell, Column, Kind, Kinds};

use super::chunk::{Field, OPAQUE, Shape};
use super::file::Opened;
use super::meaning::Meaning;
use crate::Failure;
use crate::input::Source;

/// Rows read at a time, fewer of a wide table.
const ROWS: usize = 1 << 16;

/// A file as a table of columns.
pub struct ParquetTable {
    file: Opened,
}

impl ParquetTable {
    /// Reads the footer of `source`.
    pub fn open(source: &mut Source) -> Result<ParquetTable, Failure> {
        Ok(ParquetTable { file: Opened::new(source)? })
    }

    /// Names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.file.fields().iter().map(|field| field.name.clone()).collect()
    }

    /// Notes what each column holds. A column is read for it where neither its type nor the file's statistics say.
    pub fn see(&self, kinds: &mut [Kinds]) -> Result<(), Failure> {
        for (at, (field, kind)) in self.file.fields().iter().zip(kinds).enumerate() {
            match self.example(field) {
                Some(example) => {
                    kind.see(example);
                    if field.may_be_missing()
                        && self.missing(field).map_or_else(|| self.scan(at, |cell| cell.is_missing()), Ok)?
                    {
                        kind.see(Cell::Missing);
                    }
                }
                None => {
                    self.scan(at, |cell| {
                        kind.see(cell);
                        false
                    })?;
                }
            }
        }
        Ok(())
    }

    /// A value of the kind that all values of `field` have, if that is known without reading them.
    fn example(&self, field: &Field) -> Option<Cell<'static>> {
        if field.shape != Shape::Flat {
            return Some(OPAQUE);
        }
        let columns = self.file.groups().iter().map(|group| group.columns().get(field.leaf));
        let is_signed = |column: Option<&ColumnChunkMetaData>| match column?.statistics()? {
            // Old writers ordered them as signed numbers: then the least one is negative.
            Statistics::Int64(statistics) => Some(*statistics.min_opt()? >= 0 && *statistics.max_opt()? >= 0),
            _ => None,
        };
        match self.file.groups().first().and_then(|group| group.columns().get(field.leaf)) {
            None => Some(Cell::Missing),
            Some(column) => field.meaning.example(column.column_descr()).or_else(|| {
                let fits = field.meaning == (Meaning::Whole { unsigned: true });
                (fits && columns.map(is_signed).all(|fits| fits == Some(true))).then_some(Cell::Int(0))
            }),
        }
    }

    /// Whether a value of `field` is missing, if the file's statistics say.
    fn missing(&self, field: &Field) -> Option<bool> {
        let count = |group: &RowGroupMetaData| {
            group.columns().get(field.leaf).and_then(|column| column.statistics()).and_then(|s| s.null_count_opt())
        };
        let counts: Vec<Option<u64>> = self.file.groups().iter().map(count).collect();
        match counts.iter().any(|count| count.is_some_and(|count| count > 0)) {
            true => Some(true),
            false => counts.iter().all(Option::is_some).then_some(false),
        }
    }

    /// Whether `found` returns true for a value of column `at`; it is asked until it does.
    fn scan(&self, at: usize, mut found: impl FnMut(Cell<'_>) -> bool) -> Result<bool, Failure> {
        let mut columns: Vec<Column> = self.file.fields().iter().map(|_| Column::new(Kind::Mixed)).collect();
        for group in 0..self.file.groups().len() {
            let mut chunks = self.file.chunks(group, |field| field == at)?;
            while self.file.fill(&mut chunks, self.file.batch(ROWS), &mut columns)? > 0 {
                let Some(column) = columns.get(at) else { continue };
                if (0..column.len()).any(|row| found(column.cell(row))) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Gives all rows, batch by batch, as columns of `kinds`; those that are not `wanted` stay empty. `read` may keep the columns and
    /// leave others of these kinds in their place. It ends when `read` says false.
    pub fn each(
        &self,
        kinds: &[Kind],
        wanted: &[bool],
        read: &mut dyn FnMut(usize, &mut Vec<Column>) -> bool,
    ) -> Result<(), Failure> {
        // One has to be read to know of the rows.
        let none = !wanted.contains(&true);
        let is_wanted = |at: usize| wanted.get(at).copied().unwrap_or(false) || none && at == 0;
        let opaque = self.file.fields().iter().zip(wanted).find(|(field, wanted)| **wanted && field.shape == Shape::Opaque);
        if let Some((field, _)) = opaque {
            let message = format!("column {} contains records or lists of lists, which are not supported; remove it", field.name);
            return Err(Failure::input(self.file.place(), "INPUT_NOT_SUPPORTED", message));
        }
        let most = self.file.batch(ROWS);
        let mut columns: Vec<Column> = kinds.iter().map(|kind| Column::new(*kind)).collect();
        for group in 0..self.file.groups().len() {
            let mut chunks = self.file.chunks(group, is_wanted)?;
            loop {
                let rows = self.file.fill(&mut chunks, most, &mut columns)?;
                if rows == 0 {
                    break;
                }
                if !read(rows, &mut columns) {
                    return Ok(());
                }
            }
            self.file.passed(group);
        }
        Ok(())
    }
}
