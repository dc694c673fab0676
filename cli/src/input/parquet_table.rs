//! Parquet, column by column: whole columns of a row group are read in batches, without a row in between.

use std::fs::File;

use indicatif::ProgressBar;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::ColumnReader;
use parquet::data_type::Int96;
use parquet::errors::ParquetError;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::schema::types::ColumnDescriptor;
use plumbline_core::table::{Cell, Column, Kind, Kinds, Moment};

use super::parquet_file::{broken, guarded};
use super::{Source, page_header};
use crate::Failure;

/// Rows read at a time, fewer of a wide table.
const BATCH: usize = 1 << 16;
/// Values read at a time.
const VALUES: usize = 1 << 22;

/// A Parquet file whose columns are flat: no lists, no records within records.
pub struct ParquetTable {
    file: SerializedFileReader<File>,
    /// The same file, for a look at its page headers.
    pages: File,
    place: String,
    progress: ProgressBar,
    bytes: u64,
}

/// What the values of a column mean.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Meaning {
    Flag,
    Whole {
        unsigned: bool,
    },
    Number,
    /// A whole number of 10^-scale.
    Decimal(i32),
    /// A moment, counted in a unit since 1970.
    Time(Unit),
    Text,
    Unknown,
}

/// What moments are counted in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    Days,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    fn moment(self, n: i64) -> Moment {
        match self {
            Unit::Days => Moment::from_ms(n.saturating_mul(86_400_000)),
            Unit::Millis => Moment::from_ms(n),
            Unit::Micros => Moment::from_us(n),
            Unit::Nanos => Moment::from_ns(n),
        }
    }
}

/// The moment of a day and the nanoseconds within it, as Hive and Spark wrote them.
fn int96(time: &Int96) -> Moment {
    let nanos = match time.data() {
        [low, high, ..] => u64::from(*high) << 32 | u64::from(*low),
        _ => 0,
    };
    Moment { ms: time.to_millis(), ns: (nanos % 1_000_000) as u32 }
}

impl ParquetTable {
    /// Reads the footer of `source`.
    pub fn open(source: &mut Source) -> Result<ParquetTable, Failure> {
        let place = source.place.clone();
        let file = source.take_file()?;
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        let pages = file.try_clone().map_err(Failure::read(&place))?;
        let file = guarded(|| SerializedFileReader::new(file)).map_err(|e| broken(place.clone(), e))?;
        let table = ParquetTable { file, pages, place, progress: source.progress.clone(), bytes };
        let nested = table.descriptors().find(|column| column.max_rep_level() > 0 || column.path().parts().len() > 1);
        if let Some(column) = nested {
            let message =
                format!("column {} contains lists or records, which are not supported; remove it", column.path().string());
            return Err(Failure::input(table.place, "INPUT_NOT_SUPPORTED", message));
        }
        Ok(table)
    }

    fn descriptors(&self) -> impl Iterator<Item = &ColumnDescriptor> {
        self.file.metadata().file_metadata().schema_descr().columns().iter().map(|column| &**column)
    }

