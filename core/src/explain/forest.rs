//! Trees compiled for explanation: flat arrays, everything that does not depend on the row computed beforehand.

use super::compare::Comparisons;
use crate::math::gauss_legendre;
use crate::model::{Ensemble, Node, Split, Tree};

/// Quadrature points worked on together.
pub(super) const LANES: usize = 4;
/// One number per quadrature point.
pub(super) type Lanes = [f64; LANES];
/// Distinct columns on one path, at most; more than any library's trees have, and it bounds the work of a hostile model.
const MAX_PATH: usize = 512;

/// A compiled ensemble.
#[derive(Debug, Clone)]
pub(super) struct Forest {
    pub comparisons: Comparisons,
    pub trees: Vec<Head>,
    pub inner: Vec<Inner>,
    pub last: Vec<Last>,
    /// Leaves beside a split: (slot, value).
    pub leaves: Vec<(u32, f64)>,
    pub shades: Vec<Shade>,
    /// Weights of the quadrature points, by block.
    pub weights: Vec<Lanes>,
    /// Expected margin per output.
    pub bias: Vec<f64>,
    /// The largest numbers of slots, inner and last splits of a tree.
    pub largest: [usize; 3],
}

/// One tree: where its parts end in the arrays (they begin where the tree before ends).
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub output: u32,
    pub inner: u32,
    pub last: u32,
    pub leaves: u32,
    /// First of the tree's blocks in `weights`, and how many.
    pub block: u32,
    pub blocks: u32,
}

/// What every split has.
#[derive(Debug, Clone)]
pub(super) struct Base {
    pub threshold: f64,
    /// Share of the training weight that went left, right.
    pub share: [f64; 2],
    /// Index of the value compared.
    pub value: u32,
    /// The position of this node's vectors in the scratch memory.
    pub slot: u32,
    /// First of the split's shades, one per block.
    pub shade: u32,
    /// One more than the position of the nearest split above on the same column among the tree's inner splits; 0 for none.
    pub ancestor: u32,
    /// The state of that split which leads here.
    pub ancestor_state: u8,
    pub column: u32,
}

/// A split with a split below it.
#[derive(Debug, Clone)]
pub(super) struct Inner {
    pub base: Base,
    /// Slot of the left child; the right one's follows.
    pub child: u32,
}

/// A split of two leaves.
#[derive(Debug, Clone)]
pub(super) struct Last {
    pub base: Base,
    pub leaf: [f64; 2],
}

/// How a split weighs at each quadrature point t, given that the row follows the path's earlier splits on the same column.
/// With z the training share of those and a = t + (1 − t)·z:
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shade {
    /// (1 − t)·z / a
    pub keep: Lanes,
    /// z / a²
    pub gain: Lanes,
}

/// The shade of a split whose column's earlier splits the row does not follow: both sides weigh as in training.
const COLD: Shade = Shade { keep: [1.0; LANES], gain: [0.0; LANES] };

/// What a walk from the root finds for each split.
#[derive(Clone, Copy, Default)]
struct Path {
    /// The nearest split above on the same column.
    ancestor: Option<Ancestor>,
}

#[derive(Clone, Copy)]
struct Ancestor {
    node: u32,
    side: u8,
    /// Training share of all sides taken by splits on this column so far.
    share: f64,
}

impl Forest {
    /// Compiles a valid `ensemble` over `columns` columns. `None` when a leaf is linear or a path has too many columns.
    pub fn compile(ensemble: &Ensemble, columns: usize) -> Option<Forest> {
        let mut forest = Forest {
            comparisons: Comparisons::new(ensemble.arithmetic, columns),
            trees: Vec::with_capacity(ensemble.trees.len()),
            inner: Vec::new(),
            last: Vec::new(),
            leaves: Vec::new(),
            shades: vec![COLD],
            weights: Vec::new(),
            bias: ensemble.base.clone(),
            largest: [1; 3],
        };
        let mut rules = Vec::new();
        let mut nearest = vec![None; columns];
        for tree in &ensemble.trees {
            forest.add(tree, &mut nearest, &mut rules)?;
        }
        Some(forest)
    }

