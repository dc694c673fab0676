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
    let ks = seen.traffic.prediction.clone().and_then(known).map(|distance| distance.at_least);
    Some(PredictionDrift {
        ks: ks.or_else(|| apart(&recent.traffic.scores, &recent.training)).and_then(short),
        percentiles: PERCENTILES.to_vec(),
        now,
        week_before: percentiles(&recent.previous),
        training: trained(&recent.training),
    })
}

/// The least Kolmogorov-Smirnov distance of `now` from scores with these percentiles; none without any.
///
/// # Formula
/// Of the scores of training the part q at least is ≤ s and at most is < s, so D ≥ max(q − F(s), F(s⁻) − q) with F the parts of `now`.
fn apart(now: &Scores, training: &[(f64, f64)]) -> Option<f64> {
    let least = |(part, score): &(f64, f64)| {
        let (below, to) = now.part_below(*score)?;
        Some((part - to).max(below - part).max(0.0))
    };
    training.iter().filter_map(least).max_by(f64::total_cmp)
}

/// The percentiles of scores in training; empty where one is not known.
fn trained(training: &[(f64, f64)]) -> Vec<f64> {
    let of = |part: f64| training.iter().find(|(known, _)| *known == part).and_then(|(_, score)| short(*score));
    PERCENTILES.into_iter().map(of).collect::<Option<_>>().unwrap_or_default()
}

/// The percentiles of scores; empty without scores.
fn percentiles(scores: &Scores) -> Vec<f64> {
    PERCENTILES.into_iter().filter_map(|part| short(scores.quantile(part)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_compared_with_the_percentiles_of_training() {
        let mut scores = Scores::default();
        (0..1_000).for_each(|i| scores.add((f64::from(i) + 0.5) / 1_000.0, None));
        let even: Vec<(f64, f64)> = PERCENTILES.map(|part| (part, part)).into();
        assert!(apart(&scores, &even).unwrap() < 0.002);
        // Half of training lay at 0.2 and below: at least 0.3 apart, but for the leads of that thousandth.
        let distance = apart(&scores, &[(0.5, 0.2)]).unwrap();
        assert!((0.298..=0.3).contains(&distance), "{distance}");
        assert_eq!((apart(&scores, &[]), apart(&Scores::default(), &even)), (None, None));
        assert_eq!(trained(&even), PERCENTILES);
        assert_eq!(trained(&[(0.5, 0.2)]), [0.0; 0]);
    }
}
