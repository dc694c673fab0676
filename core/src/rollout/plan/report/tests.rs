//! The start report against the tables of the design, which were simulated separately.

use super::super::*;
use crate::rollout::policy::{Claim, Mode};
use crate::rollout::{Gate, Policy};

fn basis(leads_per_day: f64) -> Basis {
    Basis { champion_auc: Some(0.86), ..Basis::new(0.10, leads_per_day) }
}

#[test]
fn a_good_models_chance_and_dates() {
    let with_weeks = |weeks: u32| {
        let mut policy = Policy::default();
        policy.stage.ab_test.max_days = 7 * weeks - 14;
        policy
    };
    for (leads, weeks, mature, full, earliest, median) in [
        (200.0, 12, 7, 0.47, 84, 98),
        (500.0, 6, 7, 0.56, 49, 63),
        (500.0, 8, 7, 0.70, 49, 70),
        (1_000.0, 6, 7, 0.86, 42, 56),
        (2_000.0, 6, 7, 0.96, 42, 49),
        (1_000.0, 6, 30, 0.86, 65, 79),
    ] {
        let mut policy = with_weeks(weeks);
        policy.outcome.mature_days = mature;
        let chance = start_report(&policy, &basis(leads)).unwrap().chance.unwrap();
        assert!((chance.full - full).abs() < 0.05, "{leads} in {weeks} weeks: {chance:?}");
        assert_eq!((chance.earliest_day, chance.median_day), (Some(earliest), Some(median)), "{leads} in {weeks} weeks");
    }
}

#[test]
fn a_team_that_is_too_small_is_said_so() {
    let report = start_report(&Policy::default(), &basis(200.0)).unwrap();
    assert_eq!((report.chance, report.warnings[0].code.as_str()), (None, "TEST_TOO_SHORT"));
    assert_eq!((report.test.planned_per_arm, report.test.weeks_needed), (4_158, 8));
    assert_eq!(
        report.sentence.text,
        "With 200 new leads a day at a base rate of 10 % the A/B test cannot pass in its 6 weeks; plan 8."
    );
    let long = test_report(&Policy::default(), &basis(200.0), Some(8)).unwrap();
    assert!(long.is_long_enough && long.plan().planned_per_arm >= 5_000);
    assert_ne!(long.plan().sha256, report.test.plan().sha256);
}

#[test]
fn modes_are_resolved_by_what_todays_model_can_reach() {
    let report = |base: f64, auc: Option<f64>, mode: Mode| {
        let mut policy = Policy::default();
        policy.gates.precision.mode = mode;
        policy.gates.recall.mode = mode;
        let basis = Basis { champion_auc: auc, ..Basis::new(base, 2_000.0) };
        let found = start_report(&policy, &basis).unwrap().precision_recall;
        (found.modes.precision, found.modes.recall, found.cannot_hold_together)
    };
    use Mode::{Absolute, Auto, Relative};
    assert_eq!(report(0.10, Some(0.86), Auto), (Relative, Relative, false));
    assert_eq!(report(0.45, Some(0.925), Auto), (Absolute, Absolute, false));
    assert_eq!(report(0.45, None, Auto), (Relative, Relative, false));
    assert_eq!(report(0.10, Some(0.86), Absolute), (Absolute, Absolute, true));
    assert_eq!(report(0.45, Some(0.925), Relative), (Relative, Relative, false));
}

#[test]
fn gates_that_cannot_be_decided_in_time_are_named() {
    let find = |report: &StartReport, gate: Gate| report.gates.iter().find(|plan| plan.gate == gate).cloned();
    let report = start_report(&Policy::default(), &Basis { deal_days: Some(60.0), ..basis(500.0) }).unwrap();
    let area = find(&report, Gate::PerfAuc).unwrap();
    assert!(area.is_in_time && area.day == Some(7), "{area:?}");
    let deals = find(&report, Gate::AbDealSize).unwrap();
    assert!(!deals.is_in_time, "{deals:?}");
    assert!(
        report.warnings.iter().any(|warning| warning.text.starts_with("Deal size needs about 100 won deals: reached on day 65"))
    );
    // Judged against today's model, precision itself is no gate.
    assert!(find(&report, Gate::PerfPrecision).is_none() && find(&report, Gate::RelPrecision).is_some());
    let small = start_report(&Policy::default(), &basis(50.0)).unwrap();
    assert!(!find(&small, Gate::PerfAuc).unwrap().is_in_time);
    let blind =
        start_report(&Policy::default(), &Basis { has_fields: false, within_maturity: Some(0.7), ..basis(500.0) }).unwrap();
    let codes: Vec<&str> = blind.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert!(codes.contains(&"NO_BACK_FILL") && codes.contains(&"OUTCOMES_LATE"), "{codes:?}");
}

#[test]
fn not_worse_is_easier_to_show_than_better() {
    let mut policy = Policy::default();
    policy.experiment.primary.claim = Claim::NoWorse;
    let chance = start_report(&policy, &basis(500.0)).unwrap().chance.unwrap();
    assert!(chance.full > 0.85, "{chance:?}");
}

#[test]
fn numbers_that_make_no_sense_are_rejected() {
    for basis in [Basis::new(0.0, 500.0), Basis::new(1.0, 500.0), Basis::new(0.1, 0.0), Basis::new(f64::NAN, 500.0)] {
        assert!(start_report(&Policy::default(), &basis).is_err());
    }
    assert!(start_report(&Policy::default(), &Basis { champion_auc: Some(0.5), ..basis(500.0) }).is_err());
}

#[test]
fn a_gate_that_no_number_of_leads_decides_says_why() {
    let mut policy = Policy::default();
    policy.gates.auc.min = 0.88;
    policy.gates.auc.ab_min = 0.88;
    let report = start_report(&policy, &Basis { challenger_auc: 0.88, ..Basis::new(0.10, 500.0) }).unwrap();
    let area = report.gates.iter().find(|plan| plan.gate == Gate::PerfAuc).unwrap();
    assert_eq!((area.needed_n, area.day, area.is_in_time, area.sentence.code.as_ref()), (None, None, false, "GATE_UNDECIDABLE"));
    assert!(
        area.sentence.text.contains("cannot be decided: a good model is taken to have an AUC of 0.88"),
        "{}",
        area.sentence.text
    );
    assert!(report.warnings.contains(&area.sentence), "{:?}", report.warnings);
}
