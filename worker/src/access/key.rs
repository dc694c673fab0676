//! One key as it is compared: its hash, what it may do, and for a published one from which pages and how often.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Scope;

/// A key in force, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Its id.
    pub id: String,
    /// SHA-256 of the secret, in hex.
    pub hash: String,
    /// The name of the person or program.
    pub name: String,
    /// The person's role; empty where the key belongs to no person.
    #[serde(default)]
    pub role: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Origins of the pages that it is published in; empty for a secret key.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Requests a minute that a published key may make at each instance of the service.
    #[serde(default)]
    pub per_minute: u32,
    /// When it ends, milliseconds since 1970.
    #[serde(default)]
    pub expires_ms: Option<i64>,
}

impl KeyRecord {
    /// Whether it is published in pages.
    pub fn is_publishable(&self) -> bool {
        !self.origins.is_empty()
    }
}

/// A request of so many bytes counts as one, a longer one as several.
const UNIT_BYTES: usize = 4096;
/// Parts of a minute whose requests may come at once.
const BURST: i64 = 6;
const MINUTE_US: i64 = 60_000_000;

/// A key with what it has spent of its rate.
#[derive(Debug)]
pub(super) struct Held {
    pub record: KeyRecord,
    hash: [u8; 32],
    /// When all that was asked so far would have been due at the key's pace, microseconds since 1970 (GCRA).
    due_us: AtomicI64,
}

impl Held {
    pub fn new(record: KeyRecord) -> Held {
        Held { hash: bytes(&record.hash), record, due_us: AtomicI64::new(i64::MIN) }
    }

    /// [`Held::new`], going on from what `before` has spent.
    pub fn after(record: KeyRecord, before: Option<&Held>) -> Held {
        let held = Held::new(record);
        held.due_us.store(before.map_or(i64::MIN, |before| before.due_us.load(Relaxed)), Relaxed);
        held
    }

    pub fn is(&self, hash: &[u8; 32]) -> bool {
        equal(&self.hash, hash)
    }

    /// Takes one request with a body of so many bytes from its rate; else in how many seconds it may come.
    ///
    /// # Source
    /// Generic cell rate algorithm (ITU-T I.371), as virtual scheduling.
    pub fn take(&self, now_ms: i64, bytes: usize) -> Result<(), u64> {
        let step = MINUTE_US / i64::from(self.record.per_minute.max(1));
        let cost = step.saturating_mul(1 + (bytes / UNIT_BYTES) as i64);
        // One request is always possible, however long.
        let room = (MINUTE_US / BURST).max(step);
        let now = now_ms.saturating_mul(1000);
        let next = |due: i64| {
            let from = due.max(now);
            (from == now || from + cost <= now + room).then_some(from + cost)
        };
        let spent = self.due_us.fetch_update(Relaxed, Relaxed, next);
        spent.map(drop).map_err(|due| ((due + cost - now - room).max(1) as u64).div_ceil(1_000_000))
    }
}

/// The SHA-256 of a secret.
pub(super) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether two hashes are equal, in a time that does not depend on where they differ.
pub(super) fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.ct_eq(other).into()
}

/// A hash in hex as bytes; zeros, the hash of no known text, where it is none.
fn bytes(hex: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = hex.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or_default();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(per_minute: u32) -> Held {
        let hash = crate::model::digest(b"secret");
        let (id, name) = ("1".to_owned(), "page".to_owned());
        let origins = vec!["https://crm.example".to_owned()];
        let record =
            KeyRecord { id, hash, name, role: String::new(), scopes: vec![Scope::Score], origins, per_minute, expires_ms: None };
        Held::new(record)
    }

    #[test]
    fn a_key_is_known_by_the_hash_of_its_secret() {
        assert!(held(1).is(&hash("secret")) && !held(1).is(&hash("secret2")));
        assert!(!Held::new(KeyRecord { hash: "no hex".into(), ..held(1).record }).is(&hash("")));
    }

    #[test]
    fn a_rate_has_bursts_of_ten_seconds_and_then_its_pace() {
        let key = held(60);
        let at = |ms: i64, n: usize| (0..n).filter(|_| key.take(1_000_000 + ms, 10).is_ok()).count();
        assert_eq!(at(0, 100), 10, "ten seconds' worth at once");
        assert_eq!(at(500, 5), 0);
        assert_eq!((at(1_000, 5), at(2_000, 5)), (1, 1), "then one a second");
        assert_eq!(key.take(1_002_000, 10), Err(1));
        assert_eq!(at(100_000, 100), 10, "rested");
        let slow = held(1);
        assert_eq!((slow.take(0, 1 << 20), slow.take(1, 10).is_err()), (Ok(()), true), "a long body takes many turns");
        assert!(slow.take(60_000, 10).is_err());
    }
}
