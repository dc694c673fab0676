//! Statistics of scipy, scikit-learn and their kin: every figure of every case, within a tolerance stated beside the comparison.

mod case;
mod metrics;

use std::path::Path;

use super::{Conformance, Suite};

pub(super) fn run(source: &'static str, folder: &Path) -> Result<Conformance, String> {
    let suites = vec![metrics::run(folder)?];
    Ok(Conformance { source, suites, models: 0, rows: 0, left_out: Vec::new() })
}