    /// Names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.descriptors().map(|column| column.name().to_owned()).collect()
    }

    /// Notes what each column holds; columns of whole numbers or flags without a count of what is missing are read for it.
    pub fn see(&self, kinds: &mut [Kinds]) -> Result<(), Failure> {
        let columns: Vec<(Meaning, bool)> =
            self.descriptors().map(|column| (Meaning::of(column), column.max_def_level() > 0)).collect();
        for (at, (meaning, optional)) in columns.into_iter().enumerate() {
            let Some(kind) = kinds.get_mut(at) else { continue };
            match meaning {
                Meaning::Flag => kind.see(Cell::Bool(true)),
                Meaning::Whole { .. } => kind.see(Cell::Int(0)),
                Meaning::Number | Meaning::Decimal(_) => kind.see(Cell::Float(0.0)),
                Meaning::Time(_) => kind.see(Cell::Time(Moment::default())),
                Meaning::Text => kind.see(Cell::Text("")),
                Meaning::Unknown => {}
            }
            if optional && self.has_missing(at)? {
                kind.see(Cell::Missing);
            }
        }
        Ok(())
    }

    fn has_missing(&self, at: usize) -> Result<bool, Failure> {
        let metadata = self.file.metadata();
        let counts: Vec<Option<u64>> = metadata
            .row_groups()
            .iter()
            .map(|group| group.columns().get(at).and_then(|column| column.statistics()).and_then(|s| s.null_count_opt()))
            .collect();
        if counts.iter().any(|count| count.is_some_and(|count| count > 0)) {
            return Ok(true);
        }
        if counts.iter().all(Option::is_some) {
            return Ok(false);
        }
        let mut found = false;
        for group in 0..self.file.num_row_groups() {
            page_header::check(&self.pages, &self.place, self.file.metadata().row_group(group))?;
            let read = guarded(|| {
                let group = self.file.get_row_group(group)?;
                let mut reader = Pages { reader: group.get_column_reader(at)?, meaning: Meaning::Unknown, limit: 1 };
                let mut column = Column::new(Kind::Mixed);
                while reader.read(BATCH, &mut column)? > 0 {
                    found |= (0..column.len()).any(|row| column.cell(row).is_missing());
                    column.clear();
                }
                Ok(())
            });
            read.map_err(|e| broken(self.place.clone(), e))?;
        }
        Ok(found)
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
        let descriptors: Vec<(Meaning, i16)> =
            self.descriptors().map(|column| (Meaning::of(column), column.max_def_level())).collect();
        let most = (VALUES / kinds.len().max(1)).clamp(16, BATCH);
        let mut columns: Vec<Column> = kinds.iter().map(|kind| Column::new(*kind)).collect();
        for group in 0..self.file.num_row_groups() {
            page_header::check(&self.pages, &self.place, self.file.metadata().row_group(group))?;
            let open = || {
                let group = self.file.get_row_group(group)?;
                descriptors
                    .iter()
                    .enumerate()
                    .map(|(at, (meaning, limit))| {
                        let is_wanted = wanted.get(at).copied().unwrap_or(false) || none && at == 0;
                        let reader = is_wanted.then(|| group.get_column_reader(at)).transpose()?;
                        Ok(reader.map(|reader| Pages { reader, meaning: *meaning, limit: *limit }))
                    })
                    .collect::<Result<Vec<Option<Pages>>, ParquetError>>()
            };
            let mut pages = guarded(open).map_err(|e| broken(self.place.clone(), e))?;
            loop {
                let mut rows = Vec::new();
                for (pages, column) in pages.iter_mut().zip(&mut columns) {
                    column.clear();
                    let Some(pages) = pages else { continue };
                    rows.push(guarded(|| pages.read(most, column)).map_err(|e| broken(self.place.clone(), e))?);
                }
                let first = rows.first().copied().unwrap_or(0);
                if rows.iter().any(|own| *own != first) {
                    let message = "the columns of a row group differ in length";
                    return Err(Failure::input(self.place.clone(), "INPUT_NOT_PARQUET", message));
                }
                if first == 0 {
                    break;
                }
                if !read(first, &mut columns) {
                    return Ok(());
                }
            }
            self.progress.set_position(self.bytes / self.file.num_row_groups().max(1) as u64 * (group as u64 + 1));
        }
        Ok(())
    }
}

struct Pages {
    reader: ColumnReader,
    meaning: Meaning,
    /// The level of a value that is there.
    limit: i16,
}

impl Pages {
    /// Appends at most `most` rows to `column`; how many there were.
    fn read(&mut self, most: usize, column: &mut Column) -> Result<usize, ParquetError> {
        let (meaning, limit) = (self.meaning, self.limit);
        match &mut self.reader {
            ColumnReader::BoolColumnReader(reader) => {
                fill(|levels, values| reader.read_records(most, levels, None, values), limit, column, |flag| Cell::Bool(*flag))
            }
            ColumnReader::Int32ColumnReader(reader) => fill(
                |levels, values| reader.read_records(most, levels, None, values),
                limit,
                column,
                |n| meaning.whole(if meaning.is_unsigned() { i64::from(*n as u32) } else { i64::from(*n) }),
            ),
            ColumnReader::Int64ColumnReader(reader) => fill(
                |levels, values| reader.read_records(most, levels, None, values),
                limit,
                column,
                |n| {
                    if meaning.is_unsigned() && *n < 0 { Cell::Float(*n as u64 as f64) } else { meaning.whole(*n) }
                },
            ),
            ColumnReader::FloatColumnReader(reader) => {
                fill(|levels, values| reader.read_records(most, levels, None, values), limit, column, |x| number(f64::from(*x)))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                fill(|levels, values| reader.read_records(most, levels, None, values), limit, column, |x| number(*x))
            }
            ColumnReader::ByteArrayColumnReader(reader) => fill(
                |levels, values| reader.read_records(most, levels, None, values),
                limit,
                column,
                |bytes| meaning.bytes(bytes.data()),
            ),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => fill(
                |levels, values| reader.read_records(most, levels, None, values),
                limit,
                column,
                |bytes| meaning.bytes(bytes.data()),
            ),
            ColumnReader::Int96ColumnReader(reader) => fill(
                |levels, values| reader.read_records(most, levels, None, values),
                limit,
                column,
                |time| Cell::Time(int96(time)),
            ),
        }
    }
}

