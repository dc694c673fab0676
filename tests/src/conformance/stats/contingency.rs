//! Tables of counts as scipy and statsmodels test them.

use std::path::Path;

use plumbline_core::math;
use plumbline_core::stats::alternative::{Alternative, Outcome};
use plumbline_core::stats::contingency::{Independence, Ratio, Strata, Table, TwoByTwo};
use plumbline_core::stats::error::StatsError;
use plumbline_core::stats::level::Level;
use plumbline_core::stats::normal;
use serde_json::Value;

use super::super::Suite;
use super::case::{Case, File};

/// Closed forms and tails that both compute to the last digits.
const CLOSED: f64 = 1e-12;
/// statsmodels takes these p-values as 1 − cdf, so that nothing below 2⁻⁵³ of 1 is left in them.
const ONE_LESS: f64 = 3e-16;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    File::read(folder, "contingency.json")?.suite("contingency (scipy, statsmodels)", compare)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    for (figure, answer) in case.figures()? {
        if case.inputs.get("tables").is_some() { strata(case, suite, figure)? } else { table(case, suite, figure, answer)? }
    }
    Ok(())
}

fn table(case: &Case<'_>, suite: &mut Suite, figure: &str, answer: &Value) -> Result<(), String> {
    let counts = case.counts("table")?;
    let whole = Table::new(&counts);
    if whole.is_err() {
        // An empty row: the peers raise, or answer p = 1 and ratios of a half-count; we say that there is no answer.
        let peers = answer.get("error").is_some()
            || figure == "odds_risk"
            || case.answer(&format!("/{figure}/pvalue")) == Some(&1.0.into());
        let ours = match square(&counts) {
            Some(square) if figure.starts_with("fisher") => square?.fisher(Alternative::TwoSided).err(),
            Some(square) if figure == "odds_risk" => square?.log_odds_ratio(Level::FIVE_PERCENT).err(),
            _ => whole.err(),
        };
        let silent = ours.as_ref().is_some_and(StatsError::is_silence);
        case.holds(suite, &format!("/{figure}"), peers && silent, || format!("ours {ours:?}, theirs {answer}"));
        return Ok(());
    }
    let table = whole.map_err(|e| e.to_string())?;
    let test = |suite: &mut Suite, ours: Independence| {
        case.close(suite, &format!("/{figure}/statistic"), ours.statistic, CLOSED);
        case.close(suite, &format!("/{figure}/pvalue"), ours.p_value, CLOSED);
    };
    let small = || square(&counts).ok_or_else(|| format!("{figure} of a larger table"))?;
    match figure {
        "chi2" | "chi2_yates" => {
            let ours = if figure == "chi2" { table.chi_square() } else { table.chi_square_corrected() };
            test(suite, ours);
            case.close(suite, &format!("/{figure}/dof"), ours.freedom as f64, 0.0);
            for (i, row) in table.expected().iter().enumerate() {
                case.all_close(suite, &format!("/{figure}/expected/{i}"), row, CLOSED);
            }
        }
        "g_test" => test(suite, table.g_test()),
        "cramers_v" => case.close(suite, "/cramers_v", table.cramers_v(), CLOSED),
        "odds_risk" if counts.iter().flatten().any(|count| *count == 0) => half_counts(case, suite, small()?)?,
        "odds_risk" => {
            let mut ratio = |name: &str, ours: Result<Ratio, StatsError>| {
                let ours = ours.map_err(|e| e.to_string())?;
                case.close(suite, &format!("/odds_risk/log_{name}"), ours.log, CLOSED);
                let ends = [ours.interval.lower, ours.interval.upper];
                case.all_close(suite, &format!("/odds_risk/{name}_ci"), &ends, CLOSED);
                Ok::<(), String>(())
            };
            ratio("or", small()?.log_odds_ratio(Level::FIVE_PERCENT))?;
            ratio("rr", small()?.log_risk_ratio(Level::FIVE_PERCENT))?;
        }
        _ => {
            let alternative = match figure {
                "fisher_two-sided" => Alternative::TwoSided,
                "fisher_less" => Alternative::Less,
                "fisher_greater" => Alternative::Greater,
                _ => return Err(format!("contingency.json holds {figure}, which nothing compares")),
            };
            let square = small()?;
            let p = square.fisher(alternative).map_err(|e| e.to_string())?;
            let odds = square.odds_ratio().map_err(|e| e.to_string())?;
            case.close(suite, &format!("/{figure}/pvalue"), p, CLOSED);
            case.close(suite, &format!("/{figure}/odds_ratio"), odds, CLOSED);
        }
    }
    Ok(())
}

