//! Suites of Great Expectations, read from their files.

use std::path::Path;

use plumbline_core::quality::{Reading, Suite};

use crate::{Failure, clock};

/// The most bytes of a suite.
const SUITE_LIMIT: u64 = 64 << 20;

/// Reads a suite to check tables against now: `now()` in a parameter is this moment.
pub fn read_suite(path: &Path) -> Result<Suite, Failure> {
    let place = path.display().to_string();
    let size = std::fs::metadata(path).map_err(Failure::read(&place))?.len();
    if size > SUITE_LIMIT {
        return Err(Failure::input(place, "SUITE_TOO_LARGE", format!("the suite has {size} bytes; the limit is {SUITE_LIMIT}")));
    }
    let text = std::fs::read_to_string(path).map_err(Failure::read(&place))?;
    let reading = Reading { now_ms: Some(clock::now().0), ..Reading::default() };
    Suite::read_with(&text, &reading).map_err(|e| Failure::input(place, e.code(), e.to_string()))
}
