//! Statistics of scipy, scikit-learn and their kin: every figure of every case, within a tolerance stated beside the comparison.

mod case;
mod contingency;
mod distance;
mod divergence;
mod evidently;
mod metrics;
mod multiple_testing;
mod proportions;
mod survival;
mod two_sample;

use std::path::Path;

use super::{Conformance, Suite};

pub(super) fn run(source: &'static str, folder: &Path) -> Result<Conformance, String> {
    let mut suites: Vec<Suite> = vec![
        metrics::run(folder)?,
        contingency::run(folder)?,
        proportions::run(folder)?,
        multiple_testing::run(folder)?,
        survival::run(folder)?,
        two_sample::run(folder)?,
        distance::run(folder)?,
        divergence::run(folder)?,
    ];
    suites.extend(evidently::run(folder)?);
    Ok(Conformance { source, suites, models: 0, rows: 0, left_out: Vec::new() })
}
