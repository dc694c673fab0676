//! The best split of a node: by gain (Chen & Guestrin 2016, eq. 7), of numbers at a cut, of categories by a set.
#![expect(clippy::indexing_slicing, reason = "a bin is below 256, a column below the number of columns")]

use std::f64::consts::FRAC_2_PI;

use super::bin::{Cuts, WIDE};
use super::gradient::Gradients;
use super::histogram::Histogram;
use super::settings::Settings;

/// What counts as a gain: below it are differences that rounding makes.
const LEAST: f64 = 1e-9;

/// A set of bins.
pub(super) type Mask = [u64; 4];

/// Whether `bin` is in `mask`.
pub(super) fn within(mask: &Mask, bin: u8) -> bool {
    mask[usize::from(bin) / 64] >> (bin % 64) & 1 == 1
}

fn put(mask: &mut Mask, bin: u8) {
    mask[usize::from(bin) / 64] |= 1 << (bin % 64);
}

/// A split: the bins that go left, and their sum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub column: usize,
    /// The last bin of numbers that goes left; 0 of categories.
    pub cut: u8,
    pub mask: Mask,
    pub missing_left: bool,
    pub left: i64,
    /// What it takes off the loss, times two, less what chance gains.
    pub gain: f64,
}

/// A node that may be split: its sums, and between which values its leaves must lie.
pub(super) struct Candidate<'a> {
    pub histogram: &'a Histogram,
    pub total: i64,
    pub bounds: [f64; 2],
}

/// What splits are judged by.
pub(super) struct Search<'a> {
    pub settings: &'a Settings,
    pub gradients: &'a Gradients,
    pub cuts: &'a [Cuts],
    /// 1 for a column in which the score may only rise, −1 only fall, 0 either.
    pub monotone: &'a [i8],
}

impl Search<'_> {
    /// The leaf value of these sums, before the learning rate.
    pub fn value(&self, (gradient, hessian): (f64, f64), bounds: [f64; 2]) -> f64 {
        (-gradient / (hessian + self.settings.l2)).clamp(bounds[0], bounds[1])
    }

    /// The best split of `node` by a column in `used`; none where no split gains. Of equal gains the lowest column and bin.
    pub fn best(&self, node: &Candidate<'_>, used: &[bool]) -> Option<Found> {
        let mut best = Found { column: 0, cut: 0, mask: [0; 4], missing_left: false, left: 0, gain: LEAST };
        let judge = Judge::new(self, node);
        for column in (0..self.cuts.len()).filter(|column| used[*column]) {
            let sums = &node.histogram[column / WIDE][column % WIDE];
            let monotone = self.monotone.get(column).copied().unwrap_or(0);
            match &self.cuts[column] {
                Cuts::Number(cuts) => numbers(&judge, (column, cuts.len(), monotone), sums, &mut best),
                Cuts::Category(codes) => self.categories(&judge, (column, codes.len()), sums, &mut best),
            }
        }
        if best.cut > 0 {
            (u8::from(!best.missing_left)..=best.cut).for_each(|bin| put(&mut best.mask, bin));
        }
        (best.gain > LEAST).then_some(best)
    }

    /// Missing values and categories that are rare or unknown go right, as in LightGBM. Candidates are each category against the rest, and
    /// cuts of the categories sorted by their mean gradient, from either end (Fisher 1958). The best of many candidates gains in noise
    /// too: about ln k of k single ones, 2(k − 2)/π of k sorted ones (Hartigan); that is taken off before it competes.
    fn categories(&self, judge: &Judge<'_>, (column, codes): (usize, usize), sums: &[i64; 256], best: &mut Found) {
        let order = |sum: i64| {
            let (gradient, hessian) = self.gradients.real(sum);
            gradient / (hessian + self.settings.category_smoothing)
        };
        let present = (1..=codes).filter(|bin| sums[*bin] != 0);
        let mut bins: Vec<(f64, u8)> = present.map(|bin| (order(sums[bin]), bin as u8)).collect();
        bins.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (k, doubt) = (bins.len() as f64, self.settings.category_doubt);
        let single = doubt * crate::math::ln(k.max(2.0));
        let sorted = doubt * FRAC_2_PI * (k - 2.0).max(0.0);
        let mut compare = |left: i64, mask: Mask, doubt: f64| {
            let gain = judge.gain(left, 0) - doubt;
            if gain > best.gain {
                *best = Found { column, cut: 0, mask, missing_left: false, left, gain };
            }
        };
        for (_, bin) in &bins {
            let mut mask = [0; 4];
            put(&mut mask, *bin);
            compare(sums[usize::from(*bin)], mask, single);
        }
        for _ in 0..2 {
            let (mut left, mut mask) = (0, [0; 4]);
            for (_, bin) in &bins {
                left += sums[usize::from(*bin)];
                put(&mut mask, *bin);
                compare(left, mask, sorted);
            }
            bins.reverse();
        }
    }
}

