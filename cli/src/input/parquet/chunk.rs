//! One field of a row group, read in batches of rows from its column chunk.

use parquet::basic::{ConvertedType, LogicalType};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::ParquetError;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor, Type};
use plumbline_core::table::{Cell, Column, Kind, Scalar};
use serde_json::Value as Json;

use super::meaning::{Meaning, Scratch, of_f64, of_i96};

/// What a list, a record or a map is where only its presence is known.
pub const OPAQUE: Cell<'static> = Cell::Other(&Json::Null);

/// A field of the file: a column of its table.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    /// The column chunk it is read from: its own, or the first of its parts.
    pub leaf: usize,
    pub shape: Shape,
    pub meaning: Meaning,
    /// The definition level of a value that is there, and of a field that is there.
    value_level: i16,
    field_level: i16,
    /// The definition level of an item of a list, which may be missing.
    item_level: i16,
}

/// How the values of a field are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One value per row.
    Flat,
    /// A list of values per row.
    List,
    /// Records, maps, lists within lists: only whether they are there is read.
    Opaque,
}

impl Field {
    /// The fields of a file.
    pub fn all(schema: &SchemaDescriptor) -> Vec<Field> {
        let leaves = schema.columns().iter().enumerate();
        let mut fields: Vec<(usize, Field)> = Vec::new();
        for (leaf, column) in leaves {
            let root = schema.get_column_root_idx(leaf);
            match fields.last_mut() {
                Some((known, field)) if *known == root => field.shape = Shape::Opaque,
                _ => fields.push((root, Field::of(schema.get_column_root(leaf), column, leaf))),
            }
        }
        fields.into_iter().map(|(_, field)| field).collect()
    }

    fn of(root: &Type, column: &ColumnDescriptor, leaf: usize) -> Field {
        let shape = match (column.max_rep_level(), root.is_primitive()) {
            (0, true) => Shape::Flat,
            (1, true) => Shape::List,
            (1, false) if is_list(root) => Shape::List,
            _ => Shape::Opaque,
        };
        Field {
            name: root.name().to_owned(),
            leaf,
            shape,
            meaning: Meaning::of(column),
            value_level: column.max_def_level(),
            field_level: i16::from(root.is_optional()),
            item_level: column.repeated_ancestor_def_level(),
        }
    }

    /// Whether a row may have no value.
    pub fn may_be_missing(&self) -> bool {
        self.field_level > 0
    }
}

/// Whether a group is a list of single values, as the format's rules for lists of old and new files have it.
fn is_list(root: &Type) -> bool {
    let info = root.get_basic_info();
    let is_named = info.converted_type() == ConvertedType::LIST || matches!(info.logical_type_ref(), Some(LogicalType::List));
    let [items] = root.get_fields() else { return false };
    let is_record = items.name() == "array" || items.name() == format!("{}_tuple", root.name());
    is_named && (items.is_primitive() || !is_record && matches!(items.get_fields(), [item] if item.is_primitive()))
}

/// The rows of one field of a row group that are still to be read.
pub struct Chunk {
    reader: ColumnReader,
    field: Field,
}

impl Chunk {
    /// The rows of `field` that `reader` gives.
    pub fn new(reader: ColumnReader, field: &Field) -> Chunk {
        Chunk { reader, field: field.clone() }
    }

    /// Appends at most `most` rows to `column`; returns how many there were.
    pub fn read(&mut self, most: usize, column: &mut Column) -> Result<usize, ParquetError> {
        let (field, meaning) = (&self.field, self.field.meaning);
        match &mut self.reader {
            ColumnReader::BoolColumnReader(reader) => {
                fill(|d, r, v| reader.read_records(most, d, r, v), field, column, |flag, _| Cell::Bool(*flag))
            }
            ColumnReader::Int32ColumnReader(reader) => {
                fill(|d, r, v| reader.read_records(most, d, r, v), field, column, |n, scratch| meaning.of_i32(*n, scratch))
            }
            ColumnReader::Int64ColumnReader(reader) => {
                fill(|d, r, v| reader.read_records(most, d, r, v), field, column, |n, scratch| meaning.of_i64(*n, scratch))
            }
            ColumnReader::FloatColumnReader(reader) => {
                fill(|d, r, v| reader.read_records(most, d, r, v), field, column, |x, _| of_f64(f64::from(*x)))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                fill(|d, r, v| reader.read_records(most, d, r, v), field, column, |x, _| of_f64(*x))
            }
            ColumnReader::ByteArrayColumnReader(reader) => fill(
                |d, r, v| reader.read_records(most, d, r, v),
                field,
                column,
                |bytes: &ByteArray, scratch| meaning.of_bytes(bytes.data(), scratch),
            ),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => fill(
                |d, r, v| reader.read_records(most, d, r, v),
                field,
                column,
                |bytes: &FixedLenByteArray, scratch| meaning.of_bytes(bytes.data(), scratch),
            ),
            ColumnReader::Int96ColumnReader(reader) => {
                fill(|d, r, v| reader.read_records(most, d, r, v), field, column, |time, _| of_i96(time))
            }
        }
    }
}

