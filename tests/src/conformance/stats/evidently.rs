//! Drift scores as Evidently computes them, and its preset over a table.
//!
//! Evidently cuts its bins anew for each pair of windows (Sturges' rule on both together), so they are cut here and not in the core,
//! whose bins are frozen; what is computed from them is ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plumbline_core::drift::{Direction, EMPTY_SHARE, Frequency, KolmogorovSmirnov, Sample, Shares, wasserstein_normed};
use plumbline_core::stats::alternative::Alternative;
use plumbline_core::stats::proportion::{Proportion, TwoProportions};
use plumbline_core::stats::two_sample::{self, MannWhitney};
use serde_json::Value;

use super::super::Suite;
use super::case::{Case, File};

/// Both sides sum doubles of one size.
const SUMS: f64 = 1e-12;
/// Evidently takes Hellinger's distance as √(1 − BC): where BC is near 1 that drops digits.
const CANCELS: f64 = 1e-10;

pub(super) fn run(folder: &Path) -> Result<Vec<Suite>, String> {
    let scores = File::read(folder, "evidently_stattests.json")?.suite("drift scores (Evidently)", compare)?;
    Ok(vec![scores, preset(&folder.join("evidently_preset"))?])
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let column = if case.inputs.get("feature_type").and_then(Value::as_str) == Some("num") {
        Column::numeric(case.numbers("reference")?, case.numbers("current")?)
    } else {
        Column::text(texts(case, "reference")?, texts(case, "current")?)
    };
    let tests = case.expected.as_object().ok_or("a case without answers")?;
    for name in tests.keys() {
        let (score, is_p, tolerance) = column.score(name)?;
        case.close(suite, &format!("/{name}/score"), score, tolerance);
        let threshold = case.answer(&format!("/{name}/threshold")).and_then(Value::as_f64).unwrap_or(f64::NAN);
        let drifted = if is_p { score < threshold } else { score >= threshold };
        let theirs = case.answer(&format!("/{name}/drifted")).and_then(Value::as_bool);
        case.holds(suite, &format!("/{name}/drifted"), theirs == Some(drifted), || format!("ours {drifted}, theirs {theirs:?}"));
    }
    Ok(())
}

fn texts(case: &Case<'_>, name: &str) -> Result<Vec<String>, String> {
    let list = case.inputs.get(name).and_then(Value::as_array).ok_or_else(|| format!("inputs.{name} is no list"))?;
    list.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(|| format!("{name}: {v} is no text"))).collect()
}

/// A table's columns, each scored by the method the report names for it.
fn preset(folder: &Path) -> Result<Suite, String> {
    let mut suite = Suite::named("drift preset (Evidently)");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|e| format!("evidently_preset/{name}: {e}"));
    let (reference, current) = (columns(&read("reference.csv")?), columns(&read("current.csv")?));
    let report: Value = serde_json::from_str(&read("report.json")?).map_err(|e| format!("report.json: {e}"))?;
    suite.files = 3;
    let (mut drifted, mut columns, mut counted) = (0.0, 0.0, None);
    for metric in report.get("metrics").and_then(Value::as_array).into_iter().flatten() {
        let Some(name) = metric.pointer("/config/column").and_then(Value::as_str) else {
            counted = Some(metric);
            continue;
        };
        let (Some(before), Some(now)) = (reference.get(name), current.get(name)) else {
            return Err(format!("evidently_preset has no column {name}"));
        };
        let numbers = |texts: &[String]| texts.iter().map(|text| text.parse::<f64>().ok()).collect::<Option<Vec<f64>>>();
        let (column, test) = match metric.pointer("/config/method").and_then(Value::as_str) {
            Some("Wasserstein distance (normed)") => {
                let no_number = || format!("evidently_preset column {name} holds no numbers");
                (Column::numeric(numbers(before).ok_or_else(no_number)?, numbers(now).ok_or_else(no_number)?), "wasserstein")
            }
            Some("Jensen-Shannon distance") => (Column::text(before.clone(), now.clone()), "jensenshannon"),
            method => return Err(format!("evidently_preset column {name}: unknown method {method:?}")),
        };
        let (score, ..) = column.score(test)?;
        let theirs = metric.get("value").and_then(Value::as_f64).unwrap_or(f64::NAN);
        suite
            .check((score - theirs).abs() <= SUMS * theirs.abs(), || format!("preset {name}: ours {score:?}, theirs {theirs:?}"));
        let threshold = metric.pointer("/config/threshold").and_then(Value::as_f64).unwrap_or(f64::NAN);
        drifted += f64::from(u8::from(score >= threshold));
        columns += 1.0;
    }
    let counted = counted.ok_or("report.json counts no drifted columns")?;
    for (what, ours) in [("count", drifted), ("share", drifted / columns)] {
        let theirs = counted.pointer(&format!("/value/{what}")).and_then(Value::as_f64);
        suite.check(theirs == Some(ours), || format!("preset drifted columns {what}: ours {ours}, theirs {theirs:?}"));
    }
    Ok(suite)
}

