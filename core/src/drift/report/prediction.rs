//! Drift of the predictions: where the scores' percentiles lie now.

use serde::{Deserialize, Serialize};

use super::Rules;
use crate::drift::decile::{DECILES, SCORE_BINS, deciles, score_bin};
use crate::drift::{Direction, EMPTY_SHARE, KolmogorovSmirnov, Rate, Sample, Shares};
use crate::evidence::InsufficientData;
use crate::histogram::Bins;

/// The percentiles compared, as parts.
pub const PERCENTILES: [f64; 7] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// The scores then and now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PredictionDrift {
    /// The percentiles of [`PERCENTILES`].
    pub percentiles: Vec<Percentile>,
    /// The mean score.
    pub mean: MeanScore,
    /// The KS statistic.
    pub distance: f64,
    /// The chance of at least that without drift.
    pub p_value: f64,
    /// The population stability index in deciles of the reference; of probabilities in deciles of a thousand bins, as windows have them.
    pub population_stability: f64,
    /// Whether the distance is larger than the rules tolerate and chance explains.
    #[serde(default)]
    pub drifted: bool,
}

/// One percentile of the scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Percentile {
    /// Which, as a part of 1.
    pub q: f64,
    /// In the reference.
    pub reference: f64,
    /// Now.
    pub current: f64,
}

/// The mean score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MeanScore {
    /// In the reference.
    pub reference: f64,
    /// Now.
    pub current: f64,
}

/// Leads without a score, then and now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unscored {
    /// The rates.
    pub rate: Rate,
    /// Whether more scores are missing than the rules tolerate and chance explains.
    pub drifted: bool,
}

impl Unscored {
    /// Compares columns of scores, NaN where there is none; none when a column is empty.
    pub fn new(reference: &[f64], current: &[f64], rules: &Rules) -> Option<Unscored> {
        let missing = |scores: &[f64]| scores.iter().filter(|score| score.is_nan()).count() as u64;
        let rate = Rate::new(missing(reference), reference.len() as u64, missing(current), current.len() as u64)?;
        Some(Unscored { rate, drifted: rate.rise() > rules.missing && rate.p_value < rules.threshold_of_scores() })
    }
}

impl PredictionDrift {
    /// Compares two samples of scores.
    ///
    /// # Errors
    /// [`InsufficientData`] when a sample is empty.
    pub fn new(reference: &Sample, current: &Sample, rules: &Rules) -> Result<PredictionDrift, InsufficientData> {
        let test = KolmogorovSmirnov::new(reference, current)?;
        let (before, now) = counts(reference, current)?;
        let shares = Shares::of_counts(&before, &now).unwrap_or(Err(InsufficientData { of: "bins", found: 0, needed: 1 }))?;
        let (distance, p_value) = (test.statistic(), test.p_value(Direction::Either));
        let both = |q: f64| Some(Percentile { q, reference: reference.quantile(q)?, current: current.quantile(q)? });
        let mean = |sample: &Sample| crate::sum::sum(sample.values().iter().copied()) / sample.count() as f64;
        Ok(PredictionDrift {
            percentiles: PERCENTILES.iter().filter_map(|q| both(*q)).collect(),
            mean: MeanScore { reference: mean(reference), current: mean(current) },
            distance,
            p_value,
            population_stability: shares.population_stability(EMPTY_SHARE),
            drifted: distance > rules.distance && p_value < rules.threshold_of_scores(),
        })
    }
}

/// Both samples in about ten bins of equally many reference scores.
fn counts(reference: &Sample, current: &Sample) -> Result<(Vec<u64>, Vec<u64>), InsufficientData> {
    let is_probability = |sample: &Sample| sample.values().iter().all(|score| (0.0..=1.0).contains(score));
    if is_probability(reference) && is_probability(current) {
        let [before, now] = [reference, current].map(|sample| {
            let mut counts = vec![0u64; SCORE_BINS];
            for score in sample.values() {
                if let Some(count) = counts.get_mut(score_bin(*score)) {
                    *count += 1;
                }
            }
            counts
        });
        return Ok(deciles(&before, &now));
    }
    let bins = Bins::of_quantiles(reference.values(), DECILES)?;
    let [before, now] = [reference, current].map(|sample| bins.histogram_of_sorted(sample.values()));
    Ok((before, now))
}
