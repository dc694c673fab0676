//! Parquet: one decoder of column chunks ([`chunk`]), from which tables take whole columns ([`ParquetTable`]) and commands take rows
//! ([`ParquetRows`]), so that a file means the same to all of them.

mod chunk;
mod file;
mod meaning;
mod page_header;
mod rows;
mod table;
#[cfg(test)]
mod tests;

pub use file::quiet_panics;
pub use rows::ParquetRows;
pub use table::ParquetTable;
