//! XXH64, which detects that a file was cut or changed. It is not a signature: a writer of the file can write its digest.
//!
//! Why not SHA-256: it proves no more without a key, and a page that has just compiled its module runs it thirty times slower than
//! it will a second later. It was two thirds of the time to load a model of 300 trees.
//!
//! # Source
//! The specification of XXH64 (Collet, <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>), checked against its Python package 4.1.0.

const PRIME: [u64; 5] =
    [0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5];

/// The digest of `bytes`.
pub(super) fn xxh64(bytes: &[u8], seed: u64) -> u64 {
    let (stripes, rest) = bytes.as_chunks::<32>();
    let mut lanes =
        [seed.wrapping_add(PRIME[0]).wrapping_add(PRIME[1]), seed.wrapping_add(PRIME[1]), seed, seed.wrapping_sub(PRIME[0])];
    for stripe in stripes {
        for (lane, word) in lanes.iter_mut().zip(stripe.as_chunks::<8>().0) {
            *lane = round(*lane, u64::from_le_bytes(*word));
        }
    }
    let mut hash = if stripes.is_empty() {
        seed.wrapping_add(PRIME[4])
    } else {
        let turned = [1, 7, 12, 18];
        let sum = lanes.iter().zip(turned).fold(0u64, |sum, (lane, by)| sum.wrapping_add(lane.rotate_left(by)));
        lanes.iter().fold(sum, |hash, lane| (hash ^ round(0, *lane)).wrapping_mul(PRIME[0]).wrapping_add(PRIME[3]))
    };
    hash = hash.wrapping_add(bytes.len() as u64);

    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        hash ^= round(0, u64::from_le_bytes(*word));
        hash = hash.rotate_left(27).wrapping_mul(PRIME[0]).wrapping_add(PRIME[3]);
    }
    let (halves, rest) = rest.as_chunks::<4>();
    for half in halves {
        hash ^= u64::from(u32::from_le_bytes(*half)).wrapping_mul(PRIME[0]);
        hash = hash.rotate_left(23).wrapping_mul(PRIME[1]).wrapping_add(PRIME[2]);
    }
    for byte in rest {
        hash ^= u64::from(*byte).wrapping_mul(PRIME[4]);
        hash = hash.rotate_left(11).wrapping_mul(PRIME[0]);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(PRIME[1]);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(PRIME[2]);
    hash ^ hash >> 32
}

fn round(lane: u64, word: u64) -> u64 {
    lane.wrapping_add(word.wrapping_mul(PRIME[1])).rotate_left(31).wrapping_mul(PRIME[0])
}

#[cfg(test)]
mod tests {
    use super::xxh64;

    /// The input of the reference's own tests: bytes drawn by multiplication, at several lengths with two seeds.
    #[test]
    fn the_digests_are_those_of_the_reference() {
        let mut draw = 2_654_435_761u64;
        let bytes: Vec<u8> = (0..222)
            .map(|_| {
                let byte = (draw >> 56) as u8;
                draw = draw.wrapping_mul(11_400_714_785_074_694_797);
                byte
            })
            .collect();
        for (length, seed, hash) in [
            (0, 0, 0xEF46_DB37_51D8_E999),
            (0, 2_654_435_761, 0xAC75_FDA2_929B_17EF),
            (1, 0, 0xE934_A84A_DB05_2768),
            (1, 2_654_435_761, 0x5014_6076_43A9_B4C3),
            (14, 0, 0x8282_DCC4_994E_35C8),
            (14, 2_654_435_761, 0xC3BD_6BF6_3DEB_6DF0),
            (222, 0, 0xB641_AE8C_B691_C174),
            (222, 2_654_435_761, 0x20CB_8AB7_AE10_C14A),
        ] {
            assert_eq!(xxh64(&bytes[..length], seed), hash, "{length} bytes, seed {seed}");
        }
    }
}
