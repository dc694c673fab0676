//! Scores against outcomes, what is expected before outcomes come, and leads against the training data: judged once a day.

use super::reading::Share;
use super::{Figure, Finding, Reading, Rule};
use crate::rollout::evidence::FeatureFigures;
use crate::rollout::policy::Mode;
use crate::rollout::{Policy, phrase};
use crate::stats::normal;
use crate::window::{SCORE_BINS, Scores};

/// Leads with an outcome that a stretch of days should hold: the shortest of 7, 14 and 28 days that does is judged, else 28 days.
const ENOUGH: u64 = 2_000;
/// Fewer leads with an outcome, or fewer of the rarer kind, are not judged.
const LEAST: u64 = 200;
const LEAST_OF_A_CLASS: u64 = 30;
const LEAST_CALIBRATION: u64 = 500;
const LEAST_CALLED: u64 = 50;
const LEAST_FOR_DRIFT: u64 = 500;
/// A drifted field is near its training data again below this part of the limit.
const NEAR: f64 = 0.8;

/// The outcomes of one version over 7, 14 and 28 days of matured leads, the shortest first.
#[derive(Debug)]
pub struct Outcomes<'a> {
    /// The version.
    pub version: &'a str,
    /// Days and the scores of leads that matured in them.
    pub stretches: [(u32, &'a Scores); 3],
    /// How precision and recall are judged: they alert where their least value decides.
    pub modes: (Mode, Mode),
}

impl Outcomes<'_> {
    /// The shortest stretch that holds enough leads, else the longest.
    fn shortest(&self) -> (u32, &Scores) {
        let found = self.stretches.iter().find(|(_, scores)| labelled(scores) >= ENOUGH).or(self.stretches.last());
        found.map_or((28, self.stretches[2].1), |(days, scores)| (*days, *scores))
    }
}

/// The readings of AUC, calibration, and of precision and recall where their least value decides.
pub fn performance(policy: &Policy, outcomes: &Outcomes<'_>) -> Vec<Reading> {
    let (days, scores) = outcomes.shortest();
    let version = outcomes.version;
    let mut readings = vec![auc(policy, version, days, scores), calibration(policy, version, days, scores)];
    if outcomes.modes.0 == Mode::Absolute {
        readings.push(called(policy, version, days, scores, Rule::Precision));
    }
    if outcomes.modes.1 == Mode::Absolute {
        readings.push(called(policy, version, days, scores, Rule::Recall));
    }
    readings
}

fn labelled(scores: &Scores) -> u64 {
    let [converted, not, _] = scores.counts();
    converted.saturating_add(not)
}

/// Outside where the upper end is below the least value, inside where the value is not.
fn at_least(value: f64, high: f64, least: f64) -> Finding {
    match (high < least, value >= least) {
        (true, _) => Finding::Outside,
        (_, true) => Finding::Inside,
        _ => Finding::Between,
    }
}

fn auc(policy: &Policy, version: &str, days: u32, scores: &Scores) -> Reading {
    let [converted, not, _] = scores.counts();
    let n = converted.saturating_add(not);
    let (Ok(binned), Some(area)) = (scores.roc_auc(), scores.delong()) else { return Reading::unknown(Rule::Auc, version) };
    if n < LEAST || converted.min(not) < LEAST_OF_A_CLASS {
        return Reading::unknown(Rule::Auc, version);
    }
    let (low, high) = area.cautious_interval(policy.gates.rules.confidence);
    let (low, high) = ((low - (binned.value - binned.at_least)).max(0.0), (high + (binned.at_most - binned.value)).min(1.0));
    let least = policy.gates.auc.min;
    let figure = Figure::new(binned.value, least).within((low, high)).of(n);
    let text = format!(
        "{version} ranks leads with an AUC of {} ({} to {}; {} of the last {days} days); {} is needed.",
        phrase::auc(binned.value),
        phrase::auc(low),
        phrase::auc(high),
        phrase::counted(n, "lead with an outcome", "leads with an outcome"),
        phrase::auc(least)
    );
    Reading::new(Rule::Auc, version, at_least(binned.value, high, least), figure, text)
}

