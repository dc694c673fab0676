//! Looking every day without being fooled, by seeded simulation of the AUC's gate itself. The larger one is in the tests crate.

use super::tests::sound;
use super::*;
use crate::math;
use crate::random::Random;
use crate::stats::{binomial, normal};
use crate::window::Scores;

const RUNS: u64 = 60;
const LEADS_A_DAY: u32 = 500;
const BASE_RATE: f64 = 0.1;
/// Quantiles from which scores are drawn.
const GRID: u64 = 4_096;

/// Calibrated probabilities of leads that convert and that do not, of a model with this AUC.
fn probabilities(auc: f64) -> [Vec<f64>; 2] {
    let apart = std::f64::consts::SQRT_2 * normal::quantile(auc);
    [apart, 0.0].map(|mean| {
        let score = |at: u64| mean + normal::quantile((at as f64 + 0.5) / GRID as f64);
        (0..GRID).map(|at| math::logistic(math::logit(BASE_RATE) + apart * score(at) - apart * apart / 2.0)).collect()
    })
}

/// How often in [`RUNS`] the gate fails on some day of 28, and passes at the looks of days 14, 21 and 28.
fn shares(auc: f64, seed: u64) -> (u64, u64) {
    let policy = Policy::default();
    let mut evidence = sound(&policy, Stage::Shadow);
    let [bought, not] = probabilities(auc);
    let (mut random, mut failed, mut passed) = (Random::new(seed), 0, 0);
    for _ in 0..RUNS {
        let mut scores = Scores::default();
        let (mut fails, mut passes) = (false, false);
        for day in 1..=28 {
            for _ in 0..LEADS_A_DAY {
                let converted = random.unit() < BASE_RATE;
                let grid = if converted { &bought } else { &not };
                scores.add(grid[random.below(GRID) as usize], Some(converted));
            }
            evidence.challenger.outcomes = Some(scores.clone());
            let case = Case { policy: &policy, stage: Stage::Shadow, evidence: &evidence, now_ms: 0 };
            let draft = case.judge(Gate::PerfAuc);
            passes |= day % 7 == 0 && day >= 14 && draft.outcome == Outcome::Pass;
            fails |= draft.on_a_day(&case).outcome == Outcome::Fail;
        }
        (failed, passed) = (failed + u64::from(fails), passed + u64::from(passes));
    }
    (failed, passed)
}

/// Whether `found` of [`RUNS`] is no surprise at a chance of `rate`: each tail holds one in ten thousand.
fn is_likely(found: u64, rate: f64) -> bool {
    let tails = [binomial::cdf(found, RUNS, rate), found.checked_sub(1).map_or(1.0, |below| binomial::sf(below, RUNS, rate))];
    tails.iter().all(|tail| *tail > 1e-4)
}

#[test]
fn daily_looks_neither_stop_a_good_model_nor_pass_a_bad_one() {
    for (auc, fails, passes) in [(0.80, 1.0, 0.0), (0.83, 0.68, 0.0), (0.85, 0.003, 0.045), (0.87, 0.0, 0.98)] {
        let (failed, passed) = shares(auc, (1_000.0 * auc) as u64);
        assert!(is_likely(failed, fails), "AUC {auc} failed {failed} of {RUNS} times, expected {fails}");
        assert!(is_likely(passed, passes), "AUC {auc} passed {passed} of {RUNS} times, expected {passes}");
    }
}
