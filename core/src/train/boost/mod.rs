//! Gradient-boosted decision trees for a yes-or-no outcome (logistic loss), grown on histograms of at most 256 bins a column.
//!
//! The model depends on the set of rows, the settings and the seed, and on nothing else: not on the order of rows, the host, or the slices in
//! which trees are grown. Floats meet integers once per row and tree; every sum after that is one of integers, and every float after that
//! a function of such sums. Draws are hashes of the rows' keys.
//!
//! Trees are grown one at a time, each level by level ([`Boost::step`]), in some milliseconds, so that a host can pause in between; a trainer
//! that is made anew from the same rows goes on behind the last whole tree of another ([`Boost::resume`]).

mod bin;
mod gradient;
mod grow;
mod histogram;
mod search;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use settings::Settings;

use super::RowsError;
use crate::model::{Arithmetic, Body, Column, Ensemble, Leaf, Link, Missing, Model, Node, Split, Test, Tree};
use bin::{Bins, Cuts};
use gradient::Gradients;
use grow::{Given, Grown, Room};

/// Rows are numbered in 32 bits.
const MOST_ROWS: usize = 1 << 28;

/// A column to train on.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// It holds category codes (0, 1, 2 …), not quantities.
    pub categorical: bool,
    /// 1: the score may only rise with it, −1: only fall, 0: either. Not of categories.
    pub monotone: i8,
}

/// What is trained on, in bins.
#[derive(Debug)]
pub struct Rows {
    inputs: Vec<Input>,
    bins: Bins,
    outcomes: Vec<bool>,
    keys: Vec<u64>,
}

/// Rows on their way into bins, one column after another, so that the table never has to be in memory as a whole.
#[derive(Debug)]
pub struct Binning {
    rows: Rows,
}

impl Binning {
    /// Rows with these `outcomes` and `keys` (a hash of the lead's id each: rows with equal keys share their draws), whose columns come next.
    ///
    /// # Errors
    /// [`RowsError`]: lengths that differ, too many rows.
    pub fn new(inputs: Vec<Input>, (outcomes, keys): (Vec<bool>, Vec<u64>)) -> Result<Binning, RowsError> {
        let rows = outcomes.len();
        if rows != keys.len() {
            return Err(RowsError::Length { outcomes: rows, keys: keys.len() });
        }
        if rows > MOST_ROWS {
            return Err(RowsError::TooManyRows { rows, most: MOST_ROWS });
        }
        Ok(Binning { rows: Rows { bins: Bins::new(rows, inputs.len()), inputs, outcomes, keys } })
    }

    /// The number of the column that comes next; none once all are there.
    pub fn next(&self) -> Option<usize> {
        let at = self.rows.bins.cuts.len();
        (at < self.rows.inputs.len()).then_some(at)
    }

    /// Takes the values of the next column, in row order, NaN for missing.
    pub fn push(&mut self, values: Vec<f64>) {
        if let Some(at) = self.next() {
            let is_category = self.rows.inputs.get(at).is_some_and(|input| input.categorical);
            self.rows.bins.push(is_category, values);
        }
    }

    /// The rows; columns that did not come are missing in all of them.
    pub fn finish(mut self) -> Rows {
        while self.next().is_some() {
            self.push(Vec::new());
        }
        self.rows
    }
}

impl Rows {
    /// The rows with these `outcomes` and `keys`, as in [`Binning::new`]. `column` lends the values of input `i`.
    ///
    /// # Errors
    /// [`RowsError`]: lengths that differ, too many rows.
    pub fn new(
        inputs: Vec<Input>,
        given: (Vec<bool>, Vec<u64>),
        mut column: impl FnMut(usize) -> Vec<f64>,
    ) -> Result<Rows, RowsError> {
        let mut binning = Binning::new(inputs, given)?;
        while let Some(at) = binning.next() {
            binning.push(column(at));
        }
        Ok(binning.finish())
    }

    /// Outcomes, in row order.
    pub fn outcomes(&self) -> &[bool] {
        &self.outcomes
    }

    /// Keys, in row order.
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }
}

/// A training under way.
#[derive(Debug)]
pub struct Boost {
    settings: Settings,
    rows: Arc<Rows>,
    monotone: Vec<i8>,
    /// Rows that trees are grown on, and those that say when to stop.
    learnt: Vec<u32>,
    held_out: Vec<u32>,
    margins: Vec<f64>,
    base: f64,
    trees: Vec<Vec<Grown>>,
    /// The least loss on the held-out rows, and after how many trees.
    best: (i64, usize),
    gradients: Gradients,
    room: Room,
    /// The tree that is not whole yet.
    growing: Option<grow::Tree>,
}

