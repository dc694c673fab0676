//! What is seen now against what was seen before.

use plumbline_core::drift::{Direction, EMPTY_SHARE, Frequency, KolmogorovSmirnov, Sample, Shares, energy, wasserstein};
use plumbline_core::histogram::Bins;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::answer::{Answer, failure, insufficient, object, refused_drift as refused};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NumericDrift {
    reference: u64,
    current: u64,
    ks: f64,
    ks_p_value: f64,
    wasserstein: f64,
    energy: f64,
    /// Over bins that are quantiles of the reference.
    psi: f64,
    jensen_shannon: f64,
    hellinger: f64,
}

/// A number's two samples, compared every way; `bins` quantiles of the reference for what needs bins.
#[wasm_bindgen(js_name = numericDrift)]
pub fn numeric(reference: &[f64], current: &[f64], bins: usize) -> Answer {
    let (reference, current) = (Sample::reference(reference).map_err(refused)?, Sample::current(current).map_err(refused)?);
    let ks = KolmogorovSmirnov::new(&reference, &current).map_err(insufficient)?;
    let bins = Bins::of_quantiles(reference.values(), bins).map_err(insufficient)?;
    let (before, now) = (bins.histogram_of_sorted(reference.values()), bins.histogram_of_sorted(current.values()));
    let shares = Shares::of_counts(&before, &now).map_err(refused)?.map_err(insufficient)?;
    object(&NumericDrift {
        reference: reference.count(),
        current: current.count(),
        ks: ks.statistic(),
        ks_p_value: ks.p_value(Direction::Either),
        wasserstein: wasserstein(&reference, &current).map_err(insufficient)?,
        energy: energy(&reference, &current).map_err(insufficient)?,
        psi: shares.population_stability(EMPTY_SHARE),
        jensen_shannon: shares.jensen_shannon(),
        hellinger: shares.hellinger(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CategoryDrift {
    chi_square: f64,
    degrees: u64,
    p_value: f64,
    psi: f64,
    jensen_shannon: f64,
    hellinger: f64,
}

/// Counts of the same categories, before and now.
#[wasm_bindgen(js_name = categoryDrift)]
pub fn category(reference: &[f64], current: &[f64]) -> Answer {
    let counts = |list: &[f64]| -> Result<Vec<u64>, JsValue> {
        let whole = |x: &f64| (*x >= 0.0 && x.fract() == 0.0 && *x <= 9e15).then_some(*x as u64);
        let counts: Option<Vec<u64>> = list.iter().map(whole).collect();
        counts.ok_or_else(|| failure("NOT_A_COUNT", "counts must be whole numbers of at least 0"))
    };
    let (reference, current) = (counts(reference)?, counts(current)?);
    let test = Frequency::chi_square(&reference, &current).map_err(refused)?.map_err(insufficient)?;
    let shares = Shares::of_counts(&reference, &current).map_err(refused)?.map_err(insufficient)?;
    object(&CategoryDrift {
        chi_square: test.statistic,
        degrees: test.degrees,
        p_value: test.p_value,
        psi: shares.population_stability(EMPTY_SHARE),
        jensen_shannon: shares.jensen_shannon(),
        hellinger: shares.hellinger(),
    })
}
