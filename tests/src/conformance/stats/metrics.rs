//! Metrics of scores against outcomes, as scikit-learn computes them.

use std::path::Path;

use plumbline_core::metric::{Labelled, Ranking, brier, log_loss};

use super::super::Suite;
use super::case::{Case, File};

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    let mut suite = Suite::named("metrics (scikit-learn)");
    let file = File::read(folder, "classification_metrics.json")?;
    suite.files = 1;
    for case in file.cases() {
        compare(&case, &mut suite)?;
    }
    Ok(suite)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let (scores, converted) = (case.numbers("p")?, case.numbers("y")?.iter().map(|y| *y == 1.0).collect::<Vec<_>>());
    let weights = if case.inputs.get("w").is_some() { Some(case.numbers("w")?) } else { None };
    let mut data = Labelled::new(&scores, &converted).map_err(|e| e.to_string())?;
    if let Some(weights) = &weights {
        data = data.weighted(weights).map_err(|e| e.to_string())?;
    }
    let ranking = Ranking::new(&data);
    if let Ok(auc) = ranking.roc_auc() {
        case.close(suite, "/roc_auc", auc, 1e-12);
    }
    if let Ok(Ok(loss)) = log_loss(&data) {
        case.close(suite, "/log_loss", loss, 1e-12);
    }
    if let Ok(Ok(score)) = brier(&data) {
        case.close(suite, "/brier", score, 1e-12);
    }
    Ok(())
}
