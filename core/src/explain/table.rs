//! Shallow trees: every contribution looked up.
//!
//! Idea: a tree of depth 4 has four twigs of three splits below its first three. What the leaves of a twig contribute depends on
//! the outcomes of five splits, so all 32 cases fit a table of a kilobyte. To explain a row, its sides at all splits are looked up
//! ([`sides`](super::sides)), and each tree adds four short lines of numbers: far less work than [`walk`](super::walk) has.
//!
//! # Formula
//! As in [`walk`](super::walk): a leaf of value v gives column i v·(oᵢ − zᵢ)·∫₀¹ ∏ⱼ≠ᵢ (t·oⱼ + (1 − t)·zⱼ) dt. With at most four
//! columns the integrand is a cubic at most, and two Gauss–Legendre points are exact.
#![expect(clippy::indexing_slicing, reason = "places in a heap of 16, cases below 32 and slots below 5, by construction")]

use super::sides::{Block, Heap, PER_WORD, Places, SPLITS, TREES};
use crate::model::{Ensemble, Node, Tree};

/// Twigs of a tree.
const TWIGS: usize = 4;
/// Splits that decide what a twig contributes: the two above it and its own.
const DECIDING: usize = 5;
/// Their outcomes, together.
const CASES: usize = 1 << DECIDING;
/// Most trees with tables: 5 KB each.
const MOST_TREES: usize = 1000;
/// Most columns with contributions in a group of trees: a byte numbers them, so that no access needs a check.
const MOST: usize = 256;
/// The place of what belongs to no column; only zeros are added to it.
const NOWHERE: u8 = 255;
/// The nodes of the quadrature; both weigh one half.
const POINTS: [f64; 2] = [0.211_324_865_405_187_13, 0.788_675_134_594_812_9];

/// A compiled ensemble.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    columns: usize,
    places: Places,
    /// Expected margin per output.
    bias: Vec<f64>,
    /// Per output its trees, in their order.
    groups: Vec<Vec<Group>>,
}

/// Trees of few columns.
#[derive(Debug, Clone, Default)]
struct Group {
    /// The columns that get contributions.
    columns: Vec<u32>,
    trees: Vec<Looked>,
    /// The sides of [`TREES`] trees each.
    blocks: Vec<Block>,
}

/// A tree, its splits in heap order; place 0 is unused.
#[derive(Debug, Clone)]
struct Looked {
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
        let groups = vec![Vec::new(); ensemble.base.len()];
        let mut tables = Tables { columns, places: Places::of(ensemble)?, bias: ensemble.base.clone(), groups };
        // By output: the splits of the last group's trees.
        let mut heaps = vec![Vec::new(); ensemble.base.len()];
        for tree in &ensemble.trees {
            tables.add(tree, heaps.get_mut(tree.output as usize)?)?;
        }
        for (groups, heaps) in tables.groups.iter_mut().zip(&heaps) {
            finish(groups, heaps, &tables.places)?;
        }
        Some(tables)
    }

    fn add<'m>(&mut self, tree: &'m Tree, heaps: &mut Vec<Heap<'m>>) -> Option<()> {
        *self.bias.get_mut(tree.output as usize)? += weighted(tree, tree.expectation()?);
        if tree.nodes.len() < 2 {
            return Some(());
        }
        let groups = self.groups.get_mut(tree.output as usize)?;
        // Whatever columns the tree has must find room.
        if groups.last().is_none_or(|group| group.columns.len() > MOST - SPLITS) {
            finish(groups, heaps, &self.places)?;
            heaps.clear();
            groups.push(Group::default());
        }
        let group = groups.last_mut()?;
        let mut looked = Looked { columns: [NOWHERE; SPLITS], contributions: [[[0.0; DECIDING]; CASES]; TWIGS] };
        let mut heap = Heap::default();
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
                    *heap.get_mut(at)? = Some(split);
                    let shares = tree.shares(split);
                    for (side, child) in [split.left, split.right].into_iter().enumerate() {
                        let step = Step { column: split.column, deciding: deciding(at), side, share: shares[side] };
                        open.push((child, 2 * at + side, [&way[..], &[step]].concat()));
                    }
                }
            }
        }
        let columns = heap.map(|split| split.map(|split| split.column));
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
        heaps.push(heap);
        Some(())
    }

    /// Writes the contributions of `row` to `out`; see [`super::Explainer::contributions`].
    pub fn contributions(&self, row: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let width = self.columns + 1;
        let places = self.places.find(row);
        for ((out, bias), groups) in out.chunks_exact_mut(width).zip(&self.bias).zip(&self.groups) {
            for group in groups {
                group.add(&places, out);
            }
            out[width - 1] = *bias;
        }
    }
}

/// Compiles the splits of the last group's trees.
fn finish(groups: &mut [Group], heaps: &[Heap<'_>], places: &Places) -> Option<()> {
    if let Some(group) = groups.last_mut() {
        group.blocks = heaps.chunks(TREES).map(|heaps| Block::compile(places, heaps)).collect::<Option<_>>()?;
    }
    Some(())
}

impl Group {
    /// Adds what the trees contribute to `out`, one value per column, for a row at `places`.
    fn add(&self, places: &[u32], out: &mut [f64]) {
        let mut sums = [0.0; MOST];
        for (sum, column) in sums.iter_mut().zip(&self.columns) {
            *sum = out.get(*column as usize).copied().unwrap_or(0.0);
        }
        for (block, trees) in self.blocks.iter().zip(self.trees.chunks(TREES)) {
            for (trees, mut sides) in trees.chunks(PER_WORD).zip(block.sides(places)) {
                for tree in trees {
                    tree.add([sides as u8, (sides >> 8) as u8], &mut sums);
                    sides >>= 16;
                }
            }
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
    fn add(&self, sides: [u8; TWIGS / 2], sums: &mut [f64; MOST]) {
        let place = |at: usize| usize::from(self.columns[at]);
        // The columns of the splits above the twigs get something of each: their sums stay in registers.
        let mut root = sums[place(1)];
        for (half, sides) in sides.into_iter().enumerate() {
            let mut upper = sums[place(2 + half)];
            // The two above are shared by the twigs; each has three bits of its own.
            for (t, case) in [(2 * half, sides), (2 * half + 1, sides & 3 | sides >> 3 & 28)] {
                let [of_root, of_upper, own, left, right] = self.contributions[t][usize::from(case) & (CASES - 1)];
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

/// The number of `item` among `known`, to which it is added when new; none when a byte does not hold it.
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

    /// Where the contributions to `column` stand.
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
