//! The verification of the ledger's chain of hashes, as a worker reports it.

use crate::read::{field, parse};

/// Entries that are asked for at once.
pub const ENTRIES: u64 = 500;

/// How far a verification came, and what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chain {
    /// Which verification of this page it is: answers to an earlier one are none of its.
    pub run: u32,
    /// Whether it is under way.
    pub is_open: bool,
    /// Whether the hashes could not be computed here.
    pub is_missed: bool,
    /// Entries that are in order so far.
    pub taken: u64,
    /// How many the ledger has, as far as is known.
    pub total: u64,
    /// The entry that is wrong, once one is.
    pub fault: Option<u64>,
}

impl Chain {
    /// What the worker's answer says; none where the service's answer was not a ledger.
    pub fn of(text: &str) -> Option<Chain> {
        let value = parse(text)?;
        let fault = value.get("fault")?.as_u64();
        Some(Chain {
            is_open: field(&value, "is_open"),
            taken: field(&value, "taken"),
            total: field(&value, "total"),
            fault,
            ..Chain::default()
        })
    }
}