impl Boost {
    /// A training on those of `rows` of which `takes_part` says so.
    ///
    /// # Errors
    /// [`RowsError`]: one class only.
    pub fn new(settings: Settings, rows: Arc<Rows>, takes_part: impl Fn(usize) -> bool) -> Result<Boost, RowsError> {
        let is_out = |key: &u64| unit(mix(key ^ mix(settings.seed ^ 0x5eed))) < settings.held_out;
        let (mut held_out, mut learnt) = (Vec::new(), Vec::new());
        for (row, key) in (0u32..).zip(&rows.keys).filter(|(row, _)| takes_part(*row as usize)) {
            if is_out(key) { held_out.push(row) } else { learnt.push(row) }
        }
        let yes = learnt.iter().filter(|row| rows.outcomes.get(**row as usize) == Some(&true)).count();
        if yes == 0 || yes == learnt.len() {
            return Err(RowsError::OneClass { rows: learnt.len(), outcome: yes > 0 });
        }
        let base = crate::math::ln(settings.positive_weight * yes as f64 / (learnt.len() - yes) as f64);
        let monotone = rows.inputs.iter().map(|input| if input.categorical { 0 } else { input.monotone.signum() }).collect();
        Ok(Boost {
            settings,
            monotone,
            learnt,
            held_out,
            margins: vec![base; rows.outcomes.len()],
            rows,
            base,
            trees: Vec::new(),
            best: (i64::MAX, 0),
            gradients: Gradients::default(),
            room: Room::default(),
            growing: None,
        })
    }

    /// Whether no more trees are grown: there are as many as were asked for, or the last ones brought nothing.
    pub fn is_done(&self) -> bool {
        let patience = self.settings.patience as usize;
        let is_idle = patience > 0 && !self.held_out.is_empty() && self.trees.len() >= self.best.1 + patience;
        is_idle || self.trees.len() >= self.settings.trees as usize
    }

    /// Trees so far.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// Begins a tree, grows a level of it, or ends it; does nothing once training [is done](Boost::is_done). A tree counts, in
    /// [`Boost::trees`], margins and model, once it is whole.
    pub fn step(&mut self) {
        if self.is_done() {
            return;
        }
        let Some(mut tree) = self.growing.take() else {
            self.growing = Some(self.begin());
            return;
        };
        let given =
            Given { settings: &self.settings, monotone: &self.monotone, bins: &self.rows.bins, gradients: &self.gradients };
        if tree.grow(given, &mut self.room) {
            self.growing = Some(tree);
        } else {
            let tree = tree.finish(given, &self.room, &mut self.margins);
            self.add(tree);
        }
    }

    /// The next tree: its rows are drawn, and its root has its histogram.
    fn begin(&mut self) -> grow::Tree {
        let settings = &self.settings;
        let draw = mix(settings.seed ^ mix(self.trees.len() as u64));
        self.room.order.clear();
        let drawn = |row: &&u32| self.rows.keys.get(**row as usize).is_some_and(|key| unit(mix(key ^ draw)) < settings.row_share);
        if settings.row_share < 1.0 {
            self.room.order.extend(self.learnt.iter().filter(drawn));
        } else {
            self.room.order.extend_from_slice(&self.learnt);
        }
        self.gradients.fill(settings, &self.margins, &self.rows.outcomes, &self.room.order);
        let used = self.columns_of_tree();
        let given = Given { settings, monotone: &self.monotone, bins: &self.rows.bins, gradients: &self.gradients };
        grow::Tree::new(given, &mut self.room, used)
    }

    /// Adds a whole tree, also to the margins of the rows that it was not grown on.
    fn add(&mut self, tree: Vec<Grown>) {
        if self.room.order.len() < self.margins.len() {
            let mut is_grown_on = vec![false; self.margins.len()];
            for row in &self.room.order {
                if let Some(is) = is_grown_on.get_mut(*row as usize) {
                    *is = true;
                }
            }
            for (row, margin) in self.margins.iter_mut().enumerate() {
                if is_grown_on.get(row) == Some(&false) {
                    *margin += grow::value(&tree, &self.rows.bins, row);
                }
            }
        }
        self.trees.push(tree);
        self.judge();
    }

    /// Goes on behind the last whole tree of `other`, a training on the same rows with the same settings.
    pub fn resume(&mut self, other: &Boost) {
        self.growing = None;
        for tree in &other.trees {
            for (row, margin) in self.margins.iter_mut().enumerate() {
                *margin += grow::value(tree, &self.rows.bins, row);
            }
            self.trees.push(tree.clone());
            self.judge();
        }
    }

