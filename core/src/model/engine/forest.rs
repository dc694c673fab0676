//! A compiled ensemble: questions, trees in their fast form, leaves, and their sum in tree order.
//!
//! Whatever the order of traversal, each output adds its leaves in the order of the trees, in the width of the model, as the
//! library that grew them does; so the bits are those of [`Model::margins`](super::super::Model::margins). One row here, many in
//! [`batch`](super::batch).

use super::super::{Arithmetic, Ensemble, LinearLeaf, Node, Tree};
use super::block::Blocks;
use super::complete::{self, CompleteTrees};
use super::lockstep::Lockstep;
use super::question::Questions;
use super::quick_scorer::QuickScorer;
use super::rank::Ranked;
use super::shape;
use super::step::Answers;
use super::wide::{Avx2, Avx512};

/// Numbers a byte can have. So many leaves are there behind the first one of any tree, and no bounds check remains.
pub(super) const NUMBERS: usize = 256;

/// A compiled ensemble.
#[derive(Debug, Clone)]
pub(super) struct Forest {
    pub(super) questions: Questions,
    pub(super) base: Vec<f64>,
    /// Output of each tree.
    pub(super) outputs: Vec<u32>,
    pub(super) layout: Layout,
    /// The trees of [`Layout::Blocks`] once more, where that is quicker for one row.
    pub(super) quick_scorer: Option<QuickScorer>,
    /// The trees of [`Layout::Complete`] once more, where that is quicker for one row.
    pub(super) lockstep: Option<Lockstep>,
    pub(super) leaves: Leaves,
    pub(super) wide: Option<Avx2>,
}

/// Trees in their fast form.
#[derive(Debug, Clone)]
pub(super) enum Layout {
    Complete(CompleteTrees),
    Blocks(Blocks),
}

/// What each leaf adds, weight included.
#[derive(Debug, Clone)]
pub(super) enum Leaves {
    F32(Vec<f32>),
    F64(Vec<f64>),
    Linear { arithmetic: Arithmetic, leaves: Vec<(f64, f64, Option<LinearLeaf>)> },
}

impl Forest {
    /// Compiles `ensemble`; `None` when it is not made of proper trees or asks too many questions.
    pub(super) fn compile(ensemble: &Ensemble, outputs: usize, ranked: Option<&Ranked>) -> Option<Forest> {
        let depth = shape::deepest(ensemble, outputs)?.max(1);
        let (questions, index) = Questions::collect(ensemble, ranked)?;
        let trees = &ensemble.trees;
        let mut leaves = Leaves::of(ensemble);
        let layout = if depth <= complete::DEEPEST {
            Layout::Complete(CompleteTrees::compile(trees, depth, &index, |leaf, tree, node| {
                leaves.place(leaf, trees.get(tree), node)
            })?)
        } else {
            Layout::Blocks(Blocks::compile(trees, &index, |leaf, tree, node| leaves.place(leaf, trees.get(tree), node))?)
        };
        leaves.pad();
        let wide = Avx2::detect();
        let quick_scorer =
            wide.filter(|_| matches!(layout, Layout::Blocks(_))).and_then(|wide| QuickScorer::compile(wide, trees, &index));
        let lockstep = match &layout {
            Layout::Complete(trees) => Avx512::detect().and_then(|wide| Lockstep::compile(wide, trees, &questions)),
            Layout::Blocks(_) => None,
        };
        let outputs = trees.iter().map(|tree| tree.output).collect();
        Some(Forest { questions, base: ensemble.base.clone(), outputs, layout, quick_scorer, lockstep, leaves, wide })
    }

    /// This forest on a processor without wide instructions.
    #[cfg(test)]
    pub(super) fn narrow(self) -> Forest {
        Forest { quick_scorer: None, lockstep: None, wide: None, ..self }
    }

    /// Writes the margins of `row`.
    pub(super) fn margins(&self, row: &[f64], answers: &mut Answers, out: &mut [f64]) {
        match (&self.leaves, self.base.as_slice(), &mut *out) {
            (Leaves::F32(leaves), [base], [out]) => {
                let add = |sum, _, leaf| sum + leaves.get(leaf).copied().unwrap_or_default();
                *out = f64::from(self.walk(row, answers, *base as f32, add));
            }
            (Leaves::F64(leaves), [base], [out]) => {
                *out = self.walk(row, answers, *base, |sum, _, leaf| sum + leaves.get(leaf).copied().unwrap_or_default());
            }
            _ => self.sums(row, answers, out),
        }
    }

