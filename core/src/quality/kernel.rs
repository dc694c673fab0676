//! Tests of whole slices: bounds and pairs of numbers, and each distinct text once.
//!
//! Each gives exactly the results of testing row by row (`tests` compares them); where a slice cannot be tested as a whole, it returns
//! so, and rows are tested one by one.

use super::Raised;
use super::rule::{Ignore, PairTest};
use super::state::{Rows, View};
use super::test::{Bounds, Test};
use crate::table::{Cell, Column, Scalar, Texts};

/// Doubles between two ends.
#[derive(Debug, Clone, Copy)]
struct Range {
    min: f64,
    max: f64,
    strict_min: bool,
    strict_max: bool,
}

impl Range {
    /// The bounds as doubles, when that changes nothing.
    fn of(bounds: &Bounds) -> Option<Range> {
        let end = |bound: &Option<Scalar>, open: f64| match bound {
            None => Some(open),
            Some(Scalar::Float(x)) => Some(*x),
            Some(Scalar::Int(n)) if n.unsigned_abs() <= 1 << 53 => Some(*n as f64),
            Some(_) => None,
        };
        Some(Range {
            min: end(&bounds.min, f64::NEG_INFINITY)?,
            max: end(&bounds.max, f64::INFINITY)?,
            strict_min: bounds.strict_min && bounds.min.is_some(),
            strict_max: bounds.strict_max && bounds.max.is_some(),
        })
    }

    /// Branchless, so that several numbers of a slice are tested at a time.
    #[inline(always)]
    fn holds(self, x: f64) -> bool {
        let above = (x > self.min) | ((x == self.min) & !self.strict_min);
        let below = (x < self.max) | ((x == self.max) & !self.strict_max);
        above & below
    }

    /// The whole numbers within, where whole numbers can be tested so.
    fn whole(self) -> Option<(i64, i64)> {
        let fits = |x: f64| x.is_infinite() || x.abs() <= 9_007_199_254_740_992.0;
        if !fits(self.min) || !fits(self.max) || self.min == f64::INFINITY || self.max == f64::NEG_INFINITY {
            return None;
        }
        let low = if self.min.is_infinite() { i64::MIN } else { self.min.ceil() as i64 };
        let high = if self.max.is_infinite() { i64::MAX } else { self.max.floor() as i64 };
        let low = low + i64::from(self.strict_min && self.min.is_finite() && self.min.fract() == 0.0);
        let high = high - i64::from(self.strict_max && self.max.is_finite() && self.max.fract() == 0.0);
        Some((low, high))
    }
}

/// Tests all rows of a column; `None` when they must be tested one by one.
pub(super) fn cells(data: &Column, test: &Test, rows: &mut Rows, view: &View<'_>) -> Option<Result<(), Raised>> {
    if let Column::Text(column) = data {
        return Some(texts(column, test, rows, view));
    }
    if view.mask.is_some() {
        return None;
    }
    match (data, test) {
        (Column::Float(values), Test::Between(bounds)) => {
            let range = Range::of(bounds)?;
            ask(values, rows, view, f64::is_nan, |x| !range.holds(x), Cell::Float);
        }
        (Column::Int(values), Test::Between(bounds)) => {
            let (low, high) = Range::of(bounds)?.whole()?;
            ask(values, rows, view, |_| false, |n| (n < low) | (n > high), Cell::Int);
        }
        (Column::Float(values), Test::NotNull) => ask(values, rows, view, |_| false, f64::is_nan, |_| Cell::Missing),
        (Column::Float(values), Test::Null) => ask(values, rows, view, |_| false, |x| !x.is_nan(), Cell::Float),
        (Column::Int(_) | Column::Bool(_), Test::NotNull) => rows.elements += data.len() as u64,
        _ => return None,
    }
    Some(Ok(()))
}