    /// The columns that the next tree may split.
    fn columns_of_tree(&self) -> Vec<bool> {
        let columns = self.rows.inputs.len();
        if self.settings.column_share >= 1.0 {
            return vec![true; columns];
        }
        let draw = mix(self.settings.seed ^ mix(self.trees.len() as u64 ^ 0xc01));
        let mut ranked: Vec<(u64, usize)> = (0..columns).map(|column| (mix(draw ^ column as u64), column)).collect();
        ranked.sort_unstable();
        ranked.truncate(((columns as f64 * self.settings.column_share).ceil() as usize).max(1));
        (0..columns).map(|column| ranked.iter().any(|(_, ranked)| *ranked == column)).collect()
    }

    /// Notes whether the held-out rows fare better than ever.
    fn judge(&mut self) {
        let of = |row: &u32| Some(gradient::loss(*self.margins.get(*row as usize)?, *self.rows.outcomes.get(*row as usize)?));
        let loss: i64 = self.held_out.iter().filter_map(of).sum();
        if loss < self.best.0 {
            self.best = (loss, self.trees.len());
        }
    }

    /// Trees of the model: all, or where growing stops early those up to the best.
    fn kept(&self) -> usize {
        let may_stop = self.settings.patience > 0 && !self.held_out.is_empty();
        if may_stop { self.best.1 } else { self.trees.len() }
    }

    /// The margin that the model gives `row`.
    pub fn margin(&self, row: usize) -> f64 {
        match self.margins.get(row) {
            Some(margin) if self.kept() == self.trees.len() => *margin,
            Some(_) => {
                let kept = self.trees.iter().take(self.kept());
                kept.fold(self.base, |sum, tree| sum + grow::value(tree, &self.rows.bins, row))
            }
            None => f64::NAN,
        }
    }

    /// What the splits by each column gain, in the order of the columns.
    pub fn gains(&self) -> Vec<f64> {
        let mut gains = vec![0.0; self.rows.inputs.len()];
        for node in self.trees.iter().take(self.kept()).flatten() {
            if let Some(sum) = node.split.as_ref().and_then(|split| gains.get_mut(split.0)) {
                *sum += node.gain;
            }
        }
        gains
    }

    /// The model.
    pub fn model(&self) -> Model {
        let kept = self.kept();
        Model {
            columns: self
                .rows
                .inputs
                .iter()
                .map(|Input { name, categorical, .. }| Column { name: name.clone(), categorical: *categorical })
                .collect(),
            body: Body::Trees(Ensemble {
                arithmetic: Arithmetic::F64,
                base: vec![self.base],
                trees: self.trees.iter().take(kept).map(|tree| self.written(tree)).collect(),
            }),
            link: Link::Logistic { scale: 1.0 },
            outputs: 1,
        }
    }

    /// A tree as models have it: cuts for bins, codes for sets of bins.
    fn written(&self, tree: &[Grown]) -> Tree {
        let node = |grown: &Grown| {
            let Some((column, cut, mask, missing_left, [left, right])) = &grown.split else {
                return Node::Leaf(Leaf { value: grown.value, cover: grown.cover, linear: None });
            };
            let test = match self.rows.bins.cuts.get(*column) {
                Some(Cuts::Category(codes)) => Test::In(set(codes, mask)),
                Some(Cuts::Number(cuts)) => Test::LessEqual(cuts.get(usize::from(*cut) - 1).copied().unwrap_or(f64::INFINITY)),
                None => Test::LessEqual(f64::INFINITY),
            };
            Node::Split(Split {
                column: *column as u32,
                test,
                missing: Missing::Nan,
                default_left: *missing_left,
                left: *left as u32,
                right: *right as u32,
                cover: grown.cover,
            })
        };
        Tree { output: 0, weight: 1.0, nodes: tree.iter().map(node).collect() }
    }
}

/// The codes of the bins in `mask`, a bit each.
fn set(codes: &[u32], mask: &search::Mask) -> Vec<u32> {
    let chosen = (1u8..=255).zip(codes).filter(|(bin, _)| search::within(mask, *bin)).map(|(_, code)| *code);
    let chosen: Vec<u32> = chosen.collect();
    let mut words = vec![0u32; chosen.iter().max().map_or(0, |most| *most as usize / 32 + 1)];
    for code in chosen {
        if let Some(word) = words.get_mut(code as usize / 32) {
            *word |= 1 << (code % 32);
        }
    }
    words
}

/// A hash in [0, 1).
fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

/// SplitMix64's finaliser (Steele, Lea & Flood 2014): the only randomness.
fn mix(x: u64) -> u64 {
    crate::random::Random::new(x).bits()
}
