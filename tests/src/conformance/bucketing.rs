//! GrowthBook's own cases of what puts a user in a variation: hash, ranges, choice, namespace.

use std::path::Path;

use plumbline_core::route::growthbook;
use serde_json::Value;

use super::{Conformance, Suite};

/// The cases' ranges and weights are written with at most this many digits lost.
const DIGITS: f64 = 1e-8;

pub(super) fn run(source: &'static str, file: &Path) -> Result<Conformance, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let cases: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    let groups: [(&str, &str, Compare); 5] = [
        ("hash", "GrowthBook hash", hash),
        ("getBucketRange", "GrowthBook getBucketRange", ranges),
        ("chooseVariation", "GrowthBook chooseVariation", choice),
        ("inNamespace", "GrowthBook inNamespace", namespace),
        ("getEqualWeights", "GrowthBook getEqualWeights", weights),
    ];
    let mut suites = Vec::new();
    for (group, name, compare) in groups {
        let mut suite = Suite::named(name);
        suite.files = 1;
        for case in cases.get(group).and_then(Value::as_array).into_iter().flatten() {
            let agrees = compare(case).ok_or_else(|| format!("{group}: {case} is no case"))?;
            suite.check(agrees, || format!("{group} {case}"));
        }
        suites.push(suite);
    }
    Ok(Conformance { source, suites, models: 0, rows: 0, left_out: Vec::new() })
}

/// Whether ours agrees with the case; `None` when it is not of the known shape.
type Compare = fn(&Value) -> Option<bool>;

/// `[seed, value, version, n or null]`
fn hash(case: &Value) -> Option<bool> {
    let n = growthbook::hash(case.get(0)?.as_str()?, case.get(1)?.as_str()?, u32::try_from(case.get(2)?.as_u64()?).ok()?);
    Some(n == case.get(3)?.as_f64())
}

/// `[name, [variations, coverage, weights or null], ranges]`
fn ranges(case: &Value) -> Option<bool> {
    let given = case.get(1)?;
    let weights = given.get(2)?.as_array().map(|list| list.iter().filter_map(Value::as_f64).collect::<Vec<_>>());
    let ours = growthbook::bucket_ranges(given.get(0)?.as_u64()? as usize, given.get(1)?.as_f64()?, weights.as_deref());
    let theirs = case.get(2)?.as_array()?.iter().map(range).collect::<Option<Vec<_>>>()?;
    let close = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).abs() < DIGITS && (a.1 - b.1).abs() < DIGITS;
    Some(ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(ours, theirs)| close(ours, theirs)))
}

/// `[name, n, ranges, variation or −1]`
fn choice(case: &Value) -> Option<bool> {
    let ranges = case.get(2)?.as_array()?.iter().map(range).collect::<Option<Vec<_>>>()?;
    let ours = growthbook::choose_variation(case.get(1)?.as_f64()?, &ranges);
    Some(ours.map_or(-1, |at| at as i64) == case.get(3)?.as_i64()?)
}

/// `[name, value, [namespace, from, to], is in]`
fn namespace(case: &Value) -> Option<bool> {
    let given = case.get(2)?;
    let (low, high) = (given.get(1)?.as_f64()?, given.get(2)?.as_f64()?);
    Some(growthbook::in_namespace(case.get(1)?.as_str()?, given.get(0)?.as_str()?, low, high) == case.get(3)?.as_bool()?)
}

/// `[variations, weights]`; a number below zero gives none, as zero does.
fn weights(case: &Value) -> Option<bool> {
    let ours = growthbook::equal_weights(usize::try_from(case.get(0)?.as_i64()?).unwrap_or(0));
    let theirs = case.get(1)?.as_array()?;
    Some(ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| b.as_f64().is_some_and(|b| (a - b).abs() < DIGITS)))
}

fn range(pair: &Value) -> Option<(f64, f64)> {
    Some((pair.get(0)?.as_f64()?, pair.get(1)?.as_f64()?))
}
