//! The estimate for one window, and what it is held against later.

use super::Measure;
use super::error::{Errors, place};
use crate::metric::{Confusion, Labelled, Ranking};
use crate::model::Calibration;
use crate::order;
use crate::stats::normal;

/// One measure's expected value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// The standard error of the realised value round it, as NannyML has it.
    pub sampling_error: f64,
    /// Where the realised value lies in 95 of 100 windows, the reference's own error included, if the calibration holds.
    pub interval: (f64, f64),
}

impl Estimate {
    /// Value less and plus three sampling errors, within [0, 1]: NannyML's confidence band.
    pub fn band(&self) -> (f64, f64) {
        ((self.value - 3.0 * self.sampling_error).max(0.0), (self.value + 3.0 * self.sampling_error).min(1.0))
    }
}

/// What to expect of the leads of one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Performance {
    /// Leads in it.
    pub leads: u64,
    measures: [Option<Estimate>; 7],
}

impl Performance {
    /// The estimate of one measure; none where it has no denominator, such as precision when no lead is called.
    pub fn of(&self, measure: Measure) -> Option<Estimate> {
        self.measures.get(place(measure)).copied().flatten()
    }

    pub(super) fn expected(scores: &[f64], calibration: &Calibration, threshold: f64, errors: &Errors) -> Performance {
        let sorted = order::sorted(scores);
        let n = scores.len() as f64;
        let (mut above, mut called, mut area, mut precision) = ((0.0, 0.0), (0.0, 0.0), 0.0, 0.0);
        // Σ c(1 − c) of the leads called, and of the others.
        let mut spread = [0.0, 0.0];
        for tie in sorted.rchunk_by_equal() {
            let (score, count) = tie;
            let c = calibration.apply(0.0, score).clamp(0.0, 1.0);
            let (positive, negative) = (c * count, count - c * count);
            area += negative * (above.0 + positive / 2.0);
            above = (above.0 + positive, above.1 + negative);
            precision += positive * (above.0 / (above.0 + above.1));
            // A probability of 0 or 1 is not known that well.
            let known = (c * errors.leads + 0.5) / (errors.leads + 1.0);
            let variance = count * known * (1.0 - known);
            if score >= threshold {
                called = above;
                spread[0] += variance;
            } else {
                spread[1] += variance;
            }
        }
        let (all, (tp, fp)) = (above, called);
        let (fneg, tn) = (all.0 - tp, all.1 - fp);
        let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let values = [
            ratio(area, all.0 * all.1),
            ratio(precision, all.0),
            ratio(tp, tp + fp),
            ratio(tp, all.0),
            ratio(tp, tp + (fp + fneg) / 2.0),
            ratio(tn, all.1),
            ratio(tp + tn, n),
        ];
        // Scores are known, so a rate varies only as far as each outcome does: by the slope of the rate in that outcome.
        let (called, all) = ((tp + fp), (tp + fp + fneg + tn));
        let slopes = |measure: Measure, value: f64| match measure {
            Measure::Precision => Some([1.0 / called, 0.0]),
            Measure::Recall => Some([(1.0 - value) / (tp + fneg), -value / (tp + fneg)]),
            Measure::F1 => Some([(2.0 - value) / (called + tp + fneg), -value / (called + tp + fneg)]),
            Measure::Specificity => Some([value / (fp + tn), (value - 1.0) / (fp + tn)]),
            Measure::Accuracy => Some([1.0 / all, 1.0 / all]),
            Measure::RocAuc | Measure::AveragePrecision => None,
        };
        let mut measures = [None; 7];
        for (slot, measure) in measures.iter_mut().zip(Measure::ALL) {
            let of = |list: &[Option<f64>; 7]| list.get(place(measure)).copied().flatten();
            let (value, sampling, full) = (of(&values), of(&errors.sampling), of(&errors.full));
            *slot = value.zip(sampling).zip(full).map(|((value, sampling), full)| {
                let variance = match slopes(measure, value) {
                    Some([up, down]) => up * up * spread[0] + down * down * spread[1],
                    None => full * full / n,
                };
                // The window's own error, and that of what was learnt on the reference.
                let half = normal::quantile(0.975) * (variance * (1.0 + n / errors.leads)).sqrt();
                let interval = ((value - half).max(0.0), (value + half).min(1.0));
                Estimate { value, sampling_error: sampling / n.sqrt(), interval }
            });
        }
        Performance { leads: scores.len() as u64, measures }
    }
}

/// What came of the leads of one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Realised {
    measures: [Option<f64>; 7],
}

impl Realised {
    /// Every measure that the outcomes hold, a lead called at `threshold`. Weights are not regarded.
    pub fn new(data: &Labelled<'_>, threshold: f64) -> Realised {
        let Ok(data) = Labelled::new(data.scores(), data.converted()) else { return Realised { measures: [None; 7] } };
        let (ranking, counts) = (Ranking::new(&data), Confusion::at(&data, threshold));
        Realised {
            measures: [
                ranking.roc_auc().ok(),
                ranking.average_precision().ok(),
                counts.precision(),
                counts.recall(),
                counts.f_score(1.0),
                counts.specificity(),
                counts.accuracy(),
            ],
        }
    }

    /// One measure; none where it has no denominator.
    pub fn of(&self, measure: Measure) -> Option<f64> {
        self.measures.get(place(measure)).copied().flatten()
    }
}

/// Runs of equal values, from the last.
trait Runs {
    fn rchunk_by_equal(&self) -> impl Iterator<Item = (f64, f64)>;
}

impl Runs for Vec<f64> {
    fn rchunk_by_equal(&self) -> impl Iterator<Item = (f64, f64)> {
        self.chunk_by(|a, b| a == b).rev().filter_map(|run| run.first().map(|score| (*score, run.len() as f64)))
    }
}
