//! Expectations about a whole distribution: Kullback-Leibler divergence, chi-square, Kolmogorov-Smirnov, Cramér's φ.

use serde_json::Value as Json;

use super::facts::Facts;
use super::kwargs::{self, Kwargs};
use super::rule::Interpolation;
use super::value::float_json;
use super::{Details, Found, PartitionFound, Raised, SuiteError};
use crate::math;
use crate::stats::{beta, chi_square, gamma, normal};
use crate::table::Scalar;

/// An expected distribution: weights of values, or of bins between edges.
#[derive(Debug, Clone)]
pub(super) enum Partition {
    Values { values: Vec<Scalar>, weights: Vec<f64> },
    Bins { edges: Vec<f64>, weights: Vec<f64>, tails: Option<(f64, f64)> },
}

const KWARG: &str = "partition_object";

impl Partition {
    /// Reads the kwarg `partition_object`.
    pub fn new(k: &Kwargs<'_>) -> Result<Option<Partition>, SuiteError> {
        let Some(object) = k.get(KWARG) else { return Ok(None) };
        let invalid = || k.wrong(KWARG, "Invalid partition_object provided");
        let weights = k.numbers(KWARG, object.get("weights"))?.ok_or_else(invalid)?;
        let sums_to_one = |sum: f64| (sum - 1.0).abs() <= 1e-8 + 1e-5;
        if let Some(edges) = k.numbers(KWARG, object.get("bins"))? {
            let tails = match k.numbers(KWARG, object.get("tail_weights"))?.as_deref() {
                None => None,
                Some(&[low, high]) => Some((low, high)),
                Some(_) => return Err(invalid()),
            };
            let sum = weights.iter().sum::<f64>() + tails.map_or(0.0, |(low, high)| low + high);
            let rising = edges.windows(2).all(|pair| pair.first() < pair.last());
            if edges.len() != weights.len() + 1 || !rising || !sums_to_one(sum) {
                return Err(invalid());
            }
            return Ok(Some(Partition::Bins { edges, weights, tails }));
        }
        let values = object.get("values").and_then(Json::as_array).ok_or_else(invalid)?;
        if values.len() != weights.len() || !sums_to_one(weights.iter().sum()) {
            return Err(invalid());
        }
        Ok(Some(Partition::Values { values: values.iter().map(Scalar::of_json).collect(), weights }))
    }

    /// Refuses hold-outs that the partition has no place for.
    pub fn check(&self, k: &Kwargs<'_>, tail: f64, internal: f64, bucketize: bool) -> Result<(), SuiteError> {
        match self {
            Partition::Values { .. } if internal > 0.0 => {
                Err(k.wrong("internal_weight_holdout", "Internal weight holdout cannot be used for discrete data."))
            }
            Partition::Values { .. } => Ok(()),
            Partition::Bins { .. } if !bucketize => {
                let message = "KL Divergence cannot be computed with a continuous partition object and bucketize_data false";
                Err(k.wrong("bucketize_data", message))
            }
            Partition::Bins { tails: Some(_), .. } if tail != 0.0 => {
                let message = "tail_weight_holdout must be 0 when using tail_weights in partition object";
                Err(k.wrong("tail_weight_holdout", message))
            }
            Partition::Bins { edges, tails, .. } => {
                let low = edges.first() == Some(&f64::NEG_INFINITY);
                let high = edges.last() == Some(&f64::INFINITY);
                if low && high && tail > 0.0 {
                    let message = "tail_weight_holdout cannot be used for partitions with infinite endpoints.";
                    return Err(k.wrong("tail_weight_holdout", message));
                }
                if (low || high) && tails.is_some() {
                    let message = "There can be no tail weights for partitions with one or both endpoints at infinity";
                    return Err(k.wrong(KWARG, message));
                }
                Ok(())
            }
        }
    }

