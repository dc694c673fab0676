//! The draws: (salt, id) to a bucket, as five owners define it.
//!
//! GrowthBook's modes are proven by its own cases, flagd's by those of its test bed (in `split`), Unleash's by its specification's,
//! murmur by published vectors. A mode decides which bits of which hash are used; [`Allocation`](super::Allocation) defines what the buckets
//! mean.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{growthbook, murmur};

/// How a lead's id becomes a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "HashMode"))]
#[serde(rename_all = "kebab-case")]
pub enum Hash {
    /// SHA-256 of `salt:id`, first 32 bits: any SQL database can recompute it.
    #[default]
    Sha256,
    /// GrowthBook's hash version 1: 1,000 buckets. Correlates between experiments; for reading old assignments.
    GrowthbookV1,
    /// GrowthBook's hash version 2: 10,000 buckets.
    GrowthbookV2,
    /// flagd's fractional evaluation, version 2, of `salt` followed by `id`.
    Flagd,
    /// Unleash's variant selection, with the salt as group id.
    Unleash,
}

/// Seed of Unleash's draw between variants; its draw for a rollout percentage has seed 0.
const UNLEASH_VARIANTS: u32 = 86_028_157;

impl Hash {
    /// The modes by name.
    pub const ALL: [(&'static str, Hash); 5] = [
        ("sha256", Hash::Sha256),
        ("growthbook-v1", Hash::GrowthbookV1),
        ("growthbook-v2", Hash::GrowthbookV2),
        ("flagd", Hash::Flagd),
        ("unleash", Hash::Unleash),
    ];

    /// The mode's name, as settings write it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, hash)| *hash == self).map_or("", |(name, _)| name)
    }

    /// The bucket of `id` among `total`: from 0 to `total` − 1. `total` is at most 2³¹ − 1; 0 gives 0.
    ///
    /// # Formula
    /// With h the 32 bits drawn: ⌊h · total / 2³²⌋ for `sha256` and `flagd`; h mod total for `unleash`; ⌊n · total⌋ for GrowthBook,
    /// whose n is a multiple of 1/10,000 (1/1,000 in version 1) and rounded before it is scaled.
    ///
    /// # Source
    /// GrowthBook SDK specification 0.7 (`hash`); flagd "fractional" evaluation (murmur3, scaled by multiplication); Unleash client
    /// specification 5 (normalised murmur3, which counts from 1: ours is one less).
    ///
    /// # Example
    /// ```
    /// use plumbline_core::route::Hash;
    /// assert_eq!(Hash::GrowthbookV2.bucket("seed", "a", 10_000), 505);
    /// ```
    pub fn bucket(self, salt: &str, id: &str, total: u32) -> u32 {
        match self {
            Hash::Sha256 | Hash::Flagd => ((u64::from(self.bits(salt, id)) * u64::from(total)) >> 32) as u32,
            Hash::Unleash => self.bits(salt, id).checked_rem(total).unwrap_or_default(),
            Hash::GrowthbookV1 => (u64::from(growthbook::bucket_v1(salt, id)) * u64::from(total) / 1_000) as u32,
            Hash::GrowthbookV2 => (u64::from(growthbook::bucket_v2(salt, id)) * u64::from(total) / 10_000) as u32,
        }
    }

    /// The position of `id` in [0, 1): a multiple of 2⁻³² (of 1/10,000 or 1/1,000 for GrowthBook).
    pub fn point(self, salt: &str, id: &str) -> f64 {
        match self {
            Hash::GrowthbookV1 => f64::from(growthbook::bucket_v1(salt, id)) / 1_000.0,
            Hash::GrowthbookV2 => f64::from(growthbook::bucket_v2(salt, id)) / 10_000.0,
            _ => f64::from(self.bits(salt, id)) / 4_294_967_296.0,
        }
    }

    /// The 32 bits drawn; 0 for GrowthBook, which draws fewer.
    fn bits(self, salt: &str, id: &str) -> u32 {
        match self {
            Hash::Sha256 => sha256(salt, id),
            Hash::Flagd => murmur::hash32(format!("{salt}{id}").as_bytes(), 0),
            Hash::Unleash => murmur::hash32(format!("{salt}:{id}").as_bytes(), UNLEASH_VARIANTS),
            Hash::GrowthbookV1 | Hash::GrowthbookV2 => 0,
        }
    }
}

/// The first 32 bits of SHA-256 of `salt:id`, big end first.
fn sha256(salt: &str, id: &str) -> u32 {
    let mut hasher = Sha256::new();
    for part in [salt.as_bytes(), b":", id.as_bytes()] {
        hasher.update(part);
    }
    hasher.finalize().iter().take(4).fold(0, |h, byte| h << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GrowthBook's own cases, in buckets. SHA-256 is checked by the databases (`tests/tests/assignment.rs`), murmur by its vectors.
    #[test]
    fn buckets_are_growthbooks() {
        let rows = [
            (Hash::GrowthbookV1, "", "a", 1_000, 220),
            (Hash::GrowthbookV1, "", "123", 1_000, 11),
            (Hash::GrowthbookV2, "seed", "b", 10_000, 2_696),
            (Hash::GrowthbookV2, "foo", "def", 10_000, 2_019),
        ];
        for (hash, salt, id, total, expected) in rows {
            assert_eq!(hash.bucket(salt, id, total), expected, "{} {salt} {id}", hash.name());
        }
    }

    #[test]
    fn sha256_takes_the_first_eight_hexadecimal_digits() {
        // SHA-256("abc") begins ba7816bf; the colon of "salt:id" is inside here.
        assert_eq!(sha256("", ""), 0xe7ac_0786);
        assert_eq!(Hash::Sha256.bucket("", "", 10_000), ((0xe7ac_0786_u64 * 10_000) >> 32) as u32);
    }

    /// The client specification's examples of `normalizedVariantHash`; Unleash counts from 1.
    #[test]
    fn buckets_are_unleashs() {
        assert_eq!(Hash::Unleash.bucket("gr1", "123", 100) + 1, 96);
        assert_eq!(Hash::Unleash.bucket("groupX", "999", 100) + 1, 60);
    }

    #[test]
    fn no_bucket_lies_outside() {
        for (name, hash) in Hash::ALL {
            for total in [0, 1, 7, 10_000, 0x7fff_ffff] {
                for id in ["", "a", "é", "L-000001"] {
                    assert!(hash.bucket("s", id, total) < total.max(1), "{name} {total} {id}");
                }
            }
        }
    }
}
