//! Shallow trees: every contribution looked up.
//!
//! Idea: a tree of depth 4 has four twigs of three splits below its first three. What the leaves of a twig contribute depends on
//! the outcomes of five splits, so all 32 cases fit a table of a kilobyte. To explain a row, each tree compares once per split
//! and adds four short lines of numbers, an order of magnitude less work than [`walk`](super::walk) has.
//!
//! # Formula
//! As in [`walk`](super::walk): a leaf of value v gives column i v·(oᵢ − zᵢ)·∫₀¹ ∏ⱼ≠ᵢ (t·oⱼ + (1 − t)·zⱼ) dt. With at most four
//! columns the integrand is a cubic at most, and two Gauss–Legendre points are exact.
#![expect(clippy::indexing_slicing, reason = "places in a heap of 16, cases below 32 and slots below 5, by construction")]

use super::compare::{Comparisons, Reading};
use crate::model::{Ensemble, Node, Tree};

/// Trees of at most this depth have tables.
const DEPTH: usize = 4;
/// Heap positions of the splits of a tree of that depth, and one more.
const SPLITS: usize = 1 << DEPTH;
/// Twigs of a tree.
const TWIGS: usize = 4;
/// Splits that decide what a twig contributes: the two above it and its own.
const DECIDING: usize = 5;
/// Their outcomes, together.
const CASES: usize = 1 << DECIDING;
/// Most trees with tables: 5 KB each.
const MOST_TREES: usize = 1000;
/// Most values compared and most columns with contributions in a group of trees: a byte numbers them, so that no access needs a check.
const MOST: usize = 256;
/// The place for contributions to no column; only zeros are added to it.
const NOWHERE: u8 = 255;
/// The nodes of the quadrature; both weigh one half.
const POINTS: [f64; 2] = [0.211_324_865_405_187_13, 0.788_675_134_594_812_9];

/// A compiled ensemble.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    comparisons: Comparisons,
    /// Expected margin per output.
    bias: Vec<f64>,
    /// Per output its trees, in their order.
    groups: Vec<Vec<Group>>,
}

/// Trees that compare few values.
#[derive(Debug, Clone, Default)]
struct Group {
    /// What the trees compare.
    readings: Vec<Reading>,
    /// The columns that get contributions.
    columns: Vec<u32>,
    trees: Vec<Looked>,
}

/// A tree, its splits in heap order; place 0 is unused.
#[derive(Debug, Clone)]
struct Looked {
    thresholds: [f64; SPLITS],
    /// Which of the readings each split compares.
    values: [u8; SPLITS],
    /// Which of the columns each split's contributions go to; [`NOWHERE`] when another's of the same twig
    /// have the same.
    columns: [u8; SPLITS],
    /// Per twig and case: what each of the deciding splits' columns gets.
    contributions: [[[f64; DECIDING]; CASES]; TWIGS],
}

/// A twig being made.
#[derive(Debug, Clone)]
struct Twig {
    /// Columns of the deciding splits, each once.
    columns: [u32; DECIDING],
    contributions: [[f64; DECIDING]; CASES],
}

/// A split on the way to a leaf.
#[derive(Debug, Clone, Copy)]
struct Step {
    column: u32,
    /// Which of the deciding splits it is.
    deciding: usize,
    /// The side of the leaf.
    side: usize,
    /// The training share of that side.
    share: f64,
}

impl Tables {
    /// Compiles a valid `ensemble` over `columns` columns; `None` when it is not a few shallow trees without linear leaves.
    pub fn compile(ensemble: &Ensemble, columns: usize) -> Option<Tables> {
        if ensemble.trees.len() > MOST_TREES {
            return None;
        }
        let comparisons = Comparisons::new(ensemble.arithmetic, columns);
        let groups = vec![Vec::new(); ensemble.base.len()];
        let mut tables = Tables { comparisons, bias: ensemble.base.clone(), groups };
        for tree in &ensemble.trees {
            tables.add(tree)?;
        }
        Some(tables)
    }

