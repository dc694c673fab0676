//! Scores against outcomes.

use plumbline_core::metric::{self, Area, Binning, Comparison, Confusion, Labelled, Measure, Ranking, Reliability, Report};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::answer::{Answer, failure, insufficient, object, refused, settings};

/// Labels from bytes: anything but 0 converted.
pub(super) fn labels(converted: &[u8]) -> Vec<bool> {
    converted.iter().map(|byte| *byte != 0).collect()
}

/// Has `work` done on the leads, weighted when there are weights.
fn with<T>(
    scores: &[f64],
    converted: &[u8],
    weights: Option<Vec<f64>>,
    work: impl FnOnce(&Labelled<'_>) -> Result<T, JsValue>,
) -> Result<T, JsValue> {
    let labels = labels(converted);
    let data = Labelled::new(scores, &labels).map_err(refused)?;
    match &weights {
        Some(weights) => work(&data.weighted(weights).map_err(refused)?),
        None => work(&data),
    }
}

#[wasm_bindgen(js_name = rocAuc)]
pub fn roc_auc(scores: &[f64], converted: &[u8], weights: Option<Vec<f64>>) -> Result<f64, JsValue> {
    with(scores, converted, weights, |data| Ranking::new(data).roc_auc().map_err(insufficient))
}

#[wasm_bindgen(js_name = averagePrecision)]
pub fn average_precision(scores: &[f64], converted: &[u8], weights: Option<Vec<f64>>) -> Result<f64, JsValue> {
    with(scores, converted, weights, |data| Ranking::new(data).average_precision().map_err(insufficient))
}

#[wasm_bindgen(js_name = logLoss)]
pub fn log_loss(scores: &[f64], converted: &[u8], weights: Option<Vec<f64>>) -> Result<f64, JsValue> {
    with(scores, converted, weights, |data| metric::log_loss(data).map_err(refused)?.map_err(insufficient))
}

#[wasm_bindgen]
pub fn brier(scores: &[f64], converted: &[u8], weights: Option<Vec<f64>>) -> Result<f64, JsValue> {
    with(scores, converted, weights, |data| metric::brier(data).map_err(refused)?.map_err(insufficient))
}

/// The most bins and parts of a report.
const MOST_PARTS: usize = 100_000;

/// Every measure at once, as `plumbline metrics --json` prints it.
#[wasm_bindgen(js_name = metricsReport)]
pub fn metrics_report(scores: &[f64], converted: &[u8], measure: JsValue) -> Answer {
    let measure: Measure = settings(&measure)?;
    if measure.bins.max(measure.parts) > MOST_PARTS {
        return Err(failure("OPTION_INVALID", "bins and parts are at most 100000"));
    }
    with(scores, converted, None, |data| object(&Report::new(data, &measure).map_err(refused)?))
}

#[derive(Serialize)]
struct AreaAnswer {
    auc: f64,
    variance: f64,
    interval: Option<(f64, f64)>,
}

impl AreaAnswer {
    fn of(area: &Area, confidence: f64) -> AreaAnswer {
        AreaAnswer { auc: area.auc, variance: area.variance, interval: Some(area.cautious_interval(confidence)) }
    }
}

#[wasm_bindgen]
pub fn delong(scores: &[f64], converted: &[u8], confidence: f64) -> Answer {
    with(scores, converted, None, |data| {
        let area = Area::new(data).map_err(insufficient)?;
        object(&AreaAnswer::of(&area, confidence))
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ComparisonAnswer {
    areas: [AreaAnswer; 2],
    covariance: f64,
    difference: f64,
    z: Option<f64>,
    p_value: Option<f64>,
}

#[wasm_bindgen(js_name = compareAuc)]
pub fn compare_auc(first: &[f64], second: &[f64], converted: &[u8], confidence: f64) -> Answer {
    let labels = labels(converted);
    let (one, two) = (Labelled::new(first, &labels).map_err(refused)?, Labelled::new(second, &labels).map_err(refused)?);
    let found = Comparison::new(&one, &two).map_err(refused)?.map_err(insufficient)?;
    object(&ComparisonAnswer {
        areas: found.areas.map(|area| AreaAnswer::of(&area, confidence)),
        covariance: found.covariance,
        difference: found.difference,
        z: found.z,
        p_value: found.p_value,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfusionAnswer {
    true_positive: f64,
    false_positive: f64,
    false_negative: f64,
    true_negative: f64,
    precision: Option<f64>,
    recall: Option<f64>,
    specificity: Option<f64>,
    f1: Option<f64>,
    accuracy: Option<f64>,
}

#[wasm_bindgen]
pub fn confusion(scores: &[f64], converted: &[u8], threshold: f64, weights: Option<Vec<f64>>) -> Answer {
    with(scores, converted, weights, |data| {
        let counts = Confusion::at(data, threshold);
        object(&ConfusionAnswer {
            true_positive: counts.true_positive,
            false_positive: counts.false_positive,
            false_negative: counts.false_negative,
            true_negative: counts.true_negative,
            precision: counts.precision(),
            recall: counts.recall(),
            specificity: counts.specificity(),
            f1: counts.f_score(1.0),
            accuracy: counts.accuracy(),
        })
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BinAnswer {
    index: u64,
    count: u64,
    mean_probability: f64,
    rate: f64,
    interval: (f64, f64),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReliabilityAnswer {
    bins: Vec<BinAnswer>,
    expected_error: f64,
    maximum_error: f64,
}

#[wasm_bindgen]
pub fn reliability(scores: &[f64], converted: &[u8], bins: usize, quantile: bool) -> Answer {
    with(scores, converted, None, |data| {
        let binning = if quantile { Binning::Quantile(bins) } else { Binning::Uniform(bins) };
        let found = Reliability::new(data, binning).map_err(refused)?.map_err(insufficient)?;
        let bins = found.bins.iter().map(|bin| BinAnswer {
            index: bin.index,
            count: bin.count,
            mean_probability: bin.mean_probability,
            rate: bin.rate,
            interval: bin.interval,
        });
        object(&ReliabilityAnswer {
            bins: bins.collect(),
            expected_error: found.expected_error,
            maximum_error: found.maximum_error,
        })
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartAnswer {
    leads: f64,
    positives: f64,
    gain: f64,
    lift: f64,
    cumulative_lift: f64,
}

#[wasm_bindgen]
pub fn gain(scores: &[f64], converted: &[u8], parts: usize, weights: Option<Vec<f64>>) -> Answer {
    with(scores, converted, weights, |data| {
        let parts = Ranking::new(data).gain(parts).map_err(insufficient)?;
        let parts = parts.iter().map(|part| PartAnswer {
            leads: part.leads,
            positives: part.positives,
            gain: part.gain,
            lift: part.lift,
            cumulative_lift: part.cumulative_lift,
        });
        object(&parts.collect::<Vec<_>>())
    })
}
