//! MurmurHash3 x86 32-bit.
//!
//! # Source
//! Austin Appleby, `MurmurHash3_x86_32` in SMHasher (public domain); vectors from the Wikipedia article and from Unleash.

/// The hash of `bytes` with `seed`.
pub(super) fn hash32(bytes: &[u8], seed: u32) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut h = seed;
    for word in words {
        h = (h ^ mix(u32::from_le_bytes(*word))).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    if !rest.is_empty() {
        h ^= mix(rest.iter().rev().fold(0, |k, byte| k << 8 | u32::from(*byte)));
    }
    h ^= bytes.len() as u32;
    h = (h ^ h >> 16).wrapping_mul(0x85eb_ca6b);
    h = (h ^ h >> 13).wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}

fn mix(k: u32) -> u32 {
    k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

#[cfg(test)]
mod tests {
    use super::hash32;

    #[test]
    fn published_vectors() {
        let rows: [(&[u8], u32, u32); 6] = [
            (b"", 0, 0),
            (b"", 1, 0x514e_28b7),
            (b"test", 0, 0xba6b_d213),
            (b"test", 0x9747_b28c, 0x704b_81dc),
            (b"Hello, world!", 0, 0xc036_3e43),
            (b"The quick brown fox jumps over the lazy dog", 0, 0x2e4f_f723),
        ];
        for (bytes, seed, expected) in rows {
            assert_eq!(hash32(bytes, seed), expected, "{bytes:?} {seed}");
        }
    }

    /// Unleash's documented values of `normalizedValue`: murmur3("gr1:123") mod 100 + 1 = 73 and "groupX:999" → 25.
    #[test]
    fn unleash_normalises_to_these() {
        assert_eq!(hash32(b"gr1:123", 0) % 100 + 1, 73);
        assert_eq!(hash32(b"groupX:999", 0) % 100 + 1, 25);
    }
}