/// Reads values with their levels and appends them, what is missing in its place.
fn fill<T>(
    read: impl FnOnce(Option<&mut Vec<i16>>, &mut Vec<T>) -> Result<(usize, usize, usize), ParquetError>,
    limit: i16,
    column: &mut Column,
    cell: impl for<'v> Fn(&'v T) -> Cell<'v>,
) -> Result<usize, ParquetError> {
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let (rows, ..) = read((limit > 0).then_some(&mut levels), &mut values)?;
    let mut values = values.iter();
    for row in 0..rows {
        let is_there = limit == 0 || levels.get(row).is_some_and(|level| *level == limit);
        let value = if is_there { values.next() } else { None };
        column.push(value.map_or(Cell::Missing, &cell));
    }
    Ok(rows)
}

fn number<'a>(x: f64) -> Cell<'a> {
    if x.is_nan() { Cell::Missing } else { Cell::Float(x) }
}

impl Meaning {
    fn of(column: &ColumnDescriptor) -> Meaning {
        let physical = column.physical_type();
        match (column.logical_type_ref(), column.converted_type(), physical) {
            (Some(LogicalType::Decimal(_)), ..) | (_, ConvertedType::DECIMAL, _) => Meaning::Decimal(column.type_scale()),
            (Some(LogicalType::Timestamp(time)), ..) => Meaning::Time(match time.unit {
                TimeUnit::MILLIS => Unit::Millis,
                TimeUnit::MICROS => Unit::Micros,
                TimeUnit::NANOS => Unit::Nanos,
            }),
            (_, ConvertedType::TIMESTAMP_MILLIS, _) => Meaning::Time(Unit::Millis),
            (_, ConvertedType::TIMESTAMP_MICROS, _) => Meaning::Time(Unit::Micros),
            (_, ConvertedType::DATE, _) => Meaning::Time(Unit::Days),
            (_, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64, _) => {
                Meaning::Whole { unsigned: true }
            }
            (_, _, Physical::BOOLEAN) => Meaning::Flag,
            (_, _, Physical::INT32 | Physical::INT64) => Meaning::Whole { unsigned: false },
            (_, _, Physical::INT96) => Meaning::Time(Unit::Nanos),
            (_, _, Physical::FLOAT | Physical::DOUBLE) => Meaning::Number,
            (_, _, Physical::BYTE_ARRAY) => Meaning::Text,
            (_, _, Physical::FIXED_LEN_BYTE_ARRAY) => Meaning::Unknown,
        }
    }

    fn is_unsigned(self) -> bool {
        self == Meaning::Whole { unsigned: true }
    }

    fn whole<'a>(self, n: i64) -> Cell<'a> {
        match self {
            Meaning::Time(unit) => Cell::Time(unit.moment(n)),
            Meaning::Decimal(scale) => format!("{n}e-{scale}").parse().map_or(Cell::Missing, Cell::Float),
            _ => Cell::Int(n),
        }
    }

    fn bytes(self, bytes: &[u8]) -> Cell<'_> {
        match self {
            Meaning::Decimal(scale) if bytes.len() <= 16 => {
                let sign = if bytes.first().is_some_and(|first| *first > 127) { -1 } else { 0 };
                let n = bytes.iter().fold(sign, |sum: i128, byte| sum << 8 | i128::from(*byte));
                format!("{n}e-{scale}").parse().map_or(Cell::Missing, Cell::Float)
            }
            // What is no text is there all the same.
            Meaning::Unknown => Cell::Bool(true),
            _ => std::str::from_utf8(bytes).map_or(Cell::Text("\u{fffd}"), Cell::Text),
        }
    }
}
