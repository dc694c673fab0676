//! How often the rules raise an alarm when nothing drifted: rows of both tables are dealt out anew, again and again.
//!
//! Whole rows are dealt, so features that go together stay together: the rate of "more than two features" depends on that, and no
//! formula for single features gives it. Numbers are counted in up to 2,046 bins of equal counts of both tables together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Feature, Rules};
use crate::drift::{Bracket, DriftError, Frequency, Rate, Sample, Shares};
use crate::evidence::InsufficientData;
use crate::histogram::Bins;
use crate::random::Random;
use crate::stats::kolmogorov;
use crate::table::Values;

/// The code of a missing value.
const MISSING: u16 = CODES as u16 - 1;
const CODES: usize = 2_048;

/// What was seen in one deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// Features that counted as drifted.
    pub drifted: usize,
}

/// How often the rules found drift where there was none.
#[derive(Debug, Clone, PartialEq)]
pub struct FalseAlarms {
    /// Deals.
    pub deals: u64,
    /// Deals in which at least one feature counted as drifted.
    pub any_feature: u64,
    /// Deals in which the table did.
    pub verdict: u64,
    /// Per feature, in the order given: deals in which it did.
    pub by_feature: Vec<u64>,
}

/// How often the rules found drift where there was none, as parts of the deals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlarmRates {
    /// Deals.
    pub deals: u64,
    /// The seed of the deals.
    pub seed: u64,
    /// The part in which at least one feature counted as drifted.
    pub any_feature: f64,
    /// The part in which the table did.
    pub verdict: f64,
    /// The part in which each feature did.
    pub by_feature: BTreeMap<String, f64>,
}

/// One feature of both tables, reference rows first.
struct Coded {
    codes: Vec<u16>,
    numeric: bool,
}

