//! How well a model does before outcomes arrive (CBPE), as `plumbline drift --score` has it.

use plumbline_core::drift::performance::{Estimator, Outlook};
use plumbline_core::metric::Labelled;
use wasm_bindgen::prelude::wasm_bindgen;

use super::answer::{Answer, failure, insufficient, object, refused};
use super::metric::labels;

/// `outcomes`, when given, has a value per score: 1, 0, or NaN where it is open.
#[wasm_bindgen(js_name = estimatePerformance)]
pub fn estimate_performance(
    reference: &[f64],
    converted: &[u8],
    scores: &[f64],
    outcomes: Option<Vec<f64>>,
    threshold: f64,
) -> Answer {
    if !(0.0..=1.0).contains(&threshold) {
        return Err(failure("OPTION_INVALID", &format!("the threshold is {threshold}; it must be in [0, 1]")));
    }
    let converted = labels(converted);
    let reference = Labelled::new(reference, &converted).map_err(refused)?;
    let estimator = Estimator::fit(&reference, threshold).map_err(refused)?.map_err(insufficient)?;
    let outcomes = outcomes.unwrap_or_else(|| vec![f64::NAN; scores.len()]);
    if outcomes.len() != scores.len() {
        let message = format!("converted has {} values, but scores has {}", outcomes.len(), scores.len());
        return Err(failure("LENGTH_MISMATCH", &message));
    }
    let odd = |(_, outcome): &(usize, &f64)| !(outcome.is_nan() || **outcome == 0.0 || **outcome == 1.0);
    if let Some((row, outcome)) = outcomes.iter().enumerate().find(odd) {
        return Err(failure(
            "NOT_A_LABEL",
            &format!("outcome {row} is {outcome}; it must be 0, 1 or open (NaN, null or undefined)"),
        ));
    }
    let known = scores.iter().zip(&outcomes).filter(|(_, outcome)| !outcome.is_nan());
    let (known, came): (Vec<f64>, Vec<bool>) = known.map(|(score, outcome)| (*score, *outcome == 1.0)).unzip();
    let known = Labelled::new(&known, &came).map_err(refused)?;
    let known = (!came.is_empty()).then_some(&known);
    object(&Outlook::new(&estimator, &reference, scores, known).map_err(refused)?.map_err(insufficient)?)
}