fn calibration(policy: &Policy, version: &str, days: u32, scores: &Scores) -> Reading {
    let n = labelled(scores);
    let (Ok(binned), Some(noise)) = (scores.calibration_error(), scores.calibration_noise()) else {
        return Reading::unknown(Rule::Calibration, version);
    };
    if n < LEAST_CALIBRATION {
        return Reading::unknown(Rule::Calibration, version);
    }
    let reach = normal::quantile(0.5 + policy.gates.rules.confidence / 2.0) * noise.standard_error;
    let (low, high) = ((binned.at_least - reach).max(0.0), (binned.at_most + reach).min(1.0));
    let most = policy.gates.calibration.max;
    let finding = match (low - noise.bias >= most, binned.value < most) {
        (true, _) => Finding::Outside,
        (_, true) => Finding::Inside,
        _ => Finding::Between,
    };
    let points = |part: f64| phrase::rounded(100.0 * part, 2);
    let text = format!(
        "Probabilities of {version} are off by {} percentage points on average ({} to {}, of which chance explains {}; {} of the last \
         {days} days); {} are allowed.",
        points(binned.value),
        points(low),
        points(high),
        points(noise.bias),
        phrase::counted(n, "lead with an outcome", "leads with an outcome"),
        points(most)
    );
    Reading::new(Rule::Calibration, version, finding, Figure::new(binned.value, most).within((low, high)).of(n), text)
}

/// Precision or recall at the policy's threshold.
fn called(policy: &Policy, version: &str, days: u32, scores: &Scores, rule: Rule) -> Reading {
    let counts = scores.confusion_at(policy.outcome.threshold);
    let (whole, least) = match rule {
        Rule::Precision => (counts.true_positive + counts.false_positive, policy.gates.precision.min),
        _ => (counts.true_positive + counts.false_negative, policy.gates.recall.min),
    };
    let (hits, n) = (counts.true_positive as u64, whole as u64);
    let Some(share) = Share::new(hits, n).filter(|_| n >= LEAST_CALLED) else { return Reading::unknown(rule, version) };
    let (found, needed) = (phrase::of_hundred(share.value), phrase::of_hundred(least));
    let span = format!("{} to {}; the last {days} days", phrase::of_hundred(share.low), phrase::of_hundred(share.high));
    let text = match rule {
        Rule::Precision => format!("Of 100 leads that {version} called, {found} bought ({span}); {needed} are needed."),
        _ => format!("Of 100 leads that bought, {version} called {found} ({span}); {needed} are needed."),
    };
    Reading::new(rule, version, at_least(share.value, share.high, least), share.figure(least), text)
}

/// The AUC to expect of `version`, if its probabilities are right, from the scores of the last seven days: known before outcomes come.
///
/// # Formula
/// With c the probability of a lead: Σ over pairs of c_i (1 − c_j) where i scores higher, half of it where they are equal, divided by
/// Σ c · Σ (1 − c). A score counts as the middle of its thousandth.
///
/// # Source
/// NannyML's CBPE, on counts instead of leads.
pub fn expected_auc(policy: &Policy, version: &str, scores: &Scores) -> Reading {
    let counts = scores.histogram();
    let n = counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count));
    if n < LEAST {
        return Reading::unknown(Rule::ExpectedAuc, version);
    }
    let (mut above, mut area, mut all) = (0.0, 0.0, (0.0, 0.0));
    for (at, count) in counts.iter().enumerate().rev() {
        let c = (at as f64 + 0.5) / SCORE_BINS as f64;
        let (buys, not) = (c * *count as f64, (1.0 - c) * *count as f64);
        area += not * (above + buys / 2.0);
        above += buys;
        all = (all.0 + buys, all.1 + not);
    }
    let value = area / (all.0 * all.1);
    let least = policy.gates.auc.min;
    let finding = if value < least { Finding::Outside } else { Finding::Inside };
    let text = format!(
        "By its own probabilities {version} will rank the leads of the last 7 days with an AUC of {} ({}); {} is needed.",
        phrase::auc(value),
        phrase::counted(n, "lead", "leads"),
        phrase::auc(least)
    );
    Reading::new(Rule::ExpectedAuc, version, finding, Figure::new(value, least).of(n), text)
}

