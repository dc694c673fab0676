//! Which side a row takes at every split of shallow trees, without asking the splits one by one.
//!
//! Idea: of one column it only matters between which of its cuts the value lies. For each of those places, and for a block of
//! trees, the sides of all their splits on that column are computed beforehand, a bit each. A row is ranked once per column, and
//! the sides of 64 trees are the union of one line of bits per column: a handful of wide operations for each eight trees.
//! (QuickScorer's bit vectors, with all that a value decides in one.) Tested through the explanations.
#![expect(clippy::indexing_slicing, reason = "places, lines and trees are numbered where the arrays are made")]

use crate::model::{Arithmetic, Ensemble, Missing, Split, Test, ZERO};
use crate::order::heap_sort;

/// Heap positions of the splits of a tree, and one more.
pub(super) const SPLITS: usize = 16;
/// Trees of a block.
pub(super) const TREES: usize = 64;
/// Trees whose sides fill a word.
pub(super) const PER_WORD: usize = 4;
/// The sides of a block's trees: of each tree two bytes, one for its left half and one for its right. From the lowest bit a byte has
/// the root, the split below it, and three of each of the two twigs below that: the twig's first split, its left and its right one.
pub(super) type Line = [u64; TREES / PER_WORD];
/// Most places of all columns together. A tree of numeric splits has at most 45 cuts: only long sets of categories come near.
const MOST_PLACES: usize = 1 << 16;

/// The splits of a tree by heap position.
pub(super) type Heap<'m> = [Option<&'m Split>; SPLITS];

/// Where the values of a row lie among the cuts of their columns.
#[derive(Debug, Clone)]
pub(super) struct Places {
    arithmetic: Arithmetic,
    ladders: Vec<Ladder>,
    /// Per ladder the values from which on something may change, rising.
    cuts: Vec<f64>,
}

/// A column that is asked. It has a place before each cut, one behind the last and one for NaN.
#[derive(Debug, Clone)]
struct Ladder {
    column: u32,
    /// The end of its cuts; they begin where the ladder before ends.
    end: usize,
}

/// What 64 trees ask.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// Ladders with splits in these trees.
    ladders: Vec<u32>,
    /// By place: which line.
    numbers: Vec<u16>,
    lines: Vec<Line>,
}

impl Places {
    /// The places of `ensemble`; `None` when they are too many.
    pub fn of(ensemble: &Ensemble) -> Option<Places> {
        let mut cuts = Vec::new();
        for split in ensemble.splits() {
            let more = cuts.len();
            each_cut(split, &mut |cut| cuts.push((split.column, cut)));
            // A ladder is there even if its splits send every number the same way.
            if more == cuts.len() {
                cuts.push((split.column, 0.0));
            }
            if cuts.len() > 4 * MOST_PLACES {
                return None;
            }
        }
        heap_sort(&mut cuts, &|a, b| a < b);
        cuts.dedup();
        let mut ladders: Vec<Ladder> = Vec::new();
        for (end, (column, _)) in cuts.iter().enumerate() {
            match ladders.last_mut().filter(|last| last.column == *column) {
                Some(ladder) => ladder.end = end + 1,
                None => ladders.push(Ladder { column: *column, end: end + 1 }),
            }
        }
        let cuts = cuts.into_iter().map(|(_, cut)| cut).collect();
        let places = Places { arithmetic: ensemble.arithmetic, ladders, cuts };
        (places.count() <= MOST_PLACES).then_some(places)
    }

    /// Places of all ladders.
    fn count(&self) -> usize {
        self.cuts.len() + 2 * self.ladders.len()
    }

    /// The place of `row` on each ladder.
    pub fn find(&self, row: &[f64]) -> Vec<u32> {
        let mut start = 0;
        let place = |(number, ladder): (usize, &Ladder)| {
            let cuts = &self.cuts[start..ladder.end];
            let first = start + 2 * number;
            start = ladder.end;
            let x = row.get(ladder.column as usize).copied().unwrap_or(f64::NAN);
            let x = if self.arithmetic == Arithmetic::F32 { f64::from(x as f32) } else { x };
            let rank = if x.is_nan() { cuts.len() + 1 } else { cuts.partition_point(|cut| *cut <= x) };
            (first + rank) as u32
        };
        self.ladders.iter().enumerate().map(place).collect()
    }
}

