//! One tree of XGBoost: parallel arrays over its nodes.

use std::borrow::Cow;

use super::super::budget::Budget;
use super::super::document::At;
use super::super::error::ImportError;
use super::super::order::Order;
use crate::model::{Leaf, Missing, Node, Split, Test, Tree};

/// Largest category code: XGBoost stops at 2^24, where f32 has gaps.
const MAX_CATEGORY: i64 = 1 << 24;

/// The arrays of a tree, all of one length.
struct Arrays<'d> {
    left: Cow<'d, [i64]>,
    right: Cow<'d, [i64]>,
    column: Cow<'d, [i64]>,
    condition: Cow<'d, [f32]>,
    default_left: Cow<'d, [i64]>,
    cover: Cow<'d, [f32]>,
    /// Sets of the categorical splits, by node.
    sets: Vec<Option<Vec<u32>>>,
    leaves: Leaves<'d>,
}

/// Where leaf values are stored.
enum Leaves<'d> {
    /// In `split_conditions`.
    Scalar,
    /// Vectors, by node (`base_weights`, before 3.2).
    ByNode(Cow<'d, [f32]>),
    /// Vectors, by leaf; `right_children` of a leaf is its index (since 3.2).
    ByLeaf(Cow<'d, [f32]>),
}

/// Reads a tree of a model of `outputs` outputs and `columns` columns; a tree with vector leaves becomes one tree per output.
pub(super) fn read(
    at: &At<'_, '_>,
    output: u32,
    (outputs, columns): (usize, usize),
    weight: f64,
    budget: &mut Budget,
) -> Result<Vec<Tree>, ImportError> {
    let parameters = at.get("tree_param")?;
    let width = parameters.find("size_leaf_vector").map_or(Ok(1), |at| at.count(outputs))?.max(1);
    if width > 1 && width != outputs {
        return Err(at.error(format!("leaves of {width} values in a model of {outputs} outputs")));
    }
    let left = at.get("left_children")?.ints()?;
    let n = left.len();
    let arrays = Arrays {
        left,
        right: at.get("right_children")?.ints_of(n)?,
        column: at.get("split_indices")?.ints_of(n)?,
        condition: at.get("split_conditions")?.floats_of(n)?,
        default_left: at.get("default_left")?.ints_of(n)?,
        cover: at.find("sum_hessian").map_or(Ok(Cow::Owned(vec![0.0; n])), |at| at.floats_of(n))?,
        sets: sets(at, n, width, budget)?,
        leaves: leaves(at, width)?,
    };
    let order = Order::of(n, |node| arrays.children(node)).map_err(|fault| at.error(fault))?;
    (0..width)
        .map(|k| {
            let nodes = order.nodes.iter().map(|old| arrays.node(at, *old, &order, (k, width), columns));
            let output = if width > 1 { k as u32 } else { output };
            Ok(Tree { output, weight, nodes: nodes.collect::<Result<_, _>>()? })
        })
        .collect()
}

/// The category sets, by node; none at splits on quantities. Files before 1.5 have no such keys. Each is held `copies` times.
fn sets(at: &At<'_, '_>, n: usize, copies: usize, budget: &mut Budget) -> Result<Vec<Option<Vec<u32>>>, ImportError> {
    let mut sets = vec![None; n];
    if at.find("split_type").is_none() {
        return Ok(sets);
    }
    let kinds = at.get("split_type")?.ints_of(n)?;
    for (set, kind) in sets.iter_mut().zip(kinds.iter()) {
        *set = (*kind == 1).then(Vec::new);
    }
    let nodes_at = at.get("categories_nodes")?;
    let nodes = nodes_at.ints()?;
    let segments = at.get("categories_segments")?.ints_of(nodes.len())?;
    let sizes = at.get("categories_sizes")?.ints_of(nodes.len())?;
    let categories_at = at.get("categories")?;
    let categories = categories_at.ints()?;
    for ((node, from), size) in nodes.iter().zip(segments.iter()).zip(sizes.iter()) {
        let set = usize::try_from(*node).ok().and_then(|node| sets.get_mut(node)).and_then(Option::as_mut);
        let set = set.ok_or_else(|| nodes_at.error(format!("node {node} is not a categorical split")))?;
        let range = usize::try_from(*from).ok().zip(usize::try_from(*size).ok());
        let codes = range.and_then(|(from, size)| categories.get(from..from.checked_add(size)?));
        let codes = codes.ok_or_else(|| categories_at.error(format!("{size} codes starting at {from} are missing")))?;
        let top = codes.iter().copied().max().unwrap_or(-1);
        if top > MAX_CATEGORY || codes.iter().any(|code| *code < 0) {
            return Err(categories_at.error(format!("a code of node {node} is outside 0..={MAX_CATEGORY}")));
        }
        let words = (top + 1) as usize / 32 + 1;
        budget.take(words.saturating_mul(copies), categories_at)?;
        set.resize(words, 0);
        for code in codes {
            if let Some(word) = set.get_mut(*code as usize / 32) {
                *word |= 1 << (*code % 32);
            }
        }
    }
    Ok(sets)
}

fn leaves<'d>(at: &At<'_, 'd>, width: usize) -> Result<Leaves<'d>, ImportError> {
    match (width, at.find("leaf_weights")) {
        (1, _) => Ok(Leaves::Scalar),
        (_, Some(weights)) => Ok(Leaves::ByLeaf(weights.floats()?)),
        (_, None) => Ok(Leaves::ByNode(at.get("base_weights")?.floats()?)),
    }
}

impl Arrays<'_> {
    /// Children of a split; none for a leaf.
    fn children(&self, node: u32) -> Option<(i64, i64)> {
        let left = self.left.get(node as usize).copied().unwrap_or(-1);
        let right = self.right.get(node as usize).copied().unwrap_or(-1);
        (left >= 0).then_some((left, right))
    }

    /// Node `node` of output `k` of `width`.
    fn node(
        &self,
        at: &At<'_, '_>,
        node: u32,
        order: &Order,
        (k, width): (usize, usize),
        columns: usize,
    ) -> Result<Node, ImportError> {
        let i = node as usize;
        let cover = self.cover.get(i).copied().map_or(0.0, f64::from);
        let condition = self.condition.get(i).copied().unwrap_or(0.0);
        let Some((left, right)) = self.children(node) else {
            let value = match &self.leaves {
                Leaves::Scalar => Some(condition),
                Leaves::ByNode(weights) => weights.get(i * width + k).copied(),
                Leaves::ByLeaf(weights) => {
                    let leaf = self.right.get(i).and_then(|leaf| usize::try_from(*leaf).ok());
                    leaf.and_then(|leaf| weights.get(leaf.checked_mul(width)? + k).copied())
                }
            };
            let value = value.ok_or_else(|| at.error(format!("leaf {node} has no value for output {k}")))?;
            return Ok(Node::Leaf(Leaf { value: f64::from(value), cover, linear: None }));
        };
        let column = self.column.get(i).copied().unwrap_or(-1);
        let column = u32::try_from(column).ok().filter(|column| (*column as usize) < columns);
        let column = column.ok_or_else(|| at.error(format!("node {node} splits on a column outside {columns}")))?;
        Ok(Node::Split(Split {
            column,
            test: match self.sets.get(i) {
                Some(Some(set)) => Test::NotIn(set.clone()),
                _ => Test::Less(f64::from(condition)),
            },
            missing: Missing::Nan,
            default_left: self.default_left.get(i).is_some_and(|left| *left != 0),
            left: order.new_index(left),
            right: order.new_index(right),
            cover,
        }))
    }
}
