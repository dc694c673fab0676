//! One tree, grown level by level, so that a host can pause between levels.
#![expect(clippy::indexing_slicing, reason = "ranges are of the rows in order, nodes are those that were added")]

use std::ops::Range;

use super::bin::{Bins, Cuts, WIDE};
use super::gradient::Gradients;
use super::histogram::{Histogram, Pool, subtract};
use super::search::{Candidate, Found, Mask, Search, within};
use super::settings::Settings;

/// A node: a split by a set of bins, or a leaf.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grown {
    /// Column, last bin of numbers that goes left (0 of categories), bins that go left, where missing values go, and the children.
    pub split: Option<(usize, u8, Mask, bool, [usize; 2])>,
    /// What a leaf adds.
    pub value: f64,
    /// Hessian that reached the node.
    pub cover: f64,
    /// Twice what its split takes off the loss, less what chance gains; 0 of a leaf.
    pub gain: f64,
}

/// What trees are grown with, kept between trees.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The rows of this tree; those of a node lie together.
    pub order: Vec<u32>,
    spare: Vec<u32>,
    pool: Pool,
}

/// A node of the level that is grown next.
#[derive(Debug)]
struct Growing {
    node: usize,
    rows: Range<usize>,
    histogram: Histogram,
    total: i64,
    bounds: [f64; 2],
}

/// A node that stays a leaf: its number, its rows, and the bounds of its value.
type Last = (usize, Range<usize>, [f64; 2]);

/// A tree under way.
#[derive(Debug)]
pub(super) struct Tree {
    /// The columns that it may split.
    used: Vec<bool>,
    nodes: Vec<Grown>,
    depth: u32,
    level: Vec<Growing>,
    leaves: Vec<Last>,
}

/// What a tree is grown by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub settings: &'a Settings,
    pub monotone: &'a [i8],
    pub bins: &'a Bins,
    pub gradients: &'a Gradients,
}

impl<'a> Given<'a> {
    fn search(self) -> Search<'a> {
        let Given { settings, monotone, bins, gradients } = self;
        Search { settings, gradients, cuts: &bins.cuts, monotone }
    }

    fn leaf(self, total: i64) -> Grown {
        Grown { split: None, value: 0.0, cover: self.gradients.real(total).1, gain: 0.0 }
    }
}

impl Tree {
    /// A tree of its root, to be grown on `room.order`.
    pub fn new(given: Given<'_>, room: &mut Room, used: Vec<bool>) -> Tree {
        let total = given.gradients.sum(&room.order);
        let histogram = room.pool.fill(&given.bins.tiles, &given.gradients.packed, &room.order, &used);
        let bounds = [f64::NEG_INFINITY, f64::INFINITY];
        let root = Growing { node: 0, rows: 0..room.order.len(), histogram, total, bounds };
        Tree { used, nodes: vec![given.leaf(total)], depth: 0, level: vec![root], leaves: Vec::new() }
    }

    /// Splits the nodes of the next level; false where there is none.
    pub fn grow(&mut self, given: Given<'_>, room: &mut Room) -> bool {
        let Given { settings, bins, gradients, .. } = given;
        let (search, used, nodes) = (given.search(), &self.used[..], &mut self.nodes);
        let mut next = Vec::new();
        for at in std::mem::take(&mut self.level) {
            let may_split = self.depth < settings.depth && at.rows.len() > 1;
            let candidate = Candidate { histogram: &at.histogram, total: at.total, bounds: at.bounds };
            let Some(found) = may_split.then(|| search.best(&candidate, used)).flatten() else {
                room.pool.give(at.histogram);
                self.leaves.push((at.node, at.rows, at.bounds));
                continue;
            };
            let middle = room.divide(bins, at.rows.clone(), &found);
            debug_assert_eq!(gradients.sum(&room.order[at.rows.start..middle]), found.left, "sums of integers are exact");
            let totals = [found.left, at.total - found.left];
            let children = [nodes.len(), nodes.len() + 1];
            nodes.extend(totals.map(|total| given.leaf(total)));
            nodes[at.node].gain = found.gain;
            nodes[at.node].split = Some((found.column, found.cut, found.mask, found.missing_left, children));
            let bounds = bounds_of(&search, &found, totals, at.bounds);
            let sides = [at.rows.start..middle, middle..at.rows.end];
            let is_last = self.depth + 1 >= settings.depth;
            let histograms = room.histograms((bins, gradients), at.histogram, &sides, used, is_last);
            for (((histogram, rows), total), (node, bounds)) in
                histograms.into_iter().zip(sides).zip(totals).zip(children.into_iter().zip(bounds))
            {
                next.push(Growing { node, rows, histogram, total, bounds });
            }
        }
        self.level = next;
        self.depth += 1;
        !self.level.is_empty()
    }

