use super::*;
use crate::stats::group_sequential::Spending;

fn planned(base: f64, lift: f64) -> Planned {
    Plan { per_arm: Some(5_000), ..Plan::new(Baseline::Rate(base), lift) }.work_out().unwrap()
}

/// Two-sided at 0.05, power 0.8, +5 % relative: what each base rate needs per arm, and the power of 5,000. The whole numbers are those
/// before rounding up.
#[test]
fn the_table_of_base_rates() {
    for (base, needed, power) in [(0.05, 122_106, 0.088), (0.10, 57_755, 0.131), (0.20, 25_579, 0.236)] {
        let planned = planned(base, 0.05);
        assert_eq!((planned.needed.exact as u64, planned.needed.per_arm), (needed, needed + 1));
        let given = planned.given.unwrap();
        assert!((given.power - power).abs() < 5e-4, "{base}: {}", given.power);
        let design = Design::new(&planned.plan).unwrap();
        assert!(design.power(needed as f64) < 0.8 && design.power(needed as f64 + 1.0) >= 0.8);
        assert!((design.power(planned.needed.exact) - 0.8).abs() < 1e-12);
    }
}

#[test]
fn the_sentences_say_it_before_the_test() {
    let plan = Plan {
        per_arm: Some(5_000),
        leads_per_day: Some(700.0),
        outcome_delay_days: 30.0,
        ..Plan::new(Baseline::Rate(0.1), 0.05)
    };
    assert_eq!(
        plan.work_out().unwrap().sentences,
        [
            "5,000 leads per arm give 13 % power for +5 % relative at a 10 % base rate: a real change of that size would be missed \
             9 times in 10.",
            "The smallest increase they detect with 80 % power is +17.4 % relative.",
            "57,756 leads per arm (115,512 in total) are needed to detect +5 % relative at a 10 % base rate with 80 % power, two-sided \
             at 5 %.",
            "At 700 leads a day this takes 166 days; run for 24 full weeks, plus 30 days until the last outcome is known.",
        ]
    );
}

#[test]
fn what_is_detectable_has_the_planned_power() {
    for (baseline, scale) in [
        (Baseline::Rate(0.1), Scale::Relative),
        (Baseline::Rate(0.3), Scale::Absolute),
        (Baseline::Mean { mean: 200.0, deviation: 90.0 }, Scale::Relative),
        (Baseline::Mean { mean: -3.0, deviation: 2.0 }, Scale::Absolute),
    ] {
        for method in [Method::Fixed, Method::Sequential { tuned_to: None }, Method::weekly(6, Spending::OBrienFleming)] {
            let plan = Plan { scale, method, per_arm: Some(900), ..Plan::new(baseline, 0.01) };
            let detectable = plan.clone().work_out().unwrap().given.unwrap().detectable.unwrap();
            let there = Plan { lift: detectable, ..plan }.work_out().unwrap();
            assert!((there.given.unwrap().power - 0.8).abs() < 1e-6, "{there:?}");
            assert!((there.needed.exact / 900.0 - 1.0).abs() < 1e-6, "{there:?}");
        }
    }
    let nothing = Plan { per_arm: Some(3), ..Plan::new(Baseline::Rate(0.9), 0.01) }.work_out().unwrap();
    assert_eq!(nothing.given.unwrap().detectable, None);
}

#[test]
fn looking_costs_leads() {
    let inflation = |method| Plan { method, ..Plan::new(Baseline::Rate(0.1), 0.05) }.work_out().unwrap().inflation;
    let fleming = inflation(Method::weekly(6, Spending::OBrienFleming));
    let pocock = inflation(Method::weekly(6, Spending::Pocock));
    let always = inflation(Method::Sequential { tuned_to: None });
    assert!((inflation(Method::Fixed) - 1.0).abs() < 1e-12);
    assert!(
        1.0 < fleming && fleming < 1.05 && fleming < pocock && pocock < 1.3 && pocock < always && always < 2.0,
        "{fleming} {pocock} {always}"
    );
}

#[test]
fn more_treatments_share_the_level() {
    let needed = |treatments| Plan { treatments, ..Plan::new(Baseline::Rate(0.1), 0.05) }.work_out().unwrap().needed;
    assert!(needed(2).per_arm > needed(1).per_arm);
    assert_eq!(needed(2).total, 3 * needed(2).per_arm);
}

#[test]
fn plans_that_make_no_sense_are_refused() {
    let good = Plan::new(Baseline::Rate(0.1), 0.05);
    let bad = [
        Plan { baseline: Baseline::Rate(0.0), ..good.clone() },
        Plan { baseline: Baseline::Rate(1.0), ..good.clone() },
        Plan { baseline: Baseline::Rate(f64::NAN), ..good.clone() },
        Plan { baseline: Baseline::Mean { mean: 0.0, deviation: 1.0 }, ..good.clone() },
        Plan { baseline: Baseline::Mean { mean: 1.0, deviation: 0.0 }, ..good.clone() },
        Plan { lift: 0.0, ..good.clone() },
        Plan { lift: 9.5, ..good.clone() },
        Plan { lift: -1.0, ..good.clone() },
        Plan { lift: 1e-15, ..good.clone() },
        Plan { power: 1.0, ..good.clone() },
        Plan { power: 0.01, ..good.clone() },
        Plan { treatments: 0, ..good.clone() },
        Plan { leads_per_day: Some(0.0), ..good.clone() },
        Plan { outcome_delay_days: -1.0, ..good.clone() },
        Plan { per_arm: Some(1), ..good.clone() },
        Plan { method: Method::weekly(0, Spending::Pocock), ..good.clone() },
        Plan { method: Method::Sequential { tuned_to: Some(0.0) }, ..good },
    ];
    for plan in bad {
        let refused = plan.clone().work_out().unwrap_err();
        assert_eq!(refused.code(), "BAD_SETTING", "{plan:?}");
    }
}
