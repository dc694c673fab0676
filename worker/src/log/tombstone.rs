//! Leads that were erased, known by a keyed hash of their id.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{cell, meta};
use crate::store::{Param, Sql, SqlError};
use crate::tally::hmac_sha256;

/// The erased leads of a shard.
///
/// They are hashed with a key of the shard's own, random at its first erasure: a plain hash of an e-mail address can be guessed, and a key
/// shared with the ledger would tie the two together.
#[derive(Debug, Default)]
pub(super) struct Tombstones {
    key: Vec<u8>,
    refs: BTreeSet<String>,
}

impl Tombstones {
    pub fn read(sql: &mut dyn Sql) -> Result<Tombstones, SqlError> {
        let Some(key) = meta::get(sql, "tombstone_key")? else { return Ok(Tombstones::default()) };
        let rows = sql.query("SELECT lead_ref FROM tombstones", &[])?;
        let refs = rows.iter().filter_map(|row| cell::owned(row, 0)).collect();
        Ok(Tombstones { key: key.into_bytes(), refs })
    }

    /// Whether the lead was erased.
    pub fn holds(&self, lead_id: &str) -> bool {
        !self.refs.is_empty() && self.refs.contains(&lead_ref(&self.key, lead_id))
    }

    /// Adds the lead; the first erasure makes the key from `random`.
    pub fn add(sql: &mut dyn Sql, lead_id: &str, random: &str, now: i64) -> Result<(), SqlError> {
        let key = match meta::get(sql, "tombstone_key")? {
            Some(key) => key,
            None => {
                // Not `random` itself: that stands in the rows of the erased lead.
                let key = hex(&Sha256::digest(format!("plumbline tombstones {random}").as_bytes()));
                meta::set(sql, "tombstone_key", &key)?;
                key
            }
        };
        let statement = "INSERT INTO tombstones (lead_ref, erased_ms) VALUES (?1, ?2) ON CONFLICT (lead_ref) DO NOTHING";
        sql.execute(statement, &[Param::Text(&lead_ref(key.as_bytes(), lead_id)), Param::Integer(now)]).map(drop)
    }
}

/// The lead's reference under `key`: the first 16 bytes of HMAC-SHA256 (RFC 2104) of its id, in hexadecimal digits.
pub fn lead_ref(key: &[u8], lead_id: &str) -> String {
    hex(hmac_sha256(key, lead_id.as_bytes()).get(..16).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::lead_ref;

    #[test]
    fn references_are_those_of_rfc_4231() {
        // Test cases 1, 2 and 6, cut to 16 bytes.
        assert_eq!(lead_ref(&[0x0b; 20], "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b");
        assert_eq!(lead_ref(b"Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c7");
        let text = "Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(lead_ref(&[0xaa; 131], text), "60e431591ee0b67f0d8a26aacbf5b77f");
    }
}