    /// The tree, once it [does not grow](Tree::grow) any more, whose leaves are added to `margins` of the rows that it was grown on.
    pub fn finish(mut self, given: Given<'_>, room: &Room, margins: &mut [f64]) -> Vec<Grown> {
        let search = given.search();
        for (node, rows, bounds) in self.leaves {
            let rows = &room.order[rows];
            let (gradient, hessian) = given.gradients.fine_sum(rows);
            let value = given.settings.learning_rate * search.value((gradient, hessian), bounds);
            self.nodes[node].value = value;
            for row in rows {
                margins[*row as usize] += value;
            }
        }
        self.nodes
    }
}

/// The bounds of both children: a monotone split of numbers keeps what grows below it on its own side of the middle.
fn bounds_of(search: &Search<'_>, found: &Found, totals: [i64; 2], bounds: [f64; 2]) -> [[f64; 2]; 2] {
    let is_number = matches!(search.cuts.get(found.column), Some(Cuts::Number(_)));
    let monotone = search.monotone.get(found.column).copied().filter(|_| is_number).unwrap_or(0);
    let [left, right] = totals.map(|total| search.value(search.gradients.real(total), bounds));
    let middle = (left + right) * 0.5;
    match monotone {
        1 => [[bounds[0], middle], [middle, bounds[1]]],
        -1 => [[middle, bounds[1]], [bounds[0], middle]],
        _ => [bounds; 2],
    }
}

impl Room {
    /// Histograms of both sides: the smaller one is filled, the other is what is left of the parent's. Empty ones for the last level, which
    /// is not split.
    fn histograms(
        &mut self,
        (bins, gradients): (&Bins, &Gradients),
        mut parent: Histogram,
        sides: &[Range<usize>; 2],
        used: &[bool],
        is_last: bool,
    ) -> [Histogram; 2] {
        if is_last {
            self.pool.give(parent);
            return [Vec::new(), Vec::new()];
        }
        let small = usize::from(sides[1].len() < sides[0].len());
        let filled = self.pool.fill(&bins.tiles, &gradients.packed, &self.order[sides[small].clone()], used);
        subtract(&mut parent, &filled);
        if small == 0 { [filled, parent] } else { [parent, filled] }
    }

    /// Puts the rows that go left first, each side in its old order; where the right side begins.
    fn divide(&mut self, bins: &Bins, rows: Range<usize>, found: &Found) -> usize {
        let tile = &bins.tiles[found.column / WIDE];
        let lane = found.column % WIDE;
        let goes_left: [bool; 256] = std::array::from_fn(|bin| within(&found.mask, bin as u8));
        let start = rows.start;
        let order = &mut self.order[rows];
        self.spare.resize(self.spare.len().max(order.len()), 0);
        let (mut left, mut right) = (0, 0);
        for at in 0..order.len() {
            let row = order[at];
            let goes = goes_left[usize::from(tile[row as usize][lane])];
            (order[left], self.spare[right]) = (row, row);
            left += usize::from(goes);
            right += usize::from(!goes);
        }
        order[left..].copy_from_slice(&self.spare[..right]);
        start + left
    }
}

/// What `nodes` add for a row with these bins.
pub(super) fn value(nodes: &[Grown], bins: &Bins, row: usize) -> f64 {
    let mut at = 0;
    // Children come after their parent, so a walk ends.
    while let Some((column, _, mask, _, children)) = &nodes[at].split {
        at = children[usize::from(!within(mask, bins.get(row, *column)))];
    }
    nodes[at].value
}
