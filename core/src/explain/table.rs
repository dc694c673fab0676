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

use super::compare::Comparisons;
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
/// The nodes of the quadrature; both weigh one half.
const POINTS: [f64; 2] = [0.211_324_865_405_187_13, 0.788_675_134_594_812_9];

/// A compiled ensemble.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    comparisons: Comparisons,
    /// Expected margin per output.
    bias: Vec<f64>,
    trees: Vec<Head>,
    twigs: Vec<[Twig; TWIGS]>,
}

#[derive(Debug, Clone)]
struct Head {
    output: u32,
    /// (Value, threshold) of each split, in heap order; place 0 is unused.
    splits: [(u32, f64); SPLITS],
}

#[derive(Debug, Clone)]
struct Twig {
    /// Columns of the deciding splits, each once; the rest repeats the first and gets nothing.
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
        let mut tables = Tables { comparisons, bias: ensemble.base.clone(), trees: Vec::new(), twigs: Vec::new() };
        for tree in &ensemble.trees {
            tables.add(tree)?;
        }
        Some(tables)
    }

    fn add(&mut self, tree: &Tree) -> Option<()> {
        *self.bias.get_mut(tree.output as usize)? += weighted(tree, tree.expectation()?);
        let mut splits = [(0, 0.0); SPLITS];
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
                    *splits.get_mut(at)? = self.comparisons.add(split)?;
                    let shares = tree.shares(split);
                    for (side, child) in [split.left, split.right].into_iter().enumerate() {
                        let step = Step { column: split.column, deciding: deciding(at), side, share: shares[side] };
                        open.push((child, 2 * at + side, [&way[..], &[step]].concat()));
                    }
                }
            }
        }
        for twig in &mut twigs {
            let first = if twig.columns[0] == u32::MAX { 0 } else { twig.columns[0] };
            twig.columns.iter_mut().filter(|column| **column == u32::MAX).for_each(|column| *column = first);
        }
        self.trees.push(Head { output: tree.output, splits });
        self.twigs.push(twigs);
        Some(())
    }

    /// Writes the contributions of `row` to `out`; see [`super::Explainer::contributions`].
    pub fn contributions(&self, row: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let width = self.comparisons.columns() + 1;
        for (out, bias) in out.chunks_exact_mut(width).zip(&self.bias) {
            out[width - 1] = *bias;
        }
        let values = self.comparisons.values(row);
        for (tree, twigs) in self.trees.iter().zip(&self.twigs) {
            let start = tree.output as usize * width;
            let Some(out) = out.get_mut(start..start + width) else { continue };
            // Bit `i`: the row goes right at heap position `i`, leaf or not.
            let mut sides = 0;
            for (i, (value, threshold)) in tree.splits.iter().enumerate().skip(1) {
                let right = values.get(*value as usize).is_some_and(|value| value >= threshold);
                sides |= usize::from(right) << i;
            }
            for (t, twig) in twigs.iter().enumerate() {
                let above = (sides >> 1 & 1) | (sides >> (2 + t / 2) & 1) << 1;
                let own = (sides >> (4 + t) & 1) << 2 | (sides >> (8 + 2 * t) & 3) << 3;
                for (column, contribution) in twig.columns.iter().zip(&twig.contributions[(above | own) & (CASES - 1)]) {
                    if let Some(sum) = out.get_mut(*column as usize) {
                        *sum += contribution;
                    }
                }
            }
        }
    }
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
                for i in (0..DECIDING).filter(|i| used[*i]) {
                    let others = |t: f64| {
                        let factor = |j: usize| if used[j] && j != i { t * follows[j] + (1.0 - t) * shares[j] } else { 1.0 };
                        (0..DECIDING).fold(1.0, |product, j| product * factor(j))
                    };
                    alike[case][i] = value * (follows[i] - shares[i]) * (0.5 * (others(POINTS[0]) + others(POINTS[1])));
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
