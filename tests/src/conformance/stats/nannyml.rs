//! Performance estimated before outcomes arrive, as NannyML's CBPE does it: every column of its table, on reference and analysis chunks.

use std::path::Path;

use plumbline_core::drift::performance::{Estimator, Limits, Measure, Realised};
use plumbline_core::metric::Labelled;
use plumbline_core::model::Calibration;
use serde_json::Value;

use super::super::Suite;

/// Both sides sum doubles of one size.
const SUMS: f64 = 1e-12;
/// NannyML rounds the cumulative counts of its curves to five decimals before it integrates them.
const ROUNDED: f64 = 1e-6;
/// NannyML ranks reference leads of one score in the order its sort happens to leave them in, we by the middle of their ranks.
const ORDERED: f64 = 1e-5;
/// NannyML draws the 50 resamples behind the error of average precision without a seed: that error's own relative error is
/// 1/√98 = 0.10, and of two such draws 0.14, so four of those.
const DRAWN: f64 = 0.57;
const THRESHOLD: f64 = 0.5;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    let folder = folder.join("nannyml_cbpe");
    let mut suite = Suite::named("estimated performance (NannyML CBPE)");
    let (reference, analysis) = (Leads::read(&folder, "reference.csv")?, Leads::read(&folder, "analysis.csv")?);
    let meta = std::fs::read_to_string(folder.join("meta.json")).map_err(|e| format!("nannyml_cbpe/meta.json: {e}"))?;
    let meta: Value = serde_json::from_str(&meta).map_err(|e| format!("nannyml_cbpe/meta.json: {e}"))?;
    let table = Table::read(&folder.join("estimate.csv"))?;
    suite.files = 4;

    let size = meta.get("chunk_size").and_then(Value::as_u64).ok_or("meta.json names no chunk_size")? as usize;
    let fitted = Estimator::fit(&reference.labelled()?, THRESHOLD).map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    let calibrates = *fitted.calibration() != Calibration::None;
    let theirs = meta.get("needs_calibration").and_then(Value::as_bool);
    suite.check(theirs == Some(calibrates), || format!("cbpe: ours calibrates {calibrates}, theirs {theirs:?}"));
    for (i, value) in meta.get("calibrated_first20").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let score = analysis.scores.get(i).copied().unwrap_or(f64::NAN);
        let (ours, theirs) = (fitted.calibration().apply(0.0, score), value.as_f64().unwrap_or(f64::NAN));
        suite.check((ours - theirs).abs() <= SUMS, || format!("cbpe calibrated {i}: ours {ours:?}, theirs {theirs:?}"));
    }

    let chunks: Vec<(&str, &[f64], &[bool])> = [("reference", &reference), ("analysis", &analysis)]
        .into_iter()
        .flat_map(|(period, leads)| {
            leads
                .scores
                .chunks(size)
                .zip(leads.converted.chunks(size))
                .map(move |(scores, converted)| (period, scores, converted))
        })
        .collect();
    suite.check(chunks.len() == table.rows.len(), || format!("cbpe: {} chunks, theirs {}", chunks.len(), table.rows.len()));
    let realised: Vec<Realised> = chunks
        .iter()
        .map(|(_, scores, converted)| Labelled::new(scores, converted).map(|data| Realised::new(&data, THRESHOLD)))
        .collect::<Result<_, _>>()
        .map_err(|e| e.to_string())?;
    for (row, (period, scores, _)) in chunks.iter().enumerate() {
        let theirs = table.text(row, "chunk|period")?;
        suite.check(theirs == *period, || format!("cbpe row {row}: {period}, theirs {theirs}"));
        let performance = fitted.estimate(scores).map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
        for measure in Measure::ALL.into_iter().filter(|measure| table.has(measure.name())) {
            let estimate = performance.of(measure).ok_or_else(|| format!("cbpe row {row}: no {}", measure.name()))?;
            let of_reference = chunks.iter().zip(&realised).filter(|((period, ..), _)| *period == "reference");
            let of_reference: Vec<f64> = of_reference.filter_map(|(_, realised)| realised.of(measure)).collect();
            let limits = Limits::of_reference(&of_reference).map_err(|e| e.to_string())?;
            let (value, error) = match measure {
                Measure::RocAuc => (ROUNDED, ORDERED),
                Measure::AveragePrecision => (ROUNDED, DRAWN),
                _ => (SUMS, SUMS),
            };
            let band = estimate.band();
            // An edge of the band is as exact as the value and three errors.
            let edge = value + 3.0 * error * estimate.sampling_error;
            let mut compare = |column: &str, ours: f64, tolerance: f64| -> Result<(), String> {
                let place = format!("{}|{column}", measure.name());
                let theirs = table.number(row, &place)?;
                suite.check((ours - theirs).abs() <= tolerance, || {
                    format!("cbpe row {row} {place}: ours {ours:?}, theirs {theirs:?}")
                });
                Ok(())
            };
            compare("value", estimate.value, value)?;
            compare("sampling_error", estimate.sampling_error, error * estimate.sampling_error)?;
            compare("upper_confidence_boundary", band.1, edge)?;
            compare("lower_confidence_boundary", band.0, edge)?;
            compare("upper_threshold", limits.upper, SUMS)?;
            compare("lower_threshold", limits.lower, SUMS)?;
            let realised = realised.get(row).and_then(|realised| realised.of(measure));
            match (realised, table.number(row, &format!("{}|realized", measure.name()))) {
                (Some(ours), Ok(_)) => compare("realized", ours, SUMS)?,
                (_, theirs) => return Err(format!("cbpe row {row}: realised {realised:?}, theirs {theirs:?}")),
            }
            let (ours, theirs) = (limits.alert(estimate.value), table.text(row, &format!("{}|alert", measure.name()))?);
            suite.check(theirs.eq_ignore_ascii_case(if ours { "true" } else { "false" }), || {
                format!("cbpe row {row} alert {}: ours {ours}, theirs {theirs}", measure.name())
            });
        }
    }
    Ok(suite)
}

