//! A plain split by weights, side by side from the first arm to the last, as flagd, Unleash and GrowthBook define it.
//!
//! For reading other systems' assignments and for one-off draws; a model's rollout uses [`Allocation`](super::Allocation), whose
//! arms can grow without moving leads between arms.

use super::{Hash, growthbook};
use crate::schema::ConfigErrors;

/// Arms with weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    hash: Hash,
    salt: String,
    arms: Vec<String>,
    /// Where each arm ends, in units of weight.
    ends: Vec<u32>,
    /// GrowthBook's own ranges, which are doubles.
    ranges: Vec<(f64, f64)>,
}

impl Split {
    /// A split over `arms`, each a name and a weight.
    ///
    /// # Errors
    /// No arm, an arm without a name or with the name of another, a sum of weights of 0 or above 2³¹ − 1.
    pub fn new(hash: Hash, salt: impl Into<String>, arms: &[(String, u32)]) -> Result<Split, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        for (i, (name, _)) in arms.iter().enumerate() {
            if name.is_empty() {
                errors.add("ARM_WITHOUT_NAME", format!("weights[{i}]"), "the arm has no name".to_owned());
            } else if arms.iter().take(i).any(|(other, _)| other == name) {
                errors.add("ARM_DUPLICATE", format!("weights[{i}]"), format!("the arm {name:?} appears more than once"));
            }
        }
        let mut sum = 0u64;
        let ends: Vec<u64> = arms
            .iter()
            .map(|(_, weight)| {
                sum += u64::from(*weight);
                sum
            })
            .collect();
        if sum == 0 || sum > 0x7fff_ffff {
            errors.add(
                "WEIGHTS_SUM",
                "weights".to_owned(),
                format!("the weights add up to {sum}; the sum must be from 1 to 2147483647"),
            );
        }
        errors.into_result()?;
        let weights: Vec<f64> = arms.iter().map(|(_, weight)| f64::from(*weight) / sum as f64).collect();
        Ok(Split {
            hash,
            salt: salt.into(),
            arms: arms.iter().map(|(name, _)| name.clone()).collect(),
            ends: ends.iter().map(|end| *end as u32).collect(),
            ranges: growthbook::bucket_ranges(arms.len(), 1.0, Some(&weights)),
        })
    }

    /// The number of the arm of `id`.
    pub fn index(&self, id: &str) -> usize {
        let last = self.arms.len().saturating_sub(1);
        let version = match self.hash {
            Hash::GrowthbookV1 => 1,
            Hash::GrowthbookV2 => 2,
            _ => {
                let bucket = self.hash.bucket(&self.salt, id, self.ends.last().copied().unwrap_or_default());
                return self.ends.iter().position(|end| bucket < *end).unwrap_or(last);
            }
        };
        let n = growthbook::hash(&self.salt, id, version).unwrap_or_default();
        growthbook::choose_variation(n, &self.ranges).unwrap_or(last)
    }

    /// The name of the arm of `id`.
    pub fn arm(&self, id: &str) -> &str {
        self.arms.get(self.index(id)).map_or("", String::as_str)
    }

    /// The position of `id` in [0, 1), for display and plots.
    pub fn point(&self, id: &str) -> f64 {
        self.hash.point(&self.salt, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arms(weights: &[u32]) -> Vec<(String, u32)> {
        weights.iter().zip('a'..).map(|(weight, name)| (name.to_string(), *weight)).collect()
    }

    /// Every case of flagd's own test bed for the fractional operator, version 2, whose weights are constants: its flag key (or seed)
    /// is our salt, and a flag that takes the bare targeting key has none.
    #[test]
    fn flagds_published_cases() {
        let suits: &[(&str, u32)] = &[("clubs", 25), ("diamonds", 25), ("hearts", 25), ("spades", 25)];
        let coin: &[(&str, u32)] = &[("heads", 1), ("tails", 1)];
        let halves: &[(&str, u32)] = &[("lower", 50), ("upper", 50)];
        type Row<'a> = (&'a str, &'a [(&'a str, u32)], &'a [(&'a str, &'a str)]);
        let rows: [Row<'_>; 4] = [
            (
                "fractional-flag",
                suits,
                &[("jack", "hearts"), ("queen", "spades"), ("ten", "clubs"), ("nine", "diamonds"), ("3", "clubs")],
            ),
            ("shared-seed", suits, &[("seven", "hearts"), ("eight", "diamonds"), ("nine", "clubs"), ("two", "spades")]),
            ("fractional-flag-shorthand", coin, &[("jon@company.com", "heads"), ("jane@company.com", "tails")]),
            // Their hashes are 0, 1, 2³¹ − 1, 2³¹ and 2³² − 1.
            (
                "",
                halves,
                &[("ejOoVL", "lower"), ("bY9fO-", "lower"), ("SI7p-", "lower"), ("6LvT0", "upper"), ("ceQdGm", "upper")],
            ),
        ];
        for (salt, weights, cases) in rows {
            let weights: Vec<(String, u32)> = weights.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
            let split = Split::new(Hash::Flagd, salt, &weights).unwrap();
            for (id, arm) in cases {
                assert_eq!(split.arm(id), *arm, "{salt} {id}");
            }
        }
        let ends = [("ejOoVL", 0u32), ("bY9fO-", 1), ("SI7p-", 0x7fff_ffff), ("6LvT0", 0x8000_0000), ("ceQdGm", u32::MAX)];
        for (key, hash) in ends {
            assert_eq!(Hash::Flagd.point("", key), f64::from(hash) / 4_294_967_296.0, "{key}");
        }
    }

    #[test]
    fn an_arm_without_weight_gets_nobody() {
        for (name, hash) in Hash::ALL {
            let split = Split::new(hash, "s", &arms(&[0, 3, 0, 1])).unwrap();
            let mut counts = [0u32; 4];
            (0..4_000).for_each(|i| counts[split.index(&format!("L-{i}"))] += 1);
            assert_eq!((counts[0], counts[2]), (0, 0), "{name}");
            // 3 : 1 of 4,000 is 3,000 ± 27; six standard deviations.
            assert!(counts[1].abs_diff(3_000) < 165, "{name} {counts:?}");
        }
    }

    #[test]
    fn a_split_that_cannot_be_is_refused() {
        let twice = [("a".to_owned(), 1), ("a".to_owned(), 1), (String::new(), 1)];
        let codes = |arms: &[(String, u32)]| {
            let problems = Split::new(Hash::Sha256, "", arms).unwrap_err().problems;
            problems.into_iter().map(|problem| problem.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(&twice), ["ARM_DUPLICATE", "ARM_WITHOUT_NAME"]);
        assert_eq!(codes(&[]), ["WEIGHTS_SUM"]);
        assert_eq!(codes(&arms(&[u32::MAX, 1])), ["WEIGHTS_SUM"]);
    }
}
