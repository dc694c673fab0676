//! The shape of a tree, checked before it is compiled.
//!
//! [`Model::margins`](super::super::Model::margins) defines an answer for any nodes whatever; the fast forms take proper trees
//! only: every child exists, comes after its parent and has one parent. What is not so stays with the reference evaluator.

use super::super::{Ensemble, Node, Tree};

/// Number of splits on the longest path of any tree of `ensemble`; `None` unless every tree is proper and adds to an output that
/// exists.
#[inline(never)]
pub(super) fn deepest(ensemble: &Ensemble, outputs: usize) -> Option<usize> {
    let (mut deepest, mut depths) = (0, Vec::new());
    for tree in &ensemble.trees {
        if tree.output as usize >= outputs {
            return None;
        }
        deepest = deepest.max(depth(tree, &mut depths)?);
    }
    (ensemble.base.len() == outputs).then_some(deepest as usize)
}

/// Number of splits on the longest path of `tree`; `None` when it is not a proper tree. `depths` is working memory.
fn depth(tree: &Tree, depths: &mut Vec<u32>) -> Option<u32> {
    // Of each node one more than the splits above it; 0 where no parent has been met yet.
    depths.clear();
    depths.resize(tree.nodes.len(), 0);
    *depths.first_mut()? = 1;
    let mut deepest = 1;
    for (at, node) in tree.nodes.iter().enumerate() {
        let (depth, Node::Split(split)) = (*depths.get(at)?, node) else { continue };
        if depth == 0 {
            continue;
        }
        deepest = deepest.max(depth + 1);
        for child in [split.left as usize, split.right as usize] {
            let slot = depths.get_mut(child).filter(|slot| child > at && **slot == 0)?;
            *slot = depth + 1;
        }
    }
    Some(deepest - 1)
}

/// The leaves of a proper tree from left to right, by node.
pub(super) fn leaves(tree: &Tree) -> Vec<usize> {
    let (mut leaves, mut open) = (Vec::new(), vec![0]);
    while let Some(at) = open.pop() {
        match tree.nodes.get(at) {
            Some(Node::Split(split)) => open.extend([split.right as usize, split.left as usize]),
            Some(Node::Leaf(_)) => leaves.push(at),
            None => {}
        }
    }
    leaves
}

#[cfg(test)]
mod tests {
    use super::super::super::{Leaf, Missing, Split, Test};
    use super::*;

    /// Children of each node; none for a leaf.
    type Children<'a> = &'a [Option<(u32, u32)>];

    fn tree(children: Children<'_>) -> Tree {
        let nodes = children.iter().map(|child| match *child {
            None => Node::Leaf(Leaf { value: 1.0, cover: 1.0, linear: None }),
            Some((left, right)) => Node::Split(Split {
                column: 0,
                test: Test::Less(0.0),
                missing: Missing::Nan,
                default_left: true,
                left,
                right,
                cover: 1.0,
            }),
        });
        Tree { output: 0, weight: 1.0, nodes: nodes.collect() }
    }

    #[test]
    fn leaves_stand_from_left_to_right() {
        let chain = tree(&[Some((1, 2)), None, Some((3, 4)), Some((5, 6)), None, None, None]);
        assert_eq!(leaves(&chain), [1, 5, 6, 4]);
    }

    #[test]
    fn depth_is_of_proper_trees_only() {
        let rows: &[(&str, Children<'_>, Option<u32>)] = &[
            ("no nodes", &[], None),
            ("a leaf", &[None], Some(0)),
            ("a stump", &[Some((1, 2)), None, None], Some(1)),
            ("a chain", &[Some((1, 2)), None, Some((3, 4)), None, None], Some(2)),
            ("an unreached node", &[Some((1, 2)), None, None, Some((0, 0))], Some(1)),
            ("a child beyond the end", &[Some((1, 3)), None, None], None),
            ("a child before its parent", &[Some((1, 2)), Some((0, 2)), None], None),
            ("a child of two parents", &[Some((1, 1)), None], None),
        ];
        for (name, children, expected) in rows {
            assert_eq!(depth(&tree(children), &mut Vec::new()), *expected, "{name}");
        }
    }
}
