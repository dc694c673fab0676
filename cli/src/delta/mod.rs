//! Tables of Delta Lake in a folder: read at a version, and appended to.
//!
//! The part of the protocol that this needs is written here: reader version 1 and writer version 2 are files of JSON next to files of
//! Parquet, which the command reads anyway. `delta_kernel` 0.30 with its default engine would add 118 crates to the command (15 of Arrow), and
//! `deltalake` 151 (by `cargo tree`), for a command that reads whole tables, appends, and removes the rows of erased leads. What a table needs beyond it (deletion vectors,
//! column mapping, newer features) is rejected by name. Python's `deltalake` reads what is written here, and writes what is read here
//! (tests/clients/delta.test.mjs).

mod checkpoint;
mod commit;
mod file;
mod gone;
mod snapshot;

pub use commit::{Log, Table};
pub use file::Kind;
pub use gone::Gone;
pub use snapshot::{Snapshot, is_table};