impl Block {
    /// Compiles the splits of at most [`TREES`] trees of the ensemble that `places` are of. `None` when they have too many lines.
    pub fn compile(places: &Places, trees: &[Heap<'_>]) -> Option<Block> {
        let mut block = Block { ladders: Vec::new(), numbers: vec![0; places.count()], lines: vec![Line::default()] };
        // (Column, tree, heap position, split).
        let mut splits = Vec::new();
        for (tree, heap) in trees.iter().enumerate() {
            splits.extend(heap.iter().enumerate().filter_map(|(at, split)| split.map(|split| (split.column, tree, at, split))));
        }
        heap_sort(&mut splits, &|a, b| (a.0, a.1, a.2) < (b.0, b.1, b.2));
        let mut own = splits.as_slice();
        let mut start = 0;
        for (number, ladder) in places.ladders.iter().enumerate() {
            let (cuts, first) = (&places.cuts[start..ladder.end], start + 2 * number);
            start = ladder.end;
            let (these, others) = own.split_at(own.partition_point(|split| split.0 == ladder.column));
            own = others;
            if these.is_empty() {
                continue;
            }
            block.ladders.push(number as u32);
            let mut changes = Vec::new();
            for (i, (.., split)) in these.iter().enumerate() {
                each_cut(split, &mut |cut| changes.push((cuts.partition_point(|known| *known < cut) + 1, i)));
            }
            heap_sort(&mut changes, &|a, b| a < b);
            let mut changes = changes.into_iter().peekable();
            let mut line = Line::default();
            let set = |line: &mut Line, &(_, tree, at, split): &(u32, usize, usize, &Split), x: f64| {
                let bits = bits_of(at) << (16 * (tree % PER_WORD));
                let word = &mut line[tree / PER_WORD];
                *word = if split.goes_left(x) { *word & !bits } else { *word | bits };
            };
            these.iter().for_each(|split| set(&mut line, split, f64::NEG_INFINITY));
            block.numbers[first] = block.number(line)?;
            for (rank, cut) in (1..).zip(cuts) {
                let before = line;
                while let Some((_, i)) = changes.next_if(|(at, _)| *at == rank) {
                    set(&mut line, &these[i], *cut);
                }
                let same = block.numbers[first + rank - 1];
                block.numbers[first + rank] = if line == before { same } else { block.number(line)? };
            }
            these.iter().for_each(|split| set(&mut line, split, f64::NAN));
            block.numbers[first + cuts.len() + 1] = block.number(line)?;
        }
        Some(block)
    }

    fn number(&mut self, line: Line) -> Option<u16> {
        self.lines.push(line);
        u16::try_from(self.lines.len() - 1).ok()
    }

    /// The sides a row takes that lies at `places`.
    #[inline]
    pub fn sides(&self, places: &[u32]) -> Line {
        let mut sides = Line::default();
        for ladder in &self.ladders {
            let line = &self.lines[usize::from(self.numbers[places[*ladder as usize] as usize])];
            for (sides, line) in sides.iter_mut().zip(line) {
                *sides |= line;
            }
        }
        sides
    }
}

/// Calls `cut` with every value from which on `split` may send a number to another side than just below it.
fn each_cut(split: &Split, cut: &mut dyn FnMut(f64)) {
    match &split.test {
        Test::Less(t) | Test::LessEqual(t) if t.is_nan() => {}
        Test::Less(t) => cut(*t),
        Test::LessEqual(t) => cut(t.next_up()),
        Test::In(set) | Test::NotIn(set) => {
            // What lies above −1 is truncated to code 0, or is none.
            [(-1.0f64).next_up(), 0.0].into_iter().for_each(&mut *cut);
            let mut before = false;
            for code in 0..=32 * set.len() {
                let member = set.get(code / 32).is_some_and(|word| word >> (code % 32) & 1 == 1);
                if member != before {
                    cut(code as f64);
                }
                before = member;
            }
        }
    }
    if split.missing == Missing::Zero {
        [-ZERO, ZERO.next_up()].into_iter().for_each(cut);
    }
}

/// The bits of the split at heap position `at`.
fn bits_of(at: usize) -> u64 {
    let (half, bit) = match at {
        1 => return 0x0101,
        2 | 3 => (at - 2, 1),
        4..8 => ((at - 4) / 2, 2 + 3 * (at % 2)),
        _ => ((at - 8) / 4, 3 + 3 * (at / 2 % 2) + at % 2),
    };
    1 << (8 * half + bit)
}
