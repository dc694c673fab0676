//! Deep trees, cut into blocks of four levels, one cache line each.
//!
//! Idea: leaf-wise trees are deep on a few paths and shallow on most, so completing them wastes memory and stepping them to their
//! full depth wastes time. A block is a small complete tree of 15 questions with 16 exits, each a leaf or another block of its tree. A
//! tile of trees takes its root blocks first, in groups; those whose exit is another block are collected, without a branch, for
//! the next round.
//!
//! Tested through the engine's property tests.
#![expect(clippy::indexing_slicing, reason = "positions in a block are below 16 by construction; tiles are of constant length")]

use super::super::{Node, Tree};
use super::question::Index;
use super::shape;
use super::sift::{Numbers, Sift, Word};
use super::step::{self, Answers, GROUP};

/// Levels of a block.
const LEVELS: usize = 4;
/// Exits of a block.
const EXITS: usize = 1 << LEVELS;
/// Trees walked together.
const TILE: usize = 8 * GROUP;
/// Set in the exits that are leaves.
const LEAF: u16 = 1 << 15;

/// The trees, cut.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    trees: Vec<Head>,
    /// The root block of each tree, whole groups of them.
    roots: Vec<Block>,
    blocks: Vec<Block>,
    /// The same trees for many rows, unless one is too large for it.
    sift: Option<Sift>,
}

/// Where a tree's blocks below its root, and its leaves, begin.
#[derive(Debug, Clone)]
struct Head {
    block: u32,
    leaf: u32,
}

#[derive(Debug, Clone)]
#[repr(C, align(64))]
struct Block {
    /// Question of each node in level order; place 0 is unused.
    questions: [u16; EXITS],
    /// `LEAF` + number of the leaf in its tree, or number of the next block in its tree, the root not counted.
    exits: [u16; EXITS],
}

/// See [`step`].
type Levels = step::Levels<LEVELS, EXITS>;

const EMPTY: Block = Block { questions: [0; EXITS], exits: [LEAF; EXITS] };

impl Blocks {
    /// Cuts `trees`. Leaves are numbered from left to right, one tree after another; `place` is called with (leaf, tree, node).
    #[inline(never)]
    pub(super) fn compile(trees: &[Tree], index: &Index<'_>, mut place: impl FnMut(usize, usize, usize)) -> Option<Blocks> {
        let mut cut = Blocks { trees: Vec::new(), roots: Vec::new(), blocks: Vec::new(), sift: Some(Sift::default()) };
        let (mut first_leaf, mut split) = (0, 0);
        let number = |n: usize| u16::try_from(n).ok().filter(|n| *n < LEAF);
        for (t, tree) in trees.iter().enumerate() {
            cut.trees.push(Head { block: u32::try_from(cut.blocks.len()).ok()?, leaf: u32::try_from(first_leaf).ok()? });
            let questions = index.questions(tree, &mut split)?;
            let mut numbers = vec![0; tree.nodes.len()];
            for (n, leaf) in shape::leaves(tree).into_iter().enumerate() {
                numbers[leaf] = number(n)?;
                place(first_leaf, t, leaf);
                first_leaf += 1;
            }
            // Tops of blocks, in the order of the blocks; the root's is not counted.
            let mut tops = vec![0];
            let mut filled = 0;
            while let Some(top) = tops.get(filled) {
                let mut block = EMPTY;
                let mut nodes = [*top; 2 * EXITS];
                for at in 1..2 * EXITS {
                    match tree.nodes.get(nodes[at])? {
                        Node::Split(split) if at < EXITS => {
                            block.questions[at] = questions[nodes[at]];
                            nodes[2 * at] = split.left as usize;
                            nodes[2 * at + 1] = split.right as usize;
                        }
                        Node::Leaf(_) if at < EXITS => {
                            nodes[2 * at] = nodes[at];
                            nodes[2 * at + 1] = nodes[at];
                        }
                        Node::Split(_) => {
                            block.exits[at - EXITS] = number(tops.len() - 1)?;
                            tops.push(nodes[at]);
                        }
                        Node::Leaf(_) => block.exits[at - EXITS] = LEAF | numbers[nodes[at]],
                    }
                }
                if filled == 0 { &mut cut.roots } else { &mut cut.blocks }.push(block);
                filled += 1;
            }
            cut.sift = cut.sift.and_then(|mut sift| sift.add(tree, &questions, &numbers).map(|()| sift));
        }
        cut.roots.resize(trees.len().next_multiple_of(GROUP), EMPTY);
        Some(cut)
    }