/// Counts what is missing and what is unexpected; looks for the rows only while they are reported.
#[inline(always)]
fn ask<T: Copy>(
    values: &[T],
    rows: &mut Rows,
    view: &View<'_>,
    missing: impl Fn(T) -> bool,
    fails: impl Fn(T) -> bool,
    cell: impl Fn(T) -> Cell<'static>,
) {
    let wrong = |x: T| !missing(x) & fails(x);
    let (mut gaps, mut unexpected) = (0u64, 0u64);
    for x in values {
        gaps += u64::from(missing(*x));
        unexpected += u64::from(wrong(*x));
    }
    rows.elements += values.len() as u64;
    rows.missing += gaps;
    let mut wrong_rows = values.iter().enumerate().filter(|(_, x)| wrong(**x));
    while unexpected > 0 && !rows.kept.is_full() {
        let Some((row, x)) = wrong_rows.next() else { break };
        rows.kept.add(view.offset + row as u64, &[cell(*x)], &|at| view.index_value(at, row));
        unexpected -= 1;
    }
    rows.kept.count += unexpected;
}

/// Asks each entry at its first row.
fn texts(column: &Texts, test: &Test, rows: &mut Rows, view: &View<'_>) -> Result<(), Raised> {
    #[derive(Clone, Copy, PartialEq)]
    enum Answer {
        Unknown,
        Fits,
        Fails,
    }
    let skips = test.skips_missing();
    let mut answers = vec![Answer::Unknown; column.entries()];
    for (row, entry) in column.rows().iter().enumerate().filter(|(row, _)| view.lets(*row)) {
        rows.elements += 1;
        let text = || column.entry(*entry).map_or(Cell::Missing, Cell::Text);
        let holds = match answers.get_mut(*entry as usize) {
            None if skips => {
                rows.missing += 1;
                continue;
            }
            None => test.holds(Cell::Missing)?,
            Some(answer) => {
                if *answer == Answer::Unknown {
                    *answer = if test.holds(text())? { Answer::Fits } else { Answer::Fails };
                }
                *answer == Answer::Fits
            }
        };
        if !holds {
            rows.kept.add(view.offset + row as u64, &[text()], &|at| view.index_value(at, row));
        }
    }
    Ok(())
}

/// Tests all rows of two columns; false when they must be tested one by one.
pub(super) fn pairs(a: &Column, b: &Column, test: &PairTest, ignore: Ignore, rows: &mut Rows, view: &View<'_>) -> bool {
    if view.mask.is_some() {
        return false;
    }
    match (a, b, test) {
        (Column::Float(a), Column::Float(b), PairTest::Above { or_equal: true }) => {
            ask_pairs(a, b, ignore, rows, view, |a, b| a >= b);
        }
        (Column::Float(a), Column::Float(b), PairTest::Above { or_equal: false }) => {
            ask_pairs(a, b, ignore, rows, view, |a, b| a > b);
        }
        (Column::Float(a), Column::Float(b), PairTest::Equal) => ask_pairs(a, b, ignore, rows, view, |a, b| a == b),
        _ => return false,
    }
    true
}

#[inline(always)]
fn ask_pairs(a: &[f64], b: &[f64], ignore: Ignore, rows: &mut Rows, view: &View<'_>, holds: impl Fn(f64, f64) -> bool) {
    let (all, any) = (ignore == Ignore::AllMissing, ignore == Ignore::AnyMissing);
    let skips = |a: f64, b: f64| (all & a.is_nan() & b.is_nan()) | (any & (a.is_nan() | b.is_nan()));
    let (mut skipped, mut unexpected) = (0u64, 0u64);
    for (a, b) in a.iter().zip(b) {
        let skip = skips(*a, *b);
        skipped += u64::from(skip);
        unexpected += u64::from(!skip & !holds(*a, *b));
    }
    rows.elements += a.len().min(b.len()) as u64;
    rows.missing += skipped;
    let mut wrong_rows = a.iter().zip(b).enumerate().filter(|(_, (a, b))| !skips(**a, **b) && !holds(**a, **b));
    while unexpected > 0 && !rows.kept.is_full() {
        let Some((row, (a, b))) = wrong_rows.next() else { break };
        let cells = [*a, *b].map(|x| if x.is_nan() { Cell::Missing } else { Cell::Float(x) });
        rows.kept.add(view.offset + row as u64, &cells, &|at| view.index_value(at, row));
        unexpected -= 1;
    }
    rows.kept.count += unexpected;
}
