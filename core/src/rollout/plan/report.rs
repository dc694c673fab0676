//! The start report: said before anyone starts a rollout.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chance::chance;
use super::gates::gates;
use super::test::test_report;
use super::{Basis, Chance, Expected, GatePlan, TestReport, auc_needed, modes};
use crate::experiment::words::{percent, rounded};
use crate::rollout::policy::Mode;
use crate::rollout::{Modes, Policy, words};
use crate::sentence::Sentence;
use crate::stats::level::SettingError;

/// What a team should know before a rollout starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "StartReport"))]
pub struct StartReport {
    /// The numbers it rests on.
    pub basis: Basis,
    /// Whether precision and recall can both hold.
    pub precision_recall: PrecisionRecall,
    /// When the slow gates have enough data.
    pub gates: Vec<GatePlan>,
    /// The plan of the A/B test by the policy.
    pub test: TestReport,
    /// A good model's chance of full rollout; none where the test is too short to pass.
    pub chance: Option<Chance>,
    /// What stands in the way, the worst first.
    pub warnings: Vec<Sentence>,
    /// The result in one sentence.
    pub sentence: Sentence,
}

/// Whether precision and recall can both hold at this base rate, and how they are judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrecisionRecall {
    /// The AUC that a model needs to have both at any one threshold; none where no AUC below 1 is enough.
    pub needed_auc: Option<f64>,
    /// The champion's AUC.
    pub champion_auc: Option<f64>,
    /// The precision of a calibrated model of the champion's AUC at the policy's threshold.
    pub expected_precision: Option<f64>,
    /// Its recall.
    pub expected_recall: Option<f64>,
    /// How each is judged in this rollout.
    pub modes: Modes,
    /// Whether they are to be judged absolutely although they cannot both hold: a start needs an acknowledgement.
    pub cannot_hold_together: bool,
    /// It in words.
    pub sentence: Sentence,
}

/// The start report for a team's own numbers. It takes some milliseconds.
///
/// # Errors
/// A number that makes no sense, such as a base rate of 0.
pub fn start_report(policy: &Policy, basis: &Basis) -> Result<StartReport, SettingError> {
    start_report_of_weeks(policy, basis, None)
}

/// The start report with an A/B test of `weeks` weeks, or of as many as the policy says.
///
/// # Errors
/// A number that makes no sense, such as a base rate of 0.
pub fn start_report_of_weeks(policy: &Policy, basis: &Basis, weeks: Option<u32>) -> Result<StartReport, SettingError> {
    basis.check()?;
    let precision_recall = PrecisionRecall::new(policy, basis)?;
    let test = test_report(policy, basis, weeks)?;
    let gates = gates(policy, basis, precision_recall.modes, &test);
    let chance = test.is_long_enough.then(|| chance(policy, basis, &test)).transpose()?;
    let mut warnings: Vec<Sentence> = Vec::new();
    if !test.is_long_enough {
        warnings.push(test.sentence.clone());
    }
    if precision_recall.cannot_hold_together {
        warnings.push(precision_recall.sentence.clone());
    }
    warnings.extend(gates.iter().filter(|plan| !plan.is_in_time).map(|plan| plan.sentence.clone()));
    if let Some(part) = basis.within_maturity.filter(|part| *part < 0.8) {
        let days = policy.outcome.mature_days;
        let text = format!(
            "Only {} of conversions come within {}. Count an earlier event as the conversion, or let outcomes mature longer.",
            percent(part),
            words::days(days)
        );
        warnings.push(Sentence::new("OUTCOMES_LATE", text).with("part", part));
    }
    if !basis.has_fields {
        let text = format!(
            "Leads' fields are not stored, so figures of outcomes begin {} after the start.",
            words::days(policy.outcome.mature_days)
        );
        warnings.push(Sentence::new("NO_BACK_FILL", text));
    }
    let sentence = said(basis, &test, chance.as_ref());
    Ok(StartReport { basis: basis.clone(), precision_recall, gates, test, chance, warnings, sentence })
}

impl StartReport {
    /// SHA-256 of its JSON, which the start names.
    pub fn sha256(&self) -> String {
        // Texts and finite numbers only: it always has a JSON text.
        let json = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl PrecisionRecall {
    fn new(policy: &Policy, basis: &Basis) -> Result<PrecisionRecall, SettingError> {
        let (precision, recall) = (&policy.gates.precision, &policy.gates.recall);
        let needed_auc = auc_needed(basis.base_rate, precision.min, recall.min)?;
        let champion = basis.champion_auc.map(|auc| Expected { base_rate: basis.base_rate, auc });
        let can_hold = champion.is_some_and(|model| needed_auc.is_some_and(|needed| model.auc >= needed));
        let modes = modes(policy, champion);
        let is_absolute = modes.precision == Mode::Absolute || modes.recall == Mode::Absolute;
        let expected = champion.map(|model| model.at(policy.outcome.threshold));
        let cannot_hold_together = is_absolute && !can_hold;
        let needs = format!(
            "Precision {} and recall {} at once need an AUC of {} at a base rate of {}",
            rounded(precision.min, 2),
            rounded(recall.min, 2),
            needed_auc.map_or_else(|| "1".to_owned(), |auc| rounded(auc, 3)),
            percent(basis.base_rate)
        );
        let today = basis.champion_auc.map_or_else(|| "is not known".to_owned(), |auc| format!("is {}", rounded(auc, 3)));
        let (code, rest) = match (is_absolute, can_hold) {
            (true, true) => ("BOTH_CAN_HOLD", "both are required"),
            (true, false) => ("GATES_CANNOT_HOLD_TOGETHER", "required nevertheless, this rollout will probably stay in shadow"),
            (false, _) => ("JUDGED_RELATIVELY", "so they are judged against today's model"),
        };
        let text = format!("{needs}; today's model's {today}: {rest}.");
        let sentence = Sentence::new(code, text).with("needed_auc", needed_auc).with("champion_auc", basis.champion_auc);
        let (expected_precision, expected_recall) = expected.unzip();
        let champion_auc = basis.champion_auc;
        Ok(PrecisionRecall {
            needed_auc,
            champion_auc,
            expected_precision,
            expected_recall,
            modes,
            cannot_hold_together,
            sentence,
        })
    }
}

fn said(basis: &Basis, test: &TestReport, chance: Option<&Chance>) -> Sentence {
    let traffic =
        format!("With {} new leads a day at a base rate of {}", rounded(basis.leads_per_day, 3), percent(basis.base_rate));
    let good = format!("a good model (AUC {}, {} more conversions)", rounded(basis.challenger_auc, 3), percent(basis.lift));
    match chance {
        None => {
            let text = format!("{traffic} the A/B test cannot pass in its {} weeks; plan {}.", test.weeks, test.weeks_needed);
            Sentence::new("START_TEST_TOO_SHORT", text)
        }
        Some(Chance { full, earliest_day: Some(earliest), median_day: Some(median), .. }) => {
            let text = format!(
                "{traffic}, {good} reaches all leads in {} of cases, on day {earliest} at the earliest and by day {median} in half of them.",
                percent(*full)
            );
            Sentence::new("START_CHANCE", text).with("full", *full).with("earliest_day", *earliest).with("median_day", *median)
        }
        Some(_) => {
            Sentence::new("START_NO_CHANCE", format!("{traffic}, {good} reaches all leads in none of 4,000 simulated rollouts."))
        }
    }
}
