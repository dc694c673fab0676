//! One tree of LightGBM: parallel lists over its splits and over its leaves.

use super::super::budget::Budget;
use super::super::error::ImportError;
use super::super::order::Order;
use super::text::Section;
use crate::model::{Leaf, LinearLeaf, Missing, Node, Split, Test, Tree, ZERO};

/// Most leaves of a tree; LightGBM's own limit is 131072.
const MAX_LEAVES: usize = 1 << 22;

/// Reads a tree, without its output.
pub(super) fn read(section: &Section<'_>, budget: &mut Budget) -> Result<Tree, ImportError> {
    let count_at = section.get("num_leaves")?;
    let leaves: usize = count_at.number()?;
    if leaves == 0 || leaves > MAX_LEAVES {
        return Err(count_at.error(format!("{leaves} leaves; the count must be within 1..={MAX_LEAVES}")));
    }
    let splits = leaves - 1;
    let leaf_nodes = read_leaves(section, leaves)?;
    let mut slots: Vec<Option<Node>> = vec![None; splits];
    if splits > 0 {
        read_splits(section, leaves, &mut slots, budget)?;
    }
    slots.extend(leaf_nodes.into_iter().map(Some));

    let children = |node: u32| match slots.get(node as usize) {
        Some(Some(Node::Split(split))) => Some((i64::from(split.left), i64::from(split.right))),
        _ => None,
    };
    let order = Order::of(splits + leaves, children).map_err(|fault| count_at.error(fault))?;
    let mut nodes = Vec::with_capacity(order.nodes.len());
    for old in &order.nodes {
        let node = slots.get_mut(*old as usize).and_then(Option::take);
        nodes.push(match node.ok_or_else(|| count_at.error(format!("node {old} is referenced twice")))? {
            Node::Split(split) => Node::Split(Split {
                left: order.new_index(split.left.into()),
                right: order.new_index(split.right.into()),
                ..split
            }),
            leaf => leaf,
        });
    }
    Ok(Tree { output: 0, weight: 1.0, nodes })
}

/// The splits, their children numbered as nodes: splits first, then leaves.
fn read_splits(section: &Section<'_>, leaves: usize, slots: &mut [Option<Node>], budget: &mut Budget) -> Result<(), ImportError> {
    let splits = slots.len();
    let column: Vec<u32> = section.get("split_feature")?.numbers(splits)?;
    let threshold_at = section.get("threshold")?;
    let threshold: Vec<f64> = threshold_at.numbers(splits)?;
    let kind: Vec<u8> = section.find("decision_type").map_or(Ok(vec![0; splits]), |entry| {
        // Written as a signed byte.
        entry.list(splits, |word| word.parse::<i16>().ok().filter(|k| (-128..256).contains(k)).map(|k| k as u8))
    })?;
    // A leaf is written as the complement of its index.
    let child = |word: &str| {
        let child: i64 = word.parse().ok()?;
        let node = if child >= 0 { child } else { splits as i64 + !child };
        u32::try_from(node).ok().filter(|node| (*node as usize) < splits + leaves)
    };
    let left: Vec<u32> = section.get("left_child")?.list(splits, child)?;
    let right: Vec<u32> = section.get("right_child")?.list(splits, child)?;
    let cover: Vec<f64> = section.find("internal_count").map_or(Ok(vec![0.0; splits]), |entry| entry.numbers(splits))?;
    let sets = Sets::read(section)?;

    let rows = column.into_iter().zip(threshold).zip(kind).zip(left.into_iter().zip(right)).zip(cover);
    for (slot, ((((column, threshold), kind), (left, right)), cover)) in slots.iter_mut().zip(rows) {
        let test = if kind & 1 == 1 {
            let set = sets.get(threshold);
            let set = set.ok_or_else(|| threshold_at.error(format!("category set {threshold} does not exist")))?;
            budget.take(set.len(), format_args!("line {}", threshold_at.line))?;
            Test::In(set.to_vec())
        } else {
            Test::LessEqual(beyond_zero(threshold))
        };
        let missing = match kind >> 2 & 3 {
            0 => Missing::None,
            1 => Missing::Zero,
            2 => Missing::Nan,
            _ => return Err(section.get("decision_type")?.error(format!("missing type 3 in decision type {kind}"))),
        };
        *slot = Some(Node::Split(Split { column, test, missing, default_left: kind & 2 != 0, left, right, cover }));
    }
    Ok(())
}