    fn add(&mut self, tree: &Tree, nearest: &mut [Option<Ancestor>], rules: &mut Vec<Option<Rule>>) -> Option<()> {
        let weight = |value: f64| if tree.weight == 1.0 { value } else { tree.weight * value };
        *self.bias.get_mut(tree.output as usize)? += weight(tree.expectation()?);
        if tree.nodes.len() < 2 {
            return Some(());
        }
        let (paths, distinct) = tree.paths(nearest)?;
        if distinct > MAX_PATH {
            return None;
        }
        let blocks = distinct.div_ceil(2 * LANES);
        let rule = self.rule(blocks, rules)?;
        let starts = [self.inner.len(), self.last.len()];

        // Breadth first: parents before children, the two children of a split side by side.
        let mut slots = 1u32;
        let mut place = vec![0u32; tree.nodes.len()];
        let mut queue = std::collections::VecDeque::from([(0u32, 0u32)]);
        while let Some((node, slot)) = queue.pop_front() {
            match tree.nodes.get(node as usize)? {
                Node::Leaf(leaf) => self.leaves.push((slot, weight(leaf.value))),
                Node::Split(split) => {
                    let path = paths.get(node as usize)?;
                    let base = self.base(split, slot, tree, path, &place, (&rule, blocks))?;
                    match (tree.nodes.get(split.left as usize)?, tree.nodes.get(split.right as usize)?) {
                        (Node::Leaf(l), Node::Leaf(r)) => {
                            self.last.push(Last { base, leaf: [weight(l.value), weight(r.value)] });
                        }
                        _ => {
                            self.inner.push(Inner { base, child: slots });
                            *place.get_mut(node as usize)? = u32::try_from(self.inner.len() - starts[0]).ok()?;
                            queue.extend([(split.left, slots), (split.right, slots.checked_add(1)?)]);
                            slots = slots.checked_add(2)?;
                        }
                    }
                }
            }
        }
        let sizes = [slots as usize, self.inner.len() - starts[0], self.last.len() - starts[1]];
        for (largest, size) in self.largest.iter_mut().zip(sizes) {
            *largest = (*largest).max(size);
        }
        self.trees.push(Head {
            output: tree.output,
            inner: u32::try_from(self.inner.len()).ok()?,
            last: u32::try_from(self.last.len()).ok()?,
            leaves: u32::try_from(self.leaves.len()).ok()?,
            block: rule.block,
            blocks: u32::try_from(blocks).ok()?,
        });
        Some(())
    }

    fn base(
        &mut self,
        split: &Split,
        slot: u32,
        tree: &Tree,
        path: &Path,
        place: &[u32],
        (rule, blocks): (&Rule, usize),
    ) -> Option<Base> {
        let (value, threshold) = self.comparisons.add(split)?;
        let (shade, ancestor, ancestor_state) = match &path.ancestor {
            None => (rule.shade, 0, ROOT),
            Some(above) => {
                let shade = self.shade(&rule.nodes, blocks, above.share)?;
                (shade, *place.get(above.node as usize)?, 1 + above.side)
            }
        };
        let share = tree.shares(split);
        Some(Base { threshold, share, value, slot, shade, ancestor, ancestor_state, column: split.column })
    }

    /// The first of `blocks` shades of a split whose column has the training share `share` above it.
    fn shade(&mut self, nodes: &[f64], blocks: usize, share: f64) -> Option<u32> {
        let first = u32::try_from(self.shades.len()).ok()?;
        for t in nodes.chunks_exact(LANES).take(blocks) {
            let mut shade = COLD;
            for ((t, keep), gain) in t.iter().zip(&mut shade.keep).zip(&mut shade.gain) {
                let a = t + (1.0 - t) * share;
                *keep = (1.0 - t) * share / a;
                *gain = share / a / a;
            }
            self.shades.push(shade);
        }
        Some(first)
    }

