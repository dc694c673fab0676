//! Lockstep: one row goes down 64 shallow trees together, level by level, where a processor looks up 64 bytes in one instruction.
//!
//! Idea: a row is its rank on each ladder, a byte each; two comparisons with 16 cuts find a rank. What 64 trees ask at one place of their
//! complete layouts is then a look-up of 64 bytes and a comparison with 64 cuts, and the answers are a word. So trees are sifted as
//! [`sift`](super::sift) does with rows: a word of those that reach a node, two operations that send all of them on, and bit `k` of all
//! leaves' numbers is a word in the end. No load waits for a step, and the answers need no table. It pays where the crate is compiled in
//! one unit, as releases are: else each look-up is a call, and takes longer than the walk.
//!
//! Takes ensembles of 32-bit arithmetic without categories, of at most 64 ladders with at most 255 cuts each, which is what XGBoost grows
//! by default from some thirty columns. Tested through the engine's property tests.

use std::ops::Range;

use super::complete::CompleteTrees;
use super::question::{Column, Ladder, Questions};
use super::wide::{Avx512, CUTS, LEVELS, NodeTests, WIDTH, Work};

/// Ensemble of shallow trees.
#[derive(Debug, Clone)]
pub(super) struct Lockstep {
    wide: Avx512,
    levels: usize,
    trees: usize,
    scales: Vec<Scale>,
    ladders: Vec<Ladder>,
    /// Of each 64 trees, their tests at each place of the complete layout; place 0 is unused, and places without a question hold a test whose result is not read.
    tests: Vec<NodeTests>,
}

/// The cuts of a column, padded with NaN, which nothing passes.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
struct Scale {
    /// The last of each 16.
    tops: [f32; CUTS],
    cuts: [[f32; CUTS]; CUTS],
    column: usize,
    ladders: Range<usize>,
}

const NOTHING: NodeTests = NodeTests { ladders: [0; WIDTH], cuts: [0; WIDTH] };

impl Lockstep {
    /// Arranges `complete` trees for walking together. `None` when they do not fit.
    pub(super) fn compile(wide: Avx512, complete: &CompleteTrees, questions: &Questions) -> Option<Lockstep> {
        let (levels, ladders) = (complete.levels(), &questions.ladders);
        let fits = questions.narrow && ladders.len() <= WIDTH && questions.categories.is_empty() && levels <= LEVELS;
        if !fits || ladders.iter().any(|ladder| ladder.cuts > usize::from(u8::MAX)) {
            return None;
        }
        let columns = questions.teams.iter().flat_map(|team| &team.columns).filter(|column| !column.ladders.is_empty());
        let scales = columns.map(|column| Scale::of(column, &questions.cuts, ladders)).collect();
        let mut lockstep = Lockstep { wide, levels, trees: 0, scales, ladders: ladders.clone(), tests: Vec::new() };
        for tree in complete.trees() {
            let lane = lockstep.trees % WIDTH;
            if lane == 0 {
                lockstep.tests.resize(lockstep.tests.len() + tree.len(), NOTHING);
            }
            let first = lockstep.tests.len() - tree.len();
            for (tests, question) in lockstep.tests.get_mut(first..)?.iter_mut().zip(tree) {
                let (ladder, rank) = questions.rung(usize::from(*question));
                (*tests.ladders.get_mut(lane)?, *tests.cuts.get_mut(lane)?) = (ladder as u8, (rank + 1) as u8);
            }
            lockstep.trees += 1;
        }
        Some(lockstep)
    }

    /// Folds `state` by `found(state, tree, leaf)` over the trees in order.
    #[inline(always)]
    pub(super) fn walk<S>(&self, row: &[f64], state: S, found: impl FnMut(S, usize, usize) -> S) -> S {
        self.wide.run(Walk { lockstep: self, row, state, found })
    }

    /// The rank of `row` on every ladder.
    #[inline(always)]
    fn ranks(&self, row: &[f64]) -> [u8; WIDTH] {
        let mut ranks = [0; WIDTH];
        for scale in &self.scales {
            let x = row.get(scale.column).copied().unwrap_or(f64::NAN) as f32;
            let top = self.wide.cuts_passed(&scale.tops, x);
            let cuts = scale.cuts.get(top).map_or(0, |cuts| self.wide.cuts_passed(cuts, x));
            let rank = top * CUTS + cuts;
            for at in scale.ladders.clone() {
                if let (Some(place), Some(ladder)) = (ranks.get_mut(at), self.ladders.get(at)) {
                    *place = ladder.rank(f64::from(x), rank) as u8;
                }
            }
        }
        ranks
    }
}

impl Scale {
    fn of(column: &Column, all: &[f64], ladders: &[Ladder]) -> Scale {
        let count = ladders.get(column.ladders.start).map_or(0, |ladder| ladder.cuts);
        let mut scale = Scale {
            tops: [f32::NAN; CUTS],
            cuts: [[f32::NAN; CUTS]; CUTS],
            column: column.column,
            ladders: column.ladders.clone(),
        };
        let places = scale.cuts.as_flattened_mut().iter_mut();
        places.zip(all.iter().skip(column.cuts).take(count)).for_each(|(place, cut)| *place = least_from(*cut));
        for (top, cuts) in scale.tops.iter_mut().zip(&scale.cuts) {
            *top = cuts.last().copied().unwrap_or(f32::NAN);
        }
        scale
    }
}

/// The least number of 32 bits that is not below `cut`.
fn least_from(cut: f64) -> f32 {
    let near = cut as f32;
    if f64::from(near) < cut { near.next_up() } else { near }
}

struct Walk<'a, S, F> {
    lockstep: &'a Lockstep,
    row: &'a [f64],
    state: S,
    found: F,
}

impl<S, F: FnMut(S, usize, usize) -> S> Work for Walk<'_, S, F> {
    type Output = S;

    /// Loops over numbers: what adapters of iterators are given is not compiled into them here.
    #[inline(always)]
    fn run(mut self) -> S {
        let Lockstep { wide, levels, trees, tests, .. } = self.lockstep;
        let ranks = self.lockstep.ranks(self.row);
        let (mut state, mut tree) = (self.state, 0);
        // The trees that reach each node.
        let mut reached = [u64::MAX; 2 << LEVELS];
        for tests in tests.chunks_exact(1 << levels) {
            let mut bits = [0; LEVELS];
            for level in 0..*levels {
                let mut rights = 0;
                for at in 1 << level..2 << level {
                    let (Some(tests), Some(here)) = (tests.get(at), reached.get(at)) else { break };
                    let right = here & wide.passed(tests, &ranks);
                    let left = here ^ right;
                    rights |= right;
                    if let Some(children) = reached.get_mut(2 * at..2 * at + 2) {
                        children.copy_from_slice(&[left, right]);
                    }
                }
                // The last level's bit is the lowest.
                if let Some(bit) = bits.get_mut(levels - 1 - level) {
                    *bit = rights;
                }
            }
            let numbers = wide.numbers(&bits);
            if trees - tree >= WIDTH {
                for number in numbers {
                    state = (self.found)(state, tree, (tree << levels) + usize::from(number));
                    tree += 1;
                }
            } else {
                for number in numbers.into_iter().take(trees - tree) {
                    state = (self.found)(state, tree, (tree << levels) + usize::from(number));
                    tree += 1;
                }
            }
        }
        state
    }
}
