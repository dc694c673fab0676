//! Whether the ledger is whole, and agrees with the state, and with the documents, deployments and models that its entries name.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::rollout::State;
use plumbline_core::rollout::ledger::{self, Anchor, Entry, Fault, FaultKind, Verified};
use serde_json::Value;

use super::{Control, integer, text};
use crate::model::digest;
use crate::store::{Sql, SqlError, SqlValue};

/// The first thing that is not as the chain has it.
type Check<S> = fn(&mut Control<S>, &[Entry]) -> Result<Option<Fault>, SqlError>;

impl<S: Sql> Control<S> {
    /// The result of verifying the chain against `anchors`, then the state and all documents, deployments and models against the chain.
    ///
    /// # Errors
    /// The store failed.
    pub fn verified(&mut self, anchors: &[Anchor]) -> Result<Verified, SqlError> {
        let chain = self.chain()?;
        let mut verified = ledger::verify(&chain, anchors);
        let checks: [Check<S>; 4] = [Self::wrong_state, Self::wrong_document, Self::wrong_deployment, Self::wrong_model];
        for check in checks {
            if verified.fault.is_none() {
                verified.fault = check(self, &chain)?;
            }
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

impl<S: Sql> Control<S> {
    /// The first deployment that is not as its entry has it, that is missing, or that no entry made. The first deployment of a store is
    /// that of its first model, which the first entry names.
    fn wrong_deployment(&mut self, chain: &[Entry]) -> Result<Option<Fault>, SqlError> {
        let rows = self.sql.query("SELECT epoch, document FROM deployments ORDER BY epoch", &[])?;
        let read = |row: &Vec<SqlValue>| (integer(row, 0), serde_json::from_str(&text(row, 1)).unwrap_or(Value::Null));
        let mut stored: BTreeMap<i64, Value> = rows.iter().map(read).collect();
        let fault = |seq: u64, text: String| Some(Fault { seq, kind: FaultKind::Deployment, text });
        let mut last = chain.first().map_or(1, |entry| entry.seq);
        for (seq, body) in bodies(chain) {
            if let Some(digest) = body.get("digest").filter(|_| body.get("state").is_some()) {
                let epoch = body.pointer("/state/epoch").and_then(Value::as_i64).unwrap_or_default();
                let first = stored.remove(&epoch);
                if first.as_ref().and_then(|document| document.pointer("/models/0")) != Some(digest) {
                    return Ok(fault(
                        seq,
                        format!("The deployment {epoch} was altered: entry {seq} made the first one of {digest}."),
                    ));
                }
            }
            let Some(made) = body.get("deployment").filter(|made| made.is_object()) else { continue };
            let epoch = made.get("epoch").and_then(Value::as_i64).unwrap_or_default();
            last = seq;
            match stored.remove(&epoch) {
                Some(document) if document == *made => {}
                Some(_) => {
                    return Ok(fault(
                        seq,
                        format!("The deployment {epoch} was altered: it is not the one that entry {seq} made."),
                    ));
                }
                None => return Ok(fault(seq, format!("The deployment {epoch} that entry {seq} made is missing."))),
            }
        }
        Ok(stored.keys().next().and_then(|epoch| fault(last, format!("No entry made the deployment {epoch}."))))
    }

    /// The first model that an entry names by its digest and that is missing, or whose bundle has another one.
    fn wrong_model(&mut self, chain: &[Entry]) -> Result<Option<Fault>, SqlError> {
        let versions = self.sql.query("SELECT digest, version FROM models", &[])?;
        let versions: BTreeMap<String, String> = versions.iter().map(|row| (text(row, 0), text(row, 1))).collect();
        let mut checked = BTreeSet::new();
        for (seq, body) in bodies(chain) {
            let version = body.get("version").and_then(Value::as_str);
            let own = body.get("digest").and_then(Value::as_str).map(|digest| (digest, version));
            let loaded = body.pointer("/deployment/models").and_then(Value::as_array);
            let loaded = loaded.into_iter().flatten().filter_map(|digest| Some((digest.as_str()?, None)));
            for (named, version) in own.into_iter().chain(loaded) {
                let what = match versions.get(named) {
                    None => "is not registered any more",
                    Some(known) if version.is_some_and(|version| version != known) => "is registered under another version",
                    Some(_) if !checked.insert(named.to_owned()) => continue,
                    Some(_) if self.bundle(named)?.is_none_or(|bytes| digest(&bytes) != named) => "was altered",
                    Some(_) => continue,
                };
                let text = format!("The model {named} that entry {seq} names {what}.");
                return Ok(Some(Fault { seq, kind: FaultKind::Model, text }));
            }
        }
        Ok(None)
    }
}

/// The number and the body of each entry of `chain`, as far as they are JSON.
fn bodies(chain: &[Entry]) -> impl Iterator<Item = (u64, Value)> {
    chain.iter().filter_map(|entry| Some((entry.seq, serde_json::from_str(&entry.body).ok()?)))
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
