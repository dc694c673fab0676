//! Means, places and spreads of two samples as scipy tests them. The distances between distributions are compared elsewhere.

use std::path::Path;

use plumbline_core::stats::alternative::Alternative;
use plumbline_core::stats::error::StatsError;
use plumbline_core::stats::level::Level;
use plumbline_core::stats::two_sample::{MannWhitney, Sample, TTest, cohens_d, levene, student, welch};
use serde_json::Value;

use super::super::Suite;
use super::case::{Case, File, number};

const CLOSED: f64 = 1e-12;
/// Values about 1e9 that spread by 1: numpy's means are rounded to 1e-7, which is 2.4e-7 of their difference and more of an end of its
/// interval that is nearer to 0. Ours keep what rounding took (in rational arithmetic p is 0.0217744894, scipy's 0.0217744283).
const OFFSET: f64 = 5e-6;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    File::read(folder, "two_sample.json")?.suite("two samples (scipy)", compare)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let (a, b) = (case.numbers("a")?, case.numbers("b")?);
    let (first, second) = (Sample::new(&a).map_err(|e| e.to_string())?, Sample::new(&b).map_err(|e| e.to_string())?);
    let tolerance = if first.mean().abs() > 1e6 { OFFSET } else { CLOSED };
    for (figure, answer) in case.figures()? {
        compare_figure(case, suite, figure, answer, (&first, &second), tolerance)?;
    }
    Ok(())
}

fn compare_figure(
    case: &Case<'_>,
    suite: &mut Suite,
    figure: &str,
    answer: &Value,
    (first, second): (&Sample<'_>, &Sample<'_>),
    tolerance: f64,
) -> Result<(), String> {
    let place = format!("/{figure}");
    let t_test = |suite: &mut Suite, ours: Result<TTest, StatsError>| match ours {
        Ok(ours) => {
            case.close(suite, &format!("{place}/statistic"), ours.statistic, tolerance);
            case.close(suite, &format!("{place}/pvalue"), ours.p_value(Alternative::TwoSided), tolerance);
            case.close(suite, &format!("{place}/df"), ours.freedom, tolerance);
            let interval = ours.interval(Level::FIVE_PERCENT);
            case.all_close(suite, &format!("{place}/ci95"), &[interval.lower, interval.upper], tolerance);
        }
        Err(error) => silent(case, suite, &place, answer.get("statistic"), &error),
    };
    let rank = MannWhitney::new(first, second);
    let rank_test = |suite: &mut Suite, ours: Result<f64, StatsError>| {
        case.close(suite, &format!("{place}/U"), rank.u, 0.0);
        match ours {
            Ok(p) => case.close(suite, &format!("{place}/pvalue"), p, tolerance),
            // The peer counts arrangements of distinct values for tied ones too.
            Err(StatsError::Tied { ties }) => {
                case.holds(suite, &place, ties > 0 && figure.contains("exact"), || answer.to_string())
            }
            Err(error) => silent(case, suite, &place, answer.get("pvalue"), &error),
        }
    };
    match figure {
        "ttest_welch" => t_test(suite, welch(first, second)),
        "ttest_student" => t_test(suite, student(first, second)),
        "mannwhitneyu_asymptotic_ccTrue" => rank_test(suite, rank.asymptotic(Alternative::TwoSided, true)),
        "mannwhitneyu_asymptotic_ccFalse" => rank_test(suite, rank.asymptotic(Alternative::TwoSided, false)),
        "mannwhitneyu_exact_ccTrue" => rank_test(suite, rank.exact(Alternative::TwoSided)),
        "levene_median" => match levene(first, second) {
            Ok(ours) => {
                case.close(suite, &format!("{place}/statistic"), ours.statistic, tolerance);
                case.close(suite, &format!("{place}/pvalue"), ours.p_value, tolerance);
            }
            Err(error) => silent(case, suite, &place, answer.get("statistic"), &error),
        },
        "cohens_d_pooled" => match cohens_d(first, second) {
            Ok(ours) => case.close(suite, &place, ours, tolerance),
            Err(error) => silent(case, suite, &place, Some(answer), &error),
        },
        // The reference run holds no value of it in any case; the core's own tests compare it with scipy's.
        "anderson_ksamp" => case.holds(suite, &place, answer.is_null(), || format!("a value that nothing compares: {answer}")),
        // Distances between distributions.
        "wasserstein" | "energy_distance" => {}
        _ if figure.starts_with("ks_") || figure.starts_with("cramervonmises") => {}
        _ => return Err(format!("two_sample.json holds {figure}, which nothing compares")),
    }
    Ok(())
}

/// We say that the data hold no answer, and the peer's is NaN, infinite, or the 1 it falls back on.
fn silent(case: &Case<'_>, suite: &mut Suite, place: &str, theirs: Option<&Value>, error: &StatsError) {
    let none = theirs.and_then(number).is_some_and(|theirs| !theirs.is_finite() || theirs == 1.0);
    case.holds(suite, place, none && error.is_silence(), || format!("ours {error}, theirs {theirs:?}"));
}
