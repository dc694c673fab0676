//! Values as bins: each column has at most 255 and one for missing values, so that a row is a byte a column.
#![expect(
    clippy::indexing_slicing,
    reason = "a bin is a u8, tiles have a byte for each of their columns, codes lie below the largest"
)]

use std::cmp::Reverse;

/// Columns of a tile: eight histograms of 256 × 8 bytes stay in the first-level cache.
pub(super) const WIDE: usize = 8;

/// Bins of a column besides the one of missing values.
const BINS: usize = 255;

/// The bins of eight columns, row by row.
pub(super) type Tile = Vec<[u8; WIDE]>;

/// How a column's values become bins. Bin 0 is a missing value, and a category that is not among the 255 most frequent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cuts {
    /// Bin b holds values up to and including cut b − 1; the last bin those above all cuts.
    Number(Vec<f64>),
    /// Bin b is category b − 1 of these codes, the most frequent first.
    Category(Vec<u32>),
}

/// All columns in bins.
#[derive(Debug)]
pub(super) struct Bins {
    pub cuts: Vec<Cuts>,
    pub tiles: Vec<Tile>,
}

impl Bins {
    /// Bins of `rows` rows and no column yet, with room for `columns`.
    pub fn new(rows: usize, columns: usize) -> Bins {
        Bins { cuts: Vec::with_capacity(columns), tiles: vec![vec![[0; WIDE]; rows]; columns.div_ceil(WIDE)] }
    }

    /// Adds the next column: its values in row order (NaN is missing), codes where it `is_category`.
    pub fn push(&mut self, is_category: bool, mut values: Vec<f64>) {
        let at = self.cuts.len();
        let Some(tile) = self.tiles.get_mut(at / WIDE) else { return };
        let lane = at % WIDE;
        values.resize(tile.len(), f64::NAN);
        let mut sorted: Vec<f64> = values.iter().filter(|value| !value.is_nan()).map(|value| value + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let found = if is_category { categories(&sorted) } else { Cuts::Number(number_cuts(&sorted)) };
        match &found {
            Cuts::Number(cuts) => {
                for (bins, value) in tile.iter_mut().zip(&values).filter(|(_, value)| !value.is_nan()) {
                    bins[lane] = cuts.partition_point(|cut| cut < value) as u8 + 1;
                }
            }
            Cuts::Category(codes) => {
                let mut bin_of = vec![0u8; codes.iter().max().map_or(0, |most| *most as usize + 1)];
                for (bin, code) in (1..=u8::MAX).zip(codes) {
                    bin_of[*code as usize] = bin;
                }
                for (bins, value) in tile.iter_mut().zip(&values) {
                    bins[lane] = code(*value).and_then(|code| bin_of.get(code as usize).copied()).unwrap_or(0);
                }
            }
        }
        self.cuts.push(found);
    }

    /// The bin of a row in a column.
    pub fn get(&self, row: usize, column: usize) -> u8 {
        self.tiles[column / WIDE][row][column % WIDE]
    }
}

/// A category's code as the model's sets read it; `None` for a value outside the range of codes.
fn code(value: f64) -> Option<u32> {
    (value > -1.0 && value < 2_147_483_648.0).then_some(value as u32)
}

/// The most frequent categories; of equally frequent ones the lower code.
fn categories(sorted: &[f64]) -> Cuts {
    let codes: Vec<u32> = sorted.iter().filter_map(|value| code(*value)).collect();
    let mut counts: Vec<(usize, u32)> = codes.chunk_by(|a, b| a == b).map(|same| (same.len(), same[0])).collect();
    counts.sort_unstable_by_key(|&(count, code)| (Reverse(count), code));
    counts.truncate(BINS);
    Cuts::Category(counts.into_iter().map(|(_, code)| code).collect())
}

/// Cuts between the distinct values where there are few, else such that bins hold about as many values each.
fn number_cuts(sorted: &[f64]) -> Vec<f64> {
    let distinct: Vec<(f64, usize)> = sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect();
    let is_exact = distinct.len() <= BINS;
    let (mut cuts, mut here, mut rest) = (Vec::new(), 0usize, sorted.len());
    for pair in distinct.windows(2) {
        let [(low, count), (high, next)] = [pair[0], pair[1]];
        here += count;
        let goal = rest as f64 / (BINS - cuts.len()) as f64;
        let (has, coming) = (here as f64, next as f64);
        // A value with more rows than a bin should have gets a bin of its own.
        let is_full = has >= goal || (coming > goal && has + 0.5 * coming > goal);
        if is_exact || (is_full && cuts.len() < BINS - 1) {
            let middle = low * 0.5 + high * 0.5;
            cuts.push(if middle >= low && middle < high { middle } else { low });
            rest -= here;
            here = 0;
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_lie_between_values_and_do_not_depend_on_their_order() {
        let bins = |values: &[f64]| {
            let mut bins = Bins::new(values.len(), 1);
            bins.push(false, values.to_vec());
            (0..values.len()).map(|row| bins.get(row, 0)).collect::<Vec<u8>>()
        };
        assert_eq!(bins(&[3.0, f64::NAN, -0.0, 0.0, 3.0, 7.0]), [2, 0, 1, 1, 2, 3]);
        let many: Vec<f64> = (0..10_000).map(f64::from).collect();
        let found = bins(&many);
        assert_eq!((found[0], found[9_999]), (1, 255));
        let mut counts = [0; 256];
        found.iter().for_each(|bin| counts[usize::from(*bin)] += 1);
        assert!(counts[1..].iter().all(|count| (38..=41).contains(count)), "{counts:?}");
        let reversed: Vec<f64> = many.iter().rev().copied().collect();
        assert_eq!(bins(&reversed).into_iter().rev().collect::<Vec<u8>>(), found);
    }

    #[test]
    fn frequent_categories_come_first_and_what_is_no_code_is_missing() {
        let values = [5.0, 5.0, 2.0, 9.0, 2.0, 5.0, -3.0, f64::NAN];
        let mut bins = Bins::new(values.len(), 1);
        bins.push(true, values.to_vec());
        assert_eq!(bins.cuts, [Cuts::Category(vec![5, 2, 9])]);
        assert_eq!((0..values.len()).map(|row| bins.get(row, 0)).collect::<Vec<u8>>(), [1, 1, 2, 3, 2, 1, 0, 0]);
    }

    #[test]
    fn neighbouring_doubles_are_kept_apart() {
        let (low, high) = (1.0, 1.0 + f64::EPSILON);
        let cuts = number_cuts(&[low, high]);
        assert!(cuts.len() == 1 && low <= cuts[0] && cuts[0] < high, "{cuts:?}");
    }
}
