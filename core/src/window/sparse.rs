//! Counts as a list of (place, count) of those that are not 0: how scores and latencies are kept in a document.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes the counts that are not 0, each with its place.
pub(super) fn write<S: Serializer>(counts: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq((0u32..).zip(counts).filter(|(_, count)| **count > 0))
}

/// Reads what [`write`] wrote of `PLACES` places; none when nothing was counted.
pub(super) fn read<'de, D: Deserializer<'de>, const PLACES: usize>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let pairs = Vec::<(u32, u64)>::deserialize(deserializer)?;
    let mut counts = if pairs.is_empty() { Vec::new() } else { vec![0; PLACES] };
    for (place, count) in pairs {
        let slot = usize::try_from(place).ok().and_then(|place| counts.get_mut(place));
        *slot.ok_or_else(|| D::Error::custom(format!("place {place} of a list of {PLACES} counts")))? = count;
    }
    Ok(counts)
}
