//! Statistics of scipy, scikit-learn and their kin: every figure of every case, within a tolerance stated beside the comparison.

mod calibration;
mod case;
mod contingency;
mod distance;
mod divergence;
mod evidently;
mod growthbook;
mod metrics;
mod multiple_testing;
mod nannyml;
mod proportions;
mod quality;
mod survival;
mod two_sample;

use std::path::Path;

use super::Conformance;

pub(super) fn run(source: &'static str, folder: &Path) -> Result<Conformance, String> {
    let mut left_out = Vec::new();
    let mut suites = vec![
        metrics::run(folder)?,
        calibration::run(folder)?,
        contingency::run(folder)?,
        proportions::run(folder)?,
        multiple_testing::run(folder)?,
        survival::run(folder)?,
        two_sample::run(folder)?,
        distance::run(folder)?,
        divergence::run(folder)?,
        nannyml::run(folder)?,
        quality::results(folder)?,
        quality::definitions(&folder.join("../../suites/great-expectations"), &mut left_out)?,
    ];
    suites.extend(evidently::run(folder)?);
    suites.push(growthbook::run(folder)?);
    Ok(Conformance { source, suites, models: 0, rows: 0, left_out })
}