    fn add(&mut self, tree: &Tree) -> Option<()> {
        *self.bias.get_mut(tree.output as usize)? += weighted(tree, tree.expectation()?);
        if tree.nodes.len() < 2 {
            return Some(());
        }
        let groups = self.groups.get_mut(tree.output as usize)?;
        // Everything the tree compares must fit.
        if groups.last().is_none_or(|group| group.readings.len().max(group.columns.len()) > MOST - SPLITS) {
            groups.push(Group::default());
        }
        let group = groups.last_mut()?;
        // A threshold that nothing reaches: where no split is, the side is left.
        let mut looked = Looked {
            thresholds: [f64::INFINITY; SPLITS],
            values: [0; SPLITS],
            columns: [NOWHERE; SPLITS],
            contributions: [[[0.0; DECIDING]; CASES]; TWIGS],
        };
        let mut columns = [None; SPLITS];
        let mut twigs = [const { Twig { columns: [u32::MAX; DECIDING], contributions: [[0.0; DECIDING]; CASES] } }; TWIGS];
        // (Node, its heap position, the way to it).
        let mut open = vec![(0u32, 1usize, Vec::<Step>::new())];
        while let Some((node, at, way)) = open.pop() {
            match tree.nodes.get(node as usize)? {
                Node::Leaf(leaf) => {
                    // The first twig at or below the leaf's place.
                    let twig = if at < TWIGS { at << (2 - at.ilog2()) } else { at >> (at.ilog2() - 2) };
                    twigs[twig & (TWIGS - 1)].add(&way, weighted(tree, leaf.value));
                }
                Node::Split(split) => {
                    let (reading, threshold) = self.comparisons.reading(split)?;
                    *looked.thresholds.get_mut(at)? = threshold;
                    looked.values[at] = number(&mut group.readings, reading)?;
                    columns[at] = Some(split.column);
                    let shares = tree.shares(split);
                    for (side, child) in [split.left, split.right].into_iter().enumerate() {
                        let step = Step { column: split.column, deciding: deciding(at), side, share: shares[side] };
                        open.push((child, 2 * at + side, [&way[..], &[step]].concat()));
                    }
                }
            }
        }
        for at in 1..SPLITS {
            // The splits that decide the same twig and come first: those above, and of the two lowest the left one.
            let above = std::iter::successors(Some(at >> 1), |at| Some(at >> 1)).take_while(|at| *at > 0);
            let mut earlier = above.chain((at > SPLITS / 2 && at % 2 == 1).then_some(at - 1));
            if let Some(column) = columns[at].filter(|column| earlier.all(|at| columns[at] != Some(*column))) {
                looked.columns[at] = number(&mut group.columns, column)?;
            }
        }
        for (t, (twig, contributions)) in twigs.iter().zip(&mut looked.contributions).enumerate() {
            for (slot, at) in [1, 2 + t / 2, 4 + t, 8 + 2 * t, 9 + 2 * t].into_iter().enumerate() {
                let own = columns[at].filter(|_| looked.columns[at] != NOWHERE);
                let Some(from) = twig.columns.iter().position(|column| Some(*column) == own) else { continue };
                for (to, made) in contributions.iter_mut().zip(&twig.contributions) {
                    to[slot] = made[from];
                }
            }
        }
        group.trees.push(looked);
        Some(())
    }

    /// Writes the contributions of `row` to `out`; see [`super::Explainer::contributions`].
    pub fn contributions(&self, row: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let width = self.comparisons.columns() + 1;
        for ((out, bias), groups) in out.chunks_exact_mut(width).zip(&self.bias).zip(&self.groups) {
            for group in groups {
                group.add(&self.comparisons, row, out);
            }
            out[width - 1] = *bias;
        }
    }
}

impl Group {
    /// Adds what the trees contribute to `out`, one value per column.
    fn add(&self, comparisons: &Comparisons, row: &[f64], out: &mut [f64]) {
        let (mut values, mut sums) = ([0.0; MOST], [0.0; MOST]);
        for (value, reading) in values.iter_mut().zip(&self.readings) {
            *value = comparisons.read(row, reading);
        }
        for (sum, column) in sums.iter_mut().zip(&self.columns) {
            *sum = out.get(*column as usize).copied().unwrap_or(0.0);
        }
        for tree in &self.trees {
            tree.add(&values, &mut sums);
        }
        for (sum, column) in sums.iter().zip(&self.columns) {
            if let Some(place) = out.get_mut(*column as usize) {
                *place = *sum;
            }
        }
    }
}

