//! D1.2: whether the version still ranks leads as it did in training.

use super::{Facts, Finding};
use crate::rollout::phrase;
use crate::window::Scores;

const ID: &str = "D1.2";
/// Leads with an outcome from which on the week is judged by itself; else the month.
const WEEK: u64 = 2_000;
const LEAST: u64 = 200;
/// How much less than in training is no change.
const SLACK: f64 = 0.02;
const CONFIDENCE: f64 = 0.95;

/// What was found, and what the next step needs of it.
pub(super) struct Found {
    pub finding: Finding,
    /// Whether the area fell below training's.
    pub is_degraded: bool,
    /// The upper end of the area's interval.
    pub high: Option<f64>,
}

pub(super) fn find(facts: &Facts) -> Found {
    let labelled = |scores: &Scores| scores.counts().iter().take(2).sum::<u64>();
    let (scores, days) = match labelled(&facts.performance.week) >= WEEK {
        true => (&facts.performance.week, 7),
        false => (&facts.performance.month, 28),
    };
    let n = labelled(scores);
    let found = |finding: Finding| Found { finding: finding.at("#/performance"), is_degraded: false, high: None };
    let area = scores.roc_auc().ok().zip(scores.delong()).filter(|_| n >= LEAST);
    let Some((binned, delong)) = area else {
        let text = format!(
            "Only {} of the last {days} days have an outcome, {LEAST} are needed to judge the ranking.",
            phrase::counted(n, "lead", "leads")
        );
        return found(Finding::unknown(ID, "TOO_FEW_OUTCOMES", text).with("n", n));
    };
    let (low, high) = delong.cautious_interval(CONFIDENCE);
    let (low, high) = (low - (binned.value - binned.at_least), high + (binned.at_most - binned.value));
    let now = format!(
        "AUC {} ({} to {}; {} of the last {days} days)",
        phrase::auc(binned.value),
        phrase::auc(low),
        phrase::auc(high),
        phrase::counted(n, "lead", "leads")
    );
    let Some(auc) = facts.training.as_ref().and_then(|training| training.auc) else {
        let text = format!("{now}. What it was in training is not known: {} has no baseline.", facts.version);
        let unknown = Finding::unknown(ID, "NO_BASELINE", text).with("auc", binned.value);
        let unknown = unknown.action("ADD_BASELINE", "Run plumbline baseline on the training data and register the new bundle.");
        return Found { high: Some(high), ..found(unknown) };
    };
    let is_degraded = high < auc - SLACK;
    let trained = phrase::auc(auc);
    let finding = if is_degraded {
        let flattered = match facts.training.as_ref().is_some_and(|training| training.is_held_out) {
            true => "",
            false => " (of the rows it was trained on, which flatters it)",
        };
        let text = format!("Ranks worse than in training: {now}, then {trained}{flattered}.");
        Finding::suspect(ID, "DEGRADED", text).action("SEE_CAUSE", "The cause is in the steps below; start with drift.")
    } else {
        Finding::fine(ID, "RANKS_AS_TRAINED", format!("Ranks as in training: {now}, then {trained}."))
    };
    let finding = finding.with("auc", binned.value).with("low", low).with("high", high).with("training", auc).with("n", n);
    Found { finding: finding.at("#/performance"), is_degraded, high: Some(high) }
}

/// The area under the ROC curve that these scores would have if they were calibrated: CBPE from a histogram.
///
/// # Formula
/// A lead with a probability p counts as p converted and 1 − p not converted leads; pairs in one bin count half.
///
/// # Source
/// Confidence-based performance estimation, as `drift::performance` has it for lists of scores.
pub(super) fn expected_auc(scores: &Scores) -> Option<f64> {
    let histogram = scores.histogram();
    let bins = histogram.len() as f64;
    let (mut yes, mut no, mut ordered) = (0.0, 0.0, 0.0);
    for (at, n) in histogram.iter().enumerate() {
        let p = (at as f64 + 0.5) / bins;
        let (more_yes, more_no) = (*n as f64 * p, *n as f64 * (1.0 - p));
        ordered += more_yes * (no + 0.5 * more_no);
        (yes, no) = (yes + more_yes, no + more_no);
    }
    (yes > 0.0 && no > 0.0).then(|| ordered / (yes * no))
}
