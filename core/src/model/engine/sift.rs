//! Many rows at once: rows are bits, sifted down each tree.
//!
//! Idea: with the answers of 64 rows to a question in one word, the rows that reach a node are a word too, and two operations
//! send all of them on: those whose answer is 1 to the right child, the rest to the left. A tree costs a few operations per
//! node for 64 rows, no table of answers per row, no latency to hide. In the end each row's leaf number is read off bit by bit:
//! bit `k` of all numbers is the union of the leaves whose number has that bit. Here for trees given as lists of splits; those
//! in heap order do likewise in [`heap`](super::heap).
//!
//! Trees of more than 256 leaves are left to the walk row by row. Tested through the engine's property tests.

use super::super::{Node, Tree};
use super::answer::ROWS;

/// Most bits of a leaf's number in its tree.
pub(super) const BITS: usize = 8;
/// Places of a tree of 2^`BITS` leaves, and one more.
pub(super) const PLACES: usize = 2 << BITS;

/// The number of each row's leaf in its tree.
pub(super) type Numbers = [u8; ROWS];

/// Every tree as a list of splits, parents before children.
#[derive(Debug, Clone, Default)]
pub(super) struct Sift {
    trees: Vec<Head>,
    splits: Vec<Split>,
    /// Of each tree and each bit of its leaves' numbers: the places of the leaves that have it.
    members: Vec<u16>,
}

#[derive(Debug, Clone)]
struct Head {
    splits: u16,
    /// How many `members` each bit has.
    members: [u16; BITS],
}

/// Split `k` of a tree has its children at places `2k + 1` and `2k + 2`; the root is at place 0.
#[derive(Debug, Clone)]
struct Split {
    question: u16,
    place: u16,
}

impl Sift {
    /// Lists `tree`, given the question of each split and the number of each leaf by node. `None` when it is too large.
    pub(super) fn add(&mut self, tree: &Tree, questions: &[u16], numbers: &[u16]) -> Option<()> {
        let (mut places, mut leaves) = (vec![0usize], Vec::new());
        let (mut at, mut splits) = (0, 0);
        while let Some(&node) = places.get(at) {
            let place = u16::try_from(at).ok().filter(|place| usize::from(*place) < PLACES - 1)?;
            match tree.nodes.get(node)? {
                Node::Leaf(_) => leaves.push((place, *numbers.get(node)?)),
                Node::Split(split) => {
                    self.splits.push(Split { question: *questions.get(node)?, place });
                    places.extend([split.left as usize, split.right as usize]);
                    splits += 1;
                }
            }
            at += 1;
        }
        let mut members = [0; BITS];
        for (bit, count) in members.iter_mut().enumerate() {
            let having = leaves.iter().filter(|(_, number)| number >> bit & 1 == 1).map(|(place, _)| *place);
            let start = self.members.len();
            self.members.extend(having);
            *count = u16::try_from(self.members.len() - start).ok()?;
        }
        self.trees.push(Head { splits, members });
        Some(())
    }

    /// Calls `found(tree, numbers)` for each tree in order.
    #[inline(always)]
    pub(super) fn walk(&self, words: &[u64], mut found: impl FnMut(usize, &Numbers)) {
        let (mut splits, mut members) = (self.splits.as_slice(), self.members.as_slice());
        let mut reached = [0; PLACES];
        reached[0] = u64::MAX;
        for (t, tree) in self.trees.iter().enumerate() {
            let Some((mine, rest)) = splits.split_at_checked(usize::from(tree.splits)) else { return };
            splits = rest;
            for (k, split) in mine.iter().enumerate() {
                let right = words.get(usize::from(split.question)).copied().unwrap_or_default();
                let here = reached.get(usize::from(split.place)).copied().unwrap_or_default();
                if let Some([l, r]) = reached.get_mut(2 * k + 1..2 * k + 3) {
                    (*l, *r) = (here & !right, here & right);
                }
            }
            let mut bits = [0; BITS];
            let mut used = 0;
            for (k, (bit, count)) in bits.iter_mut().zip(tree.members).enumerate().filter(|(_, (_, count))| *count > 0) {
                let Some((mine, rest)) = members.split_at_checked(usize::from(count)) else { return };
                members = rest;
                *bit = mine.iter().fold(0, |all, place| all | reached.get(usize::from(*place)).copied().unwrap_or_default());
                used = k + 1;
            }
            found(t, &numbers(&bits, used));
        }
    }
}

/// Each row's number, whose bit `k` is the row's bit of word `k`; the words from `used` on are not read.
#[inline(always)]
pub(super) fn numbers(bits: &[u64; BITS], used: usize) -> Numbers {
    let mut eights = [0; ROWS / 8];
    for (k, bit) in bits.iter().enumerate().take(used) {
        for (eight, byte) in eights.iter_mut().zip(bit.to_le_bytes()) {
            *eight |= SPREAD.get(usize::from(byte)).copied().unwrap_or_default() << k;
        }
    }
    let mut numbers = [0; ROWS];
    for (numbers, eight) in numbers.as_chunks_mut().0.iter_mut().zip(eights) {
        *numbers = u64::to_le_bytes(eight);
    }
    numbers
}

/// Bit `k` of a byte as byte `k` of a word.
#[expect(clippy::indexing_slicing, reason = "made when the crate is compiled")]
static SPREAD: [u64; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut k = 0;
        while k < 8 {
            table[byte] |= ((byte as u64 >> k) & 1) << (8 * k);
            k += 1;
        }
        byte += 1;
    }
    table
};
