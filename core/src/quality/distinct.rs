//! Distinct values with their counts, in the order of first sight, in memory that grows with the distinct values only.
//!
//! An open-addressed table of our own, because `HashMap` is out (its order is random) and a tree of texts costs several times as
//! much. Values that Python calls equal are one: 1, 1.0 and True. Someone who feeds it keys made to collide makes it re-hash with
//! another seed; it never degrades to a list.

use super::Raised;
use crate::table::{Cell, Moment, Scalar, hash_text, mix};

/// The most bytes of distinct text kept of one column.
const TEXT_LIMIT: usize = 1 << 30;
/// The most distinct values of one column.
const VALUE_LIMIT: usize = 1 << 28;
/// Steps from its place at which a value's table is hashed anew.
const FAR: usize = 192;
const EMPTY: u64 = u64::MAX;
/// 2⁶³, the first whole number above `i64::MAX`.
const ABOVE: f64 = 9_223_372_036_854_775_808.0;

/// A set of values with counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Distinct {
    /// The value's number below, the high half of its hash above: it alone rules out most other values.
    slots: Vec<u64>,
    entries: Vec<Entry>,
    text: String,
    seed: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    key: Key,
    shown: Shown,
    count: u64,
}

/// What two equal values have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Key {
    Missing,
    Whole(i64),
    /// A whole number above `i64::MAX`.
    Above(u64),
    Bits(u64),
    Time {
        ms: i64,
        ns: u32,
    },
    Text {
        start: u32,
        len: u32,
    },
    Json {
        start: u32,
        len: u32,
    },
}

/// How the first of the equal values looked.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shown {
    Bool,
    Float,
    Plain,
}

impl Distinct {
    /// Counts `cell` and gives the number of its value, from 0 in the order of first sight.
    #[inline]
    pub fn add(&mut self, cell: Cell<'_>) -> Result<u32, Raised> {
        self.add_times(cell, 1)
    }

    /// Counts `cell` so many times.
    pub fn add_times(&mut self, cell: Cell<'_>, times: u64) -> Result<u32, Raised> {
        let Some((key, shown, text)) = parts(cell) else {
            return self.insert(Key::Json { start: 0, len: 0 }, Shown::Plain, &cell.json().to_string(), times);
        };
        self.insert(key, shown, text, times)
    }

    /// Counts a composite value given as text that no other composite has.
    pub fn add_text(&mut self, text: &str) -> Result<u32, Raised> {
        self.insert(Key::Text { start: 0, len: 0 }, Shown::Plain, text, 1)
    }

    fn insert(&mut self, key: Key, shown: Shown, text: &str, times: u64) -> Result<u32, Raised> {
        if self.entries.len() * 2 >= self.slots.len() {
            self.grow(self.slots.len().max(32) * 2);
        }
        let mut hash = self.hash(key, text);
        loop {
            let mask = self.slots.len() - 1;
            let mut at = (hash >> 32) as usize & mask;
            for _ in 0..FAR.min(self.slots.len()) {
                let found = self.slots.get(at).copied().unwrap_or(EMPTY);
                if found == EMPTY {
                    return self.append(at, hash, Entry { key, shown, count: times }, text);
                }
                if found >> 32 == hash >> 32
                    && let Some(entry) = self.entries.get_mut(found as u32 as usize)
                    && same(entry.key, key, &self.text, text)
                {
                    entry.count += times;
                    return Ok(found as u32);
                }
                at = (at + 1) & mask;
            }
            self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            if self.slots.len() > 64 * self.entries.len() + 65_536 {
                return Err(Raised::value("too many distinct values collide"));
            }
            self.rehash(self.slots.len() * 2);
            hash = self.hash(key, text);
        }
    }

