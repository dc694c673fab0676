//! The part on the leads' data.

use super::measured::Seen;
use super::{Facts, Recent};
use crate::drift::{DECILES, decile_ends, deciles};
use crate::evidence::Answer;
use crate::report::day::known;
use crate::report::quality::{FeaturePart, MissedPart, Quality, SuitePart};
use crate::report::time::time_text;
use crate::report::value::{Status, short};
use crate::rollout::evidence::{Missed, Suite};
use crate::window::{Feature, FeatureLayout, FeatureSummary};

/// The most features in the report.
const FEATURES: usize = 50;
/// Of which the distance is shown by day.
const BY_DAY: usize = 5;
/// Leads from which a distance is judged.
const LEAST: u64 = 500;

impl Facts<'_> {
    /// The champion's fields against its training data; none without a baseline.
    pub(super) fn quality(&self, seen: Option<&Seen>) -> Option<Quality> {
        let recent = self.of_version(&self.state.champion)?;
        recent.reference.as_ref()?;
        let figures = &seen?.traffic;
        let limit = self.policy.gates.data.ks;
        let mut features: Vec<FeaturePart> = (0..figures.features.len())
            .filter_map(|place| {
                let summary = figures.features.get(place)?;
                Some(part(recent, place, summary, limit))
            })
            .collect();
        let order = |feature: &FeaturePart| (feature.importance.unwrap_or(-1.0), feature.ks.unwrap_or(-1.0));
        features.sort_by(|a, b| {
            let ((a_importance, a_ks), (b_importance, b_ks)) = (order(a), order(b));
            b_importance.total_cmp(&a_importance).then(b_ks.total_cmp(&a_ks)).then_with(|| a.name.cmp(&b.name))
        });
        let features_total = u32::try_from(features.len()).unwrap_or(u32::MAX);
        features.truncate(FEATURES);
        for feature in features.iter_mut().take(BY_DAY) {
            feature.ks_by_day = self.drift_by_day(&feature.name);
        }
        Some(Quality {
            features,
            features_total,
            expected_false_alarms_per_week: false_alarms(&figures.features, recent, limit).and_then(short),
            suites: self.suites.iter().map(suite).collect(),
        })
    }

    /// The distance of the field `name` on each day of the report; empty where none is known.
    fn drift_by_day(&self, name: &str) -> Vec<Option<f64>> {
        let of = |day: i64| {
            let found = self.drift.iter().find(|row| {
                row.feature == name && row.version == self.state.champion && row.day_ms.div_euclid(super::DAY_MS) == day
            });
            found.and_then(|row| short(row.ks?))
        };
        let days: Vec<Option<f64>> = self.span().map(of).collect();
        if days.iter().all(Option::is_none) { Vec::new() } else { days }
    }
}

fn suite(suite: &Suite) -> SuitePart {
    let missed = |missed: &Missed| MissedPart {
        expected: missed.expected.clone(),
        is_critical: missed.is_critical,
        checked: missed.checked,
        unexpected: missed.unexpected,
    };
    SuitePart {
        name: suite.name.clone(),
        version: suite.version.clone(),
        at: time_text(suite.at_ms),
        leads: suite.leads,
        passed: suite.expectations.saturating_sub(suite.all_missed),
        failed: suite.all_missed,
        failed_critical: suite.critical_missed,
        status: match suite {
            Suite { leads: 0, .. } => Status::InsufficientData,
            Suite { critical_missed: 0, .. } => Status::Pass,
            _ => Status::Fail,
        },
        missed: suite.missed.iter().map(missed).collect(),
    }
}