struct Leads {
    scores: Vec<f64>,
    converted: Vec<bool>,
}

impl Leads {
    fn read(folder: &Path, name: &str) -> Result<Leads, String> {
        let table = Table::read(&folder.join(name))?;
        let column =
            |column: &str| (0..table.rows.len()).map(|row| table.number(row, column)).collect::<Result<Vec<f64>, String>>();
        let leads = Leads { scores: column("y_pred_proba")?, converted: column("y_true")?.iter().map(|y| *y == 1.0).collect() };
        // The estimate's threshold is the one its labels were made with.
        let called = column("y_pred")?;
        let agrees = leads.scores.iter().zip(&called).all(|(score, called)| (*score >= THRESHOLD) == (*called == 1.0));
        if agrees { Ok(leads) } else { Err(format!("{name}: y_pred is not y_pred_proba >= {THRESHOLD}")) }
    }

    fn labelled(&self) -> Result<Labelled<'_>, String> {
        Labelled::new(&self.scores, &self.converted).map_err(|e| e.to_string())
    }
}

/// A table of text with named columns.
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read(path: &Path) -> Result<Table, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<String>>());
        Ok(Table { names: lines.next().unwrap_or_default(), rows: lines.collect() })
    }

    fn has(&self, measure: &str) -> bool {
        self.names.iter().any(|name| name.starts_with(&format!("{measure}|")))
    }

    fn text(&self, row: usize, column: &str) -> Result<&str, String> {
        let at = self.names.iter().position(|name| name == column);
        let cell = at.and_then(|at| self.rows.get(row).and_then(|cells| cells.get(at)));
        cell.map(String::as_str).ok_or_else(|| format!("row {row} has no {column}"))
    }

    fn number(&self, row: usize, column: &str) -> Result<f64, String> {
        let text = self.text(row, column)?;
        text.parse().map_err(|_| format!("row {row} {column}: {text:?} is no number"))
    }
}