    fn append(&mut self, at: usize, hash: u64, mut entry: Entry, text: &str) -> Result<u32, Raised> {
        if self.text.len() + text.len() > TEXT_LIMIT || self.entries.len() >= VALUE_LIMIT {
            return Err(Raised::value("too many distinct values: the limit is 1 GB of text or 268 million values"));
        }
        let (start, len) = (self.text.len() as u32, text.len() as u32);
        match entry.key {
            Key::Text { .. } => entry.key = Key::Text { start, len },
            Key::Json { .. } => entry.key = Key::Json { start, len },
            _ => {}
        }
        self.text.push_str(text);
        let number = self.entries.len() as u32;
        self.entries.push(entry);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = hash >> 32 << 32 | u64::from(number);
        }
        Ok(number)
    }

    /// Makes more room, by the hashes that are there.
    fn grow(&mut self, size: usize) {
        let size = size.next_power_of_two();
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; size]);
        old.into_iter().filter(|slot| *slot != EMPTY).for_each(|slot| self.place(slot));
    }

    fn place(&mut self, slot: u64) {
        let mask = self.slots.len() - 1;
        let mut at = (slot >> 32) as usize & mask;
        while self.slots.get(at).is_some_and(|slot| *slot != EMPTY) {
            at = (at + 1) & mask;
        }
        if let Some(place) = self.slots.get_mut(at) {
            *place = slot;
        }
    }

    /// Makes more room, by new hashes.
    fn rehash(&mut self, size: usize) {
        self.slots = vec![EMPTY; size.next_power_of_two()];
        for number in 0..self.entries.len() {
            let Some(entry) = self.entries.get(number) else { continue };
            let hash = self.hash(entry.key, part(&self.text, entry.key));
            self.place(hash >> 32 << 32 | number as u64);
        }
    }

    #[inline]
    fn hash(&self, key: Key, text: &str) -> u64 {
        let (tag, bits) = match key {
            Key::Missing => (0, 0),
            Key::Whole(n) => (1, n as u64),
            Key::Above(n) => (1, n),
            Key::Bits(bits) => (2, bits),
            Key::Time { ms, ns } => (3, ms as u64 ^ u64::from(ns) << 44),
            Key::Text { .. } => return hash_text(self.seed ^ 4, text),
            Key::Json { .. } => return hash_text(self.seed ^ 5, text),
        };
        mix(self.seed ^ tag, bits)
    }

    /// The number of `cell`'s value, when it was counted.
    pub fn find(&self, cell: Cell<'_>) -> Option<u32> {
        let shown;
        let (key, _, text) = match parts(cell) {
            Some(parts) => parts,
            None => {
                shown = cell.json().to_string();
                (Key::Json { start: 0, len: 0 }, Shown::Plain, shown.as_str())
            }
        };
        let hash = self.hash(key, text);
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = (hash >> 32) as usize & mask;
        loop {
            let found = self.slots.get(at).copied().filter(|found| *found != EMPTY)?;
            if found >> 32 == hash >> 32 {
                let entry = self.entries.get(found as u32 as usize)?;
                if same(entry.key, key, &self.text, text) {
                    return Some(found as u32);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The number of distinct values.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How often value `number` was counted.
    pub fn count(&self, number: u32) -> u64 {
        self.entries.get(number as usize).map_or(0, |entry| entry.count)
    }

    /// The value called `number`.
    pub fn value(&self, number: u32) -> Scalar {
        self.entries.get(number as usize).map_or(Scalar::Missing, |entry| self.shown(entry))
    }

    /// (value, count) of each distinct value in the order of first sight.
    pub fn iter(&self) -> impl Iterator<Item = (Scalar, u64)> {
        self.entries.iter().map(|entry| (self.shown(entry), entry.count))
    }

    fn shown(&self, entry: &Entry) -> Scalar {
        match (entry.key, entry.shown) {
            (Key::Missing, _) => Scalar::Missing,
            (Key::Whole(n), Shown::Bool) => Scalar::Bool(n != 0),
            (Key::Whole(n), Shown::Float) => Scalar::Float(n as f64),
            (Key::Whole(n), Shown::Plain) => Scalar::Int(n),
            (Key::Above(n), Shown::Float) => Scalar::Float(n as f64),
            (Key::Above(n), _) => Scalar::UInt(n),
            (Key::Bits(bits), _) => Scalar::Float(f64::from_bits(bits)),
            (Key::Time { ms, ns }, _) => Scalar::Time(Moment { ms, ns }),
            (Key::Text { .. }, _) => Scalar::Text(part(&self.text, entry.key).to_owned()),
            (Key::Json { .. }, _) => Scalar::Other(serde_json::from_str(part(&self.text, entry.key)).unwrap_or_default()),
        }
    }
}

/// Key, look and text of a value; `None` for lists and objects.
fn parts(cell: Cell<'_>) -> Option<(Key, Shown, &str)> {
    Some(match cell {
        Cell::Missing => (Key::Missing, Shown::Plain, ""),
        Cell::Bool(flag) => (Key::Whole(i64::from(flag)), Shown::Bool, ""),
        Cell::Int(n) => (Key::Whole(n), Shown::Plain, ""),
        Cell::UInt(n) => (Key::Above(n), Shown::Plain, ""),
        Cell::Float(x) if x.abs() < ABOVE && (x as i64) as f64 == x => (Key::Whole(x as i64), Shown::Float, ""),
        Cell::Float(x) if (ABOVE..2.0 * ABOVE).contains(&x) => (Key::Above(x as u64), Shown::Float, ""),
        Cell::Float(x) => (Key::Bits(x.to_bits()), Shown::Float, ""),
        Cell::Time(Moment { ms, ns }) => (Key::Time { ms, ns }, Shown::Plain, ""),
        Cell::Text(text) => (Key::Text { start: 0, len: 0 }, Shown::Plain, text),
        Cell::Other(_) => return None,
    })
}

fn part(text: &str, key: Key) -> &str {
    match key {
        Key::Text { start, len } | Key::Json { start, len } => {
            text.get(start as usize..start as usize + len as usize).unwrap_or_default()
        }
        _ => "",
    }
}

fn same(known: Key, key: Key, texts: &str, text: &str) -> bool {
    match (known, key) {
        (Key::Text { .. }, Key::Text { .. }) | (Key::Json { .. }, Key::Json { .. }) => part(texts, known) == text,
        (known, key) => known == key,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn equal_values_are_one() {
        let mut set = Distinct::default();
        let numbers: Vec<u32> =
            [Cell::Int(1), Cell::Float(1.0), Cell::Bool(true), Cell::Text("1"), Cell::Float(1.5), Cell::Missing]
                .into_iter()
                .map(|cell| set.add(cell).unwrap())
                .collect();
        assert_eq!(numbers, [0, 0, 0, 1, 2, 3]);
        assert_eq!((set.find(Cell::Float(1.0)), set.find(Cell::Text("2")), set.find(Cell::Float(1.5))), (Some(0), None, Some(2)));
        assert_eq!(set.iter().next(), Some((Scalar::Int(1), 3)));
    }

    proptest! {
        #[test]
        fn counts_as_a_tree_does(texts in prop::collection::vec("[ab]{0,9}", 0..300), numbers in prop::collection::vec(-20i64..20, 0..300)) {
            let (mut set, mut tree) = (Distinct::default(), BTreeMap::<String, u64>::new());
            for text in &texts {
                set.add(Cell::Text(text)).unwrap();
                *tree.entry(text.clone()).or_default() += 1;
            }
            for n in &numbers {
                set.add(Cell::Int(*n)).unwrap();
                *tree.entry(format!("#{n}")).or_default() += 1;
            }
            let ours: BTreeMap<String, u64> = set.iter().map(|(value, count)| match value {
                Scalar::Text(text) => (text, count),
                Scalar::Int(n) => (format!("#{n}"), count),
                _ => unreachable!(),
            }).collect();
            prop_assert_eq!(ours, tree);
        }
    }
}
