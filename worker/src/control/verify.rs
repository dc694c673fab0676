//! Whether the ledger is whole, and agrees with the state and the documents that its entries name.

use std::collections::BTreeMap;

use plumbline_core::rollout::State;
use plumbline_core::rollout::ledger::{self, Anchor, Entry, Fault, FaultKind, Verified};
use serde_json::Value;

use super::{Control, text};
use crate::model::digest;
use crate::store::{Sql, SqlError};

impl<S: Sql> Control<S> {
    /// The result of verifying the chain against `anchors`, then the state and all documents against the chain.
    ///
    /// # Errors
    /// The store failed.
    pub fn verified(&mut self, anchors: &[Anchor]) -> Result<Verified, SqlError> {
        let chain = self.chain()?;
        let mut verified = ledger::verify(&chain, anchors);
        if verified.fault.is_none() {
            verified.fault = match self.wrong_state(&chain)? {
                Some(fault) => Some(fault),
                None => self.wrong_document(&chain)?,
            };
        }
        Ok(verified)
    }

    /// The fault where the state is not what the last entry that changed it left.
    fn wrong_state(&mut self, chain: &[Entry]) -> Result<Option<Fault>, SqlError> {
        let Some(state) = self.state()? else { return Ok(None) };
        if chain.is_empty() {
            let text = "The ledger is empty, but the store holds a state.".to_owned();
            return Ok(Some(Fault { seq: 1, kind: FaultKind::Cut, text }));
        }
        let recorded = chain.iter().rev().find_map(|entry| Some((entry.seq, left_by(entry)?)));
        // Only the clock moves on without an entry.
        let is_left = |left: &Left| {
            left.clocks.iter().any(|clock_ms| State { clock_ms: *clock_ms, ..state.clone() }.sha256() == left.sha256)
        };
        Ok(recorded.filter(|(_, left)| !is_left(left)).map(|(seq, _)| {
            let text = format!("The state was altered: it is not the one that entry {seq} left.");
            Fault { seq, kind: FaultKind::State, text }
        }))
    }

    /// The first entry that names a document whose content has another hash, or that is missing.
    fn wrong_document(&mut self, chain: &[Entry]) -> Result<Option<Fault>, SqlError> {
        let rows = self.sql.query("SELECT sha256, body FROM documents", &[])?;
        let intact: BTreeMap<String, bool> =
            rows.iter().map(|row| (text(row, 0), digest(text(row, 1).as_bytes()) == text(row, 0))).collect();
        let wrong = chain.iter().find_map(|entry| {
            let body: Value = serde_json::from_str(&entry.body).ok()?;
            let mut named = Vec::new();
            documents(&body, &mut named);
            let bad = named.into_iter().find(|sha256| intact.get(*sha256) != Some(&true))?.to_owned();
            Some((entry.seq, bad))
        });
        Ok(wrong.map(|(seq, sha256)| {
            let what = if intact.contains_key(&sha256) { "was altered" } else { "is missing" };
            let text = format!("The document {sha256} that entry {seq} names {what}.");
            Fault { seq, kind: FaultKind::Document, text }
        }))
    }
}

/// The state that an entry left: its SHA-256, and the times that its clock may have shown.
struct Left {
    sha256: String,
    clocks: Vec<i64>,
}

/// What `entry` left; none where it changed no state.
fn left_by(entry: &Entry) -> Option<Left> {
    let body: Value = serde_json::from_str(&entry.body).ok()?;
    let number = |name: &str| body.get(name).and_then(Value::as_i64);
    match body.get("state_sha256").and_then(Value::as_str) {
        Some(sha256) => {
            let (now_ms, clock_ms) = (number("now_ms")?, number("clock_ms")?);
            Some(Left { sha256: sha256.to_owned(), clocks: vec![now_ms.max(clock_ms), now_ms, clock_ms] })
        }
        None => {
            let state: State = serde_json::from_value(body.get("state")?.clone()).ok()?;
            Some(Left { sha256: state.sha256(), clocks: vec![state.clock_ms] })
        }
    }
}

/// The hashes of documents that `value` names.
fn documents<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(sha256) if matches!(name.as_str(), "evidence_sha256" | "policy_sha256" | "document_sha256") => {
                        found.extend(Some(sha256).filter(|sha256| sha256.len() == 64));
                    }
                    _ => documents(member, found),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| documents(member, found)),
        _ => {}
    }
}
