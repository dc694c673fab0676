//! The alert of a falling AUC: how often it fires on a model that is well, and how soon on one that is not.

use plumbline_core::alert::{Alert, Change, Outcomes, Rule, performance};
use plumbline_core::math::exp;
use plumbline_core::rollout::Policy;
use plumbline_core::rollout::policy::Mode;
use plumbline_core::stats::normal;
use plumbline_core::window::Scores;

use super::{Promise, Row, count, deviate};
use crate::golden::Draw;

/// The part of leads that converts.
const BASE: f64 = 0.10;
/// Days before the first that counts, so that the longest stretch is full.
const BEFORE: usize = 28;
/// Days that count.
const DAYS: usize = 90;
const DAY_MS: i64 = 86_400_000;

/// One day's matured leads of a model whose area is `auc`: normal scores, shown as the probability that they mean.
fn day(draw: &mut Draw, leads: usize, auc: f64) -> Scores {
    let apart = std::f64::consts::SQRT_2 * normal::quantile(auc);
    let mut scores = Scores::default();
    for _ in 0..leads {
        let converted = draw.unit() < BASE;
        let x = deviate(draw) + if converted { apart } else { 0.0 };
        let odds = BASE / (1.0 - BASE) * exp(apart * x - apart * apart / 2.0);
        scores.add(odds / (1.0 + odds), Some(converted));
    }
    scores
}

/// The first day on which the alert fires, and the first on which the area of the stretch that it judges is below the limit; counted from
/// the first that counts. `auc` gives the true area of each day.
fn watch(draw: &mut Draw, leads: usize, auc: impl Fn(usize) -> f64) -> (Option<usize>, Option<usize>) {
    let policy = Policy::default();
    let days: Vec<Scores> = (0..BEFORE + DAYS).map(|at| day(draw, leads, auc(at.saturating_sub(BEFORE)))).collect();
    let (mut alert, mut fired, mut naive): (Option<Alert>, _, _) = (None, None, None);
    for at in 0..DAYS {
        let last = at + BEFORE;
        let of = |span: usize| {
            let mut sum = Scores::default();
            days.iter().take(last + 1).skip(last + 1 - span).for_each(|day| sum.merge(day));
            sum
        };
        let [short, middle, long] = [7, 14, 28].map(of);
        let stretches = [(7, &short), (14, &middle), (28, &long)];
        let outcomes = Outcomes { version: "1", stretches, modes: (Mode::Relative, Mode::Relative) };
        let reading = performance(&policy, &outcomes).into_iter().find(|reading| reading.rule == Rule::Auc);
        let Some(reading) = reading else { continue };
        if reading.figure.value.is_some_and(|value| value < policy.gates.auc.min) {
            naive = naive.or(Some(at));
        }
        let (after, changed) = Alert::watch(&policy.alerts.timing, alert, &reading, at as i64 * DAY_MS, false);
        if changed == Some(Change::Fired) {
            fired = fired.or(Some(at));
        }
        alert = after;
    }
    (fired, naive)
}

/// False alarms in 90 days at a true area of 0.87, and alarms within `within` days after it falls to 0.82.
pub fn table(sizes: &[(usize, usize)], runs: u32) -> Vec<Row> {
    let mut rows = Vec::new();
    for (leads, within) in sizes.iter().copied() {
        let seed = leads as u64;
        let at = format!("{leads} leads a day at {} %", 100.0 * BASE);
        let mut naive = 0;
        let false_alarms = count(runs, seed, |draw| {
            let (fired, below) = watch(draw, leads, |_| 0.87);
            naive += u32::from(below.is_some());
            fired.is_some()
        });
        rows.push(Row {
            what: format!("the alert of AUC fires in {DAYS} days, {at}, true AUC 0.87"),
            runs,
            count: false_alarms,
            promise: Promise::AtMost(0.01),
        });
        rows.push(Row {
            what: format!("the AUC of its stretch is below 0.85 on a day of {DAYS}, {at}, true AUC 0.87"),
            runs,
            count: naive,
            promise: Promise::AtLeast(0.25),
        });
        let fell = 30;
        let seen = count(runs, seed + 1, |draw| {
            let (fired, _) = watch(draw, leads, |day| if day < fell { 0.87 } else { 0.82 });
            fired.is_some_and(|day| (fell..fell + within).contains(&day))
        });
        rows.push(Row {
            what: format!("the alert of AUC fires within {within} days after a fall to 0.82, {at}"),
            runs,
            count: seen,
            promise: Promise::AtLeast(0.9),
        });
    }
    rows
}

/// Days from a fall to 0.82 to the alert, and to the first day below 0.85: of each the median.
pub fn delays(leads: usize, runs: u32) -> (f64, f64) {
    let fell = 30;
    let (mut ours, mut naive) = (Vec::new(), Vec::new());
    count(runs, leads as u64 + 2, |draw| {
        let (fired, below) = watch(draw, leads, |day| if day < fell { 0.87 } else { 0.82 });
        let after = |day: Option<usize>| day.map_or(DAYS as f64, |day| day.saturating_sub(fell) as f64);
        ours.push(after(fired));
        naive.push(after(below));
        true
    });
    let median = |days: &mut Vec<f64>| {
        days.sort_by(f64::total_cmp);
        days.get(days.len() / 2).copied().unwrap_or_default()
    };
    (median(&mut ours), median(&mut naive))
}