/// LightGBM reads |x| ≤ `ZERO` as 0 before it compares; a threshold inside that range is moved to its edge, so that comparing
/// x itself gives the same answer.
fn beyond_zero(threshold: f64) -> f64 {
    if (0.0..ZERO).contains(&threshold) {
        ZERO
    } else if (-ZERO..0.0).contains(&threshold) {
        (-ZERO).next_down()
    } else {
        threshold
    }
}

fn read_leaves(section: &Section<'_>, leaves: usize) -> Result<Vec<Node>, ImportError> {
    let value: Vec<f64> = section.get("leaf_value")?.numbers(leaves)?;
    // A tree of one leaf may have the line without a number.
    let cover: Vec<f64> = match section.find("leaf_count") {
        Some(entry) if leaves > 1 => entry.numbers(leaves)?,
        Some(entry) => entry.numbers(1).unwrap_or(vec![0.0]),
        None => vec![0.0; leaves],
    };
    let mut linear = linear_leaves(section, leaves)?.into_iter();
    let leaf = |(value, cover)| Node::Leaf(Leaf { value, cover, linear: linear.next() });
    Ok(value.into_iter().zip(cover).map(leaf).collect())
}

/// The functions in the leaves of a `linear_tree`; none for other trees.
fn linear_leaves(section: &Section<'_>, leaves: usize) -> Result<Vec<LinearLeaf>, ImportError> {
    if section.find("is_linear").is_none_or(|entry| entry.value.trim() != "1") {
        return Ok(Vec::new());
    }
    let intercepts: Vec<f64> = section.get("leaf_const")?.numbers(leaves)?;
    let counts_at = section.get("num_features")?;
    let counts: Vec<usize> = counts_at.numbers(leaves)?;
    let total = counts.iter().try_fold(0usize, |sum, n| sum.checked_add(*n));
    let total = total.ok_or_else(|| counts_at.error("too many terms"))?;
    let mut columns = section.get("leaf_features")?.numbers::<u32>(total)?.into_iter();
    let mut coefficients = section.get("leaf_coeff")?.numbers::<f64>(total)?.into_iter();
    let leaf = |(intercept, n)| LinearLeaf { intercept, terms: columns.by_ref().zip(coefficients.by_ref()).take(n).collect() };
    Ok(intercepts.into_iter().zip(counts).map(leaf).collect())
}

/// The category sets of a tree.
struct Sets {
    boundaries: Vec<usize>,
    words: Vec<u32>,
}

impl Sets {
    fn read(section: &Section<'_>) -> Result<Sets, ImportError> {
        let count: usize = section.find("num_cat").map_or(Ok(0), |entry| entry.number())?;
        if count == 0 {
            return Ok(Sets { boundaries: Vec::new(), words: Vec::new() });
        }
        let boundaries_at = section.get("cat_boundaries")?;
        let expected = count.checked_add(1).ok_or_else(|| boundaries_at.error("too many category sets"))?;
        let boundaries: Vec<usize> = boundaries_at.numbers(expected)?;
        let words = section.get("cat_threshold")?.numbers(boundaries.last().copied().unwrap_or(0))?;
        Ok(Sets { boundaries, words })
    }

    /// The set whose index is stored in place of a threshold.
    fn get(&self, index: f64) -> Option<&[u32]> {
        if !(0.0..1e9).contains(&index) {
            return None;
        }
        let index = index as usize;
        let (from, to) = (*self.boundaries.get(index)?, *self.boundaries.get(index + 1)?);
        self.words.get(from..to)
    }
}
