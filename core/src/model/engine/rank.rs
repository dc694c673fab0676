//! Which cuts a column has, in order, and the rank of each split's among them: stored in a bundle, or gathered.
//! What is stored is compared with the splits before it is used; a look-up of each cut by hash was once the largest part of a load.
//!
//! Tested through the engine's property tests and those of bundles.

use super::size::LIMIT;
use crate::order::heap_sort;

/// The thresholds of an ensemble as a bundle holds them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ranked {
    /// Where each column's thresholds end in `values`.
    pub(crate) ends: Vec<u32>,
    /// Each column's in rising order.
    pub(crate) values: Vec<f64>,
    /// Of each split, in the order of trees and nodes, the rank of its threshold among its column's; 0 for a set.
    pub(crate) ranks: Vec<u32>,
}

impl Ranked {
    /// The thresholds of `column`.
    pub(super) fn of(&self, column: usize) -> Option<&[f64]> {
        let start = column.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before))?;
        self.values.get(*start as usize..*self.ends.get(column)? as usize)
    }
}

/// The distinct cuts of one column as integers of the same order, so that sorting compares without branches.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    rising: Vec<i64>,
    /// So many are rising; others may follow.
    sorted: usize,
}

impl Keys {
    /// Those of `cuts`; `None` unless they rise.
    pub(super) fn stored(cuts: impl Iterator<Item = f64>) -> Option<Keys> {
        let rising: Vec<i64> = cuts.map(key).collect();
        let rises = rising.is_sorted_by(|a, b| a < b) && rising.len() <= LIMIT;
        rises.then_some(Keys { sorted: rising.len(), rising })
    }

    /// Adds a cut. `None` when they are too many.
    pub(super) fn gather(&mut self, cut: f64) -> Option<()> {
        self.rising.push(key(cut));
        // Now and then, so that a file of millions of equal cuts takes neither room nor time.
        if self.rising.len() > 2 * self.sorted + 1024 { self.sort() } else { Some(()) }
    }

    /// Puts what was gathered in order.
    pub(super) fn sort(&mut self) -> Option<()> {
        if self.sorted < self.rising.len() {
            heap_sort(&mut self.rising, &|a, b| a < b);
            self.rising.dedup();
            self.sorted = self.rising.len();
        }
        (self.sorted <= LIMIT).then_some(())
    }

    /// The rank of a cut that was gathered.
    pub(super) fn rank(&self, cut: f64) -> Option<usize> {
        self.rising.binary_search(&key(cut)).ok()
    }

    /// Whether the cut of this rank is `cut`.
    pub(super) fn has(&self, rank: u32, cut: f64) -> bool {
        self.rising.get(rank as usize) == Some(&key(cut))
    }

    /// In rising order.
    pub(super) fn rising(&self) -> &[i64] {
        &self.rising
    }
}

/// An integer for each double, in the order of [`f64::total_cmp`].
fn key(cut: f64) -> i64 {
    let bits = cut.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// The double whose [`key`] this is.
pub(super) fn from_key(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63).cast_unsigned() >> 1).cast_signed()).cast_unsigned())
}