    /// The partition a column itself has: bins as numpy's "auto" chooses them, or its values.
    pub fn of(facts: &mut Facts, bucketize: bool) -> Result<Partition, Raised> {
        let n = facts.present() as f64;
        if !bucketize {
            let (values, weights) = sorted_counts(facts)?.into_iter().map(|(value, count)| (value, count as f64 / n)).unzip();
            return Ok(Partition::Values { values, weights });
        }
        let found = facts.quantiles(&[0.0, 0.25, 0.75, 1.0], Interpolation::Nearest)?;
        let [min, low, high, max] = found.try_into().map_err(|_| Raised::value("there are no values to divide into bins"))?;
        let sturges = math::ln(n + 1.0) / std::f64::consts::LN_2;
        let (spread, range) = (high - low, max - min);
        let bins = if spread < 1e-10 * spread.abs().max(1.0) {
            sturges.ceil()
        } else {
            let width = 2.0 * spread / math::pow(n, 1.0 / 3.0);
            sturges.max(range / width).ceil()
        };
        let bins = bins.clamp(1.0, 1e6) as usize;
        let edges: Vec<f64> = (0..=bins).map(|i| min + range * i as f64 / bins as f64).collect();
        let mut counts = Histogram::new(&edges);
        facts.values.iter().for_each(|x| counts.add(*x));
        let weights: Vec<f64> = counts.counts.iter().map(|count| *count as f64 / n).collect();
        let tail = (1.0 - weights.iter().sum::<f64>()) / 2.0;
        Ok(Partition::Bins { edges, weights, tails: Some((tail, tail)) })
    }
}

/// Counts between edges; a bin includes its lower edge, the last both.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    edges: Vec<f64>,
    pub counts: Vec<u64>,
    below: u64,
    above: u64,
}

impl Histogram {
    pub fn new(edges: &[f64]) -> Histogram {
        Histogram { edges: edges.to_vec(), counts: vec![0; edges.len().saturating_sub(1)], below: 0, above: 0 }
    }

    pub fn add(&mut self, x: f64) {
        if self.edges.first().is_some_and(|edge| x < *edge) {
            self.below += 1;
        } else if self.edges.last().is_some_and(|edge| x > *edge) {
            self.above += 1;
        } else {
            let at = self.edges.partition_point(|edge| *edge <= x).saturating_sub(1).min(self.counts.len().saturating_sub(1));
            if let Some(count) = self.counts.get_mut(at) {
                *count += 1;
            }
        }
    }
}

/// What a distribution expectation found.
pub(super) struct Finding {
    pub success: bool,
    pub result: Found,
}

/// Kullback-Leibler divergence of the observed from the expected distribution.
///
/// # Formula
/// Σ p ln(p / q), both scaled to sum 1; no value where some p > 0 has q = 0.
pub(super) fn divergence(
    partition: &Partition,
    counts: Observed<'_>,
    threshold: Option<f64>,
    tail: f64,
    internal: f64,
) -> Result<Finding, Raised> {
    let (entropy, details) = match (partition, counts) {
        (Partition::Values { values, weights }, Observed::Facts(facts)) => {
            let joined = join(values, weights, tail, 1.0, facts)?;
            let (p, q): (Vec<f64>, Vec<f64>) = joined.iter().map(|row| (row.observed, row.expected)).unzip();
            let names: Vec<Json> = joined.iter().map(|row| row.value.cell().json()).collect();
            (entropy(&p, &q), partitions(PartitionFound::of_values(&names, &p), PartitionFound::of_values(&names, &q)))
        }
        (Partition::Bins { edges, weights, tails }, Observed::Bins(histogram, n)) => {
            let n = n as f64;
            let mut observed: Vec<f64> = histogram.counts.iter().map(|count| *count as f64 / n).collect();
            let (below, above) = (histogram.below as f64 / n, histogram.above as f64 / n);
            let mut expected: Vec<f64> = weights.iter().map(|weight| weight * (1.0 - tail - internal)).collect();
            let empty = expected.iter().filter(|weight| **weight == 0.0).count();
            if internal > 0.0 && empty > 0 {
                expected.iter_mut().filter(|weight| **weight == 0.0).for_each(|weight| *weight = internal / empty as f64);
            }
            let low = edges.first() == Some(&f64::NEG_INFINITY);
            let high = edges.last() == Some(&f64::INFINITY);
            // What lies outside the finite edges: an infinite bin itself, or what was seen beyond beside what was held out.
            let held = match (tails, low || high) {
                (Some(tails), _) => *tails,
                (None, true) => (tail, tail),
                (None, false) => (tail / 2.0, tail / 2.0),
            };
            let mut edges = edges.clone();
            let mut first = (below, held.0);
            let mut last = (above, held.1);
            if low {
                edges.remove(0);
                first = (observed.remove(0), expected.remove(0));
            }
            if high {
                edges.pop();
                last = (observed.pop().unwrap_or_default(), expected.pop().unwrap_or_default());
            }
            let with_tails = |inner: &[f64], low: f64, high: f64| {
                let mut all = vec![low];
                all.extend(inner);
                all.push(high);
                all
            };
            let (p, q) = (with_tails(&observed, first.0, last.0), with_tails(&expected, first.1, last.1));
            let shown = |weights: &[f64], low: f64, high: f64| PartitionFound {
                values: None,
                bins: Some(floats(&edges)),
                weights: floats(weights),
                tail_weights: Some(floats(&[low, high])),
            };
            (entropy(&p, &q), partitions(shown(&observed, first.0, last.0), shown(&expected, first.1, last.1)))
        }
        _ => return Err(Raised::value("Invalid partition object.")),
    };
    let success = threshold.is_none_or(|threshold| entropy <= threshold);
    Ok(Finding { success, result: Found::observed(Some(entropy).filter(|entropy| entropy.is_finite())).with(details) })
}