    /// The margins of any ensemble: several outputs, linear leaves, `out` of another length.
    fn sums(&self, row: &[f64], answers: &mut Answers, out: &mut [f64]) {
        for (out, base) in out.iter_mut().zip(&self.base) {
            *out = *base;
        }
        self.walk(row, answers, (), |(), tree, leaf| {
            let output = self.outputs.get(tree).map_or(0, |output| *output as usize);
            if let Some(sum) = out.get_mut(output) {
                *sum = self.leaves.add(*sum, leaf, row);
            }
        });
    }

    /// Folds `state` by `found(state, tree, leaf)` over the trees in order.
    #[inline(always)]
    fn walk<S>(&self, row: &[f64], answers: &mut Answers, state: S, found: impl FnMut(S, usize, usize) -> S) -> S {
        if let Some(scorer) = &self.quick_scorer {
            return scorer.walk(&self.questions.bytes(row), state, found);
        }
        if let Some(lockstep) = &self.lockstep {
            return lockstep.walk(row, state, found);
        }
        self.questions.answer(row, answers);
        match &self.layout {
            Layout::Complete(trees) => trees.walk(answers, state, found),
            Layout::Blocks(blocks) => blocks.walk(answers, state, found),
        }
    }
}

impl Leaves {
    fn of(ensemble: &Ensemble) -> Leaves {
        let linear = |node: &Node| matches!(node, Node::Leaf(leaf) if leaf.linear.is_some());
        match ensemble.arithmetic {
            arithmetic if ensemble.trees.iter().flat_map(|tree| &tree.nodes).any(linear) => {
                Leaves::Linear { arithmetic, leaves: Vec::new() }
            }
            Arithmetic::F32 => Leaves::F32(Vec::new()),
            Arithmetic::F64 => Leaves::F64(Vec::new()),
        }
    }

    /// Notes that leaf number `at` is `node` of `tree`. Numbers come in rising order.
    fn place(&mut self, at: usize, tree: Option<&Tree>, node: usize) {
        let Some(tree) = tree else { return };
        let Some(Node::Leaf(leaf)) = tree.nodes.get(node) else { return };
        match self {
            Leaves::F32(leaves) => {
                leaves.resize(at, 0.0);
                leaves.push(tree.weight as f32 * leaf.value as f32);
            }
            Leaves::F64(leaves) => {
                leaves.resize(at, 0.0);
                leaves.push(tree.weight * leaf.value);
            }
            Leaves::Linear { leaves, .. } => {
                leaves.resize(at, (0.0, 0.0, None));
                leaves.push((tree.weight, leaf.value, leaf.linear.clone()));
            }
        }
    }

    /// Adds [`NUMBERS`] leaves that no tree has.
    fn pad(&mut self) {
        match self {
            Leaves::F32(leaves) => leaves.resize(leaves.len() + NUMBERS, 0.0),
            Leaves::F64(leaves) => leaves.resize(leaves.len() + NUMBERS, 0.0),
            Leaves::Linear { .. } => {}
        }
    }

    /// `sum` with the leaf added.
    fn add(&self, sum: f64, leaf: usize, row: &[f64]) -> f64 {
        match self {
            Leaves::F32(leaves) => f64::from(sum as f32 + leaves.get(leaf).copied().unwrap_or_default()),
            Leaves::F64(leaves) => sum + leaves.get(leaf).copied().unwrap_or_default(),
            Leaves::Linear { arithmetic, leaves } => {
                let Some((weight, value, linear)) = leaves.get(leaf) else { return sum };
                let value = linear.as_ref().and_then(|linear| linear.evaluate(row)).unwrap_or(*value);
                match arithmetic {
                    Arithmetic::F32 => f64::from(sum as f32 + *weight as f32 * value as f32),
                    Arithmetic::F64 => sum + weight * value,
                }
            }
        }
    }
}
