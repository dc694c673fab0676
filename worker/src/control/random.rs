//! Random text, of which this crate has none of its own: a host gives a seed.

use super::{Control, Fault};
use crate::problem::Problem;
use crate::store::Sql;
use crate::tally::hmac_sha256;

/// A seed of the host and how often it was used.
#[derive(Debug, Default)]
pub(super) struct Entropy {
    seed: Option<[u8; 32]>,
    used: u64,
}

impl<S: Sql> Control<S> {
    /// Takes 256 random bits of the host, from which secrets of keys and the ids of erased leads are made. A new one for each process.
    pub fn seed(&mut self, seed: [u8; 32]) {
        self.entropy = Entropy { seed: Some(seed), used: 0 };
    }

    /// 64 random hexadecimal digits.
    pub(super) fn random(&mut self) -> Result<String, Fault> {
        let seed = self.entropy.seed.ok_or_else(|| Problem::new(503, "NO_RANDOMNESS", "the host has given no random bits"))?;
        self.entropy.used += 1;
        let bits = hmac_sha256(&seed, &self.entropy.used.to_be_bytes());
        Ok(bits.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The store's own secret, random when it is first asked for: references to leads are made with it.
    pub(super) fn secret(&mut self) -> Result<String, Fault> {
        if let Some(secret) = self.kept("secret")? {
            return Ok(secret);
        }
        let secret = self.random()?;
        self.set_kept("secret", &secret)?;
        Ok(secret)
    }
}
