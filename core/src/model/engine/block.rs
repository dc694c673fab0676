//! Deep trees, cut into blocks of four levels, one and a half cache lines each.
//!
//! Idea: leaf-wise trees are deep on a few paths and shallow on most, so completing them wastes memory and stepping them to their
//! full depth wastes time. A block is a small heap of 15 questions with 16 exits, each a leaf or another block. A tile of trees
//! takes its root blocks first; those whose exit is another block are collected, without a branch, for the next round.
//!
//! Tested through the engine's property tests.
#![expect(
    clippy::indexing_slicing,
    reason = "heap positions are below 16 and answers hold 2^16 by construction; tiles are of constant length"
)]

use super::super::{Node, Tree};
use super::question::{Answers, Index};

/// Levels of a block.
const LEVELS: usize = 4;
/// Exits of a block.
const EXITS: usize = 1 << LEVELS;
/// Trees walked together.
const TILE: usize = 128;
/// Set in the exits that are leaves.
const LEAF: u32 = 1 << 31;

/// The trees, cut.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    trees: usize,
    /// The root block of tree `t` is block `t`.
    blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
#[repr(C)]
struct Block {
    /// Question of each heap position; place 0 is unused.
    questions: [u16; EXITS],
    /// `LEAF` + number of the leaf, or number of the next block.
    exits: [u32; EXITS],
}

impl Blocks {
    /// Cuts `trees`. Leaves are numbered as met; `place` is told (leaf, tree, node).
    pub(super) fn compile(trees: &[Tree], index: &Index, mut place: impl FnMut(usize, usize, usize)) -> Option<Blocks> {
        let mut blocks = vec![Block { questions: [0; EXITS], exits: [LEAF; EXITS] }; trees.len()];
        let mut leaves = 0;
        for (t, tree) in trees.iter().enumerate() {
            // (block, node at its top) still to be filled.
            let mut open = vec![(t, 0)];
            while let Some((block, top)) = open.pop() {
                let mut nodes = [top; 2 * EXITS];
                // The exit of the last leaf met, for the positions below it.
                let mut last = None;
                for at in 1..2 * EXITS {
                    match tree.nodes.get(nodes[at])? {
                        Node::Split(split) if at < EXITS => {
                            blocks[block].questions[at] = index.question(split)?;
                            nodes[2 * at] = split.left as usize;
                            nodes[2 * at + 1] = split.right as usize;
                        }
                        Node::Leaf(_) if at < EXITS => {
                            nodes[2 * at] = nodes[at];
                            nodes[2 * at + 1] = nodes[at];
                        }
                        Node::Split(_) => {
                            blocks[block].exits[at - EXITS] = u32::try_from(blocks.len()).ok().filter(|n| *n < LEAF)?;
                            open.push((blocks.len(), nodes[at]));
                            blocks.push(Block { questions: [0; EXITS], exits: [LEAF; EXITS] });
                        }
                        Node::Leaf(_) => {
                            if last != Some(nodes[at]) {
                                last = Some(nodes[at]);
                                place(leaves, t, nodes[at]);
                                leaves += 1;
                            }
                            blocks[block].exits[at - EXITS] = LEAF | u32::try_from(leaves - 1).ok().filter(|n| *n < LEAF)?;
                        }
                    }
                }
            }
        }
        Some(Blocks { trees: trees.len(), blocks })
    }

    /// Calls `found(tree, leaf)` for each tree in order.
    #[inline(always)]
    pub(super) fn walk(&self, answers: &Answers, mut found: impl FnMut(usize, usize)) {
        let (mut exits, mut open) = ([0u32; TILE], [0u8; TILE]);
        for first in (0..self.trees).step_by(TILE) {
            let count = TILE.min(self.trees - first);
            let mut more = 0;
            for (j, (exit, root)) in exits.iter_mut().zip(&self.blocks[first..first + count]).enumerate() {
                *exit = root.exit(answers);
                open[more & (TILE - 1)] = j as u8;
                more += usize::from(*exit < LEAF);
            }
            while more > 0 {
                let waiting = more;
                more = 0;
                for at in 0..waiting {
                    let j = open[at & (TILE - 1)];
                    let exit = &mut exits[usize::from(j) & (TILE - 1)];
                    *exit = self.blocks[*exit as usize].exit(answers);
                    open[more & (TILE - 1)] = j;
                    more += usize::from(*exit < LEAF);
                }
            }
            for (j, exit) in exits[..count].iter().enumerate() {
                found(first + j, (exit & !LEAF) as usize);
            }
        }
    }
}

impl Block {
    #[inline(always)]
    fn exit(&self, answers: &Answers) -> u32 {
        let mut at = 1;
        for _ in 0..LEVELS {
            at = at << 1 | usize::from(answers[usize::from(self.questions[at])] & 1);
        }
        self.exits[at - EXITS]
    }
}