fn partitions(observed: PartitionFound, expected: PartitionFound) -> Details {
    Details { observed_partition: Some(observed), expected_partition: Some(expected), ..Details::default() }
}

impl PartitionFound {
    fn of_values(values: &[Json], weights: &[f64]) -> PartitionFound {
        PartitionFound { values: Some(values.to_vec()), weights: floats(weights), ..PartitionFound::default() }
    }
}

/// What a divergence is taken of.
pub(super) enum Observed<'a> {
    Facts(&'a Facts),
    Bins(&'a Histogram, u64),
}

fn entropy(p: &[f64], q: &[f64]) -> f64 {
    let (p_sum, q_sum) = (p.iter().sum::<f64>(), q.iter().sum::<f64>());
    p.iter()
        .zip(q)
        .map(|(p, q)| {
            let (p, q) = (p / p_sum, q / q_sum);
            if p > 0.0 && q > 0.0 {
                p * math::ln(p / q)
            } else if p == 0.0 && q >= 0.0 {
                0.0
            } else if p.is_nan() || q.is_nan() {
                f64::NAN
            } else {
                f64::INFINITY
            }
        })
        .sum()
}

struct Joined {
    value: Scalar,
    observed: f64,
    expected: f64,
}

/// Expected values in their order, then unexpected ones; what was not expected shares what is held out.
fn join(values: &[Scalar], weights: &[f64], tail: f64, scale: f64, facts: &Facts) -> Result<Vec<Joined>, Raised> {
    let counts = sorted_counts(facts)?;
    let n = facts.present() as f64 / scale;
    let others = counts.iter().filter(|(seen, _)| !values.iter().any(|value| value.cell().equals(seen.cell())));
    let others: Vec<&(Scalar, u64)> = others.collect();
    let keep = if others.is_empty() { 1.0 } else { 1.0 - tail };
    let own = values.iter().zip(weights).map(|(value, weight)| {
        let count = counts.iter().find(|(seen, _)| seen.cell().equals(value.cell())).map_or(0, |(_, count)| *count);
        Joined { value: value.clone(), observed: count as f64 / n, expected: weight * keep }
    });
    let share = tail / others.len().max(1) as f64;
    let rest = others.iter().map(|(value, count)| Joined { value: value.clone(), observed: *count as f64 / n, expected: share });
    Ok(own.chain(rest).collect())
}

/// The most distinct values a distribution of values is taken of.
const MOST: usize = 10_000;

fn sorted_counts(facts: &Facts) -> Result<Vec<(Scalar, u64)>, Raised> {
    if facts.distinct.len() > MOST {
        return Err(Raised::value(format!("the column has more than {MOST} distinct values; specify bins")));
    }
    let mut counts: Vec<(Scalar, u64)> = facts.distinct.iter().collect();
    // Kinds without a common order are sorted as text, as the peer does.
    let mixed = counts.windows(2).any(|pair| match pair {
        [(a, _), (b, _)] => a.cell().order(b.cell()).is_err(),
        _ => false,
    });
    if mixed {
        counts.sort_by_cached_key(|(value, _)| value.cell().with_text(str::to_owned));
    } else {
        counts.sort_by(|(a, _), (b, _)| a.cell().order(b.cell()).ok().flatten().unwrap_or(std::cmp::Ordering::Equal));
    }
    Ok(counts)
}

/// Pearson's chi-square test of the observed counts against expected weights.
pub(super) fn chi_square(partition: &Partition, facts: &Facts, p: f64, tail: f64) -> Result<Finding, Raised> {
    let Partition::Values { values, weights } = partition else { return Err(Raised::value("Invalid partition object.")) };
    let n = facts.present() as f64;
    let joined = join(values, weights, tail, facts.present() as f64, facts)?;
    let statistic: f64 = joined
        .iter()
        .map(|row| {
            let (expected, off) = (row.expected * n, row.observed - row.expected * n);
            if off == 0.0 { 0.0 } else { off * off / expected }
        })
        .sum();
    let freedom = joined.len().saturating_sub(1) as f64;
    if joined.len() < 2 || n == 0.0 {
        return Err(Raised::value("a chi-square test needs at least two values"));
    }
    let value = if statistic.is_finite() { chi_square::sf(statistic, freedom) } else { 0.0 };
    let names: Vec<Json> = joined.iter().map(|row| row.value.cell().json()).collect();
    let total: f64 = joined.iter().map(|row| row.expected).sum();
    let observed: Vec<f64> = joined.iter().map(|row| row.observed / n).collect();
    let expected: Vec<f64> = joined.iter().map(|row| row.expected / total).collect();
    let details = partitions(PartitionFound::of_values(&names, &observed), PartitionFound::of_values(&names, &expected));
    let result = Found {
        element_count: Some(facts.present()),
        missing_count: Some(None),
        missing_percent: Some(None),
        ..Found::observed(value).with(details)
    };
    Ok(Finding { success: value > p, result })
}

/// A distribution with its parameters.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    family: &'static str,
    shapes: Vec<f64>,
    loc: f64,
    scale: f64,
}

