//! Suites of Great Expectations, read from their files.

use std::path::Path;

use plumbline_core::quality::Suite;

use crate::Failure;

/// The most bytes of a suite.
const SUITE_LIMIT: u64 = 64 << 20;

/// Reads a suite.
pub fn read_suite(path: &Path) -> Result<Suite, Failure> {
    let place = path.display().to_string();
    let size = std::fs::metadata(path).map_err(Failure::read(&place))?.len();
    if size > SUITE_LIMIT {
        return Err(Failure::input(place, "SUITE_TOO_LARGE", format!("the suite has {size} bytes; the limit is {SUITE_LIMIT}")));
    }
    let text = std::fs::read_to_string(path).map_err(Failure::read(&place))?;
    Suite::read(&text).map_err(|e| Failure::input(place, e.code(), e.to_string()))
}