/// A reading of each field of the last seven days against the training data.
pub fn drift(policy: &Policy, fields: &[FeatureFigures]) -> Vec<Reading> {
    let rule = &policy.gates.data;
    let reading = |field: &FeatureFigures| {
        let Some(distance) = field.distance.filter(|_| field.values >= LEAST_FOR_DRIFT) else {
            return Reading::unknown(Rule::Drift, &field.name);
        };
        let is_certain = distance.p_value.is_some_and(|p| p < rule.ks_p);
        let finding = match (distance.at_least > rule.ks && is_certain, distance.at_least < NEAR * rule.ks) {
            (true, _) => Finding::Outside,
            (_, true) => Finding::Inside,
            _ => Finding::Between,
        };
        let figure = Figure::new(distance.at_least, rule.ks).within((distance.at_least, distance.at_most)).of(field.values);
        let text = format!(
            "{} is not as in training: its distance is {} over the last 7 days ({}); {} is allowed.",
            field.name,
            phrase::rounded(distance.at_least, 2),
            phrase::counted(field.values, "value", "values"),
            phrase::rounded(rule.ks, 2)
        );
        let text = if finding == Finding::Outside {
            text
        } else {
            format!(
                "{} is as in training: its distance is {}; {} is allowed.",
                field.name,
                phrase::rounded(distance.at_least, 2),
                phrase::rounded(rule.ks, 2)
            )
        };
        Reading::new(Rule::Drift, &field.name, finding, figure, text)
    };
    fields.iter().map(reading).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::evidence::FieldDistance;

    /// Scores of `n` leads of which each hundredth converts as often as its score says, plus `off`.
    fn scores(n: u32, off: f64) -> Scores {
        let mut scores = Scores::default();
        for lead in 0..n {
            let score = f64::from(lead % 100) / 100.0 + 0.005;
            let turn = f64::from(lead / 100 % 100) / 100.0 + 0.005;
            scores.add(score, Some(turn < score + off));
        }
        scores
    }

    fn outcomes<'a>(short: &'a Scores, long: &'a Scores) -> Outcomes<'a> {
        Outcomes { version: "1", stretches: [(7, short), (14, long), (28, long)], modes: (Mode::Relative, Mode::Absolute) }
    }

    #[test]
    fn the_shortest_stretch_with_enough_leads_is_judged() {
        let (few, many) = (scores(500, 0.0), scores(10_000, 0.0));
        let readings = performance(&Policy::default(), &outcomes(&few, &many));
        assert_eq!(readings.iter().map(|reading| reading.rule).collect::<Vec<_>>(), [Rule::Auc, Rule::Calibration, Rule::Recall]);
        assert_eq!((readings[0].figure.n, readings[0].finding), (Some(10_000), Finding::Outside), "{:?}", readings[0]);
        assert!(
            readings[0].sentence.text.contains("10,000 leads with an outcome of the last 14 days"),
            "{}",
            readings[0].sentence.text
        );
        assert_eq!(readings[1].finding, Finding::Inside);
        let none = Scores::default();
        assert!(performance(&Policy::default(), &outcomes(&none, &none)).iter().all(|r| r.finding == Finding::Unknown));
    }

    #[test]
    fn probabilities_that_are_off_are_found() {
        let off = scores(10_000, 0.15);
        let readings = performance(&Policy::default(), &outcomes(&off, &off));
        assert_eq!(readings[1].finding, Finding::Outside, "{:?}", readings[1]);
    }

    #[test]
    fn expectation_and_outcome_agree_where_probabilities_are_right() {
        let scores = scores(10_000, 0.0);
        let expected = expected_auc(&Policy::default(), "1", &scores).figure.value.unwrap();
        assert!((expected - scores.roc_auc().unwrap().value).abs() < 1e-3, "{expected}");
        assert_eq!(expected_auc(&Policy::default(), "1", &Scores::default()).finding, Finding::Unknown);
    }

    #[test]
    fn a_field_drifts_above_the_limit_and_is_back_below_four_fifths() {
        let field = |at_least: f64, p: f64| FeatureFigures {
            name: "visits".into(),
            values: 3_000,
            missing: 0,
            reference_values: 9_000,
            reference_missing: 0,
            new_categories: None,
            distance: Some(FieldDistance { at_least, at_most: at_least + 0.01, p_value: Some(p) }),
        };
        let found = |at_least, p| drift(&Policy::default(), &[field(at_least, p)])[0].finding;
        assert_eq!(found(0.16, 0.001), Finding::Outside);
        assert_eq!(found(0.16, 0.02), Finding::Between, "it may be chance");
        assert_eq!((found(0.13, 0.001), found(0.11, 0.001)), (Finding::Between, Finding::Inside));
    }
}
