//! The rows of a file, one at a time; only a batch of one row group is in memory.

use plumbline_core::table::{Column, Kind};

use super::chunk::Chunk;
use super::file::Opened;
use crate::Failure;
use crate::input::{Cell, Records, Source, Step};

/// A stream of rows.
pub struct ParquetRows {
    file: Opened,
    names: Vec<String>,
    chunks: Vec<Option<Chunk>>,
    /// The row group after the one that is read.
    next_group: usize,
    batch: Vec<Column>,
    rows: usize,
    /// The current row in the batch, and in the file from 1.
    at: usize,
    row: u64,
}

const ROWS: usize = 1024;

impl ParquetRows {
    /// Reads the footer of `source`.
    pub fn open(source: &mut Source) -> Result<ParquetRows, Failure> {
        let file = Opened::new(source)?;
        let names: Vec<String> = file.fields().iter().map(|field| field.name.clone()).collect();
        let batch = names.iter().map(|_| Column::new(Kind::Mixed)).collect();
        Ok(ParquetRows { file, names, chunks: Vec::new(), next_group: 0, batch, rows: 0, at: 0, row: 0 })
    }

    /// Reads the next rows; false at the end.
    fn refill(&mut self) -> Result<bool, Failure> {
        loop {
            self.at = 0;
            self.rows = self.file.fill(&mut self.chunks, self.file.batch(ROWS), &mut self.batch)?;
            if self.rows > 0 {
                return Ok(true);
            }
            if self.next_group > 0 {
                self.file.passed(self.next_group - 1);
            }
            if self.next_group >= self.file.groups().len() {
                return Ok(false);
            }
            self.chunks = self.file.chunks(self.next_group, |_| true)?;
            self.next_group += 1;
        }
    }
}

impl Records for ParquetRows {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn is_table(&self) -> bool {
        true
    }

    fn advance(&mut self) -> Result<Step, Failure> {
        self.at += 1;
        if self.at >= self.rows && !self.refill()? {
            return Ok(Step::End);
        }
        self.row += 1;
        Ok(Step::Record)
    }

    fn line(&self) -> u64 {
        self.row
    }

    fn cell(&self, index: usize) -> Cell<'_> {
        self.batch.get(index).map_or(Cell::Missing, |column| column.cell(self.at))
    }
}