impl Shape {
    /// Reads the kwargs `distribution` and `params` (by name, or in scipy's order).
    pub fn new(k: &Kwargs<'_>) -> Result<Shape, SuiteError> {
        let families = ["norm", "beta", "gamma", "uniform", "chi2", "expon"];
        let given = k.text("distribution")?;
        let family = families.into_iter().find(|family| *family == given);
        let family = family.ok_or_else(|| k.wrong("distribution", format!("{given:?} is not one of {}", families.join(", "))))?;
        let names: &[&str] = match family {
            "norm" => &["mean", "std_dev"],
            "beta" => &["alpha", "beta", "loc", "scale"],
            "gamma" => &["alpha", "loc", "scale"],
            "uniform" => &["min", "max"],
            "chi2" => &["df", "loc", "scale"],
            _ => &["loc", "scale"],
        };
        let params = k.get("params").ok_or_else(|| k.wrong("params", "field required"))?;
        let mut values = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let value = if params.is_array() { params.get(at) } else { params.get(name) };
            let default = if matches!(*name, "loc" | "mean" | "min") { 0.0 } else { 1.0 };
            let value = value.map_or(Some(default), kwargs::number).filter(|x| x.is_finite());
            let value = value.ok_or_else(|| k.wrong("params", format!("{name} must be a finite number")))?;
            if default == 1.0 && value <= 0.0 {
                return Err(k.wrong("params", format!("{name} must be above 0")));
            }
            values.push(value);
        }
        let scale = values.pop().unwrap_or(1.0);
        let loc = values.pop().unwrap_or(0.0);
        Ok(Shape { family, shapes: values, loc, scale })
    }

    fn cdf(&self, x: f64) -> f64 {
        let z = (x - self.loc) / self.scale;
        let shape = |at: usize| self.shapes.get(at).copied().unwrap_or(1.0);
        match self.family {
            "norm" => normal::cdf(z),
            "uniform" => z.clamp(0.0, 1.0),
            _ if z <= 0.0 => 0.0,
            "beta" if z >= 1.0 => 1.0,
            "beta" => beta::lower(shape(0), shape(1), z),
            "gamma" => gamma::lower(shape(0), z),
            "chi2" => chi_square::cdf(z, shape(0)),
            _ => -math::exp_m1(-z),
        }
    }

    /// The one-sample Kolmogorov-Smirnov test.
    ///
    /// # Formula
    /// p ≈ 2 Σ (−1)^(j−1) exp(−2 j² λ²), λ = (√n + 0.12 + 0.11/√n) D.
    ///
    /// # Source
    /// Stephens (1970). The peer (before 1.0) took scipy's exact distribution; the two differ in the third digit of p.
    pub fn test(&self, facts: &mut Facts, p: f64) -> Result<Finding, Raised> {
        facts.quantiles(&[0.5], Interpolation::Nearest)?;
        facts.sort();
        let n = facts.values.len() as f64;
        if facts.values.is_empty() {
            return Err(Raised::value("there are no values to test"));
        }
        let distance = facts.values.iter().enumerate().fold(0.0f64, |far, (i, x)| {
            let expected = self.cdf(*x);
            far.max(expected - i as f64 / n).max((i as f64 + 1.0) / n - expected)
        });
        let lambda = (n.sqrt() + 0.12 + 0.11 / n.sqrt()) * distance;
        let term = |j: f64| math::exp(-2.0 * j * j * lambda * lambda);
        let sum: f64 = (1..=100).map(|j| if j % 2 == 1 { term(f64::from(j)) } else { -term(f64::from(j)) }).sum();
        let value = if lambda < 0.2 { 1.0 } else { (2.0 * sum).clamp(0.0, 1.0) };
        let details = Details { observed_ks_result: Some((distance, value)), ..Details::default() };
        Ok(Finding { success: value >= p, result: Found::observed(value).with(details) })
    }
}

