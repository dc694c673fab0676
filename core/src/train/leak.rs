//! Fields that are probably known only after the outcome: a model trained on them is excellent in the lab and useless in service.

use crate::random::Random;

/// Bins that a number is put into.
const PARTS: usize = 20;
/// Folds, so that a field with many values does not rank the leads that its rates come from.
const FOLDS: usize = 5;
/// Rows of the mean outcome that each value's rate is drawn to.
const PRIOR: f64 = 10.0;
/// No field that is known beforehand ranks leads so well alone.
const ALONE: f64 = 0.9;
/// A field that is often missing and ranks leads so well …
const FILLED: f64 = 0.75;
const OFTEN: f64 = 0.2;
/// … is suspect where leads without it convert at most this part of the average.
const SELDOM: f64 = 0.6;

/// Why a field is suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// It ranks leads better alone than fields known beforehand do.
    Alone,
    /// It is missing in many leads, which then seldom convert: it is probably filled in on the way to the deal.
    FilledLater,
}

/// What one field says of the outcome, by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Single {
    /// Area under the ROC curve of the rate of its values, each lead by the rate in the other folds.
    pub auc: f64,
    /// Share of leads without it.
    pub missing: f64,
    /// Share of these that convert; of all leads where none is missing.
    pub converted_without: f64,
    /// Share of all leads that convert.
    pub converted: f64,
}

impl Single {
    /// What the column `values` (NaN is missing) says of `outcomes`; `keys` decide the folds.
    pub fn of(values: &[f64], is_category: bool, outcomes: &[bool], keys: &[u64]) -> Single {
        let cuts = if is_category { Vec::new() } else { cuts(values) };
        let group = |value: f64| match (value.is_nan(), is_category) {
            (true, _) => u64::MAX,
            (false, true) => value.to_bits(),
            (false, false) => cuts.partition_point(|cut| *cut < value) as u64,
        };
        let fold = |key: u64| (Random::new(key ^ 0x1ea4).bits() % FOLDS as u64) as usize;
        // Per value the leads and conversions in each fold.
        let mut counts: std::collections::BTreeMap<u64, [[u64; 2]; FOLDS]> = std::collections::BTreeMap::new();
        let (mut yes, mut missing, mut yes_missing) = (0u64, 0u64, 0u64);
        for ((value, outcome), key) in values.iter().zip(outcomes).zip(keys) {
            let cell = counts.entry(group(*value)).or_default();
            if let Some([leads, converted]) = cell.get_mut(fold(*key)) {
                *leads += 1;
                *converted += u64::from(*outcome);
            }
            yes += u64::from(*outcome);
            missing += u64::from(value.is_nan());
            yes_missing += u64::from(value.is_nan() && *outcome);
        }
        let rows = values.len().max(1) as f64;
        let base = yes as f64 / rows;
        // Leads of one value and fold share their rate: the area is one of groups.
        let mut groups: Vec<(f64, u64, u64)> = Vec::new();
        for folds in counts.values() {
            let (leads, converted) = folds.iter().fold((0, 0), |(leads, converted), cell| (leads + cell[0], converted + cell[1]));
            for [of_leads, of_converted] in folds {
                let rate = ((converted - of_converted) as f64 + PRIOR * base) / ((leads - of_leads) as f64 + PRIOR);
                groups.push((rate, *of_converted, of_leads - of_converted));
            }
        }
        groups.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut below, mut pairs) = (0u64, 0.0);
        for same in groups.chunk_by(|a, b| a.0 == b.0) {
            let (converted, not) = same.iter().fold((0, 0), |(converted, not), group| (converted + group.1, not + group.2));
            pairs += converted as f64 * (below as f64 + not as f64 / 2.0);
            below += not;
        }
        let all = yes as f64 * below as f64;
        Single {
            auc: if all > 0.0 { pairs / all } else { 0.5 },
            missing: missing as f64 / rows,
            converted_without: if missing > 0 { yes_missing as f64 / missing as f64 } else { base },
            converted: base,
        }
    }

    /// Whether, and why, the field is suspect.
    pub fn suspicion(&self) -> Option<Suspicion> {
        let is_filled = self.missing >= OFTEN && self.converted_without <= SELDOM * self.converted;
        if self.auc >= ALONE {
            return Some(Suspicion::Alone);
        }
        (self.auc >= FILLED && is_filled).then_some(Suspicion::FilledLater)
    }
}

/// Cuts of about as many values each.
fn cuts(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut cuts: Vec<f64> = (1..PARTS).filter_map(|part| sorted.get(sorted.len() * part / PARTS).copied()).collect();
    cuts.dedup();
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leads, half of which convert; what `value` makes of each outcome and a draw in [0, 1).
    fn single(is_category: bool, value: impl Fn(bool, f64) -> f64) -> Single {
        let mut random = Random::new(3);
        let outcomes: Vec<bool> = (0..4_000).map(|_| random.unit() < 0.5).collect();
        let values: Vec<f64> = outcomes.iter().map(|outcome| value(*outcome, random.unit())).collect();
        let keys: Vec<u64> = (0..4_000).map(|_| random.bits()).collect();
        Single::of(&values, is_category, &outcomes, &keys)
    }

    #[test]
    fn what_is_known_too_late_is_suspect_and_what_is_good_is_not() {
        let tag =
            single(true, |outcome, draw| if draw < 0.06 { f64::from(u8::from(!outcome)) } else { f64::from(u8::from(outcome)) });
        assert!((tag.auc - 0.94).abs() < 0.02 && tag.suspicion() == Some(Suspicion::Alone), "{tag:?}");
        let quality = single(true, |outcome, draw| match (outcome, draw < 0.85) {
            (false, true) => f64::NAN,
            (true, true) => 1.0,
            _ => 2.0,
        });
        assert!(quality.auc > ALONE || quality.suspicion() == Some(Suspicion::FilledLater), "{quality:?}");
        let late = single(true, |outcome, draw| if draw < if outcome { 0.3 } else { 0.85 } { f64::NAN } else { 1.0 });
        assert_eq!(late.suspicion(), Some(Suspicion::FilledLater), "{late:?}");
        let good = single(false, |outcome, draw| draw + if outcome { 0.3 } else { 0.0 });
        assert!(good.auc > 0.7 && good.suspicion().is_none(), "{good:?}");
    }

    #[test]
    fn many_values_of_noise_rank_nothing() {
        let noise = single(true, |_, draw| (draw * 1_000.0).floor());
        assert!((noise.auc - 0.5).abs() < 0.03, "{noise:?}");
    }
}