fn part(recent: &Recent, place: usize, summary: &FeatureSummary, limit: f64) -> FeaturePart {
    let importance = recent.importance.iter().find(|(name, _)| *name == summary.name).map(|(_, share)| *share);
    let distance = match &summary.drift {
        Some(Answer::Known(distance)) => Some(*distance),
        _ => None,
    };
    let status = match distance {
        Some(_) if summary.values < LEAST => Status::InsufficientData,
        Some(distance) if distance.at_least > limit => Status::Fail,
        Some(distance) if distance.at_most <= limit => Status::Pass,
        Some(_) => Status::Inconclusive,
        None => Status::InsufficientData,
    };
    let before = recent.reference.as_ref().and_then(|window| window.features().get(place));
    let missing_reference = before.and_then(|feature| {
        let (counts, missing) = feature.counts();
        let all = counts.iter().fold(missing, |sum, count| sum.saturating_add(*count));
        (all > 0).then(|| missing as f64 / all as f64)
    });
    let (edges, categories, reference, current) =
        bins(recent.layout.features().get(place), before, recent.traffic.features().get(place));
    FeaturePart {
        name: summary.name.clone(),
        importance: importance.and_then(short),
        ks: distance.and_then(|distance| short(distance.at_least)),
        ks_bound: distance.and_then(|distance| short(distance.at_least).zip(short(distance.at_most))),
        psi: distance.and_then(|distance| short(distance.population_stability)),
        missing: known(summary.missing.clone()).and_then(short),
        missing_reference: missing_reference.and_then(short),
        new_share: summary.new_categories.and_then(short),
        new_values: summary.new_by_name.iter().take(BY_DAY).map(|(name, _)| name.clone()).collect(),
        status,
        edges,
        categories,
        reference,
        current,
        ks_by_day: Vec::new(),
    }
}

type Pair = (Vec<f64>, Vec<String>, Vec<f64>, Vec<f64>);

/// At most ten bins of both sides as parts of 1: a number's deciles of training with their inner edges, a category's most frequent values
/// with the others together.
fn bins(layout: Option<&FeatureLayout>, before: Option<&Feature>, now: Option<&Feature>) -> Pair {
    let (Some(layout), Some(before), Some(now)) = (layout, before, now) else { return Pair::default() };
    let ((before, _), (now, _)) = (before.counts(), now.counts());
    match layout {
        FeatureLayout::Number { bins, .. } => {
            let (ends, (before, now)) = (decile_ends(&before), deciles(&before, &now));
            let edges = ends.iter().filter_map(|end| bins.edges().get(*end).copied().and_then(short)).collect();
            (edges, Vec::new(), parts(&before), parts(&now))
        }
        FeatureLayout::Category { known, .. } => {
            let mut order: Vec<usize> = (0..known.len()).collect();
            let count = |place: &usize| before.get(*place).copied().unwrap_or_default();
            order.sort_by_key(|place| (std::cmp::Reverse(count(place)), *place));
            order.truncate(DECILES - 1);
            let of = |counts: &[u64]| {
                let mut kept: Vec<u64> = order.iter().map(|place| counts.get(*place).copied().unwrap_or_default()).collect();
                kept.push(counts.iter().sum::<u64>().saturating_sub(kept.iter().sum()));
                kept
            };
            let names = order.iter().filter_map(|place| known.get(*place).cloned()).collect();
            (Vec::new(), names, parts(&of(&before)), parts(&of(&now)))
        }
    }
}

fn parts(counts: &[u64]) -> Vec<f64> {
    let all = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().filter_map(|count| short(*count as f64 / all)).collect()
}

/// How many fields are expected beyond the limit by chance in a week: by the bound of Dvoretzky, Kiefer and Wolfowitz with Massart's
/// constant, 2 exp(−2 m d²), with m = ab / (a + b) of the values on both sides.
fn false_alarms(features: &[FeatureSummary], recent: &Recent, limit: f64) -> Option<f64> {
    let sizes = features.iter().enumerate().filter_map(|(place, summary)| {
        let before: u64 = recent.reference.as_ref()?.features().get(place)?.counts().0.iter().sum();
        (summary.values >= LEAST && before > 0).then_some((summary.values as f64, before as f64))
    });
    let mut expected = None;
    for (now, before) in sizes {
        let m = now * before / (now + before);
        *expected.get_or_insert(0.0) += (2.0 * crate::math::exp(-2.0 * m * limit * limit)).min(1.0);
    }
    expected
}

/// The distance of a field of a version on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftRow {
    /// Begin of the day, milliseconds since 1970.
    pub day_ms: i64,
    /// The version.
    pub version: String,
    /// The field.
    pub feature: String,
    /// At least this is its distance from training.
    pub ks: Option<f64>,
}
