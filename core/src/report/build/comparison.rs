//! The part that compares champion and challenger on the same leads.

use super::Facts;
use crate::report::experiment::{ChangePart, ComparisonPart};
use crate::report::value::Estimate;
use crate::rollout::Gate;

/// Of the gates that compare both versions on the same leads, the measures they are about.
const COMPARED: [(Gate, &str); 4] = [
    (Gate::RelAuc, "auc"),
    (Gate::RelPrecision, "precision"),
    (Gate::RelRecall, "recall"),
    (Gate::RelCalibration, "calibration_error"),
];

impl Facts<'_> {
    /// Champion and challenger on the same leads, from the newest verdicts; none while nothing was compared.
    pub(super) fn comparison(&self) -> Option<ComparisonPart> {
        let challenger = self.state.challenger()?;
        let mut leads = 0;
        let differences: Vec<ChangePart> = COMPARED
            .into_iter()
            .filter_map(|(gate, id)| {
                let verdict = self.verdicts.iter().find(|verdict| verdict.gate == gate)?;
                let (ratio, baseline) = (verdict.value?, verdict.baseline?);
                leads = leads.max(verdict.n);
                let ends = verdict.interval.map(|interval| (interval.low - 1.0, interval.high - 1.0));
                Some(ChangePart {
                    id: id.to_owned(),
                    control: Estimate::of(Some(baseline)),
                    treatment: Estimate::of(Some(ratio * baseline)),
                    change: Estimate::of(Some(ratio - 1.0)).within(ends).from_cases(verdict.n),
                    status: verdict.outcome.into(),
                    sentence: verdict.sentence.clone(),
                })
            })
            .collect();
        let versions = [self.state.champion.clone(), challenger.to_owned()];
        (!differences.is_empty()).then_some(ComparisonPart { versions, n: leads, differences })
    }
}