/// Reads values with their levels and appends them, what is missing in its place.
fn fill<T>(
    read: impl FnOnce(Option<&mut Vec<i16>>, Option<&mut Vec<i16>>, &mut Vec<T>) -> Result<(usize, usize, usize), ParquetError>,
    field: &Field,
    column: &mut Column,
    cell: impl for<'v> Fn(&'v T, &'v mut Scratch) -> Cell<'v>,
) -> Result<usize, ParquetError> {
    let (mut levels, mut repeats, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let limit = field.value_level;
    let (rows, ..) = read((limit > 0).then_some(&mut levels), Some(&mut repeats), &mut values)?;
    if field.shape == Shape::Flat {
        return flat(rows, &levels, &values, field, column, cell);
    }
    let (mut values, mut scratch) = (values.iter(), Scratch::default());
    let level = |at: usize| levels.get(at).copied().unwrap_or(limit);
    let starts: Vec<usize> = match repeats.is_empty() {
        true => (0..rows).collect(),
        false => repeats.iter().enumerate().filter(|(_, repeat)| **repeat == 0).map(|(at, _)| at).collect(),
    };
    let end = repeats.len().max(rows);
    for (row, start) in starts.iter().enumerate() {
        let items = *start..starts.get(row + 1).copied().unwrap_or(end);
        let is_there = level(*start) >= field.field_level;
        if field.shape == Shape::Opaque || !is_there {
            column.push(if is_there { OPAQUE } else { Cell::Missing });
            continue;
        }
        let items = items.filter(|at| level(*at) >= field.item_level);
        let value = |at: usize| if level(at) == limit { values.next() } else { None };
        let list = items.map(value).map(|value| value.map_or(Json::Null, |value| json(cell(value, &mut scratch)))).collect();
        column.push(Scalar::Other(Json::Array(list)).cell());
    }
    Ok(starts.len())
}

fn flat<T>(
    rows: usize,
    levels: &[i16],
    values: &[T],
    field: &Field,
    column: &mut Column,
    cell: impl for<'v> Fn(&'v T, &'v mut Scratch) -> Cell<'v>,
) -> Result<usize, ParquetError> {
    let (limit, is_text, mut scratch) = (field.value_level, column.kind() == Kind::Text, Scratch::default());
    let mut values = values.iter();
    for row in 0..rows {
        let is_there = limit == 0 || levels.get(row).is_some_and(|level| *level == limit);
        let cell = match if is_there { values.next() } else { None } {
            Some(value) => cell(value, &mut scratch),
            None => Cell::Missing,
        };
        if is_text && matches!(cell, Cell::Other(_)) {
            let message = format!("column {} is declared as text and contains bytes that are not UTF-8", field.name);
            return Err(ParquetError::General(message));
        }
        column.push(cell);
    }
    Ok(rows)
}

/// An item of a list.
fn json(cell: Cell<'_>) -> Json {
    match cell {
        Cell::Missing => Json::Null,
        Cell::Bool(flag) => flag.into(),
        Cell::Int(n) => n.into(),
        Cell::UInt(n) => n.into(),
        Cell::Float(x) => x.into(),
        Cell::Other(value) => value.clone(),
        Cell::Text(_) | Cell::Time(_) => cell.read_name().map_or(Json::Null, |name| name.into()),
    }
}
