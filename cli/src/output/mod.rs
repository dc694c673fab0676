//! Where results go: files that appear complete or not at all, CSV or NDJSON, numbers that read back to the same bits.

mod draft;
mod interrupt;
mod number;
pub mod paths;
mod sink;
mod table;
pub mod terminal;

pub use draft::{Draft, replace};
pub use interrupt::Interrupt;
pub use number::shortest;
pub use sink::Sink;
pub use table::{Datum, Layout, Table, member, quoted};
