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
use plumbline_core::json::MAX_SAFE_INTEGER;
use plumbline_core::table::Civil;

use super::{Cell, OwnedCell, Records, Source, Step, page_header};
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
    cells: Vec<OwnedCell>,
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
            Field::Long(ns) if *nanoseconds => OwnedCell::Text(moment(ns.div_euclid(1_000_000))),
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
        self.cells.get(index).map_or(Cell::Missing, OwnedCell::as_cell)
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

fn owned(field: Field) -> OwnedCell {
    OwnedCell::Plain(match field {
        Field::Str(text) => return OwnedCell::Text(text),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => return OwnedCell::Text(text.to_owned()),
            Err(_) => Cell::Other,
        },
        // What a double cannot hold keeps its digits: an id must not change.
        Field::Long(n) if n.unsigned_abs() > MAX_SAFE_INTEGER => return OwnedCell::Text(n.to_string()),
        Field::ULong(n) if n > MAX_SAFE_INTEGER => return OwnedCell::Text(n.to_string()),
        Field::Date(days) => return OwnedCell::Text(date(i64::from(days))),
        Field::TimestampMillis(ms) => return OwnedCell::Text(moment(ms)),
        Field::TimestampMicros(us) => return OwnedCell::Text(moment(us.div_euclid(1000))),
        Field::Null => Cell::Missing,
        Field::Bool(flag) => Cell::Flag(flag),
        Field::Byte(n) => Cell::Number(f64::from(n)),
        Field::Short(n) => Cell::Number(f64::from(n)),
        Field::Int(n) => Cell::Number(f64::from(n)),
        Field::Long(n) => Cell::Number(n as f64),
        Field::UByte(n) => Cell::Number(f64::from(n)),
        Field::UShort(n) => Cell::Number(f64::from(n)),
        Field::UInt(n) => Cell::Number(f64::from(n)),
        Field::ULong(n) => Cell::Number(n as f64),
        Field::Float16(x) => Cell::Number(x.to_f64()),
        Field::Float(x) => Cell::Number(f64::from(x)),
        Field::Double(x) => Cell::Number(x),
        // The decimal's own digits, read correctly rounded.
        Field::Decimal(_) => field.to_string().parse().map_or(Cell::Other, Cell::Number),
        Field::ListInternal(list) => {
            let texts = list.elements().iter().map(|e| if let Field::Str(text) = e { Some(text.clone()) } else { None });
            texts.collect::<Option<_>>().map_or(Cell::Other, Cell::List)
        }
        Field::TimeMillis(_) | Field::TimeMicros(_) | Field::Group(_) | Field::MapInternal(_) => Cell::Other,
    })
}

pub(super) fn broken(place: String, error: ParquetError) -> Failure {
    Failure::input(place, "INPUT_NOT_PARQUET", error.to_string())
}

/// `2026-11-23` of days since 1970-01-01.
fn date(days: i64) -> String {
    let day = Civil::from_ms(days.saturating_mul(DAY_MS));
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

/// `2026-11-23T09:15:00.000Z` of milliseconds since 1970.
fn moment(ms: i64) -> String {
    let within = ms.rem_euclid(DAY_MS);
    let (h, m, s, milli) = (within / 3_600_000, within / 60_000 % 60, within / 1000 % 60, within % 1000);
    format!("{}T{h:02}:{m:02}:{s:02}.{milli:03}Z", date(ms.div_euclid(DAY_MS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_milliseconds_become_dates() {
        for (days, text) in [(0, "1970-01-01"), (-1, "1969-12-31"), (19_782, "2024-02-29"), (20_780, "2026-11-23")] {
            assert_eq!(date(days), text);
        }
        assert_eq!(moment(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(moment(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }
}
