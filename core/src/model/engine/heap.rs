//! Shallow trees, each completed to one depth in heap order.
//!
//! Idea: node `i` has the children `2i` and `2i + 1`, so a step is `i = 2i + answer` with no pointers and no branch, and the
//! processor overlaps the steps of a dozen trees by itself. A leaf above the full depth is repeated below itself.
//!
//! Tested through the engine's property tests.
#![expect(
    clippy::indexing_slicing,
    reason = "indices are u16 into 2^16 answers, or below 2^depth by construction: no bounds check remains"
)]

use super::super::{Node, Tree};
use super::question::{Answers, Index};

/// Trees of at most this depth are stored this way.
pub(super) const DEEPEST: usize = 7;

/// Trees stepped together: enough to hide the latency of a step, few enough for the registers.
const GROUP: usize = 8;

/// The trees, completed.
#[derive(Debug, Clone)]
pub(super) struct Heap {
    depth: usize,
    /// Question of each node, `2^depth` per tree; place 0 is unused.
    questions: Vec<u16>,
}

impl Heap {
    /// Completes `trees` to `depth`. `place` is told (leaf, tree, node): leaf `path` of tree `t` is `t·2^depth + path`.
    pub(super) fn compile(
        trees: &[Tree],
        depth: usize,
        index: &Index,
        mut place: impl FnMut(usize, usize, usize),
    ) -> Option<Heap> {
        let room = 1 << depth;
        let mut questions = vec![0; room * trees.len()];
        for ((t, tree), questions) in trees.iter().enumerate().zip(questions.chunks_exact_mut(room)) {
            // Node of the tree at each heap position; positions below a leaf hold that leaf.
            let mut nodes = vec![0; 2 * room];
            for at in 1..2 * room {
                match tree.nodes.get(nodes[at]) {
                    Some(Node::Split(split)) if at < room => {
                        questions[at] = index.question(split)?;
                        nodes[2 * at] = split.left as usize;
                        nodes[2 * at + 1] = split.right as usize;
                    }
                    Some(Node::Leaf(_)) if at < room => {
                        nodes[2 * at] = nodes[at];
                        nodes[2 * at + 1] = nodes[at];
                    }
                    Some(Node::Leaf(_)) => place(t * room + at - room, t, nodes[at]),
                    _ => return None,
                }
            }
        }
        Some(Heap { depth, questions })
    }

    /// Calls `found(tree, leaf)` for each tree in order.
    #[inline(always)]
    pub(super) fn walk(&self, answers: &Answers, found: impl FnMut(usize, usize)) {
        match self.depth {
            0 | 1 => walk::<1, 2>(&self.questions, answers, found),
            2 => walk::<2, 4>(&self.questions, answers, found),
            3 => walk::<3, 8>(&self.questions, answers, found),
            4 => walk::<4, 16>(&self.questions, answers, found),
            5 => walk::<5, 32>(&self.questions, answers, found),
            6 => walk::<6, 64>(&self.questions, answers, found),
            _ => walk::<7, 128>(&self.questions, answers, found),
        }
    }
}

#[inline(always)]
fn walk<const DEPTH: usize, const ROOM: usize>(questions: &[u16], answers: &Answers, mut found: impl FnMut(usize, usize)) {
    let (groups, rest) = questions.as_chunks::<ROOM>().0.as_chunks::<GROUP>();
    let mut tree = 0;
    for group in groups {
        for at in descend::<DEPTH, ROOM, GROUP>(group, answers) {
            found(tree, tree * ROOM + at);
            tree += 1;
        }
    }
    for one in rest.as_chunks::<1>().0 {
        let [at] = descend::<DEPTH, ROOM, 1>(one, answers);
        found(tree, tree * ROOM + at);
        tree += 1;
    }
}

/// The leaf of each tree. Written out level by level: unrolled, the compiler sees that `at` stays below `ROOM`.
#[inline(always)]
fn descend<const DEPTH: usize, const ROOM: usize, const TREES: usize>(
    questions: &[[u16; ROOM]; TREES],
    answers: &Answers,
) -> [usize; TREES] {
    let mut at = [1; TREES];
    macro_rules! level {
        ($($level:literal)*) => {$(
            if DEPTH > $level {
                for (at, questions) in at.iter_mut().zip(questions) {
                    *at = *at << 1 | usize::from(answers[usize::from(questions[*at])] & 1);
                }
            }
        )*};
    }
    level!(0 1 2 3 4 5 6);
    at.map(|at| at - ROOM)
}