fn columns(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<String>>());
    let names = lines.next().unwrap_or_default();
    let mut table: BTreeMap<String, Vec<String>> = names.iter().map(|name| (name.clone(), Vec::new())).collect();
    for row in lines {
        for (name, cell) in names.iter().zip(row) {
            table.entry(name.clone()).or_default().push(cell);
        }
    }
    table
}

/// One feature in both windows.
enum Column {
    Numeric(Vec<f64>, Vec<f64>),
    Text(Vec<String>, Vec<String>),
}

impl Column {
    fn numeric(reference: Vec<f64>, current: Vec<f64>) -> Column {
        Column::Numeric(reference, current)
    }

    fn text(reference: Vec<String>, current: Vec<String>) -> Column {
        Column::Text(reference, current)
    }

    /// The score of the test Evidently calls `name`, whether it is a p-value, and the tolerance.
    fn score(&self, name: &str) -> Result<(f64, bool, f64), String> {
        let sentence = |e: &dyn std::fmt::Display| format!("{name}: {e}");
        let samples = || match self {
            Column::Numeric(before, now) => {
                let before = Sample::reference(before).map_err(|e| sentence(&e))?;
                Ok((before, Sample::current(now).map_err(|e| sentence(&e))?))
            }
            Column::Text(..) => Err(format!("{name} takes numbers")),
        };
        let shares =
            |counts: &[Vec<f64>; 2]| Shares::new(&counts[0], &counts[1]).map_err(|e| sentence(&e))?.map_err(|e| sentence(&e));
        Ok(match name {
            "ks" => {
                let (before, now) = samples()?;
                let test = KolmogorovSmirnov::new(&before, &now).map_err(|e| sentence(&e))?;
                (test.p_value(Direction::Either), true, SUMS)
            }
            "wasserstein" => {
                let (before, now) = samples()?;
                (wasserstein_normed(&before, &now).map_err(|e| sentence(&e))?, false, SUMS)
            }
            "jensenshannon" => (shares(&self.counts())?.jensen_shannon(), false, SUMS),
            "psi" => {
                let counts = self.counts();
                if fill(&counts[0]) != fill(&counts[1]) {
                    return Err("psi: Evidently fills the two sides with different shares, which ours does not".to_owned());
                }
                (shares(&counts)?.population_stability(fill(&counts[0])), false, SUMS)
            }
            "kl_div" => {
                let filled = self.counts().map(|side| {
                    let (fill, total) = (fill(&side), side.iter().sum::<f64>());
                    side.iter().map(|x| if *x == 0.0 { fill } else { x / total }).collect::<Vec<f64>>()
                });
                (shares(&filled)?.kullback_leibler(), false, SUMS)
            }
            "hellinger" => (shares(&self.counts_of_distinct())?.hellinger(), false, CANCELS),
            "chisquare" => {
                let [before, now] = self.counts().map(|side| side.iter().map(|x| *x as u64).collect::<Vec<u64>>());
                let test = Frequency::goodness_of_fit(&before, &now).map_err(|e| sentence(&e))?;
                (test.map_err(|e| sentence(&e))?.p_value, true, SUMS)
            }
            "mannw" => {
                // Evidently asks only whether the reference lies lower.
                let Column::Numeric(before, now) = self else { return Err(format!("{name} takes numbers")) };
                let sample = |values| two_sample::Sample::new(values).map_err(|e| sentence(&e));
                let test = MannWhitney::new(&sample(before)?, &sample(now)?);
                (test.asymptotic(Alternative::Less, true).map_err(|e| sentence(&e))?, true, SUMS)
            }
            "z" => {
                // The shares of all categories but the first.
                let others = self.counts().map(|side| (side.iter().skip(1).sum::<f64>() as u64, side.iter().sum::<f64>() as u64));
                let rate = |(some, all)| Proportion::new(some, all).map_err(|e| sentence(&e));
                let test = TwoProportions::new(rate(others[0])?, rate(others[1])?).z_test(Alternative::TwoSided);
                let p = test.map_err(|e| sentence(&e))?.p_value;
                // Evidently takes the tail as 1 − cdf, which is exact to 2⁻⁵² of 1.
                (p, true, SUMS.max(2.0 * f64::EPSILON / p))
            }
            _ => return Err(format!("evidently_stattests.json holds a test nobody compares: {name}")),
        })
    }

