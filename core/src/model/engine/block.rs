//! Deep trees, cut into blocks of four levels, one cache line each.
//!
//! Idea: leaf-wise trees are deep on a few paths and shallow on most, so completing them wastes memory and stepping them to their
//! full depth wastes time. A block is a small heap of 15 questions with 16 exits, each a leaf or another block of its tree. A
//! tile of trees takes its root blocks first; those whose exit is another block are collected, without a branch, for the next
//! round.
//!
//! Tested through the engine's property tests.
#![expect(clippy::indexing_slicing, reason = "positions in a block are below 16 by construction; tiles are of constant length")]

use super::super::{Node, Tree};
use super::answer::Answers;
use super::question::Index;
use super::sift::{Numbers, Sift};
use super::step::descend;

/// Levels of a block.
const LEVELS: usize = 4;
/// Exits of a block.
const EXITS: usize = 1 << LEVELS;
/// Trees walked together.
const TILE: usize = 64;
/// Set in the exits that are leaves.
const LEAF: u16 = 1 << 15;

/// The trees, cut.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    trees: Vec<Head>,
    blocks: Vec<Block>,
    /// The same trees for many rows, unless one is too large for it.
    sift: Option<Sift>,
}

/// Where a tree's blocks and leaves begin; its root is its first block.
#[derive(Debug, Clone)]
struct Head {
    block: u32,
    leaf: u32,
}

#[derive(Debug, Clone)]
#[repr(C, align(64))]
struct Block {
    /// Question of each heap position; place 0 is unused.
    questions: [u16; EXITS],
    /// `LEAF` + number of the leaf in its tree, or number of the next block in its tree.
    exits: [u16; EXITS],
}

const EMPTY: Block = Block { questions: [0; EXITS], exits: [LEAF; EXITS] };

impl Blocks {
    /// Cuts `trees`. Leaves are numbered as met; `place` is told (leaf, tree, node).
    pub(super) fn compile(trees: &[Tree], index: &Index, mut place: impl FnMut(usize, usize, usize)) -> Option<Blocks> {
        let mut cut = Blocks { trees: Vec::with_capacity(trees.len()), blocks: Vec::new(), sift: Some(Sift::default()) };
        let mut leaves = 0;
        let number = |n: usize| u16::try_from(n).ok().filter(|n| *n < LEAF);
        for (t, tree) in trees.iter().enumerate() {
            let (first, first_leaf) = (cut.blocks.len(), leaves);
            cut.trees.push(Head { block: u32::try_from(first).ok()?, leaf: u32::try_from(first_leaf).ok()? });
            cut.blocks.push(EMPTY);
            let questions = index.questions(tree)?;
            let mut numbers = vec![0; tree.nodes.len()];
            // (block, node at its top) still to be filled.
            let mut open = vec![(first, 0)];
            while let Some((block, top)) = open.pop() {
                let mut nodes = [top; 2 * EXITS];
                // The exit of the last leaf met, for the positions below it.
                let mut last = None;
                for at in 1..2 * EXITS {
                    match tree.nodes.get(nodes[at])? {
                        Node::Split(split) if at < EXITS => {
                            cut.blocks[block].questions[at] = questions[nodes[at]];
                            nodes[2 * at] = split.left as usize;
                            nodes[2 * at + 1] = split.right as usize;
                        }
                        Node::Leaf(_) if at < EXITS => {
                            nodes[2 * at] = nodes[at];
                            nodes[2 * at + 1] = nodes[at];
                        }
                        Node::Split(_) => {
                            cut.blocks[block].exits[at - EXITS] = number(cut.blocks.len() - first)?;
                            open.push((cut.blocks.len(), nodes[at]));
                            cut.blocks.push(EMPTY);
                        }
                        Node::Leaf(_) => {
                            if last != Some(nodes[at]) {
                                last = Some(nodes[at]);
                                place(leaves, t, nodes[at]);
                                numbers[nodes[at]] = number(leaves - first_leaf)?;
                                leaves += 1;
                            }
                            cut.blocks[block].exits[at - EXITS] = LEAF | number(leaves - 1 - first_leaf)?;
                        }
                    }
                }
            }
            cut.sift = cut.sift.and_then(|mut sift| sift.add(tree, &questions, &numbers).map(|()| sift));
        }
        Some(cut)
    }

    /// Calls `found(tree, leaf)` for each tree in order: for those of a tile while the next one's roots are walked, because what
    /// `found` adds up waits for itself.
    #[inline(always)]
    pub(super) fn walk(&self, answers: &Answers, mut found: impl FnMut(usize, usize)) {
        let (mut exits, mut open) = ([0u16; TILE], [0u8; TILE]);
        let mut before: &[Head] = &[];
        let mut tree = 0;
        let mut tell = |head: &Head, exit: u16| {
            found(tree, head.leaf as usize + usize::from(exit & !LEAF));
            tree += 1;
        };
        for tile in self.trees.chunks(TILE) {
            let mut more = 0;
            for (j, head) in tile.iter().enumerate() {
                if let Some(before) = before.get(j) {
                    tell(before, exits[j & (TILE - 1)]);
                }
                let exit = self.exit(head, 0, answers);
                exits[j & (TILE - 1)] = exit;
                open[more & (TILE - 1)] = j as u8;
                more += usize::from(exit < LEAF);
            }
            for (head, exit) in before.iter().zip(exits).skip(tile.len()) {
                tell(head, exit);
            }
            while more > 0 {
                let waiting = more;
                more = 0;
                for at in 0..waiting {
                    let j = open[at & (TILE - 1)];
                    let exit = &mut exits[usize::from(j) & (TILE - 1)];
                    if let Some(head) = tile.get(usize::from(j)) {
                        *exit = self.exit(head, *exit, answers);
                    }
                    open[more & (TILE - 1)] = j;
                    more += usize::from(*exit < LEAF);
                }
            }
            before = tile;
        }
        for (head, exit) in before.iter().zip(exits) {
            tell(head, exit);
        }
    }

    /// Whether [`walk_rows`](Self::walk_rows) can take these trees.
    pub(super) fn takes_rows(&self) -> bool {
        self.sift.is_some()
    }

    /// Calls `found(tree, its first leaf, each row's leaf counted from that)` for each tree in order.
    #[inline(always)]
    pub(super) fn walk_rows(&self, words: &[u64], mut found: impl FnMut(usize, usize, &Numbers)) {
        let Some(sift) = &self.sift else { return };
        sift.walk(words, |tree, numbers| {
            if let Some(head) = self.trees.get(tree) {
                found(tree, head.leaf as usize, numbers);
            }
        });
    }

    /// Where a row leaves block number `block` of a tree.
    #[inline(always)]
    fn exit(&self, head: &Head, block: u16, answers: &Answers) -> u16 {
        let block = &self.blocks[head.block as usize + usize::from(block)];
        let [at] = descend::<LEVELS, EXITS, 1>([&block.questions], answers);
        block.exits[at]
    }
}
