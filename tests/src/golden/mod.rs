//! Golden bits: models, rows and leads made from seeds, the same on every machine, and what they score to.
//!
//! Every score becomes a line of text that holds its bits in hexadecimal, and a case the SHA-256 of its lines. The `golden`
//! program writes models, inputs and lines to `target/golden`; `tests/hosts/golden.mjs` has node, workerd, Chromium and the
//! plain JavaScript build score the same inputs and compares. `tests/golden/` holds what is right.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "code of tests: a broken assumption must stop them")]

mod draw;
mod files;
mod leads;
mod lines;
mod models;
mod rows;

pub use draw::Draw;
pub use files::write_cases;
pub use leads::{NOW_MS, demo_leads};
pub use lines::{bits, digest, lead_lines, row_lines};
pub use models::{COLUMNS, Case, cases};
pub use rows::rows;

/// Rows per case, and leads of the demo case.
pub const COUNT: usize = 250;
