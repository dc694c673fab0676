//! Whether a chain is whole.

use serde::{Deserialize, Serialize};

use super::{Anchor, Entry};

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LedgerHead"))]
pub struct Head {
    /// The number of the last entry.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

/// The result of verifying a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LedgerVerified"))]
pub struct Verified {
    /// Entries that are in order, from the first on.
    pub entries: u64,
    /// The last of them.
    pub head: Option<Head>,
    /// Anchors that agree with the chain.
    pub anchors: u64,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LedgerFault"))]
pub struct Fault {
    /// The entry that is wrong.
    pub seq: u64,
    /// What is wrong with it.
    pub kind: FaultKind,
    /// That in words.
    pub text: String,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LedgerFaultKind"))]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Its content is not what was hashed.
    Altered,
    /// It is missing.
    Dropped,
    /// It is not in its place.
    Reordered,
    /// The end of the chain is missing: an anchor names a later entry.
    Cut,
    /// The chain is whole, but an anchor names another hash: it was written anew.
    Rewritten,
    /// The state is not the one that this entry, the last that changed it, left.
    State,
    /// A document that this entry names by its hash was altered or is missing.
    Document,
    /// A deployment is not the one that this entry made, or that no entry made.
    Deployment,
    /// The model that this entry names by its digest is missing, or its bundle was altered.
    Model,
}

/// Verifies a chain piece by piece, so that it need not be in memory as a whole.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    head: Option<Head>,
    anchors: Vec<Anchor>,
    agreed: u64,
}

impl Verifier {
    /// A verifier that compares the chain with heads that were sent elsewhere.
    pub fn new(anchors: &[Anchor]) -> Verifier {
        Verifier { head: None, anchors: anchors.to_vec(), agreed: 0 }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// What is wrong with it, or with the one before it.
    pub fn take(&mut self, entry: &Entry) -> Result<(), Fault> {
        let (expected, previous) = self.head.as_ref().map_or((1, "0".repeat(64)), |head| (head.seq + 1, head.hash.clone()));
        let seq = entry.seq;
        if seq > expected {
            return Err(fault(expected, FaultKind::Dropped, format!("Entry {expected} is missing; {seq} follows instead.")));
        }
        if seq < expected {
            return Err(fault(seq, FaultKind::Reordered, format!("Entry {seq} comes where {expected} belongs.")));
        }
        if entry.computed_hash() != entry.hash {
            return Err(fault(seq, FaultKind::Altered, format!("Entry {seq} was altered: its content does not have its hash.")));
        }
        if entry.previous != previous {
            let altered = seq.saturating_sub(1).max(1);
            let text = format!("Entry {altered} was altered and hashed again: entry {seq} names another hash before it.");
            return Err(fault(altered, FaultKind::Altered, text));
        }
        for anchor in self.anchors.iter().filter(|anchor| anchor.seq == seq) {
            if anchor.hash != entry.hash {
                let text = format!("The chain was written anew: an anchor names another hash for entry {seq}.");
                return Err(fault(seq, FaultKind::Rewritten, text));
            }
            self.agreed += 1;
        }
        self.head = Some(entry.head());
        Ok(())
    }

    /// The result once all entries were taken; `fault` is what [`Verifier::take`] found.
    pub fn finish(self, fault_found: Option<Fault>) -> Verified {
        let entries = self.head.as_ref().map_or(0, |head| head.seq);
        let cut = self.anchors.iter().max_by_key(|anchor| anchor.seq).filter(|anchor| anchor.seq > entries).map(|anchor| {
            let text =
                format!("The end is missing: the chain ends at entry {entries}, and an anchor names entry {}.", anchor.seq);
            fault(entries + 1, FaultKind::Cut, text)
        });
        Verified { entries, head: self.head, anchors: self.agreed, fault: fault_found.or(cut) }
    }
}

fn fault(seq: u64, kind: FaultKind, text: String) -> Fault {
    Fault { seq, kind, text }
}

/// Verifies a whole chain, in the order in which it is stored, against anchors.
pub fn verify(entries: &[Entry], anchors: &[Anchor]) -> Verified {
    let mut verifier = Verifier::new(anchors);
    for entry in entries {
        if let Err(mut fault) = verifier.take(entry) {
            // An entry that is missing here and comes later was moved.
            if fault.kind == FaultKind::Dropped && entries.iter().any(|other| other.seq == fault.seq) {
                fault.kind = FaultKind::Reordered;
                fault.text = format!("Entry {} is not in its place; {} comes there.", fault.seq, entry.seq);
            }
            return verifier.finish(Some(fault));
        }
    }
    verifier.finish(None)
}
