//! The part on scores against outcomes, and on scores whose outcomes are not known yet.

use super::{Facts, Recent};
use crate::alert::expected_auc;
use crate::report::day::known;
use crate::report::document::{Estimated, Performance, PredictionDrift, ScoreHistogram};
use crate::report::value::{Estimate, short};
use crate::window::{Layout, SCORE_BINS, Scores, Summary};

/// The percentiles of scores in the report.
const PERCENTILES: [f64; 5] = [0.10, 0.25, 0.50, 0.75, 0.90];

impl Facts<'_> {
    /// Scores against outcomes, of champion and challenger.
    pub(super) fn performance(&self) -> Performance {
        let histogram = |recent: &Recent| {
            let [converted, not] = recent.outcomes.scores.by_hundredth();
            let n = converted.iter().zip(&not).map(|(a, b)| a + b).collect();
            (recent.version.clone(), ScoreHistogram { n, positive: converted })
        };
        let champion = self.of_version(&self.state.champion);
        let explored = champion.map(|recent| {
            let figures = Summary::new(&recent.outcomes, &Layout::default(), None, self.now_ms);
            let area = known(figures.roc_auc_explored);
            Estimate::of(area.map(|area| area.area.value)).within(area.and_then(|area| area.interval))
        });
        let estimated = champion.map(|recent| {
            let figure = expected_auc(self.policy, &recent.version, &recent.traffic.scores).figure;
            Estimated { auc: Estimate { n: figure.n, ..Estimate::of(figure.value) } }
        });
        Performance {
            threshold: self.policy.outcome.threshold,
            score_histogram: self.recent.iter().map(histogram).collect(),
            outcome_delay_days: self.policy.outcome.mature_days,
            explored: explored.unwrap_or_default(),
            estimated: estimated.unwrap_or_default(),
            prediction_drift: champion.and_then(|recent| self.prediction_drift(recent)),
        }
    }

    fn prediction_drift(&self, recent: &Recent) -> Option<PredictionDrift> {
        let now = percentiles(&recent.traffic.scores);
        if now.is_empty() {
            return None;
        }
        let figures = Summary::new(&recent.traffic, &recent.layout, recent.reference.as_ref(), self.now_ms);
        Some(PredictionDrift {
            ks: figures.prediction.and_then(known).and_then(|distance| short(distance.at_least)),
            percentiles: PERCENTILES.to_vec(),
            now,
            week_before: percentiles(&recent.previous),
            training: recent.reference.as_ref().map(|window| percentiles(&window.scores)).unwrap_or_default(),
        })
    }
}

/// The percentiles of scores, each as the middle of its thousandth; empty without scores.
fn percentiles(scores: &Scores) -> Vec<f64> {
    let counts = scores.histogram();
    let all = counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count));
    if all == 0 {
        return Vec::new();
    }
    let at = |part: f64| {
        let rank = (part * all as f64).ceil().max(1.0) as u64;
        let mut passed = 0u64;
        let bin = counts.iter().position(|count| {
            passed = passed.saturating_add(*count);
            passed >= rank
        });
        short((bin.unwrap_or(SCORE_BINS - 1) as f64 + 0.5) / SCORE_BINS as f64)
    };
    PERCENTILES.into_iter().filter_map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_scores() {
        let mut scores = Scores::default();
        (0..1_000).for_each(|i| scores.add((f64::from(i) + 0.5) / 1_000.0, None));
        let found = percentiles(&scores);
        for (found, wanted) in found.iter().zip(PERCENTILES) {
            assert!((found - wanted).abs() <= 0.001, "{found} for {wanted}");
        }
        assert!(percentiles(&Scores::default()).is_empty());
    }
}
