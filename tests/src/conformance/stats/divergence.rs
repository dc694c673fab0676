//! Divergences between two distributions over the same bins, as scipy computes them.

use std::f64::consts::LN_2;
use std::path::Path;

use plumbline_core::drift::{EMPTY_SHARE, Shares};

use super::super::Suite;
use super::case::{Case, File};

/// Both sides sum doubles of one size.
const SUMS: f64 = 1e-12;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    File::read(folder, "divergence.json")?.suite("divergences (scipy)", compare)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let shares = Shares::new(&case.numbers("p")?, &case.numbers("q")?).map_err(|e| e.to_string())?;
    let shares = shares.map_err(|e| e.to_string())?;
    case.close(suite, "/jensenshannon_distance_base_e", shares.jensen_shannon(), SUMS);
    case.close(suite, "/jensenshannon_distance_base_2", shares.jensen_shannon() / LN_2.sqrt(), SUMS);
    case.close(suite, "/kl_base_e", shares.kullback_leibler(), SUMS);
    case.close(suite, "/psi_zero_to_1e4", shares.population_stability(EMPTY_SHARE), SUMS);
    case.close(suite, "/hellinger", shares.hellinger(), SUMS);
    case.close(suite, "/total_variation", shares.total_variation(), SUMS);
    Ok(())
}
