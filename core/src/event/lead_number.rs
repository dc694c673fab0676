//! The number a lead is stored under where a table is keyed by leads.

use sha2::{Digest, Sha256};

/// The number of `lead_id`: 53 bits of its SHA-256, so that it is whole in JavaScript too. Two ids may share a number, so a table that is
/// keyed by it keeps the id as well.
///
/// # Example
/// ```
/// use plumbline_core::event::lead_number;
/// assert!(lead_number("lead-1") < 1 << 53);
/// assert_ne!(lead_number("lead-1"), lead_number("lead-2"));
/// ```
pub fn lead_number(lead_id: &str) -> i64 {
    let hash = Sha256::digest(lead_id.as_bytes());
    hash.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte)).wrapping_shr(11) as i64
}

#[cfg(test)]
mod tests {
    use super::lead_number;

    #[test]
    fn numbers_stay() {
        // The first 53 bits of SHA-256("abc") = ba7816bf 8f01cfea …
        assert_eq!(lead_number("abc"), (0xba78_16bf_8f01_cfea_u64 >> 11) as i64);
    }
}
