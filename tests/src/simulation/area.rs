//! The area under the ROC curve of few conversions: how often its interval holds the true area, and how often a guardrail claims more.

use plumbline_core::experiment::{Data, Demand, Guardrail, Kind, Measured, Method, Metric, Observation, Settings, analyse};
use plumbline_core::metric::{Labelled, Measure, Report};
use plumbline_core::stats::margin::Finding;
use plumbline_core::stats::normal;

use super::{Promise, Row, count, deviate};
use crate::golden::Draw;

/// Leads, and the part that converts.
const LEADS: usize = 200;
const BASE: f64 = 0.05;

/// Scores of leads whose area is `auc`: normal, with equal deviations in both classes.
fn leads(draw: &mut Draw, auc: f64) -> (Vec<f64>, Vec<bool>) {
    let apart = std::f64::consts::SQRT_2 * normal::quantile(auc);
    let lead = |draw: &mut Draw| {
        let converted = draw.unit() < BASE;
        (deviate(draw) + if converted { apart } else { 0.0 }, converted)
    };
    (0..LEADS).map(|_| lead(draw)).unzip()
}

/// Whether the reported interval holds `auc`; runs with fewer than two conversions have none and count as held.
pub fn coverage(auc: f64, runs: u32, seed: u64) -> Row {
    let held = count(runs, seed, |draw| {
        let (scores, converted) = leads(draw, auc);
        let report = Labelled::new(&scores, &converted).and_then(|data| Report::new(&data, &Measure::default()));
        report.is_ok_and(|report| report.roc_auc_interval.is_none_or(|(low, high)| low <= auc && auc <= high))
    });
    Row {
        what: format!("the interval holds an area of {auc}, {LEADS} leads at {} %", 100.0 * BASE),
        runs,
        count: held,
        promise: Promise::AtLeast(0.935),
    }
}

/// Whether a guardrail "at least `auc`" is shown to be met where the area is exactly that.
pub fn guardrail(auc: f64, runs: u32, seed: u64) -> Row {
    let metric = Metric::new("AUC", Kind::Auc);
    let guardrails = vec![Guardrail { metric, demand: Demand::AtLeast(auc) }];
    let primary = Metric::new("converted", Kind::Rate);
    let settings = Settings { guardrails, method: Method::Fixed, least_per_arm: 10, ..Settings::new(&["a", "b"], primary) };
    let wrong = count(runs, seed, |draw| {
        let mut data = Data::new(&settings);
        for arm in 0..2 {
            let (scores, converted) = leads(draw, auc);
            for (score, converted) in scores.iter().zip(&converted) {
                let yes = f64::from(u8::from(*converted));
                let metrics = [Measured::Value(yes), Measured::Pair(*score, yes)];
                drop(data.push(&settings, &Observation { arm, metrics: &metrics, cycle: None, segments: &[] }));
            }
        }
        let finding = analyse(&settings, &data).ok().and_then(|analysis| {
            let guardrail = analysis.comparisons.first()?.guardrails.first()?.finding;
            Some(guardrail)
        });
        finding == Some(Finding::Shown)
    });
    Row {
        what: format!("a guardrail of at least {auc} is shown where the area is {auc}, {LEADS} leads at {} %", 100.0 * BASE),
        runs,
        count: wrong,
        promise: Promise::AtMost(0.055),
    }
}

/// Both, at areas from 0.7 to 0.95.
pub fn table(runs: u32) -> Vec<Row> {
    let areas = [0.7, 0.8, 0.9, 0.95];
    let held = areas.into_iter().map(|auc| coverage(auc, runs, (1_000.0 * auc) as u64));
    held.chain(areas.into_iter().map(|auc| guardrail(auc, runs, (2_000.0 * auc) as u64))).collect()
}