/// Cramér's φ of two columns.
#[derive(Debug, Clone)]
pub(super) struct CramersPhi {
    pub a: Groups,
    pub b: Groups,
    threshold: f64,
}

/// How a column is divided into groups.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    pub column: String,
    edges: Option<Vec<f64>>,
    sets: Vec<Vec<Scalar>>,
    most: usize,
}

impl CramersPhi {
    pub fn new(k: &Kwargs<'_>) -> Result<CramersPhi, SuiteError> {
        let groups = |side: &str| -> Result<Groups, SuiteError> {
            let (kwarg, most) = (format!("bins_{side}"), k.integer(&format!("n_bins_{side}"))?.unwrap_or(10));
            let most = usize::try_from(most).ok().filter(|n| (1..=1000).contains(n));
            let most = most.ok_or_else(|| k.wrong(&format!("n_bins_{side}"), "expected a number from 1 to 1000"))?;
            let column = k.text(&format!("column_{side}"))?;
            let (mut edges, mut sets) = (None, Vec::new());
            match k.get(&kwarg) {
                Some(Json::Array(list)) if list.iter().all(Json::is_array) => {
                    let set = |set: &Json| set.as_array().map_or(Vec::new(), |set| set.iter().map(Scalar::of_json).collect());
                    sets = list.iter().map(set).collect();
                }
                value => edges = k.numbers(&kwarg, value)?,
            }
            Ok(Groups { column, edges, sets, most })
        };
        Ok(CramersPhi { a: groups("A")?, b: groups("B")?, threshold: k.opt_number("threshold")?.unwrap_or(0.1) })
    }