    /// Folds `state` by `found(state, tree, leaf)` over the trees in order: those of a tile while the next one's roots are walked,
    /// because what `found` adds up waits for itself. Never inlined, for the reason given in [`complete`](super::complete).
    #[inline(never)]
    pub(super) fn walk<S>(&self, answers: &Answers, mut state: S, mut found: impl FnMut(S, usize, usize) -> S) -> S {
        let levels = Levels::hidden();
        let (mut exits, mut open) = ([0u16; TILE], [0u8; TILE + GROUP]);
        let mut before: &[Head] = &[];
        let mut tree = 0;
        let mut tell = |state: S, head: &Head, exit: u16| {
            tree += 1;
            found(state, tree - 1, head.leaf as usize + usize::from(exit & !LEAF))
        };
        for (tile, roots) in self.trees.chunks(TILE).zip(self.roots.chunks(TILE)) {
            let mut more = 0;
            for (g, group) in roots.as_chunks::<GROUP>().0.iter().enumerate() {
                let found = levels.descend(questions(group.each_ref()), answers);
                // What the tile before adds, group by group.
                for (head, exit) in before.iter().zip(&exits).skip(GROUP * g).take(GROUP) {
                    state = tell(state, head, *exit);
                }
                for (j, (block, at)) in group.iter().zip(found).enumerate() {
                    let j = (GROUP * g + j) & (TILE - 1);
                    let exit = block.exits[at];
                    exits[j] = exit;
                    open[more] = j as u8;
                    more += usize::from(exit < LEAF);
                }
            }
            for (head, exit) in before.iter().zip(&exits).skip(roots.len()) {
                state = tell(state, head, *exit);
            }
            while more > 0 {
                let waiting = more;
                more = 0;
                // The last group is filled up with trees that do not count.
                let last = open[waiting - 1];
                open[waiting..waiting + GROUP].fill(last);
                for first in (0..waiting).step_by(GROUP) {
                    let mut group = [0; GROUP];
                    group.copy_from_slice(&open[first..first + GROUP]);
                    let block = |j: u8| {
                        let first = tile.get(usize::from(j)).map_or(0, |head| head.block as usize);
                        &self.blocks[first + usize::from(exits[usize::from(j) & (TILE - 1)])]
                    };
                    // By hand: `map` would be a call, and the sum would leave its register.
                    let [a, b, c, d, e, f, g, h] = group;
                    let blocks = [block(a), block(b), block(c), block(d), block(e), block(f), block(g), block(h)];
                    let found = levels.descend(questions(blocks), answers);
                    for (k, (j, (block, at))) in group.into_iter().zip(blocks.into_iter().zip(found)).enumerate() {
                        let exit = block.exits[at];
                        exits[usize::from(j) & (TILE - 1)] = exit;
                        open[more] = j;
                        more += usize::from(exit < LEAF && first + k < waiting);
                    }
                }
            }
            before = tile;
        }
        for (head, exit) in before.iter().zip(&exits) {
            state = tell(state, head, *exit);
        }
        state
    }

    /// Whether [`walk_rows`](Self::walk_rows) can take these trees.
    pub(super) fn takes_rows(&self) -> bool {
        self.sift.is_some()
    }

    /// Calls `found(tree, its first leaf, each row's leaf counted from that)` for each tree in order.
    #[inline(always)]
    pub(super) fn walk_rows<const W: usize>(&self, words: &[Word<W>], mut found: impl FnMut(usize, usize, &Numbers<W>)) {
        let Some(sift) = &self.sift else { return };
        sift.walk(words, |tree, numbers| {
            if let Some(head) = self.trees.get(tree) {
                found(tree, head.leaf as usize, numbers);
            }
        });
    }
}

fn questions([a, b, c, d, e, f, g, h]: [&Block; GROUP]) -> [&[u16; EXITS]; GROUP] {
    [&a.questions, &b.questions, &c.questions, &d.questions, &e.questions, &f.questions, &g.questions, &h.questions]
}
