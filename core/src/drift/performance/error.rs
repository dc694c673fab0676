//! How far a measure of so many leads lies from its expectation by chance, learnt on the reference leads.

use super::Measure;
use crate::evidence::InsufficientData;
use crate::metric::{Confusion, Labelled, Placements, Ranking};
use crate::random::Random;
use crate::sum::sum;

/// Resamples from which the error of average precision is learnt.
const RESAMPLES: usize = 50;
/// The most leads drawn for one of them.
const MOST_DRAWN: usize = 50_000;
const SEED: u64 = 0x5eed_ca1b;

/// Standard errors for one lead of each measure: divided by √n they are those of n leads.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Errors {
    /// As NannyML has them.
    pub sampling: [Option<f64>; 7],
    /// The area's with the variance of both classes; of the others the same.
    pub full: [Option<f64>; 7],
    /// Leads of the reference they were learnt on.
    pub leads: f64,
}

impl Errors {
    /// # Formula
    /// A rate of k in m leads with the share m/n of all: √(p(1 − p) / (m/n)). F1 is a mean over TP, FP and FN of values 0 and
    /// m / (TP + (FP + FN)/2). The area: the standard deviation of the placements of the rarer class over the root of its share; in full,
    /// both classes' variances added. Average precision: the standard deviation over 50 seeded resamples of half the leads.
    ///
    /// # Source
    /// NannyML 0.13, `sampling_error.binary_classification`, which draws its resamples without a seed; DeLong et al. (1988).
    pub fn of(data: &Labelled<'_>, threshold: f64) -> Result<Errors, InsufficientData> {
        let n = data.scores().len() as f64;
        let places = Placements::new(data)?;
        let (one, zero) = (variance(&places.positive), variance(&places.negative));
        let (ones, zeros) = (places.positive.len() as f64 / n, places.negative.len() as f64 / n);
        let rarer = if ones > 0.5 { zero / zeros } else { one / ones };
        let counts = Confusion::at(data, threshold);
        let Confusion { true_positive: tp, false_positive: fp, false_negative: fneg, true_negative: tn } = counts;
        let rate = |k: f64, m: f64| (m > 0.0).then(|| (k / m * (1.0 - k / m) / (m / n)).sqrt());
        let relevant = tp + fp + fneg;
        let f1 = rate(tp, relevant).map(|error| error * relevant / (tp + (fp + fneg) / 2.0));
        let mut errors = Errors {
            sampling: [
                Some(rarer.sqrt()),
                Some(average_precision(data)),
                rate(tp, tp + fp),
                rate(tp, tp + fneg),
                f1,
                rate(tn, tn + fp),
                rate(tp + tn, n),
            ],
            full: [None; 7],
            leads: n,
        };
        errors.full = errors.sampling;
        if let Some(area) = errors.full.first_mut() {
            *area = Some((one / ones + zero / zeros).sqrt());
        }
        Ok(errors)
    }
}

/// Variance that divides by n.
fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = sum(values.iter().copied()) / n;
    sum(values.iter().map(|x| (x - mean) * (x - mean))) / n
}

/// The standard error of average precision for one lead.
fn average_precision(data: &Labelled<'_>) -> f64 {
    let ranking = Ranking::new(data);
    let size = (data.scores().len() / 2).clamp(1, MOST_DRAWN);
    let mut random = Random::new(SEED);
    // A draw is a place in the ranking; places of one tie are its positives, then its negatives.
    let ends: Vec<(u64, u64)> = ranking.ties().iter().map(|tie| (tie.positive as u64, tie.negative as u64)).collect();
    let mut found = Vec::with_capacity(RESAMPLES);
    let mut drawn = vec![0u32; data.scores().len()];
    for _ in 0..RESAMPLES {
        drawn.iter_mut().for_each(|count| *count = 0);
        for _ in 0..size {
            if let Some(count) = drawn.get_mut(random.below(data.scores().len() as u64) as usize) {
                *count += 1;
            }
        }
        let mut counts = drawn.iter().map(|count| f64::from(*count));
        let (mut positive, mut all, mut area) = (0.0, 0.0, 0.0);
        for (ups, downs) in &ends {
            let mut take = |n: u64| (0..n).fold(0.0, |sum, _| sum + counts.next().unwrap_or_default());
            let (up, down) = (take(*ups), take(*downs));
            positive += up;
            all += up + down;
            if up > 0.0 {
                area += up * positive / all;
            }
        }
        if positive > 0.0 {
            found.push(area / positive);
        }
    }
    if found.is_empty() { 0.0 } else { (variance(&found) * size as f64).sqrt() }
}

/// Limits outside which a value is unlike the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Below that is unlike.
    pub lower: f64,
    /// Above that is unlike.
    pub upper: f64,
}

impl Limits {
    /// The mean of `values`, a measure's over windows of the reference, less and plus three standard deviations, within [0, 1].
    ///
    /// # Errors
    /// [`InsufficientData`] with fewer than two values; below six the limits are rough.
    ///
    /// # Source
    /// NannyML 0.13, `StandardDeviationThreshold`, whose standard deviation divides by n.
    pub fn of_reference(values: &[f64]) -> Result<Limits, InsufficientData> {
        InsufficientData::unless(values.iter().filter(|x| x.is_finite()).count() as u64, 2, "reference windows")?;
        let values: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        let (mean, spread) = (sum(values.iter().copied()) / values.len() as f64, variance(&values).sqrt());
        Ok(Limits { lower: (mean - 3.0 * spread).max(0.0), upper: (mean + 3.0 * spread).min(1.0) })
    }

    /// Whether `value` lies outside.
    pub fn alert(&self, value: f64) -> bool {
        value < self.lower || value > self.upper
    }
}

/// The place of a measure in a list of all.
pub(super) fn place(measure: Measure) -> usize {
    measure as usize
}
