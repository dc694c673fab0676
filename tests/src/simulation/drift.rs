//! Tables of 30 features that do not drift, long tails among them: how often the report says that they did, and whether its printed rate
//! of false alarms agrees.

use plumbline_core::drift::{DriftReport, FalseAlarms, Feature, Rules};
use plumbline_core::math;
use plumbline_core::table::Values;

use super::{Promise, Row, deviate};
use crate::golden::Draw;

/// Features.
const FEATURES: usize = 30;
/// Different values of the longest tails of tables with so many rows: hardly any of them twice.
fn kinds(rows: usize) -> usize {
    (10 * rows).clamp(500, 20_000)
}

enum Column {
    Numbers(Vec<f64>),
    Names(Vec<u32>),
}

/// A table of `rows`: normal, lognormal, mostly zero, heavy-tailed and whole numbers, some missing; few categories, and tails of many,
/// the longest with hardly any value twice; every third feature goes with the one before it.
fn table(draw: &mut Draw, rows: usize, kinds: usize) -> Vec<Column> {
    let mut columns: Vec<Column> = (0..FEATURES)
        .map(|feature| {
            let numbers = feature % 2 == 0;
            let number = |draw: &mut Draw| {
                let z = deviate(draw);
                match feature / 2 % 5 {
                    0 => z,
                    1 => math::exp(1.5 * z),
                    2 => {
                        if draw.unit() < 0.8 {
                            0.0
                        } else {
                            math::exp(2.0 * z)
                        }
                    }
                    3 => z / draw.unit().max(1e-9),
                    _ => {
                        if draw.unit() < 0.1 {
                            f64::NAN
                        } else {
                            (3.0 * z).round()
                        }
                    }
                }
            };
            let name = |draw: &mut Draw| match feature / 2 % 3 {
                0 => draw.below(4) as u32,
                // The share of category k falls as 1/k.
                1 => (math::pow(kinds as f64, draw.unit()) as u32).min(kinds as u32 - 1),
                _ => draw.below(kinds as u64) as u32,
            };
            match numbers {
                true => Column::Numbers((0..rows).map(|_| number(draw)).collect()),
                false => Column::Names((0..rows).map(|_| name(draw)).collect()),
            }
        })
        .collect();
    for at in (5..FEATURES).step_by(6) {
        let (before, rest) = columns.split_at_mut(at);
        if let (Some(Column::Names(leader)), Some(Column::Names(follower))) = (before.get(at - 4), rest.first_mut()) {
            follower.clone_from(leader);
        }
    }
    columns
}

fn features<'a>(reference: &'a [Column], current: &'a [Column], names: &'a [String], labels: &'a [String]) -> Vec<Feature<'a>> {
    let pairs = reference.iter().zip(current).zip(labels);
    let values = |column: &'a Column| match column {
        Column::Numbers(values) => Values::Numbers(values),
        Column::Names(codes) => Values::Categories { codes, names },
    };
    let feature = |((before, now), label): ((&'a Column, &'a Column), &'a String)| Feature {
        name: label,
        reference: values(before),
        current: values(now),
        importance: None,
    };
    pairs.map(feature).collect()
}

/// Fresh tables of `reference` and `current` rows: the verdict, any feature, and what shuffles of one pair print for them.
pub fn tables(reference: usize, current: usize, runs: u32, deals: u64, seed: u64) -> Vec<Row> {
    let rules = Rules::default();
    let kinds = kinds(reference.max(current));
    let (names, labels) = (numbered(kinds), numbered(FEATURES));
    let (mut verdicts, mut any) = (0, 0);
    let mut draw = Draw::new(seed);
    for _ in 0..runs {
        let (before, now) = (table(&mut draw, reference, kinds), table(&mut draw, current, kinds));
        let report = DriftReport::new(&features(&before, &now, &names, &labels), &rules);
        let (drifted, found) = report.map_or((true, 1), |report| (report.verdict.drifted, report.verdict.features));
        verdicts += u32::from(drifted);
        any += u32::from(found > 0);
    }
    let (before, now) = (table(&mut draw, reference, kinds), table(&mut draw, current, kinds));
    let printed = FalseAlarms::measure(&features(&before, &now, &names, &labels), &rules, deals, seed, |_, _| true);
    let rate = |of: fn(&FalseAlarms) -> u64| match &printed {
        Ok(Ok(found)) => of(found) as f64 / found.deals as f64,
        _ => 1.0,
    };
    let sizes = format!("{reference} and {current} rows");
    let row = |what: &str, count, promise| Row { what: format!("{what}, {sizes}"), runs, count, promise };
    vec![
        row("the table drifted", verdicts, Promise::AtMost(0.01)),
        row("the table drifted, against --deals", verdicts, Promise::Near(rate(|found| found.verdict), deals as u32)),
        row("any feature, against --deals", any, Promise::Near(rate(|found| found.any_feature), deals as u32)),
    ]
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("c{at}")).collect()
}
