//! Parquet, row by row; only the current pages of one row group are in memory.
//!
//! The `parquet` crate panics on some files that contradict themselves (fuzzing finds them within minutes). Such a panic ends
//! here as an error like any other; the command is built so that panics unwind.

use std::cell::Cell as Flag;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use indicatif::ProgressBar;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::errors::ParquetError;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::record::Field;
use parquet::record::reader::{ReaderIter, TreeBuilder};
use parquet::schema::types::Type;
use plumbline_core::table::{Moment, Scalar};
use serde_json::Value as Json;

use super::{Cell, Records, Source, Step, page_header};
use crate::Failure;

/// A stream of Parquet rows.
pub struct ParquetFile {
    file: SerializedFileReader<File>,
    /// The same file, for a look at its page headers.
    pages: File,
    /// Rows left of the row group before `next_group`.
    rows: Option<ReaderIter>,
    next_group: usize,
    names: Vec<String>,
    /// Per field: whether its integers are moments in nanoseconds, as pandas writes them. The reader gives them as they stand.
    nanoseconds: Vec<bool>,
    cells: Vec<Scalar>,
    row: u64,
    place: String,
    progress: ProgressBar,
    bytes_per_row: f64,
}

const BATCH: usize = 1024;
const DAY_MS: i64 = 86_400_000;

impl ParquetFile {
    /// Reads the footer of `source`.
    pub fn open(source: &mut Source) -> Result<ParquetFile, Failure> {
        let place = source.place.clone();
        let progress = source.progress.clone();
        let file = source.take_file()?;
        let bytes = file.metadata().map_or(0, |m| m.len());
        let pages = file.try_clone().map_err(Failure::read(&place))?;
        let file = guarded(|| SerializedFileReader::new(file)).map_err(|e| broken(place.clone(), e))?;
        let metadata = file.metadata().file_metadata();
        if let Some(column) = metadata.schema_descr().columns().iter().find(|c| c.converted_type() == ConvertedType::INTERVAL) {
            let message = format!("column {} contains intervals, which are not supported; remove it", column.name());
            return Err(Failure::input(place, "INPUT_NOT_SUPPORTED", message));
        }
        let fields = metadata.schema().get_fields();
        let names = fields.iter().map(|field| field.name().to_owned()).collect();
        let nanoseconds = fields.iter().map(|field| is_nanoseconds(field)).collect();
        let bytes_per_row = bytes as f64 / metadata.num_rows().max(1) as f64;
        let (rows, cells) = (None, Vec::new());
        Ok(ParquetFile { file, pages, rows, next_group: 0, names, nanoseconds, cells, row: 0, place, progress, bytes_per_row })
    }

    fn next_row(&mut self) -> Result<Option<Vec<(String, Field)>>, Failure> {
        let place = || format!("{}, row {}", self.place, self.row);
        loop {
            if let Some(rows) = &mut self.rows
                && let Some(row) = guarded(|| rows.next().transpose()).map_err(|e| broken(place(), e))?
            {
                return Ok(Some(row.into_columns()));
            }
            if self.next_group >= self.file.num_row_groups() {
                return Ok(None);
            }
            page_header::check(&self.pages, &self.place, self.file.metadata().row_group(self.next_group))?;
            let open = || {
                let group = self.file.get_row_group(self.next_group)?;
                let schema = self.file.metadata().file_metadata().schema_descr_ptr();
                TreeBuilder::new().with_batch_size(BATCH).as_iter(schema, &*group)
            };
            self.rows = Some(guarded(open).map_err(|e| broken(place(), e))?);
            self.next_group += 1;
        }
    }
}

impl Records for ParquetFile {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn is_table(&self) -> bool {
        true
    }

