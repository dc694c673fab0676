//! How often the rules raise an alarm when nothing drifted: rows of both tables are dealt out anew, again and again.
//!
//! Whole rows are dealt, so features that go together stay together: the rate of "more than two features" depends on that. Every rule
//! of the report is applied to every deal (`dealt`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dealt::Coded;
use super::{Feature, Rules};
use crate::drift::DriftError;
use crate::evidence::InsufficientData;
use crate::random::Random;

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

impl FalseAlarms {
    /// Deals the rows of both tables `deals` times into two tables of the same sizes. `each` is called with every deal and returns whether
    /// to go on, so that a person can see progress and stop.
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
            coded.push(Coded::new(feature)?);
        }
        if let Err(reason) = InsufficientData::unless(reference.min(current) as u64, 1, "rows in each table") {
            return Ok(Err(reason));
        }
        let threshold = rules.threshold(features.len());
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
            for (feature, alarms) in coded.iter_mut().zip(&mut found.by_feature) {
                if feature.alarm(hand, reference <= current, rules, threshold)? {
                    *alarms += 1;
                    drifted += 1;
                }
            }
            found.deals = deal;
            found.any_feature += u64::from(drifted > 0);
            found.verdict += u64::from(drifted > rules.allowed(features.len()));
            if !each(deal, Observed { drifted }) {
                break;
            }
        }
        Ok(Ok(found))
    }

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
