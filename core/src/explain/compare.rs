//! Every test of an ensemble as one comparison: a value of the row is at least a threshold, or not.
//!
//! Each column is read in each of six ways, with missing values mapped to an end of the number line, so that no test needs a
//! special case. Tested through the explanations.
#![expect(clippy::indexing_slicing, reason = "places are made where the values are reserved")]

use crate::model::{Arithmetic, Missing, Split, Test, ZERO};

/// Ways of reading a column: what counts as missing, and the end of the number line that represents it.
const VARIANTS: usize = 6;

/// The values that the tests of an ensemble compare.
#[derive(Debug, Clone)]
pub(super) struct Comparisons {
    arithmetic: Arithmetic,
    columns: usize,
    /// Tests that are not a comparison with a finite threshold; their outcome becomes a value of its own.
    special: Vec<Split>,
}

/// One of the values, for callers that need only a few.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reading {
    /// The column's number, and the value that represents a missing one.
    Column { column: u32, missing: Missing, end: f64 },
    /// The outcome of this special test.
    Special(u32),
}

impl Comparisons {
    pub fn new(arithmetic: Arithmetic, columns: usize) -> Comparisons {
        Comparisons { arithmetic, columns, special: Vec::new() }
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Which value is less than which threshold when `split` sends the row left.
    pub fn add(&mut self, split: &Split) -> Option<(u32, f64)> {
        let variant = variant(split.missing, split.default_left);
        let plain = |threshold: f64| Some((u32::try_from(variant * self.columns + split.column as usize).ok()?, threshold));
        match &split.test {
            Test::Less(t) if t.is_finite() => plain(*t),
            Test::LessEqual(t) if t.is_finite() => plain(t.next_up()),
            _ => {
                self.special.push(split.clone());
                Some((u32::try_from(VARIANTS * self.columns + self.special.len() - 1).ok()?, 0.0))
            }
        }
    }

    /// Which reading is less than which threshold when `split` sends the row left.
    pub fn reading(&mut self, split: &Split) -> Option<(Reading, f64)> {
        let specials = self.special.len();
        let (_, threshold) = self.add(split)?;
        let reading = if self.special.len() > specials {
            Reading::Special(u32::try_from(specials).ok()?)
        } else {
            Reading::Column { column: split.column, missing: split.missing, end: end(split.default_left) }
        };
        Some((reading, threshold))
    }

    /// The value of `reading` in `row`.
    pub fn read(&self, row: &[f64], reading: &Reading) -> f64 {
        match reading {
            Reading::Column { column, missing, end } => placed(self.at(row, *column as usize), *missing, *end),
            Reading::Special(test) => {
                let split = self.special.get(*test as usize);
                split.map_or(1.0, |split| self.outcome(row, split))
            }
        }
    }

    /// What the splits compare: each column read in each way, then the outcomes of the special tests.
    pub fn values(&self, row: &[f64]) -> Vec<f64> {
        let mut values = vec![f64::INFINITY; VARIANTS * self.columns + self.special.len()];
        for missing in [Missing::None, Missing::Zero, Missing::Nan] {
            for default_left in [false, true] {
                let start = variant(missing, default_left) * self.columns;
                for (column, value) in values[start..start + self.columns].iter_mut().enumerate() {
                    *value = placed(self.at(row, column), missing, end(default_left));
                }
            }
        }
        for (value, split) in values[VARIANTS * self.columns..].iter_mut().zip(&self.special) {
            *value = self.outcome(row, split);
        }
        values
    }

    /// The number in a column, in the width that is compared.
    fn at(&self, row: &[f64], column: usize) -> f64 {
        let x = row.get(column).copied().unwrap_or(f64::NAN);
        if self.arithmetic == Arithmetic::F32 { f64::from(x as f32) } else { x }
    }

    /// Less than 0 when `split`, a special test, sends the row left.
    fn outcome(&self, row: &[f64], split: &Split) -> f64 {
        if split.goes_left(self.at(row, split.column as usize)) { -1.0 } else { 1.0 }
    }
}

/// `x`, or the value that represents a missing one.
fn placed(x: f64, missing: Missing, end: f64) -> f64 {
    match missing {
        Missing::None if x.is_nan() => 0.0,
        Missing::Zero if x.is_nan() || x.abs() <= ZERO => end,
        Missing::Nan if x.is_nan() => end,
        _ => x,
    }
}

/// The end of the number line that represents a missing value.
fn end(default_left: bool) -> f64 {
    if default_left { f64::NEG_INFINITY } else { f64::INFINITY }
}

/// Which of the [`VARIANTS`] a split reads.
fn variant(missing: Missing, default_left: bool) -> usize {
    let missing = match missing {
        Missing::None => 0,
        Missing::Zero => 1,
        Missing::Nan => 2,
    };
    2 * missing + usize::from(default_left)
}
