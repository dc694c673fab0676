//! Rows that go: the files that hold some are written again without them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::record::{Field, Row};
use serde_json::{Value, json};

use super::file::{Kind, Writer};

/// Rows that are held at a time while a file is written again.
const AT_ONCE: usize = 10_000;

/// The rows to remove: `column` has one of `values`, and each column of `within` its value.
#[derive(Debug, Clone)]
pub struct Gone {
    /// A column of whole numbers.
    pub column: &'static str,
    /// Its values in the rows that go.
    pub values: BTreeSet<i64>,
    /// Other columns that a row must match.
    pub within: Vec<(&'static str, i64)>,
}

impl Gone {
    /// Whether the file at `path` has such rows. Groups of rows whose statistics exclude them are not read.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn is_in(&self, path: &Path) -> Result<bool, ParquetError> {
        let reader = SerializedFileReader::new(File::open(path)?)?;
        for (at, group) in reader.metadata().row_groups().iter().enumerate() {
            if self.may_be_in(group) {
                for row in reader.get_row_group(at)?.get_row_iter(None)? {
                    if self.is(&row?) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Writes the other rows of the file `from`, as `columns`, to a new file `to`; how many rows, and how many bytes. Without such rows there is
    /// no file.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn without(&self, from: &Path, to: &Path, columns: &[(String, Kind)]) -> Result<(u64, u64), ParquetError> {
        let reader = SerializedFileReader::new(File::open(from)?)?;
        let (mut writer, mut rows, mut kept) = (None, Vec::new(), 0);
        let mut add = |rows: &mut Vec<Vec<Value>>| -> Result<(), ParquetError> {
            if writer.is_none() {
                writer = Some(Writer::create(to, columns)?);
            }
            let Some(writer) = writer.as_mut() else { return Ok(()) };
            writer.group(rows)?;
            rows.clear();
            Ok(())
        };
        for row in reader.get_row_iter(None)? {
            let row = row?;
            if self.is(&row) {
                continue;
            }
            let cells: BTreeMap<&str, Value> = row.get_column_iter().map(|(name, field)| (name.as_str(), cell(field))).collect();
            rows.push(columns.iter().map(|(name, _)| cells.get(name.as_str()).cloned().unwrap_or_default()).collect());
            kept += 1;
            if rows.len() == AT_ONCE {
                add(&mut rows)?;
            }
        }
        if !rows.is_empty() {
            add(&mut rows)?;
        }
        Ok((kept, writer.map_or(Ok(0), Writer::finish)?))
    }

    fn may_be_in(&self, group: &RowGroupMetaData) -> bool {
        let column = group.columns().iter().find(|column| column.column_path().string() == self.column);
        match column.and_then(|column| column.statistics()) {
            Some(Statistics::Int64(of)) => match (of.min_opt(), of.max_opt()) {
                (Some(min), Some(max)) => self.values.range(*min..=*max).next().is_some(),
                _ => true,
            },
            _ => true,
        }
    }

    fn is(&self, row: &Row) -> bool {
        let of = |name: &str| row.get_column_iter().find(|(column, _)| *column == name).and_then(|(_, field)| whole(field));
        let is_value = of(self.column).is_some_and(|value| self.values.contains(&value));
        is_value && self.within.iter().all(|(name, value)| of(name) == Some(*value))
    }
}

fn whole(field: &Field) -> Option<i64> {
    match field {
        Field::Long(n) => Some(*n),
        Field::Int(n) => Some(i64::from(*n)),
        _ => None,
    }
}

/// A value of a table that is exported: whole number, number or text.
fn cell(field: &Field) -> Value {
    match field {
        Field::Double(x) => json!(x),
        Field::Str(text) => json!(text),
        other => whole(other).map_or(Value::Null, Value::from),
    }
}
