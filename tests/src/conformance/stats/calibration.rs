//! Fitting of calibration maps, as scikit-learn does it.

use std::path::Path;

use plumbline_core::metric::Labelled;
use plumbline_core::model::Calibration;
use plumbline_core::train::calibrate;

use super::super::Suite;
use super::case::{Case, File};

/// Both sides pool the same leads and divide the same sums.
const SUMS: f64 = 1e-12;
/// scikit-learn's L-BFGS stops when the gradient is small, about 1e-4 before the minimum that Newton's method reaches.
const ITERATED: f64 = 2e-4;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    File::read(folder, "calibration_fit.json")?.suite("calibration fit (scikit-learn)", compare)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let (scores, query) = (case.numbers("p")?, case.numbers("query")?);
    let converted: Vec<bool> = case.numbers("y")?.iter().map(|y| *y == 1.0).collect();
    let weights = if case.inputs.get("w").is_some_and(|w| w.is_array()) { Some(case.numbers("w")?) } else { None };
    let mut data = Labelled::new(&scores, &converted).map_err(|e| e.to_string())?;
    if let Some(weights) = &weights {
        data = data.weighted(weights).map_err(|e| e.to_string())?;
    }
    let isotonic = calibrate::isotonic(&data).map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    let Calibration::Isotonic { x, y, .. } = &isotonic else { return Err("the isotonic map is none".to_owned()) };
    case.all_close(suite, "/isotonic_x", x, 0.0);
    case.all_close(suite, "/isotonic_y", y, SUMS);
    let predicted: Vec<f64> = query.iter().map(|p| isotonic.apply(0.0, *p)).collect();
    case.all_close(suite, "/isotonic_pred", &predicted, SUMS);
    let sigmoid = calibrate::sigmoid(&data).map_err(|e| e.to_string())?;
    let Calibration::Sigmoid { slope, intercept, .. } = sigmoid else { return Err("Platt's map is none".to_owned()) };
    case.close(suite, "/platt_a", slope, ITERATED);
    case.close(suite, "/platt_b", intercept, ITERATED);
    let predicted: Vec<f64> = query.iter().map(|p| sigmoid.apply(*p, 0.0)).collect();
    case.all_close(suite, "/platt_pred", &predicted, ITERATED);
    Ok(())
}
