//! Distances between two samples, as scipy computes them: the Kolmogorov–Smirnov, Cramér–von Mises, Wasserstein and energy figures of
//! `two_sample.json`.

use std::path::Path;

use plumbline_core::drift::{CramerVonMises, Deviation, Direction, KolmogorovSmirnov, Sample, energy, wasserstein};

use super::super::Suite;
use super::case::{Case, File};

/// Both sides sum doubles of one size in another order.
const SUMS: f64 = 1e-12;
/// scipy stops its series at terms of 1e-7 and takes the tail as 1 − cdf, which leaves an absolute error of about 1e-10 of a p-value
/// of 1e-4.
const ITERATED: f64 = 1e-8;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    File::read(folder, "two_sample.json")?.suite("two samples: distances (scipy)", compare)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let sentence = |e: &dyn std::fmt::Display| e.to_string();
    let reference = Sample::reference(&case.numbers("a")?).map_err(|e| sentence(&e))?;
    let current = Sample::current(&case.numbers("b")?).map_err(|e| sentence(&e))?;
    let test = KolmogorovSmirnov::new(&reference, &current).map_err(|e| sentence(&e))?;
    for method in ["exact", "asymp", "auto", "asymp_less", "asymp_greater"] {
        let place = format!("/ks_{method}");
        if case.answer(&place).is_none() {
            continue;
        }
        let direction = match method {
            "asymp_less" => Direction::CurrentLower,
            "asymp_greater" => Direction::CurrentHigher,
            _ => Direction::Either,
        };
        let p = match method {
            "exact" => test.p_exact(direction),
            "auto" => test.p_value(direction),
            _ => test.p_asymptotic(direction),
        };
        let deviation: &Deviation = match direction {
            Direction::Either => test.worse(),
            Direction::CurrentHigher => &test.higher,
            Direction::CurrentLower => &test.lower,
        };
        let sign = if std::ptr::eq(deviation, &test.lower) { -1.0 } else { 1.0 };
        // scipy clips a difference of rounding, such as 1e-17, to −0.
        case.close(suite, &format!("{place}/statistic"), deviation.statistic, SUMS);
        case.close(suite, &format!("{place}/pvalue"), p, SUMS);
        case.close(suite, &format!("{place}/location"), deviation.location, 0.0);
        case.close(suite, &format!("{place}/sign"), sign, 0.0);
    }
    case.close(suite, "/wasserstein", wasserstein(&reference, &current).map_err(|e| sentence(&e))?, SUMS);
    case.close(suite, "/energy_distance", energy(&reference, &current).map_err(|e| sentence(&e))?, SUMS);
    let cramer = CramerVonMises::new(&reference, &current);
    // Where scipy says NaN we give no answer.
    let (statistic, p) = cramer.map_or((f64::NAN, f64::NAN), |test| (test.statistic, test.p_value));
    case.close(suite, "/cramervonmises_2samp_asymp/statistic", statistic, SUMS);
    case.close(suite, "/cramervonmises_2samp_asymp/pvalue", p, ITERATED);
    Ok(())
}
