//! One feature of both tables as codes, and whether the rules find drift between two tables dealt from them.

use super::chance::{self, Beyond, Unseen};
use super::fence::fences;
use super::{Feature, Rules};
use crate::drift::{Bracket, DriftError, Rate, Sample, Shares};
use crate::histogram::Bins;
use crate::order;
use crate::table::Values;

/// Numbers are counted by value up to so many values, beyond it in as many bins of equal counts.
const MOST_CODES: usize = 4_096;
/// The code of a missing value.
const MISSING: u32 = u32::MAX;

/// One feature of both tables, reference rows first.
pub(super) struct Coded {
    codes: Vec<u32>,
    /// How many rows of both tables have each code.
    totals: Vec<u64>,
    /// How many of both tables are missing.
    missing: u64,
    /// Of a number.
    scale: Option<Scale>,
    /// The dealt counts and the rest, used again for every deal.
    mine: Vec<u64>,
    rest: Vec<u64>,
}

/// The values of a number's codes.
struct Scale {
    /// The largest value of each code.
    values: Vec<f64>,
    /// The fences of both tables together.
    fences: (f64, f64),
}

impl Coded {
    /// # Errors
    /// A feature that is a number on one side only.
    pub fn new(feature: &Feature<'_>) -> Result<Coded, DriftError> {
        let (codes, kinds, scale) = match (feature.reference, feature.current) {
            (Values::Numbers(reference), Values::Numbers(current)) => numbers(&[reference, current].concat())?,
            (Values::Categories { codes: reference, names }, Values::Categories { codes: current, .. }) => {
                // Only categories that occur are counted.
                let (mut places, mut kinds) = (vec![MISSING; names.len()], 0);
                let mut place = |code: &u32| {
                    let Some(place) = places.get_mut(*code as usize) else { return MISSING };
                    if *place == MISSING {
                        *place = kinds;
                        kinds += 1;
                    }
                    *place
                };
                let codes = reference.iter().chain(current).map(&mut place).collect();
                (codes, kinds as usize, None)
            }
            _ => {
                let what = "the kind of a feature's current values";
                return Err(DriftError::BadSetting { what, value: f64::NAN, must: "that of its reference values" });
            }
        };
        let mut totals = vec![0; kinds];
        let missing = tally(codes.iter().copied(), &mut totals);
        Ok(Coded { codes, missing, scale, mine: vec![0; kinds], rest: vec![0; kinds], totals })
    }

    /// Whether the rules find drift between the rows of `hand`, which are the reference when `first`, and the others.
    pub fn alarm(&mut self, hand: &[u32], first: bool, rules: &Rules, threshold: f64) -> Result<bool, DriftError> {
        self.mine.iter_mut().for_each(|count| *count = 0);
        let codes = hand.iter().map(|row| self.codes.get(*row as usize).copied().unwrap_or(MISSING));
        let missed = tally(codes, &mut self.mine);
        for ((rest, total), mine) in self.rest.iter_mut().zip(&self.totals).zip(&self.mine) {
            *rest = total - mine;
        }
        let others = self.missing - missed;
        let (before, now, missing) = match first {
            true => (&self.mine, &self.rest, [missed, others]),
            false => (&self.rest, &self.mine, [others, missed]),
        };
        let [seen, present] = [before, now].map(|counts| counts.iter().sum::<u64>());
        let rose = |rate: &Rate, most: f64| rate.rise() > most && rate.p_value < threshold;
        let rate = Rate::new(missing[0], seen + missing[0], missing[1], present + missing[1]);
        if rate.is_some_and(|rate| rose(&rate, rules.missing)) {
            return Ok(true);
        }
        if seen == 0 || present == 0 {
            return Ok(false);
        }
        let Some(scale) = &self.scale else {
            let distance = Shares::of_counts(before, now)?.map_or(0.0, |shares| shares.total_variation());
            if distance > rules.distance && chance::of_categories(before, now)?.is_some_and(|p| p < threshold) {
                return Ok(true);
            }
            let unseen = Unseen::new(before, now);
            let beyond = (unseen.values as f64 - unseen.expected) / present as f64;
            return Ok(beyond > rules.new_categories && unseen.p_value < threshold);
        };
        let distance = Bracket::new(before, now)?.map_or(0.0, |bracket| bracket.at_least);
        if distance > rules.distance && chance::of_distance(seen, present, distance) < threshold {
            return Ok(true);
        }
        let outliers = scale.beyond(before, now, seen).and_then(|beyond| beyond.rate([seen, present]));
        Ok(outliers.is_some_and(|rate| rose(&rate, rules.outliers)))
    }
}

impl Scale {
    fn beyond(&self, before: &[u64], now: &[u64], seen: u64) -> Option<Beyond> {
        let mut filled = before.iter().zip(&self.values).filter(|(count, _)| **count > 0).map(|(_, value)| *value);
        let low = filled.next()?;
        let high = filled.next_back().unwrap_or(low);
        let (fenced, at_ends) = fences((self.quantile(before, seen, 0.25)?, self.quantile(before, seen, 0.75)?), (low, high));
        let outside = |counts: &[u64], (low, high): (f64, f64)| {
            counts.iter().zip(&self.values).filter(|(_, x)| **x < low || **x > high).map(|(count, _)| *count).sum::<u64>()
        };
        Some(Beyond {
            counts: [outside(before, fenced), outside(now, fenced)],
            pooled: [outside(before, self.fences), outside(now, self.fences)],
            at_ends,
        })
    }

    /// The quantile of counted values, linear between neighbours as that of a sample.
    fn quantile(&self, counts: &[u64], all: u64, q: f64) -> Option<f64> {
        let place = q * (all as f64 - 1.0);
        let (below, part) = (place.floor(), place - place.floor());
        let (mut passed, mut lower) = (0.0, None);
        for (count, value) in counts.iter().zip(&self.values) {
            passed += *count as f64;
            if lower.is_none() && passed > below {
                lower = Some(*value);
            }
            if let Some(lower) = lower.filter(|_| passed > below + 1.0 || part == 0.0) {
                return Some(lower + part * (value - lower));
            }
        }
        lower
    }
}

fn numbers(both: &[f64]) -> Result<(Vec<u32>, usize, Option<Scale>), DriftError> {
    let present: Vec<f64> = both.iter().copied().filter(|x| !x.is_nan()).collect();
    let sample = Sample::new(&present, "pooled")?;
    let sorted = sample.values();
    let mut values: Vec<f64> = sorted.chunk_by(|a, b| a == b).filter_map(|same| same.first().copied()).collect();
    if values.len() > MOST_CODES {
        let edges = Bins::of_quantiles(sorted, MOST_CODES).map(|bins| bins.edges().to_vec()).unwrap_or_default();
        values = edges.into_iter().chain(sorted.last().copied()).collect();
        values.dedup();
    }
    let code = |x: &f64| if x.is_nan() { MISSING } else { values.partition_point(|value| value < x) as u32 };
    let codes = both.iter().map(code).collect();
    let quartile = |q| order::quantile(sorted, q).unwrap_or_default();
    let ends = (sorted.first().copied().unwrap_or_default(), sorted.last().copied().unwrap_or_default());
    let (fences, _) = fences((quartile(0.25), quartile(0.75)), ends);
    Ok((codes, values.len(), Some(Scale { values, fences })))
}

/// Counts codes, and returns how many are missing.
fn tally(codes: impl Iterator<Item = u32>, counts: &mut [u64]) -> u64 {
    let mut missing = 0;
    for code in codes {
        match counts.get_mut(code as usize) {
            Some(count) => *count += 1,
            None => missing += 1,
        }
    }
    missing
}
