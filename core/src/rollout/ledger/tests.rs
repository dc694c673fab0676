//! Chains that were tampered with.

use super::*;

fn chain(n: u64) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for at in 0..n {
        let head = entries.last().map(Entry::head);
        entries.push(Entry::append(head.as_ref(), 1_000 * at as i64, Kind::Command, "2-r1", format!("{{\"at\":{at}}}")));
    }
    entries
}

fn found(entries: &[Entry], anchors: &[Anchor]) -> Option<(u64, FaultKind)> {
    verify(entries, anchors).fault.map(|fault| (fault.seq, fault.kind))
}

#[test]
fn a_hash_is_what_the_format_says() {
    // Worked out by Python's hashlib and struct.
    let entry = Entry::append(None, 1_795_000_000_000, Kind::Genesis, "", r#"{"champion":"1"}"#.to_owned());
    assert_eq!(entry.hash, "0ddc29edcf23ff33da0093dde408b211677f56a539584e4492e0ee07987b03a0");
    assert_eq!((entry.seq, entry.previous.len()), (1, 64));
}

#[test]
fn a_whole_chain_verifies() {
    let entries = chain(20);
    let verified = verify(&entries, &[Anchor::from(&entries[7].head()), Anchor::from(&entries[19].head())]);
    assert_eq!((verified.entries, verified.anchors, verified.fault), (20, 2, None));
    assert_eq!(verified.head, Some(entries[19].head()));
    assert_eq!(found(&[], &[]), None);
}

#[test]
fn an_altered_entry_is_named() {
    type Change = fn(&mut Entry);
    let changes: [Change; 5] = [
        |entry| entry.body = "{\"at\":99}".to_owned(),
        |entry| entry.at_ms += 1,
        |entry| entry.kind = "look".to_owned(),
        |entry| entry.rollout = "2-r2".to_owned(),
        // A boundary that moves between two fields is an alteration as well.
        |entry| (entry.kind, entry.rollout) = ("command2".to_owned(), "-r1".to_owned()),
    ];
    for change in changes {
        let mut entries = chain(20);
        change(&mut entries[6]);
        assert_eq!(found(&entries, &[]), Some((7, FaultKind::Altered)));
        // Hashed again, it is the next entry that betrays it; the last entry only an anchor.
        entries[6].hash = entries[6].computed_hash();
        assert_eq!(found(&entries, &[]), Some((7, FaultKind::Altered)));
    }
    let mut entries = chain(20);
    let anchor = Anchor::from(&entries[19].head());
    entries[19].body = "{}".to_owned();
    entries[19].hash = entries[19].computed_hash();
    assert_eq!(found(&entries, &[]), None);
    assert_eq!(found(&entries, &[anchor]), Some((20, FaultKind::Rewritten)));
}

#[test]
fn a_dropped_or_moved_entry_is_named() {
    for at in [0, 6, 18] {
        let mut entries = chain(20);
        entries.remove(at);
        assert_eq!(found(&entries, &[]), Some((at as u64 + 1, FaultKind::Dropped)));
    }
    let mut entries = chain(20);
    entries.swap(6, 7);
    assert_eq!(found(&entries, &[]), Some((7, FaultKind::Reordered)));
    let mut entries = chain(20);
    let twice = entries[6].clone();
    entries.insert(7, twice);
    assert_eq!(found(&entries, &[]), Some((7, FaultKind::Reordered)));
    // Swapped and numbered again.
    let mut entries = chain(20);
    entries.swap(6, 7);
    (entries[6].seq, entries[7].seq) = (7, 8);
    assert_eq!(found(&entries, &[]), Some((7, FaultKind::Altered)));
}

#[test]
fn a_cut_end_is_found_by_an_anchor() {
    let mut entries = chain(20);
    let anchor = Anchor::from(&entries[19].head());
    entries.truncate(18);
    assert_eq!(found(&entries, &[]), None);
    assert_eq!(found(&entries, std::slice::from_ref(&anchor)), Some((19, FaultKind::Cut)));
    assert_eq!(found(&[], &[anchor]), Some((1, FaultKind::Cut)));
}

#[test]
fn anchors_are_found_in_any_text() {
    let entries = chain(3);
    let anchors: Vec<Anchor> = entries.iter().map(|entry| Anchor::from(&entry.head())).collect();
    let text: String = anchors.iter().map(|anchor| format!("<b>09:00</b>\n  {anchor}\n")).collect();
    assert_eq!(Anchor::find(&text), anchors);
    assert_eq!(Anchor { seq: 1, hash: "00".repeat(32) }.to_string(), format!("plumbline\n1\n{}=\n", "A".repeat(43)));
    for text in ["", "plumbline\n1\n", "plumbline\nx\nAAAA=\n", "plumbline\n1\nAAAA=\n"] {
        assert_eq!(Anchor::find(text), []);
    }
}