impl FalseAlarms {
    /// Deals the rows of both tables `deals` times into two tables of the same sizes. `each` is told of every deal and says whether to
    /// go on, so that a person can see progress and stop.
    ///
    /// Missing values and distributions are judged; outliers and new categories depend on which table is the reference and are not.
    ///
    /// # Errors
    /// Features of different length; a feature that is a number on one side only; the inner error without rows or features.
    pub fn measure(
        features: &[Feature<'_>],
        rules: &Rules,
        deals: u64,
        seed: u64,
        mut each: impl FnMut(u64, Observed) -> bool,
    ) -> Result<Result<FalseAlarms, InsufficientData>, DriftError> {
        let Some(first) = features.first() else {
            return Ok(Err(InsufficientData { of: "features", found: 0, needed: 1 }));
        };
        let (reference, current) = (first.reference.rows(), first.current.rows());
        let mut coded = Vec::with_capacity(features.len());
        for feature in features {
            for (what, found, expected) in [
                ("a feature's reference", feature.reference.rows(), reference),
                ("a feature's current table", feature.current.rows(), current),
            ] {
                if found != expected {
                    return Err(DriftError::LengthMismatch { what, found, expected });
                }
            }
            coded.push(code(feature)?);
        }
        if let Err(reason) = InsufficientData::unless(reference.min(current) as u64, 1, "rows in each table") {
            return Ok(Err(reason));
        }
        let totals: Vec<[u64; CODES]> = coded.iter().map(|feature| tally(&feature.codes)).collect();
        // The smaller table is dealt, the other is the rest.
        let dealt = reference.min(current);
        let mut rows: Vec<u32> = (0..(reference + current) as u32).collect();
        let mut random = Random::new(seed);
        let mut found = FalseAlarms { deals: 0, any_feature: 0, verdict: 0, by_feature: vec![0; features.len()] };
        for deal in 1..=deals {
            for i in 0..dealt {
                let other = i + random.below((rows.len() - i) as u64) as usize;
                rows.swap(i, other);
            }
            let hand = rows.get(..dealt).unwrap_or_default();
            let mut drifted = 0;
            for ((feature, total), alarms) in coded.iter().zip(&totals).zip(&mut found.by_feature) {
                let mut mine = [0u64; CODES];
                for row in hand {
                    let code = feature.codes.get(*row as usize).copied().unwrap_or(MISSING);
                    if let Some(count) = mine.get_mut(usize::from(code)) {
                        *count += 1;
                    }
                }
                let mut rest = *total;
                rest.iter_mut().zip(&mine).for_each(|(rest, mine)| *rest -= mine);
                let (before, now) = if reference <= current { (&mine, &rest) } else { (&rest, &mine) };
                if alarm(feature.numeric, before, now, rules)? {
                    *alarms += 1;
                    drifted += 1;
                }
            }
            found.deals = deal;
            found.any_feature += u64::from(drifted > 0);
            found.verdict += u64::from(drifted > rules.features_allowed);
            if !each(deal, Observed { drifted }) {
                break;
            }
        }
        Ok(Ok(found))
    }
}

impl FalseAlarms {
    /// The counts as parts of the deals; `features` are those measured, `seed` is the one they were dealt with.
    pub fn rates(&self, features: &[Feature<'_>], seed: u64) -> AlarmRates {
        let part = |count: u64| count as f64 / self.deals as f64;
        let by_feature = features.iter().zip(&self.by_feature).map(|(feature, count)| (feature.name.to_owned(), part(*count)));
        AlarmRates {
            deals: self.deals,
            seed,
            any_feature: part(self.any_feature),
            verdict: part(self.verdict),
            by_feature: by_feature.collect(),
        }
    }
}

fn code(feature: &Feature<'_>) -> Result<Coded, DriftError> {
    let codes = match (feature.reference, feature.current) {
        (Values::Numbers(reference), Values::Numbers(current)) => {
            let both = || reference.iter().chain(current).copied();
            let present: Vec<f64> = both().filter(|x| !x.is_nan()).collect();
            let sample = Sample::new(&present, "pooled")?;
            let bins = Bins::of_quantiles(sample.values(), CODES - 2).ok();
            let of = |x: f64| bins.as_ref().filter(|_| !x.is_nan()).and_then(|bins| u16::try_from(bins.of(x)).ok());
            both().map(|x| of(x).unwrap_or(MISSING)).collect()
        }
        (Values::Categories { codes: reference, names }, Values::Categories { codes: current, .. }) => {
            // The last code but one holds all categories that have no code of their own.
            let of = |code: &u32| {
                let place = usize::try_from(*code).unwrap_or(usize::MAX);
                if place < names.len() { place.min(CODES - 2) as u16 } else { MISSING }
            };
            reference.iter().chain(current).map(of).collect()
        }
        _ => {
            let what = "the kind of a feature's current values";
            return Err(DriftError::BadSetting { what, value: f64::NAN, must: "that of its reference values" });
        }
    };
    Ok(Coded { codes, numeric: matches!(feature.reference, Values::Numbers(_)) })
}

fn tally(codes: &[u16]) -> [u64; CODES] {
    let mut counts = [0; CODES];
    for code in codes {
        if let Some(count) = counts.get_mut(usize::from(*code)) {
            *count += 1;
        }
    }
    counts
}

/// Whether the rules find drift between two dealt tables.
fn alarm(numeric: bool, before: &[u64; CODES], now: &[u64; CODES], rules: &Rules) -> Result<bool, DriftError> {
    let ([before @ .., missed], [now @ .., misses]) = (before, now);
    let all = [before, now].map(|counts| counts.iter().sum::<u64>());
    let [seen, present] = all;
    let missing = Rate::new(*missed, seen + missed, *misses, present + misses);
    if missing.is_some_and(|rate| rate.rise() > rules.missing && rate.p_value < rules.chance) {
        return Ok(true);
    }
    if seen == 0 || present == 0 {
        return Ok(false);
    }
    if numeric {
        let distance = Bracket::new(before, now)?.map_or(0.0, |bracket| bracket.at_least);
        let effective = seen as f64 * present as f64 / (seen + present) as f64;
        return Ok(distance > rules.distance && kolmogorov::sf(effective.round_ties_even() as u64, distance) < rules.chance);
    }
    let distance = Shares::of_counts(before, now)?.map_or(0.0, |shares| shares.total_variation());
    Ok(distance > rules.distance && Frequency::chi_square(before, now)?.is_ok_and(|test| test.p_value < rules.chance))
}
