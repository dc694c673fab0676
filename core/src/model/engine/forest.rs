//! A compiled ensemble: questions, trees in their fast form, leaves, and their sum in tree order.
//!
//! Whatever the order of traversal, each output adds its leaves in the order of the trees, in the width of the model, as the
//! library that grew them does; so the bits are those of [`Model::margins`](super::super::Model::margins).

use super::super::{Arithmetic, Ensemble, LinearLeaf, Node, Tree};
use super::answer::{Answers, ROWS};
use super::block::Blocks;
use super::heap::{self, Heap};
use super::question::Questions;
use super::sift::Numbers;
use super::{Scratch, shape};

/// Numbers a byte can have. So many leaves are there behind the first one of any tree, and no bounds check remains.
const NUMBERS: usize = 256;
/// Fewer rows than this are walked one by one.
const FEW: usize = 12;

/// A compiled ensemble.
#[derive(Debug, Clone)]
pub(super) struct Forest {
    questions: Questions,
    base: Vec<f64>,
    /// Output of each tree.
    outputs: Vec<u32>,
    layout: Layout,
    leaves: Leaves,
}

/// Trees in their fast form.
#[derive(Debug, Clone)]
enum Layout {
    Heap(Heap),
    Blocks(Blocks),
}

/// What each leaf adds, weight included.
#[derive(Debug, Clone)]
enum Leaves {
    F32(Vec<f32>),
    F64(Vec<f64>),
    Linear { arithmetic: Arithmetic, leaves: Vec<(f64, f64, Option<LinearLeaf>)> },
}

impl Forest {
    /// Compiles `ensemble`; `None` when it is not made of proper trees or asks too many questions.
    pub(super) fn compile(ensemble: &Ensemble, outputs: usize) -> Option<Forest> {
        if !shape::is_proper(ensemble, outputs) {
            return None;
        }
        let (questions, index) = Questions::collect(ensemble)?;
        let trees = &ensemble.trees;
        let depth = trees.iter().filter_map(shape::depth).max().unwrap_or(0).max(1);
        let mut leaves = Leaves::of(ensemble);
        let layout = if depth <= heap::DEEPEST {
            Layout::Heap(Heap::compile(trees, depth, &index, |leaf, tree, node| leaves.place(leaf, trees.get(tree), node))?)
        } else {
            Layout::Blocks(Blocks::compile(trees, &index, |leaf, tree, node| leaves.place(leaf, trees.get(tree), node))?)
        };
        leaves.pad();
        let outputs = trees.iter().map(|tree| tree.output).collect();
        Some(Forest { questions, base: ensemble.base.clone(), outputs, layout, leaves })
    }

    /// Writes the margins of `row`.
    pub(super) fn margins(&self, row: &[f64], answers: &mut Answers, out: &mut [f64]) {
        self.questions.answer(row, answers);
        match (&self.leaves, self.base.as_slice(), &mut *out) {
            (Leaves::F32(leaves), [base], [out]) => {
                let add = |sum, _, leaf| sum + leaves.get(leaf).copied().unwrap_or_default();
                *out = f64::from(self.walk(answers, *base as f32, add));
            }
            (Leaves::F64(leaves), [base], [out]) => {
                *out = self.walk(answers, *base, |sum, _, leaf| sum + leaves.get(leaf).copied().unwrap_or_default());
            }
            _ => self.sums(row, answers, out),
        }
    }

    /// Writes the margins of `rows`, each of `width` values.
    pub(super) fn margins_batch(&self, rows: &[f64], width: usize, scratch: &mut Scratch, out: &mut [f64]) {
        let outputs = self.base.len();
        for (rows, out) in rows.chunks(ROWS * width).zip(out.chunks_mut((ROWS * outputs).max(1))) {
            match (&self.leaves, &self.layout) {
                // A word of few rows is no gain. Linear leaves look at the row.
                _ if rows.len() < FEW * width => self.margins_each(rows, width, scratch, out),
                (Leaves::Linear { .. }, _) => self.margins_each(rows, width, scratch, out),
                (_, Layout::Blocks(blocks)) if !blocks.takes_rows() => self.margins_each(rows, width, scratch, out),
                _ => self.margins_of_word(rows, width, &mut scratch.words, out),
            }
        }
    }

    fn margins_each(&self, rows: &[f64], width: usize, scratch: &mut Scratch, out: &mut [f64]) {
        for (row, out) in rows.chunks(width).zip(out.chunks_mut(self.base.len().max(1))) {
            self.margins(row, scratch.answers(), out);
        }
    }

    /// The margins of at most [`ROWS`] rows.
    fn margins_of_word(&self, rows: &[f64], width: usize, words: &mut Vec<u64>, out: &mut [f64]) {
        self.questions.answer_rows(rows, width, words);
        match &self.leaves {
            Leaves::F32(leaves) => self.add_rows(words, leaves, |base| base as f32, f64::from, out),
            Leaves::F64(leaves) => self.add_rows(words, leaves, |base| base, |sum| sum, out),
            Leaves::Linear { .. } => {}
        }
    }

    #[inline(never)]
    fn add_rows<T: Copy + Default + std::ops::AddAssign>(
        &self,
        words: &[u64],
        leaves: &[T],
        narrow: impl Fn(f64) -> T,
        widen: impl Fn(T) -> f64,
        out: &mut [f64],
    ) {
        let mut sums: Vec<[T; ROWS]> = self.base.iter().map(|base| [narrow(*base); ROWS]).collect();
        let outputs = self.outputs.as_slice();
        let found = |tree: usize, first: usize, numbers: &Numbers| {
            let output = outputs.get(tree).map_or(0, |output| *output as usize);
            let (Some(sums), Some(leaves)) = (sums.get_mut(output), leaves.get(first..).and_then(<[T]>::first_chunk::<NUMBERS>))
            else {
                return;
            };
            for (sum, number) in sums.iter_mut().zip(numbers) {
                *sum += leaves.get(usize::from(*number)).copied().unwrap_or_default();
            }
        };
        match &self.layout {
            Layout::Heap(heap) => heap.walk_rows(words, found),
            Layout::Blocks(blocks) => blocks.walk_rows(words, found),
        }
        for (r, out) in out.chunks_mut(self.base.len().max(1)).enumerate() {
            for (out, sums) in out.iter_mut().zip(&sums) {
                *out = sums.get(r).map_or(f64::NAN, |sum| widen(*sum));
            }
        }
    }

    /// The margins of any ensemble: several outputs, linear leaves, `out` of another length.
    fn sums(&self, row: &[f64], answers: &Answers, out: &mut [f64]) {
        for (out, base) in out.iter_mut().zip(&self.base) {
            *out = *base;
        }
        self.walk(answers, (), |(), tree, leaf| {
            let output = self.outputs.get(tree).map_or(0, |output| *output as usize);
            if let Some(sum) = out.get_mut(output) {
                *sum = self.leaves.add(*sum, leaf, row);
            }
        });
    }

    #[inline(always)]
    fn walk<S>(&self, answers: &Answers, state: S, found: impl FnMut(S, usize, usize) -> S) -> S {
        match &self.layout {
            Layout::Heap(heap) => heap.walk(answers, state, found),
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
