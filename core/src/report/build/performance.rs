//! The part on scores against outcomes, and on scores whose outcomes are not known yet.

use super::measured::Seen;
use super::{Facts, Recent};
use crate::alert::expected_auc;
use crate::report::day::known;
use crate::report::document::{Estimated, Performance, PredictionDrift, ScoreHistogram};
use crate::report::value::{Estimate, PERCENTILES, short};
use crate::window::Scores;

impl Facts<'_> {
    /// Scores against outcomes, of champion and challenger.
    pub(super) fn performance(&self, seen: Option<&Seen>) -> Performance {
        let histogram = |recent: &Recent| {
            let [converted, not] = recent.outcomes.scores.by_hundredth();
            let n = converted.iter().zip(&not).map(|(a, b)| a + b).collect();
            (recent.version.clone(), ScoreHistogram { n, positive: converted })
        };
        let champion = self.of_version(&self.state.champion);
        let explored = seen.map(|seen| {
            let area = known(seen.outcomes.roc_auc_explored.clone());
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
            prediction_drift: champion.zip(seen).and_then(|(recent, seen)| prediction_drift(recent, seen)),
        }
    }
}

/// The champion's scores of now beside earlier ones; none without scores.
fn prediction_drift(recent: &Recent, seen: &Seen) -> Option<PredictionDrift> {
    let now = percentiles(&recent.traffic.scores);
    if now.is_empty() {
        return None;
    }
    Some(PredictionDrift {
        ks: seen.traffic.prediction.clone().and_then(known).and_then(|distance| short(distance.at_least)),
        percentiles: PERCENTILES.to_vec(),
        now,
        week_before: percentiles(&recent.previous),
        training: recent.reference.as_ref().map(|window| percentiles(&window.scores)).unwrap_or_default(),
    })
}

/// The percentiles of scores; empty without scores.
fn percentiles(scores: &Scores) -> Vec<f64> {
    PERCENTILES.into_iter().filter_map(|part| short(scores.quantile(part)?)).collect()
}
