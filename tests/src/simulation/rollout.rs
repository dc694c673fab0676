//! The gates of a rollout: whether looking every day neither stops a good model nor passes a bad one, and whether an equal model passes a
//! comparison with the champion. The tables of METHODS.md.

use plumbline_core::metric::Pairs;
use plumbline_core::rollout::evaluate::{daily, evaluate};
use plumbline_core::rollout::evidence::Planned;
use plumbline_core::rollout::plan::Expected;
use plumbline_core::rollout::{Evidence, Gate, Outcome, Policy, Stage};
use plumbline_core::stats::normal;
use plumbline_core::window::Scores;

use super::{Promise, Row, count, deviate};
use crate::golden::Draw;

/// The part of leads that convert.
const BASE: f64 = 0.1;
const A_DAY: u32 = 500;
const DAYS: u32 = 28;
/// Days of the looks.
const LOOKS: [u32; 3] = [14, 21, 28];

fn logistic(x: f64) -> f64 {
    plumbline_core::math::logistic(x)
}

/// The calibrated probability of a lead whose score, normal in both classes, lies `x` above the mean of those that do not convert.
fn probability(x: f64, apart: f64) -> f64 {
    logistic(plumbline_core::math::logit(BASE) + apart * x - apart * apart / 2.0)
}

fn apart(auc: f64) -> f64 {
    std::f64::consts::SQRT_2 * normal::quantile(auc)
}

fn evidence(stage: Stage) -> Evidence {
    let mut evidence = Evidence::new("r1", stage, "old", "new", 0);
    evidence.shards.all = 1;
    evidence.planned = Planned { outcomes: 7_000, requests: 300_000 };
    evidence
}

/// What became of one shadow of 28 days: the naive daily failure, the failure by the daily bound, passes at the looks and at the first.
#[derive(Debug, Clone, Copy, Default)]
struct Shadow {
    naive: bool,
    bound: bool,
    looks: bool,
    first: bool,
}

fn shadow(draw: &mut Draw, policy: &Policy, auc: f64) -> Shadow {
    let (mut found, mut evidence, apart) = (Shadow::default(), evidence(Stage::Shadow), apart(auc));
    let mut scores = Scores::default();
    for day in 1..=DAYS {
        for _ in 0..A_DAY {
            let converted = draw.unit() < BASE;
            let x = deviate(draw) + if converted { apart } else { 0.0 };
            scores.add(probability(x, apart), Some(converted));
        }
        evidence.challenger.outcomes = Some(scores.clone());
        let of = |verdicts: Vec<plumbline_core::rollout::Verdict>| {
            verdicts.into_iter().find(|verdict| verdict.gate == Gate::PerfAuc).map(|verdict| verdict.outcome)
        };
        let look = of(evaluate(policy, Stage::Shadow, &evidence, 0));
        found.naive |= look == Some(Outcome::Fail);
        found.bound |= of(daily(policy, Stage::Shadow, &evidence, 0)) == Some(Outcome::Fail);
        if LOOKS.contains(&day) && look == Some(Outcome::Pass) {
            found.looks = true;
            found.first |= day == LOOKS[0];
        }
    }
    found
}

/// About the share that METHODS.md prints of 1,000 runs.
fn printed_as(share: f64) -> Promise {
    let off = 4.0 * (share * (1.0 - share) / 1_000.0).sqrt() + 0.015;
    Promise::Between((share - off).max(0.0), (share + off).min(1.0))
}

/// A model with this AUC: how often it fails and passes, each about as often as printed.
pub fn looks(auc: f64, printed: [f64; 4], runs: u32) -> Vec<Row> {
    let policy = Policy::default();
    let mut draw = Draw::new((1_000.0 * auc) as u64);
    let mut counts = [0u32; 4];
    for _ in 0..runs {
        let Shadow { naive, bound, looks, first } = shadow(&mut draw, &policy, auc);
        for (count, happened) in counts.iter_mut().zip([naive, bound, looks, first]) {
            *count += u32::from(happened);
        }
    }
    let names =
        ["fails on some day, judged naively", "fails on some day by the daily bound", "passes at 3 looks", "passes at day 14"];
    let rows = names.into_iter().zip(counts).zip(printed).map(|((name, count), printed)| Row {
        what: format!("AUC {auc}: {name}"),
        runs,
        count,
        promise: printed_as(printed),
    });
    rows.collect()
}

/// Two models of the same AUC whose scores of a lead correlate at 0.8: how often the challenger passes `rel.recall`.
pub fn equal_recall(leads: u32, runs: u32) -> Row {
    const SHARED: f64 = 0.8;
    let (policy, apart) = (Policy::default(), apart(0.87));
    let passed = count(runs, 870, |draw| {
        let mut pairs = Pairs::default();
        for _ in 0..leads {
            let converted = draw.unit() < BASE;
            let shared = SHARED.sqrt() * deviate(draw) + if converted { apart } else { 0.0 };
            let called = |draw: &mut Draw| probability(shared + (1.0 - SHARED).sqrt() * deviate(draw), apart) >= 0.5;
            let (champion, challenger) = (called(draw), called(draw));
            pairs.add(champion, challenger, converted, 1);
        }
        let mut evidence = evidence(Stage::Canary);
        evidence.pairs = Some(pairs);
        let verdicts = evaluate(&policy, Stage::Canary, &evidence, 0);
        verdicts.iter().any(|verdict| verdict.gate == Gate::RelRecall && verdict.outcome == Outcome::Pass)
    });
    Row {
        what: format!("an equal model passes rel.recall, {leads} leads at {} %", 100.0 * BASE),
        runs,
        count: passed,
        promise: Promise::AtLeast(0.95),
    }
}

/// A model of AUC 0.87: how often it has passed the 0.85 of Shadow once as many leads have an outcome as [`Expected::leads_needed`] says.
pub fn planned_power(runs: u32) -> Row {
    let policy = Policy::default();
    let model = Expected { base_rate: BASE, auc: 0.87 };
    let (leads, apart) = (model.leads_needed(0.85).unwrap_or_default(), apart(0.87));
    let passed = count(runs, 85, |draw| {
        let mut scores = Scores::default();
        for _ in 0..leads {
            let converted = draw.unit() < BASE;
            scores.add(probability(deviate(draw) + if converted { apart } else { 0.0 }, apart), Some(converted));
        }
        let mut evidence = evidence(Stage::Shadow);
        evidence.challenger.outcomes = Some(scores);
        let verdicts = evaluate(&policy, Stage::Shadow, &evidence, 0);
        verdicts.iter().any(|verdict| verdict.gate == Gate::PerfAuc && verdict.outcome == Outcome::Pass)
    });
    // The bins cost a little, so somewhat fewer than four of five.
    Row { what: format!("AUC 0.87 passes after {leads} leads"), runs, count: passed, promise: Promise::Between(0.72, 0.86) }
}

/// All of them.
pub fn table(runs: u32) -> Vec<Row> {
    let printed = [
        (0.80, [1.0, 1.0, 0.0, 0.0]),
        (0.83, [0.967, 0.635, 0.0, 0.0]),
        (0.84, [0.572, 0.092, 0.002, 0.002]),
        (0.85, [0.115, 0.003, 0.037, 0.023]),
        (0.87, [0.004, 0.0, 0.972, 0.747]),
        (0.88, [0.0, 0.0, 1.0, 0.982]),
    ];
    let looks = printed.into_iter().flat_map(|(auc, printed)| looks(auc, printed, runs));
    looks.chain([equal_recall(7_000, runs), planned_power(runs)]).collect()
}
