//! Which shard keeps the records of a lead.

/// The shard of `lead_id` among `shards`: FNV-1a of its bytes, mixed, scaled down. The same on every host, for ever.
pub fn shard(lead_id: &str, shards: u32) -> u32 {
    let hash = lead_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (((hash >> 32) * u64::from(shards.max(1))) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::shard;

    #[test]
    fn shards_are_even_and_stay() {
        let mut counts = [0u32; 4];
        for i in 0..10_000 {
            counts[shard(&format!("lead-{i}"), 4) as usize] += 1;
        }
        assert!(counts.iter().all(|n| (2_300..2_700).contains(n)), "{counts:?}");
        assert_eq!(shard("lead-1", 1), 0);
        assert_eq!([shard("a", 1024), shard("", 1024), shard("Zoë", 1024)], [950, 946, 178]);
    }
}