    /// The quadrature rule of `blocks` × [`LANES`] points, computed on first use.
    fn rule(&mut self, blocks: usize, rules: &mut Vec<Option<Rule>>) -> Option<Rule> {
        if rules.len() <= blocks {
            rules.resize(blocks + 1, None);
        }
        if let Some(rule) = rules.get(blocks)? {
            return Some(rule.clone());
        }
        let (nodes, weights): (Vec<f64>, Vec<f64>) = gauss_legendre(blocks * LANES).into_iter().unzip();
        let block = u32::try_from(self.weights.len()).ok()?;
        self.weights.extend(weights.as_chunks::<LANES>().0);
        let shade = self.shade(&nodes, blocks, 1.0)?;
        let rule = Rule { nodes, block, shade };
        *rules.get_mut(blocks)? = Some(rule.clone());
        Some(rule)
    }
}

/// A quadrature rule and where its blocks lie.
#[derive(Clone)]
struct Rule {
    nodes: Vec<f64>,
    block: u32,
    /// Shades of a split whose column occurs for the first time.
    shade: u32,
}

/// The state of no split at all, for splits whose column occurs for the first time.
pub(super) const ROOT: u8 = 3;
impl Tree {
    /// Shares of the training weight that went left and right; they add up to 1.
    pub(super) fn shares(&self, split: &Split) -> [f64; 2] {
        let cover = |child: u32| match self.nodes.get(child as usize) {
            Some(Node::Split(split)) => split.cover,
            Some(Node::Leaf(leaf)) => leaf.cover,
            None => 0.0,
        };
        let (left, right) = (cover(split.left), cover(split.right));
        let sum = left + right;
        if sum > 0.0 { [left / sum, right / sum] } else { [0.5; 2] }
    }

    /// The mean of the leaves, weighted by training weight. `None` when a leaf is linear.
    pub(super) fn expectation(&self) -> Option<f64> {
        let mut mean = vec![0.0; self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate().rev() {
            let value = match node {
                Node::Leaf(leaf) if leaf.linear.is_some() => return None,
                Node::Leaf(leaf) => leaf.value,
                Node::Split(split) => {
                    let [left, right] = self.shares(split);
                    left * mean.get(split.left as usize)? + right * mean.get(split.right as usize)?
                }
            };
            *mean.get_mut(i)? = value;
        }
        mean.first().copied()
    }

    /// Each node's path as far as it matters, and the largest number of distinct columns on one.
    /// `nearest` has an empty place per column, and is given back so.
    fn paths(&self, nearest: &mut [Option<Ancestor>]) -> Option<(Vec<Path>, usize)> {
        enum Step {
            Enter(u32),
            Side { node: u32, side: u8 },
            Leave { column: u32, before: Option<Ancestor> },
        }
        let mut paths = vec![Path::default(); self.nodes.len()];
        let (mut distinct, mut most) = (0usize, 0);
        let mut steps = vec![Step::Enter(0)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(node) => {
                    let Node::Split(split) = self.nodes.get(node as usize)? else { continue };
                    let before = *nearest.get(split.column as usize)?;
                    paths.get_mut(node as usize)?.ancestor = before;
                    distinct += usize::from(before.is_none());
                    most = most.max(distinct);
                    steps.push(Step::Leave { column: split.column, before });
                    for (side, child) in [(1, split.right), (0, split.left)] {
                        steps.push(Step::Enter(child));
                        steps.push(Step::Side { node, side });
                    }
                }
                Step::Side { node, side } => {
                    let Node::Split(split) = self.nodes.get(node as usize)? else { continue };
                    let above = paths.get(node as usize)?.ancestor.map_or(1.0, |a| a.share);
                    let share = above * self.shares(split).get(usize::from(side))?;
                    *nearest.get_mut(split.column as usize)? = Some(Ancestor { node, side, share });
                }
                Step::Leave { column, before } => {
                    distinct -= usize::from(before.is_none());
                    *nearest.get_mut(column as usize)? = before;
                }
            }
        }
        Some((paths, most))
    }
}