    fn advance(&mut self) -> Result<Step, Failure> {
        self.row += 1;
        let Some(row) = self.next_row()? else { return Ok(Step::End) };
        self.cells.clear();
        let nanoseconds = self.nanoseconds.iter().chain(std::iter::repeat(&false));
        self.cells.extend(row.into_iter().zip(nanoseconds).map(|((_, field), nanoseconds)| match field {
            Field::Long(ns) if *nanoseconds => Scalar::Time(Moment::from_ns(ns)),
            field => owned(field),
        }));
        if self.row.is_multiple_of(BATCH as u64) {
            self.progress.set_position((self.row as f64 * self.bytes_per_row) as u64);
        }
        Ok(Step::Record)
    }

    fn line(&self) -> u64 {
        self.row
    }

    fn cell(&self, index: usize) -> Cell<'_> {
        self.cells.get(index).map_or(Cell::Missing, Scalar::cell)
    }
}

thread_local! {
    static GUARDED: Flag<bool> = const { Flag::new(false) };
}

/// What `read` gives; a panic inside it is an error.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    GUARDED.set(true);
    // A reader that panicked is not used again: its error ends the run.
    let outcome = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    outcome.unwrap_or_else(|_| Err(ParquetError::General("the file is inconsistent".to_owned())))
}

/// Keeps panics that become errors from being told as panics.
pub fn quiet_panics() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !GUARDED.get() {
            told(panic);
        }
    }));
}

fn is_nanoseconds(field: &Type) -> bool {
    let logical = field.get_basic_info().logical_type_ref();
    field.is_primitive() && matches!(logical, Some(LogicalType::Timestamp(time)) if time.unit == TimeUnit::NANOS)
}

fn owned(field: Field) -> Scalar {
    // What has no value that a cell could hold.
    const OPAQUE: Scalar = Scalar::Other(Json::Null);
    match field {
        Field::Null => Scalar::Missing,
        Field::Str(text) => Scalar::Text(text),
        Field::Bytes(bytes) => std::str::from_utf8(bytes.data()).map_or(OPAQUE, |text| Scalar::Text(text.to_owned())),
        Field::Date(days) => Scalar::Time(Moment::from_ms(i64::from(days) * DAY_MS)),
        Field::TimestampMillis(ms) => Scalar::Time(Moment::from_ms(ms)),
        Field::TimestampMicros(us) => Scalar::Time(Moment::from_us(us)),
        Field::Bool(flag) => Scalar::Bool(flag),
        Field::Byte(n) => Scalar::Int(n.into()),
        Field::Short(n) => Scalar::Int(n.into()),
        Field::Int(n) => Scalar::Int(n.into()),
        Field::Long(n) => Scalar::Int(n),
        Field::UByte(n) => Scalar::Int(n.into()),
        Field::UShort(n) => Scalar::Int(n.into()),
        Field::UInt(n) => Scalar::Int(n.into()),
        // What no number here can hold keeps its digits: an id must not change.
        Field::ULong(n) => i64::try_from(n).map_or_else(|_| Scalar::Text(n.to_string()), Scalar::Int),
        Field::Float16(x) => number(x.to_f64()),
        Field::Float(x) => number(f64::from(x)),
        Field::Double(x) => number(x),
        // The decimal's own digits, read correctly rounded.
        Field::Decimal(_) => field.to_string().parse().map_or(OPAQUE, number),
        Field::ListInternal(list) => {
            let text = |element: &Field| if let Field::Str(text) = element { Some(Json::String(text.clone())) } else { None };
            list.elements().iter().map(text).collect::<Option<_>>().map_or(OPAQUE, |texts| Scalar::Other(Json::Array(texts)))
        }
        Field::TimeMillis(_) | Field::TimeMicros(_) | Field::Group(_) | Field::MapInternal(_) => OPAQUE,
    }
}

fn number(x: f64) -> Scalar {
    if x.is_nan() { Scalar::Missing } else { Scalar::Float(x) }
}

pub(super) fn broken(place: String, error: ParquetError) -> Failure {
    Failure::input(place, "INPUT_NOT_PARQUET", error.to_string())
}
