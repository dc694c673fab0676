//! The ledger: what happened in a rollout, entry by entry, each with the hash of the one before.
//!
//! An entry's body is kept as the bytes that were hashed and never written again, so that there is no canonical form to get wrong.
//! Whoever can write the store can write a whole new chain: that is what anchors are for, heads of the chain that were sent elsewhere.
//! Not here: where entries are stored. Tested by altering, dropping, swapping and cutting chains.

mod anchor;
mod replay;
#[cfg(test)]
mod tests;
mod verify;

pub use anchor::Anchor;
pub use replay::{Recorded, ReplayError, replay};
pub use verify::{Fault, FaultKind, Head, Verified, Verifier, verify};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The name of the format, which each hash begins with.
const DOMAIN: &[u8] = b"plumbline.ledger.1\n";

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LedgerEntry"))]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its number; the first has 1.
    pub seq: u64,
    /// When it was written, milliseconds since 1970.
    pub at_ms: i64,
    /// One of [`Kind`]; a newer version may have others.
    pub kind: String,
    /// The rollout it belongs to; empty outside one.
    pub rollout: String,
    /// JSON, as the bytes that were hashed.
    pub body: String,
    /// The hash of the entry before, in hexadecimal; zeros for the first.
    pub previous: String,
    /// The hash of this entry.
    pub hash: String,
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LedgerKind"))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The first champion of the store.
    Genesis,
    /// A policy came into force: old and new values.
    Policy,
    /// A command of a person that changed the state.
    Command,
    /// What the service found and that changed the state: a day, a failure by a daily bound, a red minute, the passing of time.
    Event,
    /// A stage was entered, extended, held or left.
    Transition,
    /// A command that was rejected, with its code.
    Refused,
    /// A look with its verdicts.
    Look,
    /// An approval.
    Approval,
    /// A waiver.
    Waiver,
    /// A deployment.
    Deployment,
    /// An alert.
    Alert,
    /// An incident.
    Incident,
    /// A retraining.
    Retrain,
    /// An erasure.
    Erase,
    /// The head of the chain was sent elsewhere.
    Anchor,
    /// A key was made or revoked.
    Key,
    /// The clock jumped.
    Clock,
    /// A report that a score is odd was closed, or its closing was changed.
    Feedback,
    /// A model was registered.
    Model,
    /// A person had open leads scored again.
    Rescore,
}

impl Kind {
    /// The kinds of entries that a manager counts as a change; not days, looks and what the service notes for itself.
    pub const CHANGES: [Kind; 10] = [
        Kind::Genesis,
        Kind::Policy,
        Kind::Command,
        Kind::Transition,
        Kind::Approval,
        Kind::Waiver,
        Kind::Alert,
        Kind::Incident,
        Kind::Retrain,
        Kind::Feedback,
    ];

    /// The kind as entries store it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Genesis => "genesis",
            Kind::Policy => "policy",
            Kind::Command => "command",
            Kind::Event => "event",
            Kind::Transition => "transition",
            Kind::Refused => "refused",
            Kind::Look => "look",
            Kind::Approval => "approval",
            Kind::Waiver => "waiver",
            Kind::Deployment => "deployment",
            Kind::Alert => "alert",
            Kind::Incident => "incident",
            Kind::Retrain => "retrain",
            Kind::Erase => "erase",
            Kind::Anchor => "anchor",
            Kind::Key => "key",
            Kind::Clock => "clock",
            Kind::Feedback => "feedback",
            Kind::Model => "model",
            Kind::Rescore => "rescore",
        }
    }
}

impl Entry {
    /// The entry that follows `head`; the first one without a head.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::rollout::ledger::{Entry, Kind, verify};
    /// let first = Entry::append(None, 1_000, Kind::Genesis, "", r#"{"champion":"1"}"#.to_owned());
    /// let second = Entry::append(Some(&first.head()), 2_000, Kind::Command, "2-r1", "{}".to_owned());
    /// assert!(verify(&[first, second], &[]).fault.is_none());
    /// ```
    pub fn append(head: Option<&Head>, at_ms: i64, kind: Kind, rollout: impl Into<String>, body: String) -> Entry {
        let previous = head.map_or_else(|| "0".repeat(64), |head| head.hash.clone());
        let seq = head.map_or(1, |head| head.seq + 1);
        let mut entry =
            Entry { seq, at_ms, kind: kind.name().to_owned(), rollout: rollout.into(), body, previous, hash: String::new() };
        entry.hash = entry.computed_hash();
        entry
    }

    /// The end of a chain whose last entry this is.
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash.clone() }
    }

    /// The hash of the entry's content and of the hash before it.
    ///
    /// # Formula
    /// SHA-256("plumbline.ledger.1\n" ‖ previous (32 bytes) ‖ seq u64be ‖ at_ms i64be ‖ len u32be ‖ kind ‖ len u32be ‖ rollout ‖
    /// len u32be ‖ body)
    pub fn computed_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        // What is no hash is hashed as its text, so that it cannot pass for one.
        match bytes_of(&self.previous) {
            Some(previous) => hash.update(previous),
            None => hash.update(self.previous.as_bytes()),
        }
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at_ms.to_be_bytes());
        for text in [&self.kind, &self.rollout, &self.body] {
            hash.update((text.len() as u32).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hex(&hash.finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The 32 bytes of a hash in lower-case hexadecimal.
fn bytes_of(hash: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = hash.as_bytes().chunks_exact(2);
    (hash.len() == 64).then_some(pairs)?.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?)).collect()
}
