//! An opened file: its footer and the column chunks of its row groups.
//!
//! The `parquet` crate panics on some files that contradict themselves (fuzzing finds them within minutes). Such a panic ends
//! here as an error like any other; the command is built so that panics unwind.

use std::cell::Cell as Flag;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use indicatif::ProgressBar;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use plumbline_core::table::Column;

use super::chunk::{Chunk, Field};
use super::page_header;
use crate::Failure;
use crate::input::Source;

/// An opened file.
pub struct Opened {
    file: SerializedFileReader<File>,
    /// The same file, for a look at its page headers.
    pages: File,
    place: String,
    progress: ProgressBar,
    bytes: u64,
    fields: Vec<Field>,
}

impl Opened {
    /// Reads the footer of `source`.
    pub fn new(source: &mut Source) -> Result<Opened, Failure> {
        let (place, progress) = (source.place.clone(), source.progress.clone());
        let file = source.take_file()?;
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        let pages = file.try_clone().map_err(Failure::read(&place))?;
        let file = guarded(|| SerializedFileReader::new(file)).map_err(|e| broken(place.clone(), e))?;
        let fields = Field::all(file.metadata().file_metadata().schema_descr());
        Ok(Opened { file, pages, place, progress, bytes, fields })
    }

    /// The fields: the columns of the table.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What to call the file in messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The row groups, as the footer describes them.
    pub fn groups(&self) -> &[RowGroupMetaData] {
        self.file.metadata().row_groups()
    }

    /// The rows of row group `group`: a chunk for each field that is `wanted`.
    pub fn chunks(&self, group: usize, wanted: impl Fn(usize) -> bool) -> Result<Vec<Option<Chunk>>, Failure> {
        page_header::check(&self.pages, &self.place, self.file.metadata().row_group(group))?;
        let open = || {
            let group = self.file.get_row_group(group)?;
            let chunk = |(at, field): (usize, &Field)| {
                let reader = wanted(at).then(|| group.get_column_reader(field.leaf)).transpose()?;
                Ok(reader.map(|reader| Chunk::new(reader, field)))
            };
            self.fields.iter().enumerate().map(chunk).collect::<Result<Vec<Option<Chunk>>, ParquetError>>()
        };
        guarded(open).map_err(|e| broken(self.place.clone(), e))
    }

    /// Reads at most `most` rows of each chunk into the column at its place; returns how many there were.
    pub fn fill(&self, chunks: &mut [Option<Chunk>], most: usize, columns: &mut [Column]) -> Result<usize, Failure> {
        let mut rows = None;
        for (chunk, column) in chunks.iter_mut().zip(columns) {
            column.clear();
            let Some(chunk) = chunk else { continue };
            let own = guarded(|| chunk.read(most, column)).map_err(|e| broken(self.place.clone(), e))?;
            if rows.is_some_and(|rows| rows != own) {
                let message = "the columns of a row group differ in length";
                return Err(Failure::input(self.place.clone(), "INPUT_NOT_PARQUET", message));
            }
            rows = Some(own);
        }
        Ok(rows.unwrap_or(0))
    }

    /// Moves the progress bar to the end of row group `group`.
    pub fn passed(&self, group: usize) {
        self.progress.set_position(self.bytes / self.groups().len().max(1) as u64 * (group as u64 + 1));
    }

    /// How many rows are read at a time: at most `rows`, fewer of a wide table.
    pub fn batch(&self, rows: usize) -> usize {
        /// Values read at a time.
        const VALUES: usize = 1 << 22;
        (VALUES / self.fields.len().max(1)).clamp(16, rows)
    }
}

thread_local! {
    static GUARDED: Flag<bool> = const { Flag::new(false) };
}

/// What `read` gives; a panic inside it is an error.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    GUARDED.set(true);
    // A reader that panicked is not used again: its error ends the run.
    let outcome = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    outcome.unwrap_or_else(|_| Err(ParquetError::General("the file is inconsistent".to_owned())))
}

/// Keeps panics that become errors from being printed as panics.
pub fn quiet_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !GUARDED.get() {
            print(panic);
        }
    }));
}

fn broken(place: String, error: ParquetError) -> Failure {
    Failure::input(place, "INPUT_NOT_PARQUET", error.to_string())
}
