//! GrowthBook's bucketing: hash, bucket ranges, variation, namespace.
//!
//! # Source
//! GrowthBook SDK specification, section "Helper functions". Ranges are doubles there, and equality at an edge decides, so they
//! are doubles here.

/// A lead's position n in [0, 1): hash version 1 or 2; `None` for a version that does not exist.
pub fn hash(seed: &str, value: &str, version: u32) -> Option<f64> {
    match version {
        1 => Some(f64::from(bucket_v1(seed, value)) / 1_000.0),
        2 => Some(f64::from(bucket_v2(seed, value)) / 10_000.0),
        _ => None,
    }
}

/// Version 1: FNV-1a of value and seed, modulo 1,000.
pub(super) fn bucket_v1(seed: &str, value: &str) -> u32 {
    fnv1a(value.encode_utf16().chain(seed.encode_utf16())) % 1_000
}

/// Version 2: FNV-1a of the decimal text of FNV-1a of seed and value, modulo 10,000.
pub(super) fn bucket_v2(seed: &str, value: &str) -> u32 {
    let first = fnv1a(seed.encode_utf16().chain(value.encode_utf16()));
    fnv1a(first.to_string().encode_utf16()) % 10_000
}

/// FNV-1a over UTF-16 code units, as JavaScript's `charCodeAt` gives them.
fn fnv1a(units: impl Iterator<Item = u16>) -> u32 {
    units.fold(0x811c_9dc5, |h, unit| (h ^ u32::from(unit)).wrapping_mul(0x0100_0193))
}

/// Equal weights for `n` variations.
pub fn equal_weights(n: usize) -> Vec<f64> {
    vec![1.0 / n as f64; n]
}

/// The range of each of `n` variations: it starts where the full weights before it end and is `coverage` × its weight wide.
///
/// A coverage outside [0, 1] is clamped; weights of another number than `n`, or whose sum is not within 0.01 of 1, are replaced
/// by equal ones.
pub fn bucket_ranges(n: usize, coverage: f64, weights: Option<&[f64]>) -> Vec<(f64, f64)> {
    let coverage = if coverage.is_nan() { 1.0 } else { coverage.clamp(0.0, 1.0) };
    let sum = |weights: &[f64]| weights.iter().fold(0.0, |sum, weight| sum + weight);
    let fit = weights.filter(|weights| weights.len() == n && (0.99..=1.01).contains(&sum(weights)));
    let weights = fit.map_or_else(|| equal_weights(n), <[f64]>::to_vec);
    let mut start = 0.0;
    let range = |weight| {
        let low = start;
        start += weight;
        (low, low + coverage * weight)
    };
    weights.into_iter().map(range).collect()
}

/// The first range that holds `n`: lo ≤ n < hi.
pub fn choose_variation(n: f64, ranges: &[(f64, f64)]) -> Option<usize> {
    ranges.iter().position(|(low, high)| *low <= n && n < *high)
}

/// Whether `value` lies in the part [`low`, `high`) of `namespace`.
pub fn in_namespace(value: &str, namespace: &str, low: f64, high: f64) -> bool {
    let n = f64::from(bucket_v1(&format!("__{namespace}"), value)) / 1_000.0;
    low <= n && n < high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_keep_their_start_when_coverage_shrinks() {
        assert_eq!(bucket_ranges(2, 1.0, None), [(0.0, 0.5), (0.5, 1.0)]);
        assert_eq!(bucket_ranges(2, 0.5, None), [(0.0, 0.25), (0.5, 0.75)]);
        assert_eq!(bucket_ranges(2, -1.0, Some(&[0.4, 0.1])), [(0.0, 0.0), (0.5, 0.5)]);
        assert_eq!(bucket_ranges(0, 1.0, None), []);
    }

    #[test]
    fn code_units_are_hashed_not_bytes() {
        // One unit above 255 must change more than its low byte.
        assert_ne!(bucket_v2("s", "\u{161}"), bucket_v2("s", "a"));
        assert_eq!(fnv1a("\u{1f600}".encode_utf16()), fnv1a([0xd83d, 0xde00].into_iter()));
    }
}
