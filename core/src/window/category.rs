//! Counts of categories: those known from training each their own, new ones by name up to a limit, the rest together.

use std::collections::BTreeMap;

/// New categories that are reported by name.
pub const NEW_BY_NAME: usize = 32;

/// The longest name that is kept, in bytes; a longer one counts without a name.
pub(super) const NAME_LIMIT: u64 = 4096;

/// How often each category occurred.
///
/// Which new ones keep their name does not depend on the order of counting or merging: those whose hash is smallest. One that was
/// dropped in some window is among the smallest of no union with it, so the counts of those that are left are complete.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Categories {
    /// Counts of the categories known from training, in their order.
    pub(super) known: Vec<u64>,
    /// New categories by (hash, name).
    pub(super) new: BTreeMap<(u64, String), u64>,
    /// Values of the new categories that have no name left.
    pub(super) overflow: u64,
}

impl Categories {
    /// Nothing counted, of so many known categories.
    pub fn new(known: usize) -> Categories {
        Categories { known: vec![0; known], ..Categories::default() }
    }

    /// Counts a value of the known category `place`.
    pub fn add_known(&mut self, place: usize) {
        if let Some(count) = self.known.get_mut(place) {
            *count = count.saturating_add(1);
        }
    }

    /// Counts a value of a category that training did not have.
    pub fn add_new(&mut self, name: &str) {
        if name.len() as u64 > NAME_LIMIT {
            self.overflow = self.overflow.saturating_add(1);
            return;
        }
        let count = self.new.entry((hash(name), name.to_owned())).or_default();
        *count = count.saturating_add(1);
        self.shrink();
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Categories) {
        super::add_all(&mut self.known, &other.known);
        for (key, more) in &other.new {
            let count = self.new.entry(key.clone()).or_default();
            *count = count.saturating_add(*more);
        }
        self.overflow = self.overflow.saturating_add(other.overflow);
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.new.len() > NEW_BY_NAME {
            if let Some((_, count)) = self.new.pop_last() {
                self.overflow = self.overflow.saturating_add(count);
            }
        }
    }

    /// Counts of the known categories, in their order.
    pub fn known(&self) -> &[u64] {
        &self.known
    }

    /// New categories with their counts, at most [`NEW_BY_NAME`].
    pub fn named(&self) -> impl Iterator<Item = (&str, u64)> {
        self.new.iter().map(|((_, name), count)| (name.as_str(), *count))
    }

    /// Values of new categories, with a name left or not.
    pub fn unknown(&self) -> u64 {
        self.new.values().fold(self.overflow, |sum, count| sum.saturating_add(*count))
    }
}

/// FNV-1a of 64 bits, mixed once more.
pub(super) fn hash(name: &str) -> u64 {
    let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (fnv ^ fnv >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(names: &[u8]) -> Categories {
        let mut categories = Categories::new(3);
        for name in names {
            if *name < 3 { categories.add_known(usize::from(*name)) } else { categories.add_new(&name.to_string()) }
        }
        categories
    }

    proptest! {
        #[test]
        fn any_order_and_grouping_tells_the_same(names in prop::collection::vec(0u8..120, 0..300), cut in 0usize..300) {
            let (left, right) = names.split_at(cut.min(names.len()));
            let whole = of(&names);
            let (mut one, mut two) = (of(left), of(right));
            one.merge(&of(right));
            two.merge(&of(left));
            let mut turned = names.clone();
            turned.reverse();
            prop_assert!(one == whole && two == whole && of(&turned) == whole);
            // Names that are left have complete counts.
            for (name, count) in whole.named() {
                prop_assert_eq!(names.iter().filter(|n| n.to_string() == name).count() as u64, count);
            }
            prop_assert_eq!(whole.unknown() + whole.known().iter().sum::<u64>(), names.len() as u64);
        }
    }
}