    /// φ of the pairs `rows`.
    ///
    /// # Formula
    /// √(χ² / n / (min(rows, columns) − 1)) of the cross table; Yates' correction in a table of two by two.
    pub fn test(&self, a: &[Scalar], b: &[Scalar]) -> Result<Finding, Raised> {
        let (a, b) = (self.a.divide(a)?, self.b.divide(b)?);
        let (height, width) = (distinct(&a), distinct(&b));
        let n = a.len() as f64;
        if height < 2 || width < 2 {
            return Err(Raised::value("both columns need at least two groups"));
        }
        let mut table = vec![0.0; height * width];
        for (row, column) in a.iter().zip(&b) {
            if let Some(cell) = table.get_mut(row * width + column) {
                *cell += 1.0;
            }
        }
        let of_row = |row: usize| table.iter().skip(row * width).take(width).sum::<f64>();
        let of_column = |column: usize| table.iter().skip(column).step_by(width).sum::<f64>();
        let (rows, columns): (Vec<f64>, Vec<f64>) = ((0..height).map(of_row).collect(), (0..width).map(of_column).collect());
        let yates = height == 2 && width == 2;
        let mut statistic = 0.0;
        for (at, seen) in table.iter().enumerate() {
            let expected = rows.get(at / width).unwrap_or(&0.0) * columns.get(at % width).unwrap_or(&0.0) / n;
            let off = (seen - expected).abs();
            let off = if yates { off - off.min(0.5) } else { off };
            statistic += off * off / expected;
        }
        let value = (statistic / n / (height.min(width) - 1) as f64).sqrt().clamp(0.0, 1.0);
        Ok(Finding { success: value <= self.threshold, result: Found::observed(value) })
    }
}

/// The most distinct values of a column of a cross table.
const GROUPS: usize = 1000;

fn distinct(groups: &[usize]) -> usize {
    groups.iter().max().map_or(0, |most| most + 1)
}

impl Groups {
    /// The number of each value's group, numbered as they turn up.
    fn divide(&self, values: &[Scalar]) -> Result<Vec<usize>, Raised> {
        let mut seen: Vec<(Scalar, usize)> = Vec::new();
        for value in values {
            if let Some((_, count)) = seen.iter_mut().find(|(known, _)| known == value) {
                *count += 1;
            } else if seen.len() < GROUPS {
                seen.push((value.clone(), 1));
            } else {
                return Err(Raised::value(format!("{} has more than {GROUPS} distinct values", self.column)));
            }
        }
        let numbers: Vec<f64> = seen.iter().filter_map(|(value, _)| value.cell().numeric()).collect();
        let is_number =
            seen.iter().all(|(value, _)| matches!(value, Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_) | Scalar::Missing));
        let edges = match &self.edges {
            Some(edges) => Some(edges.clone()),
            None if is_number && numbers.len() > self.most => {
                let (low, high) =
                    numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
                Some((1..self.most).map(|i| low + (high - low) * i as f64 / self.most as f64).collect())
            }
            None => None,
        };
        let mut common: Vec<&(Scalar, usize)> = seen.iter().filter(|(value, _)| *value != Scalar::Missing).collect();
        common.sort_by(|(_, a), (_, b)| b.cmp(a));
        let rare = common.get(self.most..).unwrap_or_default();
        let group = |value: &Scalar| -> String {
            let in_set = self.sets.iter().position(|set| set.iter().any(|one| one.cell().equals(value.cell())));
            match (value, &edges, value.cell().numeric()) {
                (Scalar::Missing, ..) => "missing".to_owned(),
                (_, Some(edges), Some(x)) => format!("bin {}", edges.iter().filter(|edge| **edge <= x).count()),
                (value, ..) => match in_set {
                    Some(set) => format!("set {set}"),
                    None if self.sets.is_empty() && rare.iter().any(|(own, _)| own == value) => "other".to_owned(),
                    None => format!("value {value:?}"),
                },
            }
        };
        let mut names: Vec<String> = Vec::new();
        let places: Vec<(Scalar, usize)> = seen
            .iter()
            .map(|(value, _)| {
                let name = group(value);
                let at = names.iter().position(|own| *own == name).unwrap_or_else(|| {
                    names.push(name);
                    names.len() - 1
                });
                (value.clone(), at)
            })
            .collect();
        Ok(values.iter().map(|value| places.iter().find(|(own, _)| own == value).map_or(0, |(_, at)| *at)).collect())
    }
}

fn floats(values: &[f64]) -> Vec<Json> {
    values.iter().map(|x| float_json(*x)).collect()
}