impl Looked {
    /// Adds what the tree contributes to each column. A column's sum takes twigs in their order, whatever is held back meanwhile.
    #[inline]
    fn add(&self, values: &[f64; MOST], sums: &mut [f64; MOST]) {
        // Bit `i`: the row goes right at heap position `i`, leaf or not.
        let mut sides = 0;
        for (i, (value, threshold)) in self.values.iter().zip(&self.thresholds).enumerate() {
            sides |= usize::from(values[usize::from(*value)] >= *threshold) << i;
        }
        let place = |at: usize| usize::from(self.columns[at]);
        // The columns of the splits above the twigs get something of each: their sums stay in registers.
        let mut root = sums[place(1)];
        for half in 0..TWIGS / 2 {
            let mut upper = sums[place(2 + half)];
            let above = (sides >> 1 & 1) | (sides >> (2 + half) & 1) << 1;
            for t in [2 * half, 2 * half + 1] {
                let own = (sides >> (4 + t) & 1) << 2 | (sides >> (8 + 2 * t) & 3) << 3;
                let [of_root, of_upper, own, left, right] = self.contributions[t][(above | own) & (CASES - 1)];
                root += of_root;
                upper += of_upper;
                sums[place(4 + t)] += own;
                sums[place(8 + 2 * t)] += left;
                sums[place(9 + 2 * t)] += right;
            }
            sums[place(2 + half)] = upper;
        }
        sums[place(1)] = root;
    }
}

/// The number of `item` among `known`, to which it is added when new; none when it exceeds a byte.
fn number<T: PartialEq>(known: &mut Vec<T>, item: T) -> Option<u8> {
    let found = known.iter().position(|other| *other == item);
    let number = u8::try_from(found.unwrap_or(known.len())).ok()?;
    if found.is_none() {
        known.push(item);
    }
    Some(number)
}

impl Twig {
    /// Adds what a leaf of `value` at the end of `way` contributes in each case.
    fn add(&mut self, way: &[Step], value: f64) {
        let slots: Vec<usize> = way.iter().map(|step| self.slot(step.column)).collect();
        let relevant = way.iter().fold(0, |bits, step| bits | 1 << step.deciding);
        // Cases that differ in other splits only are alike.
        let mut alike = [[0.0; DECIDING]; CASES];
        for case in 0..CASES {
            let base = case & relevant;
            if base == case {
                // Per slot: whether the row follows all of the way's splits on its column, and the training share that does.
                let (mut follows, mut shares, mut used) = ([1.0; DECIDING], [1.0; DECIDING], [false; DECIDING]);
                for (step, &slot) in way.iter().zip(&slots) {
                    used[slot] = true;
                    shares[slot] *= step.share;
                    if case >> step.deciding & 1 != step.side {
                        follows[slot] = 0.0;
                    }
                }
                let mut factors = [[1.0; DECIDING]; POINTS.len()];
                for (factors, t) in factors.iter_mut().zip(POINTS) {
                    for j in (0..DECIDING).filter(|j| used[*j]) {
                        factors[j] = t * follows[j] + (1.0 - t) * shares[j];
                    }
                }
                for i in (0..DECIDING).filter(|i| used[*i]) {
                    let others = |factors: &[f64; DECIDING]| {
                        (0..DECIDING).filter(|j| *j != i).fold(1.0, |product, j| product * factors[j])
                    };
                    alike[case][i] = value * (follows[i] - shares[i]) * (0.5 * (others(&factors[0]) + others(&factors[1])));
                }
            }
            for (sum, contribution) in self.contributions[case].iter_mut().zip(alike[base]) {
                *sum += contribution;
            }
        }
    }

    /// The position of the contributions to `column`.
    fn slot(&mut self, column: u32) -> usize {
        let slot = self.columns.iter().position(|known| *known == column || *known == u32::MAX).unwrap_or(0);
        self.columns[slot] = column;
        slot
    }
}

/// Which of its twig's deciding splits the split at heap position `at` is.
fn deciding(at: usize) -> usize {
    match at {
        1 => 0,
        2 | 3 => 1,
        4..8 => 2,
        _ => 3 + (at & 1),
    }
}

fn weighted(tree: &Tree, value: f64) -> f64 {
    if tree.weight == 1.0 { value } else { tree.weight * value }
}
