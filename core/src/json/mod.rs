//! JSON, the little of it that scoring needs: a strict scanner, correctly rounded numbers, a tree for headers, values by name,
//! a writer.
//!
//! Why our own beside `serde_json`: the scorer that travels to a page must be small (derived readers and their tables cost more
//! than the trees it runs), and leads must be read with limits and positions. Tested against `serde_json` on both sides.

mod by_name;
mod cursor;
#[cfg(any(test, feature = "harness", target_arch = "wasm32"))]
mod decimal;
mod node;
mod number;
mod outline;
mod shown;
mod write;

pub use by_name::ByName;
pub(crate) use cursor::{Cursor, Stop, Token};
#[cfg(feature = "harness")]
pub(crate) use decimal::nearest;
pub(crate) use node::{Misfit, Node};
pub use number::{MAX_SAFE_INTEGER, NumberFault, parse_number};
pub use outline::{OutlineFault, items, members};
pub use shown::Decimal;
pub(crate) use shown::Quoted;
pub(crate) use write::{Object, list, number, text};
