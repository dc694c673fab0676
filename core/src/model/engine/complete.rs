//! Shallow trees, each completed to one depth: the implicit layout of a complete binary tree.
//!
//! Idea: node `i`, in level order from 1, has the children `2i` and `2i + 1`, so a step needs no pointers and no branch, and the processor overlaps the
//! steps of several trees by itself. A leaf above the full depth is repeated below itself.
//!
//! Tested through the engine's property tests.

use super::super::{Node, Tree};
use super::question::Index;
use super::sift::{BITS, Numbers, PLACES, Word, both, join, numbers, without};
use super::step::{Answers, FEW, Levels};

/// Trees of at most this depth are stored this way.
pub(super) const DEEPEST: usize = BITS;

/// The trees, completed.
#[derive(Debug, Clone)]
pub(super) struct CompleteTrees {
    depth: usize,
    trees: usize,
    /// Question of each node, `2^depth` per tree, whole groups of trees; place 0 is unused.
    questions: Vec<u16>,
}

impl CompleteTrees {
    /// Completes `trees`, none deeper than `deepest`. `place` is called with (leaf, tree, node): leaf `path` of tree `t` is
    /// `t·2^depth + path`, where `depth` is at least `deepest`.
    #[inline(never)]
    pub(super) fn compile(
        trees: &[Tree],
        deepest: usize,
        index: &Index<'_>,
        mut place: impl FnMut(usize, usize, usize),
    ) -> Option<CompleteTrees> {
        // A few depths, and so a few copies of the walk.
        let depth = if deepest <= 4 { 4 } else { deepest.next_multiple_of(2) };
        let room = 1 << depth;
        let mut questions = vec![0; room * trees.len().next_multiple_of(FEW)];
        // Node of the tree at each place of the complete tree; places below a leaf hold that leaf.
        let mut nodes = vec![0; 2 * room];
        let mut split = 0;
        for ((t, tree), questions) in trees.iter().enumerate().zip(questions.chunks_exact_mut(room)) {
            let asked = index.questions(tree, &mut split)?;
            for at in 1..2 * room {
                let here = *nodes.get(at)?;
                let children = match tree.nodes.get(here)? {
                    Node::Split(split) if at < room => {
                        *questions.get_mut(at)? = *asked.get(here)?;
                        [split.left as usize, split.right as usize]
                    }
                    Node::Leaf(_) if at < room => [here, here],
                    Node::Leaf(_) => {
                        place(t * room + at - room, t, here);
                        continue;
                    }
                    Node::Split(_) => return None,
                };
                nodes.get_mut(2 * at..2 * at + 2)?.copy_from_slice(&children);
            }
        }
        Some(CompleteTrees { depth, trees: trees.len(), questions })
    }

    /// Levels of each tree.
    pub(super) fn levels(&self) -> usize {
        self.depth
    }

    /// The questions of each tree.
    pub(super) fn trees(&self) -> impl Iterator<Item = &[u16]> {
        self.questions.chunks_exact(1 << self.depth).take(self.trees)
    }

    /// Folds `state` by `found(state, tree, leaf)` over the trees in order. (A state that is handed on stays in a register.)
    #[inline(always)]
    pub(super) fn walk<S>(&self, answers: &Answers, state: S, found: impl FnMut(S, usize, usize) -> S) -> S {
        match self.depth {
            4 => self.walk_by::<4, 16, S>(answers, state, found),
            6 => self.walk_by::<6, 64, S>(answers, state, found),
            _ => self.walk_by::<8, 256, S>(answers, state, found),
        }
    }

    /// One group of trees ahead of `found`: what that adds up waits for itself, and meanwhile the next trees are walked.
    /// Never inlined: engines of JavaScript do not optimise functions beyond some size, and the plain build runs there.
    #[inline(never)]
    fn walk_by<const DEPTH: usize, const ROOM: usize, S>(
        &self,
        answers: &Answers,
        mut state: S,
        mut found: impl FnMut(S, usize, usize) -> S,
    ) -> S {
        let levels = Levels::<DEPTH, ROOM>::hidden();
        let mut before = [0; FEW];
        let (mut tree, mut behind) = (0, 0);
        for group in self.questions.as_chunks::<ROOM>().0.as_chunks::<FEW>().0 {
            let leaves = levels.descend_side_by_side(group, answers);
            for leaf in before.into_iter().take(behind) {
                state = found(state, tree, tree * ROOM + leaf);
                tree += 1;
            }
            (before, behind) = (leaves, FEW);
        }
        for leaf in before.into_iter().take(self.trees - tree) {
            state = found(state, tree, tree * ROOM + leaf);
            tree += 1;
        }
        state
    }

    /// Calls `found(tree, its first leaf, each row's leaf counted from that)` for each tree in order; see
    /// [`sift`](super::sift) for the idea.
    #[inline(always)]
    pub(super) fn walk_rows<const W: usize>(&self, words: &[Word<W>], mut found: impl FnMut(usize, usize, &Numbers<W>)) {
        let room = 1 << self.depth;
        // The rows that reach each node, one level after another.
        let mut reached = [[0; W]; PLACES / 2];
        reached[1] = [u64::MAX; W];
        for (tree, questions) in self.questions.chunks_exact(room).take(self.trees).enumerate() {
            let mut bits = [[0; W]; BITS];
            let Some((last, upper)) = bits.get_mut(..self.depth).and_then(<[_]>::split_first_mut) else { return };
            for (level, bit) in upper.iter_mut().rev().enumerate() {
                let nodes = 1 << level;
                let Some((above, below)) = reached.split_at_mut_checked(2 * nodes) else { return };
                let above = above.iter().zip(questions).skip(nodes);
                for ((here, question), [left, right]) in above.zip(below.as_chunks_mut().0) {
                    let Some(answer) = words.get(usize::from(*question)) else { return };
                    (*left, *right) = (without(here, answer), both(here, answer));
                    join(bit, right);
                }
            }
            // Below the last level are leaves, which need not be distinguished.
            for (here, question) in reached.iter().zip(questions).skip(room / 2) {
                let Some(answer) = words.get(usize::from(*question)) else { return };
                join(last, &both(here, answer));
            }
            found(tree, tree * room, &numbers(bits));
        }
    }
}