/// Cuts of numbers, missing values on either side.
fn numbers(judge: &Judge<'_>, (column, cuts, monotone): (usize, usize, i8), sums: &[i64; 256], best: &mut Found) {
    let (missing, mut left) = (sums[0], 0);
    let has_missing = missing != 0;
    for (bin, sum) in sums.iter().enumerate().take(cuts + 1 + usize::from(has_missing)).skip(1) {
        if *sum == 0 {
            continue;
        }
        left += sum;
        let mut compare = |left: i64, missing_left: bool| {
            let gain = judge.gain(left, monotone);
            if gain > best.gain {
                *best = Found { column, cut: bin as u8, mask: [0; 4], missing_left, left, gain };
            }
        };
        // Where no row has a missing value, one goes where most rows do.
        compare(left, !has_missing && 2 * (left & 0xffff_ffff) > judge.total & 0xffff_ffff);
        if has_missing {
            compare(left + missing, true);
        }
    }
}

/// Gains of the splits of one node.
struct Judge<'a> {
    search: &'a Search<'a>,
    total: i64,
    sums: (f64, f64),
    bounds: [f64; 2],
    is_free: bool,
    parent: f64,
}

impl<'a> Judge<'a> {
    fn new(search: &'a Search<'a>, node: &Candidate<'_>) -> Judge<'a> {
        let is_free = node.bounds == [f64::NEG_INFINITY, f64::INFINITY];
        let sums = search.gradients.real(node.total);
        let mut judge = Judge { search, total: node.total, sums, bounds: node.bounds, is_free, parent: 0.0 };
        judge.parent = judge.score(sums) + search.settings.min_gain;
        judge
    }

    /// Twice the loss that a leaf of these sums takes off.
    fn score(&self, (gradient, hessian): (f64, f64)) -> f64 {
        let weight = hessian + self.search.settings.l2;
        if self.is_free {
            return gradient * gradient / weight;
        }
        let value = self.search.value((gradient, hessian), self.bounds);
        -(2.0 * gradient + weight * value) * value
    }

    #[inline]
    fn gain(&self, left: i64, monotone: i8) -> f64 {
        let settings = self.search.settings;
        let (gradient, hessian) = self.search.gradients.real(left);
        let (other_gradient, other_hessian) = (self.sums.0 - gradient, self.sums.1 - hessian);
        if hessian < settings.min_hessian || other_hessian < settings.min_hessian {
            return 0.0;
        }
        let (left, right) = ((gradient, hessian), (other_gradient, other_hessian));
        if monotone != 0 {
            let rise = self.search.value(right, self.bounds) - self.search.value(left, self.bounds);
            if rise * f64::from(monotone) < 0.0 {
                return 0.0;
            }
        }
        if self.is_free {
            // One division for both sides.
            let (a, b) = (hessian + settings.l2, other_hessian + settings.l2);
            return (gradient * gradient * b + other_gradient * other_gradient * a) / (a * b) - self.parent;
        }
        self.score(left) + self.score(right) - self.parent
    }
}
