//! Curves of what is still open, and tests between them, as lifelines has them.

use std::path::Path;

use plumbline_core::stats::level::Level;
use plumbline_core::stats::survival::{Curve, Duration, Durations, LogRank, Step, Weighting};

use super::super::Suite;
use super::case::{Case, File};

/// lifelines takes the survival as exp of a sum of logarithms, and z from 1 − α/2.
const CLOSED: f64 = 1e-12;
/// lifelines smooths the hazard by differences of harmonic sums, of which 200 terms reach 6: 1e-15 of it are lost to an increment.
const HARMONIC: f64 = 1e-11;
/// lifelines inverts the covariance by singular values (numpy's pinv), from differences of sums.
const INVERSE: f64 = 1e-11;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    File::read(folder, "survival.json")?.suite("survival (lifelines)", compare)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let (times, events, groups) = (case.numbers("time")?, case.numbers("event")?, case.numbers("group")?);
    let rows = || times.iter().zip(&events).map(|(time, event)| Duration { time: *time, ended: *event == 1.0 });
    let all = Durations::new(rows()).map_err(|e| e.to_string())?;
    let of = |wanted: f64| {
        let rows = rows().zip(&groups).filter(|(_, group)| **group == wanted).map(|(row, _)| row);
        Durations::new(rows).map_err(|e| e.to_string())
    };
    let mut kinds = groups.clone();
    kinds.sort_by(f64::total_cmp);
    kinds.dedup();
    let samples = kinds.iter().map(|kind| of(*kind)).collect::<Result<Vec<_>, _>>()?;
    let pair = [of(0.0)?, of(1.0)?];
    let curve = Curve::new(&all);
    let column = |f: fn(&Step) -> f64| curve.steps().iter().map(f).collect::<Vec<_>>();
    // Where no lead is left open the variance is not known: lifelines has [0, 0] there.
    let lower = |step: &Step| step.interval(Level::FIVE_PERCENT).map_or(0.0, |interval| interval.lower);
    let upper = |step: &Step| step.interval(Level::FIVE_PERCENT).map_or(0.0, |interval| interval.upper);
    for (figure, _) in case.figures()? {
        let place = format!("/{figure}");
        let mut test = |groups: &[Durations], weighting| -> Result<(), String> {
            let ours = LogRank::new(groups, weighting).map_err(|e| e.to_string())?;
            case.close(suite, &format!("{place}/statistic"), ours.statistic, INVERSE);
            case.close(suite, &format!("{place}/pvalue"), ours.p_value, INVERSE);
            if groups.len() > 2 || figure == "logrank_multi" {
                case.close(suite, &format!("{place}/dof"), ours.freedom as f64, 0.0);
            }
            Ok(())
        };
        match figure {
            "km_times" => case.all_close(suite, &place, &column(|step| step.time), 0.0),
            "km_survival" => case.all_close(suite, &place, &column(|step| step.survival), CLOSED),
            "km_ci_lower_loglog" => case.all_close(suite, &place, &curve.steps().iter().map(lower).collect::<Vec<_>>(), CLOSED),
            "km_ci_upper_loglog" => case.all_close(suite, &place, &curve.steps().iter().map(upper).collect::<Vec<_>>(), CLOSED),
            "km_median" => case.close(suite, &place, curve.median().unwrap_or(f64::INFINITY), 0.0),
            "na_cumhaz" => case.all_close(suite, &place, &column(|step| step.hazard), HARMONIC),
            "logrank_0_vs_1" => test(&pair, Weighting::LogRank)?,
            "logrank_multi" => test(&samples, Weighting::LogRank)?,
            "logrank_wilcoxon" => test(&pair, Weighting::Wilcoxon)?,
            "logrank_tarone-ware" => test(&pair, Weighting::TaroneWare)?,
            "logrank_peto" => test(&pair, Weighting::Peto)?,
            _ => return Err(format!("survival.json holds {figure}, which nothing compares")),
        }
    }
    Ok(())
}
