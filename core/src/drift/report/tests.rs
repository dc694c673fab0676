//! The report on tables whose drift is known, and the printed rate of false alarms against what comes out.

use super::*;
use crate::drift::Sample;
use crate::random::Random;

fn table(random: &mut Random, rows: usize, shift: f64) -> (Vec<f64>, Vec<f64>, Vec<u32>) {
    let normal = |random: &mut Random| (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
    let a: Vec<f64> = (0..rows).map(|_| normal(random) + shift).collect();
    // Goes with the first, so that the two drift together.
    let b = a.iter().map(|x| x + 0.3 * normal(random)).collect();
    let c = (0..rows).map(|_| random.below(3) as u32).collect();
    (a, b, c)
}

fn features<'a>(
    reference: &'a (Vec<f64>, Vec<f64>, Vec<u32>),
    current: &'a (Vec<f64>, Vec<f64>, Vec<u32>),
    names: &'a [String],
) -> [Feature<'a>; 3] {
    let number = |name, reference, current, importance| Feature {
        name,
        reference: Values::Numbers(reference),
        current: Values::Numbers(current),
        importance: Some(importance),
    };
    [
        number("a", &reference.0, &current.0, 3.0),
        number("b", &reference.1, &current.1, 1.0),
        Feature {
            name: "c",
            reference: Values::Categories { codes: &reference.2, names },
            current: Values::Categories { codes: &current.2, names },
            importance: Some(0.0),
        },
    ]
}

fn names() -> Vec<String> {
    ["x", "y", "z", "w"].map(String::from).to_vec()
}

#[test]
fn what_drifted_is_named_with_its_weight() {
    let (mut random, names) = (Random::new(1), names());
    let (reference, mut current) = (table(&mut random, 2_000, 0.0), table(&mut random, 1_500, 1.0));
    current.2.iter_mut().take(100).for_each(|code| *code = 3);
    let rules = Rules { features_allowed: 2, ..Rules::default() };
    let report = DriftReport::new(&features(&reference, &current, &names), &rules).unwrap();
    let [a, b, c] = report.features.as_slice() else { panic!("three features") };
    assert_eq!(
        (a.reasons.as_slice(), b.reasons.as_slice()),
        ([Reason::Distribution].as_slice(), [Reason::Distribution].as_slice())
    );
    assert_eq!(
        (c.reasons.as_slice(), c.new_categories.as_ref().map(|new| new.most.clone())),
        ([Reason::NewCategories].as_slice(), Some(vec![("w".to_owned(), 100)]))
    );
    assert!(a.location.unwrap().current_higher && a.distance.unwrap() > 0.3 && a.population_stability.unwrap() > 0.25);
    assert_eq!((report.verdict.features, report.verdict.importance_share, report.verdict.drifted), (3, Some(1.0), true));
    assert!(report.verdict.sentence.contains("3 of 3 features drifted, with 100 % of the model's importance"));
}

#[test]
fn missing_values_and_outliers_are_drift_too() {
    let mut random = Random::new(2);
    let (reference, mut current) = (table(&mut random, 3_000, 0.0), table(&mut random, 3_000, 0.0));
    current.0.iter_mut().take(150).for_each(|x| *x = f64::NAN);
    current.1.iter_mut().take(150).for_each(|x| *x = 1e6);
    let names = names();
    let report = DriftReport::new(&features(&reference, &current, &names), &Rules::default()).unwrap();
    let reasons: Vec<_> = report.features.iter().map(|feature| feature.reasons.clone()).collect();
    assert_eq!(reasons, [vec![Reason::Missing], vec![Reason::Outliers], vec![]]);
    assert!(!report.verdict.drifted);
}

#[test]
fn what_cannot_be_compared_is_left_out_or_refused() {
    let (some, none, all_missing) = ([1.0, 2.0, 3.0], [0.0; 0], [f64::NAN; 3]);
    let feature = |name, current| Feature {
        name,
        reference: Values::Numbers(&some),
        current: Values::Numbers(current),
        importance: Some(1.0),
    };
    let report =
        DriftReport::new(&[feature("e", &none), feature("m", &all_missing), feature("s", &some)], &Rules::default()).unwrap();
    assert_eq!(report.left_out.iter().map(|left| left.feature.as_str()).collect::<Vec<_>>(), ["e"]);
    assert_eq!(report.features.len(), 2);
    // Three missing values of three may be chance; all of many are not.
    assert_eq!((report.features[0].distance, report.features[0].missing.current, report.verdict.features), (None, 1.0, 0));
    let (many, gone) = ([1.0; 50], [f64::NAN; 50]);
    let number = Feature { name: "n", reference: Values::Numbers(&many), current: Values::Numbers(&gone), importance: Some(1.0) };
    let names = names();
    let codes = |code: u32| Values::Categories { codes: if code == 0 { &[0; 50] } else { &[9; 50] }, names: &names };
    let category = Feature { name: "c", reference: codes(0), current: codes(9), importance: Some(1.0) };
    let report = DriftReport::new(&[number, category], &Rules::default()).unwrap();
    assert!(report.features.iter().all(|feature| feature.reasons == [Reason::Missing]), "{report:?}");
    let nothing = DriftReport::new(&[feature("e", &none)], &Rules::default()).unwrap();
    assert!(nothing.verdict.sentence.starts_with("No feature could be compared"));
    let infinite = [1.0, f64::INFINITY];
    let refused = DriftReport::new(&[feature("i", &infinite)], &Rules::default()).unwrap_err();
    assert_eq!((refused.code(), refused.to_string().contains("row 1")), ("VALUE_NOT_FINITE", true));
    let constant = [5.0; 10];
    let same =
        Feature { name: "k", reference: Values::Numbers(&constant), current: Values::Numbers(&constant), importance: Some(1.0) };
    assert_eq!(DriftReport::new(&[same], &Rules::default()).unwrap().verdict.features, 0);
}

