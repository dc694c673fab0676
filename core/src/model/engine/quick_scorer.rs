//! QuickScorer: small trees whose every split is tested at once, where a processor looks up 32 bytes in one instruction.
//!
//! Idea (that of QuickScorer, with ranks in bytes for its sorted thresholds): a row is its rank among the cuts of each column, a byte each. A tree of at most
//! 32 leaves has at most 31 splits: their ranks are looked up, compared with their cuts, and one bit per split says which the
//! row passes. The row's exit leaf is the first from the left that is not on the left of a split passed. No step waits for the one
//! before, however deep the tree: a leaf-wise tree takes some 25 instructions instead of a dozen dependent loads.
//!
//! Takes ensembles without categories, of at most 32 columns (a column read with two ideas of "missing" counts twice) with at
//! most 254 cuts each, which is what LightGBM grows by default.
//!
//! Source: Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression trees", SIGIR
//! 2015. Tested through the engine's property tests.

use super::super::{Node, Tree};
use super::question::Index;
use super::size::{LANES, MISSING};
use super::wide::{Avx2, FlatTree, LEAVES, Work};

/// Ensemble of small trees.
#[derive(Debug, Clone)]
pub(super) struct QuickScorer {
    wide: Avx2,
    trees: Vec<FlatTree>,
    /// First leaf of each tree.
    first: Vec<u32>,
}

const EMPTY: FlatTree = FlatTree { lanes: [0; LEAVES], cuts: [0; LEAVES], spans: [0; LEAVES], lefts: [[0; LEAVES]; 4] };

impl QuickScorer {
    /// Flattens `trees`, whose leaves are numbered from left to right, one tree after another. `None` when they do not fit.
    pub(super) fn compile(wide: Avx2, trees: &[Tree], index: &Index<'_>) -> Option<QuickScorer> {
        let mut scorer = QuickScorer { wide, trees: Vec::new(), first: Vec::new() };
        let (mut leaf, mut split) = (0, 0);
        for tree in trees {
            if tree.nodes.len() >= 2 * LEAVES {
                return None;
            }
            let mut flat = Flattening { tree: EMPTY, splits: 0, leaves: 0 };
            let questions = index.questions(tree, &mut split)?;
            flat.add(tree, index, &questions, 0, 0)?;
            scorer.trees.push(flat.tree);
            scorer.first.push(leaf);
            leaf += flat.leaves as u32;
        }
        Some(scorer)
    }

    /// Folds `state` by `found(state, tree, leaf)` over the trees in order.
    #[inline(always)]
    pub(super) fn walk<S>(&self, ranks: &[u8; LANES], state: S, found: impl FnMut(S, usize, usize) -> S) -> S {
        self.wide.run(Walk { scorer: self, ranks, state, found })
    }
}

struct Walk<'a, S, F> {
    scorer: &'a QuickScorer,
    ranks: &'a [u8; LANES],
    state: S,
    found: F,
}

impl<S, F: FnMut(S, usize, usize) -> S> Work for Walk<'_, S, F> {
    type Output = S;

    #[inline(always)]
    fn run(mut self) -> S {
        let QuickScorer { wide, trees, first } = self.scorer;
        let mut state = self.state;
        for (t, (tree, first)) in trees.iter().zip(first).enumerate() {
            let leaf = wide.exit_leaf(tree, self.ranks);
            state = (self.found)(state, t, *first as usize + leaf as usize);
        }
        state
    }
}

/// A tree while it is flattened.
struct Flattening {
    tree: FlatTree,
    splits: usize,
    leaves: usize,
}

impl Flattening {
    /// Adds what hangs at `node`; `lefts` are the splits that have it on their left.
    fn add(&mut self, tree: &Tree, index: &Index<'_>, questions: &[u16], node: usize, lefts: u32) -> Option<()> {
        match tree.nodes.get(node)? {
            Node::Split(split) => {
                let at = self.splits;
                let question = index.lane_question(split, *questions.get(node)?)?;
                *self.tree.lanes.get_mut(at)? = (question.lane & 15) | (question.lane & 16) << 3;
                *self.tree.cuts.get_mut(at)? = question.cut;
                *self.tree.spans.get_mut(at)? = MISSING - question.cut - u8::from(!question.missing_right);
                self.splits += 1;
                self.add(tree, index, questions, split.left as usize, lefts | 1 << at)?;
                self.add(tree, index, questions, split.right as usize, lefts)
            }
            Node::Leaf(_) => {
                let (part, word) = place(self.leaves);
                let words = self.tree.lefts.get_mut(part)?.as_chunks_mut().0;
                *words.get_mut(word)? = lefts.to_le_bytes();
                self.leaves += 1;
                Some(())
            }
        }
    }
}

/// Part and word of `lefts` where a leaf stands, so that bit `leaf` of the outcome is its own: two instructions that narrow
/// words to bytes take four words of each part in turn.
fn place(leaf: usize) -> (usize, usize) {
    (leaf / 4 % 4, leaf / 16 * 4 + leaf % 4)
}
