//! Whether a probability means what it says: leads in bins of probability, what was said against what happened.

use serde::{Deserialize, Serialize};

use super::{Labelled, MetricError};
use crate::evidence::InsufficientData;
use crate::order;
use crate::sum::Sum;

/// How bins are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binning {
    /// Equal widths of [0, 1].
    Uniform(usize),
    /// Quantiles of the scores, linearly interpolated between order statistics; between equal edges lies an empty bin.
    Quantile(usize),
}

/// Bins and the two errors made of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    /// Bins that hold leads, lowest first.
    pub bins: Vec<Bin>,
    /// The inner edges of all bins, rising.
    pub edges: Vec<f64>,
    /// Expected calibration error: the mean over leads of |rate − mean probability| of their bin.
    pub expected_error: f64,
    /// Maximum calibration error: the largest of them.
    pub maximum_error: f64,
}

/// The leads of one range of probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReliabilityBin"))]
pub struct Bin {
    /// Number of the bin, empty ones counted.
    #[serde(rename = "bin")]
    pub index: u64,
    /// Leads.
    #[serde(rename = "leads")]
    pub count: u64,
    /// Mean probability: what was said.
    pub mean_probability: f64,
    /// Part that converted: what happened.
    pub rate: f64,
    /// 95 % interval of the rate (Wilson 1927).
    pub interval: (f64, f64),
}

impl Binning {
    /// How many bins are asked for.
    pub fn count(self) -> usize {
        match self {
            Binning::Uniform(n) | Binning::Quantile(n) => n,
        }
    }
}

impl Reliability {
    /// Bins of unweighted leads.
    ///
    /// # Errors
    /// A score outside [0, 1]; the inner error without leads or bins.
    ///
    /// # Formula
    /// A probability on an inner edge belongs to the lower bin. Edge i of `Uniform(n)` is i · (1 / n), as NumPy's `linspace` has it.
    ///
    /// # Source
    /// Naeini, Cooper & Hauskrecht (2015) for both errors; binning of `sklearn.calibration.calibration_curve` 1.9.
    pub fn new(data: &Labelled<'_>, binning: Binning) -> Result<Result<Reliability, InsufficientData>, MetricError> {
        data.check_probabilities()?;
        Ok(Self::of(data, binning))
    }

    fn of(data: &Labelled<'_>, binning: Binning) -> Result<Reliability, InsufficientData> {
        InsufficientData::unless(data.scores().len() as u64, 1, "leads")?;
        InsufficientData::unless(binning.count() as u64, 1, "bins")?;
        let edges = edges(data.scores(), binning);
        let mut sums = vec![(0u64, 0u64, Sum::default()); edges.len() + 1];
        for (score, converted) in data.scores().iter().zip(data.converted()) {
            let bin = edges.partition_point(|edge| *edge < *score);
            if let Some((count, positives, sum)) = sums.get_mut(bin) {
                *count += 1;
                *positives += u64::from(*converted);
                sum.add(*score);
            }
        }
        let full = sums.iter().enumerate().filter(|(_, (count, ..))| *count > 0);
        let bins: Vec<Bin> =
            full.map(|(index, (count, positives, sum))| Bin::new(index, *count, *positives, sum.value())).collect();
        let total = data.scores().len() as f64;
        let mut expected = Sum::default();
        bins.iter().for_each(|bin| expected.add(bin.count as f64 / total * bin.error()));
        let maximum_error = bins.iter().map(Bin::error).fold(0.0, f64::max);
        Ok(Reliability { expected_error: expected.value(), maximum_error, bins, edges })
    }
}

impl Bin {
    fn new(index: usize, count: u64, positives: u64, sum: f64) -> Bin {
        let n = count as f64;
        let rate = positives as f64 / n;
        // Without leads nothing is known of the rate.
        let interval = super::capacity::wilson(positives, count).unwrap_or((0.0, 1.0));
        Bin { index: index as u64, count, mean_probability: sum / n, rate, interval }
    }

    /// |rate − mean probability|.
    pub fn error(&self) -> f64 {
        (self.rate - self.mean_probability).abs()
    }
}

/// The inner edges, rising.
pub(super) fn edges(scores: &[f64], binning: Binning) -> Vec<f64> {
    match binning {
        Binning::Uniform(n) => (1..n).map(|i| i as f64 * (1.0 / n as f64)).collect(),
        Binning::Quantile(n) => {
            let mut sorted = scores.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            // By way of percents, as NumPy's percentiles are asked for: that moves an edge by its last bit, and a lead with it.
            let percent = |i: usize| (i as f64 * (1.0 / n as f64) * 100.0).min(100.0);
            let all: Vec<f64> = (0..=n).filter_map(|i| order::quantile(&sorted, percent(i) / 100.0)).collect();
            let inner = all.len().saturating_sub(1).max(1);
            all.get(1..inner).unwrap_or_default().to_vec()
        }
    }
}