    /// Counts in bins of Sturges' rule on both windows together, or of each value when the reference has at most 20.
    fn counts(&self) -> [Vec<f64>; 2] {
        match self {
            Column::Numeric(before, now) if distinct(before).len() > 20 => {
                let both: Vec<f64> = before.iter().chain(now).copied().collect();
                let edges = sturges(&both);
                [histogram(before, &edges), histogram(now, &edges)]
            }
            Column::Numeric(before, now) => tally(before.iter().map(|x| x.to_string()), now.iter().map(|x| x.to_string())),
            Column::Text(before, now) => tally(before.iter().cloned(), now.iter().cloned()),
        }
    }

    /// The bins of Evidently's Hellinger distance: Sturges' rule on the distinct values.
    fn counts_of_distinct(&self) -> [Vec<f64>; 2] {
        match self {
            Column::Numeric(before, now) => {
                let both: Vec<f64> = before.iter().chain(now).copied().collect();
                let edges = sturges(&distinct(&both));
                [histogram(before, &edges), histogram(now, &edges)]
            }
            Column::Text(..) => self.counts(),
        }
    }
}

/// What Evidently puts in the place of an empty share.
fn fill(counts: &[f64]) -> f64 {
    let total = counts.iter().sum::<f64>();
    let least = counts.iter().filter(|x| **x > 0.0).fold(f64::INFINITY, |least, x| least.min(x / total));
    if least <= EMPTY_SHARE { least / 1e6 } else { EMPTY_SHARE }
}

fn distinct(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    sorted
}

/// NumPy's `histogram_bin_edges(values, bins="sturges")`.
#[allow(clippy::disallowed_methods, reason = "the peer's own rule, whose ceiling no last bit moves")]
fn sturges(values: &[f64]) -> Vec<f64> {
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
    let width = (high - low) / ((values.len() as f64).log2() + 1.0);
    let count = ((high - low) / width).ceil().max(1.0);
    let step = (high - low) / count;
    let mut edges: Vec<f64> = (0..=count as usize).map(|i| low + i as f64 * step).collect();
    if let Some(last) = edges.last_mut() {
        *last = high;
    }
    edges
}

/// NumPy's `histogram`: a value on an edge belongs to the bin above it, the last edge to the last bin.
fn histogram(values: &[f64], edges: &[f64]) -> Vec<f64> {
    let inner = edges.get(1..edges.len() - 1).unwrap_or_default();
    let mut counts = vec![0.0; edges.len() - 1];
    for value in values {
        if let Some(count) = counts.get_mut(inner.partition_point(|edge| edge <= value)) {
            *count += 1.0;
        }
    }
    counts
}

fn tally(before: impl Iterator<Item = String>, now: impl Iterator<Item = String>) -> [Vec<f64>; 2] {
    let (before, now): (Vec<String>, Vec<String>) = (before.collect(), now.collect());
    let keys: BTreeSet<&String> = before.iter().chain(&now).collect();
    let count = |side: &[String]| keys.iter().map(|key| side.iter().filter(|x| x == key).count() as f64).collect::<Vec<f64>>();
    [count(&before), count(&now)]
}