#[test]
fn the_printed_rate_of_false_alarms_is_the_one_that_comes_out() {
    // Rules loose enough that alarms occur: about every tenth feature.
    let rules = Rules { distance: 0.08, chance: 1.0, missing: 1.0, features_allowed: 1, ..Rules::default() };
    let names = names();
    let mut random = Random::new(3);
    let (reference, current) = (table(&mut random, 400, 0.0), table(&mut random, 300, 0.0));
    let printed = FalseAlarms::measure(&features(&reference, &current, &names), &rules, 2_000, 4, |_, _| true).unwrap().unwrap();
    let (mut any, mut verdict) = (0u64, 0u64);
    let tables = 1_000;
    for _ in 0..tables {
        let (reference, current) = (table(&mut random, 400, 0.0), table(&mut random, 300, 0.0));
        let report = DriftReport::new(&features(&reference, &current, &names), &Rules { outliers: 1.0, ..rules }).unwrap();
        any += u64::from(report.verdict.features > 0);
        verdict += u64::from(report.verdict.drifted);
    }
    for (what, printed, came) in [("any feature", printed.any_feature, any), ("verdict", printed.verdict, verdict)] {
        let (p, q) = (printed as f64 / 2_000.0, came as f64 / tables as f64);
        // Both are counts; four standard errors of their difference, and a hundredth for the bins the deals are counted in.
        let error = (p * (1.0 - p) / 2_000.0 + q * (1.0 - q) / tables as f64).sqrt();
        assert!(p > 0.02 && (p - q).abs() < 4.0 * error + 0.01, "{what}: printed {p}, came out {q}");
    }
}

#[test]
fn deals_can_be_stopped_and_repeat() {
    let names = names();
    let mut random = Random::new(5);
    let (reference, current) = (table(&mut random, 50, 0.0), table(&mut random, 80, 0.0));
    let of = |stop: u64| {
        FalseAlarms::measure(&features(&reference, &current, &names), &Rules::default(), 100, 9, |deal, _| deal < stop)
    };
    assert_eq!(of(10).unwrap().unwrap().deals, 10);
    assert_eq!(of(1000).unwrap().unwrap(), of(1000).unwrap().unwrap());
    assert!(FalseAlarms::measure(&[], &Rules::default(), 10, 1, |_, _| true).unwrap().is_err());
}

#[test]
fn few_features_can_drift_as_a_table() {
    let (low, high): (Vec<f64>, Vec<f64>) = (0..400).map(|i| (f64::from(i % 20), f64::from(i % 20 + 30))).unzip();
    let feature =
        |name, current| Feature { name, reference: Values::Numbers(&low), current: Values::Numbers(current), importance: None };
    let verdict = |features: &[Feature<'_>]| DriftReport::new(features, &Rules::default()).unwrap().verdict;
    let one = verdict(&[feature("a", &high)]);
    assert_eq!((one.drifted, one.allowed), (true, 0), "{}", one.sentence);
    let two = verdict(&[feature("a", &high), feature("b", &high)]);
    assert_eq!((two.drifted, two.allowed), (true, 1));
    assert!(two.sentence.contains("more than the 1 allowed of so few features"), "{}", two.sentence);
    // A feature that cannot be compared does not count.
    let empty = Feature { name: "c", reference: Values::Numbers(&[]), current: Values::Numbers(&low), importance: None };
    assert_eq!(
        (verdict(&[feature("a", &high), empty]).allowed, verdict(&[feature("a", &high), feature("b", &low)]).drifted),
        (0, false)
    );
    assert_eq!(Rules::default().threshold(2), Rules::default().threshold(3));
    let alarms =
        FalseAlarms::measure(&[feature("a", &low)], &Rules { chance: 1.0, distance: 0.0, ..Rules::default() }, 200, 3, |_, _| {
            true
        });
    let alarms = alarms.unwrap().unwrap();
    assert!(alarms.verdict > 0 && alarms.verdict == alarms.any_feature, "{alarms:?}");
}

#[test]
fn scores_that_moved_fail_a_check() {
    let scores =
        |shift: f64| -> Vec<f64> { (0..900).map(|i| (f64::from(i * 37 % 900) / 900.0 * 0.5 + shift).min(1.0)).collect() };
    let rules = Rules::default();
    let steady = [1.0, 2.0, 3.0].repeat(300);
    let feature = Feature { name: "a", reference: Values::Numbers(&steady), current: Values::Numbers(&steady), importance: None };
    let fails = |now: Option<f64>| {
        let mut report = DriftReport::new(&[feature], &rules.beside_scores()).unwrap();
        let current = now.map_or(Vec::new(), scores);
        let [before, now] = [scores(0.0), current].map(|scores| Sample::current(&scores).unwrap());
        report.prediction = Some(PredictionDrift::new(&before, &now, &rules).into());
        report.fails()
    };
    assert_eq!([fails(Some(0.0)), fails(Some(0.04)), fails(Some(0.3)), fails(None)], [false, false, true, true]);
}