/// With an empty cell statsmodels says that it adds a half to every cell, and adds it to the empty one alone; we do what it says.
fn half_counts(case: &Case<'_>, suite: &mut Suite, table: TwoByTwo) -> Result<(), String> {
    let z = -normal::quantile(0.025);
    let shifted = |shift: fn(u64) -> f64| table.counts().map(|row| row.map(shift));
    let theirs = shifted(|count| if count == 0 { 0.5 } else { count as f64 });
    let right = shifted(|count| count as f64 + 0.5);
    let odds = |[[a, b], [c, d]]: [[f64; 2]; 2]| (math::ln(a * d / (b * c)), (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt());
    let risk = |[[a, b], [c, d]]: [[f64; 2]; 2]| {
        (math::ln(a * (c + d) / (c * (a + b))), (1.0 / a - 1.0 / (a + b) + 1.0 / c - 1.0 / (c + d)).sqrt())
    };
    let ours = [table.log_odds_ratio(Level::FIVE_PERCENT), table.log_risk_ratio(Level::FIVE_PERCENT)];
    for ((name, of), ours) in [("or", &odds as &dyn Fn(_) -> _), ("rr", &risk)].into_iter().zip(ours) {
        let ((log, error), ours): ((f64, f64), Ratio) = (of(theirs), ours.map_err(|e| e.to_string())?);
        case.close(suite, &format!("/odds_risk/log_{name}"), log, CLOSED);
        let ends = [math::exp(log - z * error), math::exp(log + z * error)];
        case.all_close(suite, &format!("/odds_risk/{name}_ci"), &ends, CLOSED);
        let (log, error) = of(right);
        let agrees = (ours.log / log - 1.0).abs() < CLOSED && (ours.log_error / error - 1.0).abs() < CLOSED;
        case.holds(suite, &format!("/odds_risk/log_{name}"), agrees, || format!("ours {ours:?}, with halves {log} +- {error}"));
    }
    Ok(())
}

fn strata(case: &Case<'_>, suite: &mut Suite, figure: &str) -> Result<(), String> {
    let tables = case.inputs.get("tables").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let tables = tables.iter().map(|table| counts(table).as_deref().and_then(cells)).collect::<Option<Vec<_>>>();
    let strata = Strata::new(&tables.ok_or("tables that are not 2 x 2")?).map_err(|e| e.to_string())?;
    let common = strata.odds_ratio(Level::FIVE_PERCENT).map_err(|e| e.to_string())?;
    let test = |suite: &mut Suite, ours: Outcome| {
        case.close(suite, &format!("/{figure}/statistic"), ours.statistic, CLOSED);
        case.near(suite, &format!("/{figure}/pvalue"), ours.p_value, ONE_LESS + CLOSED * ours.p_value);
    };
    match figure {
        "cmh_correction_False" => test(suite, strata.mantel_haenszel(false)),
        "cmh_correction_True" => test(suite, strata.mantel_haenszel(true)),
        "breslow_day" | "breslow_day_tarone" => {
            let ours = strata.breslow_day(figure == "breslow_day_tarone").map_err(|e| e.to_string())?;
            test(suite, Outcome { statistic: ours.statistic, p_value: ours.p_value });
        }
        "or_pooled" => case.close(suite, "/or_pooled", common.value(), CLOSED),
        "logodds_pooled_se" => case.close(suite, "/logodds_pooled_se", common.log_error, CLOSED),
        "or_pooled_ci95" => {
            case.all_close(suite, "/or_pooled_ci95", &[common.interval.lower, common.interval.upper], CLOSED);
        }
        "rr_pooled" => case.close(suite, "/rr_pooled", strata.risk_ratio(), CLOSED),
        _ => return Err(format!("contingency.json holds {figure}, which nothing compares")),
    }
    Ok(())
}

fn square(counts: &[Vec<u64>]) -> Option<Result<TwoByTwo, String>> {
    cells(counts).map(|cells| TwoByTwo::new(cells).map_err(|e| e.to_string()))
}

fn cells(counts: &[Vec<u64>]) -> Option<[[u64; 2]; 2]> {
    match counts {
        [first, second] => Some([first.as_slice().try_into().ok()?, second.as_slice().try_into().ok()?]),
        _ => None,
    }
}

fn counts(table: &Value) -> Option<Vec<Vec<u64>>> {
    let row = |row: &Value| row.as_array()?.iter().map(Value::as_u64).collect();
    table.as_array()?.iter().map(row).collect()
}

impl Case<'_> {
    fn counts(&self, name: &str) -> Result<Vec<Vec<u64>>, String> {
        self.inputs.get(name).and_then(counts).ok_or_else(|| format!("inputs.{name} is no table of counts"))
    }
}
