//! Many rows at once: rows are bits, sifted down each tree.
//!
//! Idea: with the answers of 64 rows to a question in one word, the rows that reach a node are a word too, and two operations
//! send all of them on: those whose answer is 1 to the right child, the rest to the left. A tree costs a few operations per
//! node for 64 rows, no table of answers per row, no latency to hide; and where registers are wider, for several times 64. In
//! the end each row's leaf number is read off bit by bit: bit `k` of all numbers is the union of the leaves whose number has
//! that bit. Here for trees given as lists of splits; complete trees do likewise in [`complete`](super::complete).
//!
//! Trees of more than 256 leaves are left to the walk row by row. Tested through the engine's property tests.

use super::super::{Node, Tree};

/// Rows of one bit pattern.
pub(super) const BITS_OF_WORD: usize = 64;
/// Most bits of a leaf's number in its tree.
pub(super) const BITS: usize = 8;
/// Places of a tree of 2^`BITS` leaves, and one more.
pub(super) const PLACES: usize = 2 << BITS;

/// One bit for each of 64·`W` rows.
pub(super) type Word<const W: usize> = [u64; W];
/// The number of each row's leaf in its tree: that of row `64w + 8g + j` is byte `g` of word `w` of part `j`.
pub(super) type Numbers<const W: usize> = [Word<W>; BITS];

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
    pub(super) fn walk<const W: usize>(&self, words: &[Word<W>], mut found: impl FnMut(usize, &Numbers<W>)) {
        let (mut splits, mut members) = (self.splits.as_slice(), self.members.as_slice());
        let mut reached = [[0; W]; PLACES];
        reached[0] = [u64::MAX; W];
        for (t, tree) in self.trees.iter().enumerate() {
            let Some((mine, rest)) = splits.split_at_checked(usize::from(tree.splits)) else { return };
            splits = rest;
            for (k, split) in mine.iter().enumerate() {
                let Some(right) = words.get(usize::from(split.question)) else { return };
                let Some(here) = reached.get(usize::from(split.place)) else { return };
                let both = [without(here, right), both(here, right)];
                let Some(children) = reached.get_mut(2 * k + 1..2 * k + 3) else { return };
                children.copy_from_slice(&both);
            }
            let mut bits = [[0; W]; BITS];
            for (bit, count) in bits.iter_mut().zip(tree.members) {
                let Some((mine, rest)) = members.split_at_checked(usize::from(count)) else { return };
                members = rest;
                for place in mine {
                    let Some(rows) = reached.get(usize::from(*place)) else { return };
                    join(bit, rows);
                }
            }
            found(t, &numbers(bits));
        }
    }
}

/// The rows of both.
#[inline(always)]
pub(super) fn both<const W: usize>(a: &Word<W>, b: &Word<W>) -> Word<W> {
    let mut out = *a;
    for (out, b) in out.iter_mut().zip(b) {
        *out &= b;
    }
    out
}

/// The rows of `a` that are not of `b`.
#[inline(always)]
pub(super) fn without<const W: usize>(a: &Word<W>, b: &Word<W>) -> Word<W> {
    let mut out = *a;
    for (out, b) in out.iter_mut().zip(b) {
        *out &= !b;
    }
    out
}

/// Adds the rows of `b` to `a`.
#[inline(always)]
pub(super) fn join<const W: usize>(a: &mut Word<W>, b: &Word<W>) {
    for (a, b) in a.iter_mut().zip(b) {
        *a |= b;
    }
}

/// Each row's number, given its bits: a matrix of 8 × 8 bits in every byte of the words, turned over in three rounds of exchanges.
#[inline(always)]
pub(super) fn numbers<const W: usize>(bits: [Word<W>; BITS]) -> Numbers<W> {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = bits;
    for (low, high) in [(&mut a, &mut b), (&mut c, &mut d), (&mut e, &mut f), (&mut g, &mut h)] {
        exchange::<1, W>(low, high, 0x5555_5555_5555_5555);
    }
    for (low, high) in [(&mut a, &mut c), (&mut b, &mut d), (&mut e, &mut g), (&mut f, &mut h)] {
        exchange::<2, W>(low, high, 0x3333_3333_3333_3333);
    }
    for (low, high) in [(&mut a, &mut e), (&mut b, &mut f), (&mut c, &mut g), (&mut d, &mut h)] {
        exchange::<4, W>(low, high, 0x0f0f_0f0f_0f0f_0f0f);
    }
    [a, b, c, d, e, f, g, h]
}

/// Exchanges the bits of `low` that `mask`, moved up by `N`, selects with those of `high` that `mask` selects.
#[inline(always)]
fn exchange<const N: usize, const W: usize>(low: &mut Word<W>, high: &mut Word<W>, mask: u64) {
    for (low, high) in low.iter_mut().zip(high) {
        let differ = ((*low >> N) ^ *high) & mask;
        *high ^= differ;
        *low ^= differ << N;
    }
}
