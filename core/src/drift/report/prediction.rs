//! Drift of the predictions: where the scores' percentiles lie now.

use crate::drift::{Direction, EMPTY_SHARE, KolmogorovSmirnov, Sample, Shares};
use crate::evidence::InsufficientData;
use crate::histogram::Bins;

/// The percentiles compared, as parts.
pub const PERCENTILES: [f64; 7] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// The scores then and now.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionDrift {
    /// Each of [`PERCENTILES`] in the reference and now.
    pub percentiles: Vec<(f64, f64)>,
    /// Mean score in the reference and now.
    pub means: (f64, f64),
    /// The KS statistic.
    pub distance: f64,
    /// The chance of at least that without drift.
    pub p_value: f64,
    /// The population stability index in deciles of the reference.
    pub population_stability: f64,
}

impl PredictionDrift {
    /// Compares two samples of scores.
    ///
    /// # Errors
    /// [`InsufficientData`] when a sample is empty.
    pub fn new(reference: &Sample, current: &Sample) -> Result<PredictionDrift, InsufficientData> {
        let test = KolmogorovSmirnov::new(reference, current)?;
        let bins = Bins::of_quantiles(reference.values(), 10)?;
        let counts = [reference, current].map(|sample| bins.histogram_of_sorted(sample.values()));
        let [before, now] = &counts;
        let shares = Shares::of_counts(before, now).unwrap_or(Err(InsufficientData { of: "bins", found: 0, needed: 1 }))?;
        let both = |q: f64| Some((reference.quantile(q)?, current.quantile(q)?));
        let mean = |sample: &Sample| crate::sum::sum(sample.values().iter().copied()) / sample.count() as f64;
        Ok(PredictionDrift {
            percentiles: PERCENTILES.iter().filter_map(|q| both(*q)).collect(),
            means: (mean(reference), mean(current)),
            distance: test.statistic(),
            p_value: test.p_value(Direction::Either),
            population_stability: shares.population_stability(EMPTY_SHARE),
        })
    }
}
