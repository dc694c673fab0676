//! What estimates promise, on leads drawn from known probabilities.

use super::*;
use crate::metric::Labelled;
use crate::model::Calibration;
use crate::random::Random;

/// Leads whose true probability is their score to the power of `distortion`.
fn leads(n: usize, distortion: u32, seed: u64) -> (Vec<f64>, Vec<bool>) {
    let mut random = Random::new(seed);
    let draw = |_| {
        let score = random.unit();
        let truth = (0..distortion).fold(1.0, |p, _| p * score);
        (score, random.unit() < truth)
    };
    (0..n).map(draw).unzip()
}

#[test]
fn estimates_meet_what_comes_true() {
    let (scores, converted) = leads(20_000, 2, 7);
    let reference = Labelled::new(&scores, &converted).unwrap();
    let estimator = Estimator::fit(&reference, 0.5).unwrap().unwrap();
    assert!(matches!(estimator.calibration(), Calibration::Isotonic { .. }));
    let (mut inside, mut all) = (0u32, 0u32);
    for window in 0..200 {
        let (scores, converted) = leads(1_000, 2, 1_000 + window);
        let estimate = estimator.estimate(&scores).unwrap().unwrap();
        let realised = Realised::new(&Labelled::new(&scores, &converted).unwrap(), 0.5);
        for measure in Measure::ALL {
            let (estimate, realised) = (estimate.of(measure).unwrap(), realised.of(measure).unwrap());
            assert!((estimate.value - realised).abs() < 0.12, "{measure:?}: {} came out {realised}", estimate.value);
            all += 1;
            inside += u32::from(estimate.interval.0 <= realised && realised <= estimate.interval.1);
        }
    }
    let covered = f64::from(inside) / f64::from(all);
    assert!((0.93..0.99).contains(&covered), "95 % intervals cover {covered}");
}

#[test]
fn calibrated_scores_are_left_as_they_are_or_hardly_moved() {
    let (scores, converted) = leads(5_000, 1, 3);
    let estimator = Estimator::fit(&Labelled::new(&scores, &converted).unwrap(), 0.5).unwrap().unwrap();
    let off =
        (0..=20).map(|i| f64::from(i) / 20.0).map(|p| (estimator.calibration().apply(0.0, p) - p).abs()).fold(0.0, f64::max);
    assert!(off < 0.12, "{off}");
}

#[test]
fn concept_drift_is_what_it_cannot_see() {
    let (scores, converted) = leads(5_000, 1, 11);
    let estimator = Estimator::fit(&Labelled::new(&scores, &converted).unwrap(), 0.5).unwrap().unwrap();
    let (scores, turned) = leads(2_000, 1, 12);
    let turned: Vec<bool> = turned.iter().map(|converted| !converted).collect();
    let estimate = estimator.estimate(&scores).unwrap().unwrap().of(Measure::RocAuc).unwrap();
    let realised = Realised::new(&Labelled::new(&scores, &turned).unwrap(), 0.5).of(Measure::RocAuc).unwrap();
    assert!(estimate.value > 0.7 && realised < 0.3);
}

#[test]
fn what_cannot_be_estimated_is_said() {
    let (scores, converted) = leads(100, 1, 5);
    let data = Labelled::new(&scores, &converted).unwrap();
    let estimator = Estimator::fit(&data, 2.0).unwrap().unwrap();
    let none_called = estimator.estimate(&scores).unwrap().unwrap();
    assert_eq!((none_called.of(Measure::Precision), none_called.of(Measure::Recall).map(|e| e.value)), (None, Some(0.0)));
    assert!(estimator.estimate(&[]).unwrap().is_err());
    assert_eq!(estimator.estimate(&[0.5, f64::NAN]).unwrap_err().code(), "NOT_A_PROBABILITY");
    let one_class = [false; 100];
    assert!(Estimator::fit(&Labelled::new(&scores, &one_class).unwrap(), 0.5).unwrap().is_err());
    assert!(Estimator::fit(&Labelled::new(&scores[..10], &converted[..10]).unwrap(), 0.5).unwrap().is_err());
    let constant = Labelled::new(&[0.4; 100], &converted).unwrap();
    let tied = Estimator::fit(&constant, 0.5).unwrap().unwrap().estimate(&[0.4; 30]).unwrap().unwrap();
    assert_eq!(tied.of(Measure::RocAuc).map(|e| e.value), Some(0.5));
    assert!(Limits::of_reference(&[0.8]).is_err() && !Limits::of_reference(&[0.8, 0.82]).unwrap().alert(0.81));
}
