//! Rows as a file of Parquet.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::Value;

/// What a column holds. Every value may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Long,
    /// Numbers.
    Double,
    /// Text.
    String,
}

impl Kind {
    /// Its name in a schema of Delta Lake.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Long => "long",
            Kind::Double => "double",
            Kind::String => "string",
        }
    }
}

/// A file that is written a group of rows at a time.
pub struct Writer {
    file: File,
    writer: SerializedFileWriter<File>,
}

impl Writer {
    /// A new file at `path` with `columns`.
    ///
    /// # Errors
    /// There is one, or it cannot be written.
    pub fn create(path: &Path, columns: &[(String, Kind)]) -> Result<Writer, ParquetError> {
        let field = |(name, kind): &(String, Kind)| {
            let (physical, logical) = match kind {
                Kind::Long => (Physical::INT64, None),
                Kind::Double => (Physical::DOUBLE, None),
                Kind::String => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            };
            let built = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
            built.with_logical_type(logical).build().map(Arc::new)
        };
        let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?);
        let file = File::create_new(path)?;
        let writer = SerializedFileWriter::new(file.try_clone()?, schema, Arc::new(properties()))?;
        Ok(Writer { file, writer })
    }

    /// Adds `rows`; each has a value for every column.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn group(&mut self, rows: &[Vec<Value>]) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        let mut at = 0;
        while let Some(mut column) = group.next_column()? {
            let cells = || rows.iter().map(|row| row.get(at).unwrap_or(&Value::Null));
            match column.untyped() {
                ColumnWriter::Int64ColumnWriter(writer) => {
                    let (values, levels) = split(cells().map(whole));
                    writer.write_batch(&values, Some(&levels), None)?;
                }
                ColumnWriter::DoubleColumnWriter(writer) => {
                    let (values, levels) = split(cells().map(Value::as_f64));
                    writer.write_batch(&values, Some(&levels), None)?;
                }
                ColumnWriter::ByteArrayColumnWriter(writer) => {
                    let (values, levels) = split(cells().map(text));
                    writer.write_batch(&values, Some(&levels), None)?;
                }
                _ => return Err(ParquetError::General("a column of another kind".into())),
            }
            column.close()?;
            at += 1;
        }
        group.close().map(drop)
    }

    /// Its size in bytes, once it is on the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> Result<u64, ParquetError> {
        self.writer.close()?;
        self.file.sync_all()?;
        Ok(self.file.metadata()?.len())
    }
}

/// Writes `rows` of `columns` to a new file at `path`, and on the disk; how many bytes.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, columns: &[(String, Kind)], rows: &[Vec<Value>]) -> Result<u64, ParquetError> {
    let mut writer = Writer::create(path, columns)?;
    writer.group(rows)?;
    writer.finish()
}

/// How files are written.
pub(super) fn properties() -> WriterProperties {
    WriterProperties::builder().set_compression(Compression::SNAPPY).build()
}

/// The values that are there, and for every place whether there is one.
fn split<T>(cells: impl Iterator<Item = Option<T>>) -> (Vec<T>, Vec<i16>) {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        levels.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    (values, levels)
}

/// A whole number; a flag is 1 or 0.
fn whole(cell: &Value) -> Option<i64> {
    let of_double = || cell.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 9e15).map(|x| x as i64);
    cell.as_bool().map(i64::from).or_else(|| cell.as_i64()).or_else(of_double)
}

/// Text; what is none is its JSON.
fn text(cell: &Value) -> Option<ByteArray> {
    match cell {
        Value::Null => None,
        Value::String(text) => Some(text.as_str().into()),
        other => Some(other.to_string().as_str().into()),
    }
}
