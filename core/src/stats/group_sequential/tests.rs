use super::*;

fn bounds(design: &GroupSequential) -> Vec<f64> {
    design.looks.iter().map(|look| look.bound).collect()
}

fn near(found: &[f64], expected: &[f64], off: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= off, "{found} for {expected}");
    }
}

/// Jennison & Turnbull (2000), tables 2.1 and 2.3, two-sided α = 0.05: three decimals are printed there.
#[test]
fn classical_bounds_are_those_of_the_tables() {
    let pocock = [(1, 1.960), (2, 2.178), (3, 2.289), (4, 2.361), (5, 2.413), (6, 2.453), (10, 2.555)];
    let fleming = [(1, 1.960), (2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040), (6, 2.053), (10, 2.087)];
    for (shape, rows) in [(0.5, pocock), (0.0, fleming)] {
        for (looks, expected) in rows {
            let design = GroupSequential::classical(shape, Level::FIVE_PERCENT, looks).unwrap();
            let last = design.looks.last().unwrap();
            near(&[last.bound, last.spent], &[expected, 0.05], 5.1e-4);
            assert!((last.spent - 0.05).abs() < 1e-9);
        }
    }
}

/// Lan–DeMets bounds: of one-sided α = 0.025 (both sides together 0.05) as `rpact` prints them (2 looks) and as the program of
/// Reboussin, DeMets, Kim & Lan (2000) does (5 looks; its Simpson grid errs by 1e-4), of one-sided 0.05 as `SeqBounds.jl` does.
#[test]
fn spending_bounds_are_those_of_the_packages() {
    let five = [0.2, 0.4, 0.6, 0.8, 1.0];
    let (half, tenth) = ([0.5, 1.0], Level::new(0.1).unwrap());
    type Row<'a> = (Spending, Level, &'a [f64], &'a [f64], f64);
    let rows: [Row<'_>; 4] = [
        (Spending::OBrienFleming, Level::FIVE_PERCENT, &half, &[2.962588, 1.968596], 1e-6),
        (Spending::OBrienFleming, Level::FIVE_PERCENT, &five, &[4.8769, 3.3569, 2.6803, 2.2898, 2.0310], 1.5e-4),
        (Spending::Pocock, Level::FIVE_PERCENT, &five, &[2.4380, 2.4268, 2.4101, 2.3966, 2.3859], 1.5e-4),
        (Spending::OBrienFleming, tenth, &[0.25, 0.5, 0.75, 1.0], &[3.74955, 2.53993, 2.01604, 1.72014], 1e-4),
    ];
    for (spending, level, information, expected, off) in rows {
        let design = GroupSequential::new(spending, level, information).unwrap();
        near(&bounds(&design), expected, off);
    }
}

/// By an adaptive double integral (scipy 1.17 `quad`) and a root finder, and the classical three-look bounds of `rpact`'s own tests.
#[test]
fn bounds_are_right_to_many_digits() {
    let design = GroupSequential::new(Spending::OBrienFleming, Level::FIVE_PERCENT, &[0.2, 0.4]).unwrap();
    near(&bounds(&design), &[4.876884948790762, 3.3570119215746423], 1e-11);
    let design = GroupSequential::classical(0.0, Level::FIVE_PERCENT, 3).unwrap();
    near(&bounds(&design), &[3.4710914, 2.4544323, 2.0040356], 1e-6);
}

#[test]
fn what_is_spent_is_what_is_crossed() {
    for spending in [Spending::OBrienFleming, Spending::Pocock, Spending::power(2.0).unwrap()] {
        for information in [&[1.0][..], &[0.1, 0.11, 0.5, 0.501, 1.0], &[0.001, 0.9, 0.999], &[0.3, 0.6]] {
            let design = GroupSequential::new(spending, Level::FIVE_PERCENT, information).unwrap();
            let mut sum = 0.0;
            for (look, (up, down)) in design.looks.iter().zip(design.crossings(0.0)) {
                sum += up + down;
                assert!((up - down).abs() < 1e-12, "{spending:?} {information:?}");
                assert!((sum - look.spent).abs() < 1e-10, "{spending:?} {information:?}: {sum} for {}", look.spent);
            }
        }
    }
}

/// Jennison & Turnbull (2000), tables 2.2 and 2.4: R for power 0.8 at five looks, two-sided α = 0.05: 1.229 and 1.028.
#[test]
fn inflation_is_that_of_the_tables() {
    for (shape, expected) in [(0.5, 1.229), (0.0, 1.028)] {
        let design = GroupSequential::classical(shape, Level::FIVE_PERCENT, 5).unwrap();
        near(&[design.inflation(0.8)], &[expected], 1.1e-3);
        assert!((design.power(design.drift(0.8)) - 0.8).abs() < 1e-9);
        assert!(design.expected_information(2.8) < 1.0 && design.expected_information(0.0) > 0.9);
    }
    let one = GroupSequential::new(Spending::Pocock, Level::FIVE_PERCENT, &[1.0]).unwrap();
    assert!((one.inflation(0.9) - 1.0).abs() < 1e-9);
}

#[test]
fn plans_that_cannot_be_are_refused() {
    let many: Vec<f64> = (1..=61).map(|k| f64::from(k) / 61.0).collect();
    for bad in [&[][..], &[0.0], &[0.5, 0.5], &[0.5, 0.4], &[0.5, 1.1], &[f64::NAN], &many] {
        assert!(GroupSequential::new(Spending::Pocock, Level::FIVE_PERCENT, bad).is_err(), "{bad:?}");
    }
    assert!(GroupSequential::classical(0.7, Level::FIVE_PERCENT, 3).is_err());
    assert!(GroupSequential::classical(0.0, Level::FIVE_PERCENT, 0).is_err());
    assert!(Spending::power(0.0).is_err());
}

#[test]
fn the_first_looks_of_an_early_plan_have_no_bound() {
    let design = GroupSequential::new(Spending::OBrienFleming, Level::FIVE_PERCENT, &[0.01, 0.5, 1.0]).unwrap();
    let first = design.looks[0];
    assert!(first.bound.is_infinite() && first.nominal_p == 0.0);
    assert!(design.looks[1].bound.is_finite());
}
