//! The chain of hashes of the ledger, computed from the entries' content.

use plumbline_core::rollout::ledger::{Anchor, Entry, Fault, FaultKind, Verifier};
use serde_json::{Value, json};

use crate::chain::ENTRIES;
use crate::read::{Misfit, Read, field, member, parse};

/// A verification, which takes entries as they arrive.
#[derive(Debug, Default, Clone)]
pub struct Chain {
    verifier: Option<Verifier>,
    /// Entries that are in order so far.
    pub taken: u64,
    /// How many the ledger has, as far as is known.
    pub total: u64,
    /// What is wrong, once an entry is.
    pub fault: Option<Fault>,
}

impl Read for Entry {
    fn read(value: &Value, misfit: &mut Misfit) -> Entry {
        let at_ms: f64 = member(value, "at_ms", misfit);
        Entry {
            seq: member(value, "seq", misfit),
            at_ms: at_ms as i64,
            kind: member(value, "kind", misfit),
            rollout: member(value, "rollout", misfit),
            body: member(value, "body", misfit),
            previous: member(value, "previous", misfit),
            hash: member(value, "hash", misfit),
        }
    }
}

impl Chain {
    /// A verification that also compares the chain with what is `known` of it: numbers of entries and their hashes.
    pub fn new<'a>(known: impl Iterator<Item = (u64, &'a str)>) -> Chain {
        let anchors: Vec<Anchor> = known.map(|(seq, hash)| Anchor { seq, hash: hash.to_owned() }).collect();
        let total = anchors.iter().map(|anchor| anchor.seq).max().unwrap_or_default();
        Chain { verifier: Some(Verifier::new(&anchors)), total, ..Chain::default() }
    }

    /// Whether it is under way.
    pub fn is_open(&self) -> bool {
        self.verifier.is_some()
    }

    /// What is known so far, as the page reads it.
    pub fn said(&self) -> Value {
        json!({ "is_open": self.is_open(), "taken": self.taken, "total": self.total, "fault": self.fault.as_ref().map(|fault| fault.seq) })
    }

    /// Takes an answer of `GET /v1/ledger?hashed=true`: the entries that follow those taken. False: it lists no entries as they were hashed,
    /// such as that of an older service or of a proxy, and nothing is known of the ledger.
    pub fn take(&mut self, text: &str) -> bool {
        let value = parse(text).unwrap_or_default();
        let is_hashed = |entry: &Value| entry.get("body").is_some_and(Value::is_string);
        let is_listed = value.get("entries").and_then(Value::as_array).is_some_and(|entries| entries.iter().all(is_hashed));
        let Some(mut verifier) = self.verifier.take().filter(|_| is_listed) else { return false };
        let entries: Vec<Entry> = field(&value, "entries");
        self.total = field::<u64>(&value, "total").max(self.total);
        let found = entries.iter().find_map(|entry| match verifier.take(entry) {
            Ok(()) => {
                self.taken = entry.seq;
                None
            }
            Err(fault) => Some(fault),
        });
        if found.is_none() && entries.len() as u64 >= ENTRIES {
            self.verifier = Some(verifier);
        } else {
            self.fault = verifier.finish(found).fault.or_else(|| self.cut());
        }
        true
    }

    /// The entry that is missing at the end, by the service's own count.
    fn cut(&self) -> Option<Fault> {
        let seq = self.taken + 1;
        let text = || format!("The end is missing: {} of {} entries were listed.", self.taken, self.total);
        (self.taken < self.total).then(|| Fault { seq, kind: FaultKind::Cut, text: text() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_core::rollout::ledger::Kind;

    fn entries(count: u64) -> Vec<Entry> {
        let mut all: Vec<Entry> = Vec::new();
        for seq in 0..count {
            let head = all.last().map(Entry::head);
            all.push(Entry::append(head.as_ref(), seq as i64, Kind::Event, "r1", format!("{{\"é\":\"{seq}\\n\"}}")));
        }
        all
    }

    /// The verification of `entries` as the service answers them, in steps.
    fn verified(entries: &[Entry], known: &[(u64, &str)]) -> Chain {
        let mut chain = Chain::new(known.iter().copied());
        while chain.is_open() {
            let after = chain.taken as usize;
            let page = entries.get(after..entries.len().min(after + ENTRIES as usize)).unwrap_or_default();
            assert!(chain.take(&json!({ "entries": page, "total": entries.len() }).to_string()));
        }
        chain
    }

    #[test]
    fn a_whole_chain_is_taken_to_its_end() {
        for count in [0, 1, ENTRIES - 1, ENTRIES, ENTRIES + 1] {
            let all = entries(count);
            let last = all.last().map(|entry| (entry.seq, entry.hash.as_str()));
            let chain = verified(&all, last.as_slice());
            let said = crate::chain::Chain::of(&chain.said().to_string());
            assert_eq!(said, Some(crate::chain::Chain { taken: count, total: count, ..Default::default() }));
        }
    }

    #[test]
    fn an_altered_a_missing_and_an_unknown_entry_are_named() {
        let fault =
            |entries: &[Entry], known: &[(u64, &str)]| verified(entries, known).fault.map(|fault| (fault.seq, fault.kind));
        let all = entries(600);
        let mut altered = all.clone();
        altered[549].body.push(' ');
        assert_eq!(fault(&altered, &[]), Some((550, FaultKind::Altered)));
        let mut dropped = all.clone();
        dropped.remove(20);
        assert_eq!(fault(&dropped, &[]), Some((21, FaultKind::Dropped)));
        // What is shown of the ledger is part of the chain, or the chain is another one.
        assert_eq!(fault(&all, &[(7, &"0".repeat(64))]), Some((7, FaultKind::Rewritten)));
        assert_eq!(fault(&all[..598], &[(600, &all[599].hash)]), Some((599, FaultKind::Cut)));
        assert_eq!(verified(&[], &[(1, "00")]).fault.map(|fault| fault.seq), Some(1));
    }

    #[test]
    fn an_answer_without_hashed_entries_says_nothing_of_the_ledger_and_one_that_is_cut_does() {
        for answer in ["<html>", "{}", r#"{"entries":[{"seq":1,"kind":"genesis"}],"total":1}"#] {
            let mut chain = Chain::new([(3, "ab")].into_iter());
            assert!(!chain.take(answer), "{answer}");
            assert_eq!((chain.is_open(), chain.fault), (false, None));
        }
        let mut chain = Chain::new(std::iter::empty());
        assert!(chain.take(&json!({ "entries": entries(5), "total": 100 }).to_string()));
        assert_eq!(chain.fault.map(|fault| (fault.seq, fault.kind)), Some((6, FaultKind::Cut)));
    }
}
