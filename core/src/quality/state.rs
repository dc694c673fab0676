//! What one expectation keeps between batches, and what it makes of it at the end.

use serde_json::Value as Json;

use super::distinct::Distinct;
use super::distribution::Histogram;
use super::result::Unexpected;
use super::rule::{Ignore, PairTest, SeveralTest};
use super::test::Test;
use super::{Found, Raised, kernel};
use crate::table::{Cell, Column, Kind, Scalar};

/// A batch as one expectation sees it.
pub(super) struct View<'b> {
    /// All columns.
    pub columns: &'b [Column],
    /// The rows it is about.
    pub mask: Option<&'b [bool]>,
    /// The number of the first row.
    pub offset: u64,
    /// Columns that name a row in the result.
    pub index: &'b [usize],
}

impl View<'_> {
    pub fn index_value(&self, at: usize, row: usize) -> Json {
        let column = self.index.get(at).and_then(|at| self.columns.get(*at));
        column.map_or(Json::Null, |column| column.cell(row).json())
    }

    pub fn lets(&self, row: usize) -> bool {
        self.mask.is_none_or(|mask| mask.get(row).copied().unwrap_or(false))
    }

    fn column(&self, at: usize) -> Result<&Column, Raised> {
        self.columns.get(at).ok_or_else(|| Raised::value("a batch has fewer columns than the table"))
    }
}

/// Counts of rows with the unexpected among them.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub elements: u64,
    pub missing: u64,
    pub mostly: f64,
    pub kept: Unexpected,
}

impl Rows {
    /// Success and result; `counts_missing` where the expectation is about missing values.
    pub fn finish(&self, counts_missing: bool) -> (bool, Found) {
        let asked = self.elements - if counts_missing { 0 } else { self.missing };
        let share = (asked as f64 - self.kept.count as f64) / asked as f64;
        let success = asked == 0 || share >= self.mostly;
        (success, self.kept.result(self.elements, (!counts_missing).then_some(asked)))
    }
}

/// One value at a time.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    pub column: usize,
    pub test: Test,
    pub rows: Rows,
}

impl Cells {
    pub fn push(&mut self, view: &View<'_>) -> Result<(), Raised> {
        let (test, rows, skips) = (&self.test, &mut self.rows, self.test.skips_missing());
        let column = view.column(self.column)?;
        if let Some(asked) = kernel::cells(column, test, rows, view) {
            return asked;
        }
        column.each(view.mask, |row, cell| {
            rows.elements += 1;
            if cell.is_missing() && skips {
                rows.missing += 1;
            } else if !test.holds(cell)? {
                rows.kept.add(view.offset + row as u64, &[cell], &|at| view.index_value(at, row));
            }
            Ok(())
        })
    }
}

/// Each value against the one before it.
#[derive(Debug, Clone)]
pub(super) struct Ordered {
    pub column: usize,
    pub rising: bool,
    pub strictly: bool,
    pub last: Option<Scalar>,
    pub rows: Rows,
}

impl Ordered {
    pub fn push(&mut self, view: &View<'_>) -> Result<(), Raised> {
        let Ordered { rising, strictly, last, rows, .. } = self;
        view.column(self.column)?.each(view.mask, |row, cell| {
            rows.elements += 1;
            if cell.is_missing() {
                rows.missing += 1;
                return Ok(());
            }
            if matches!(cell, Cell::Text(_) | Cell::Other(_)) {
                return Err(Raised::kind(format!("cannot compute the difference of {} from the previous value", cell.name())));
            }
            let in_order = match last.as_ref() {
                None => true,
                Some(last) => cell.order(last.cell())?.is_none_or(|order| {
                    let order = if *rising { order } else { order.reverse() };
                    if *strictly { order.is_gt() } else { order.is_ge() }
                }),
            };
            *last = Some(cell.own());
            if !in_order {
                rows.kept.add(view.offset + row as u64, &[cell], &|at| view.index_value(at, row));
            }
            Ok(())
        })
    }
}

/// Batches kept until the end, because a value can be judged only when all are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Retained(Vec<Part>);

/// The number of the first row, the columns, the rows that count.
#[derive(Debug, Clone)]
struct Part {
    first: u64,
    columns: Vec<Column>,
    mask: Option<Vec<bool>>,
}

/// Takes a row's number, its values, and what gives the values that name it.
type EachRow<'r> = dyn FnMut(u64, &[Cell<'_>], &dyn Fn(usize) -> Json) -> Result<(), Raised> + 'r;

impl Retained {
    pub fn keep(&mut self, view: &View<'_>, columns: &[usize]) -> Result<(), Raised> {
        let own = columns.iter().chain(view.index).map(|at| view.column(*at).cloned()).collect::<Result<_, _>>()?;
        self.0.push(Part { first: view.offset, columns: own, mask: view.mask.map(<[bool]>::to_vec) });
        Ok(())
    }

    /// Gives (row number, values of the `count` columns, index values) of each row in order.
    pub fn each(&self, count: usize, read: &mut EachRow<'_>) -> Result<(), Raised> {
        for Part { first, columns, mask } in &self.0 {
            let rows = columns.first().map_or(0, Column::len);
            let own = columns.get(..count).unwrap_or(columns);
            for row in (0..rows).filter(|row| mask.as_ref().is_none_or(|mask| mask.get(*row).copied().unwrap_or(false))) {
                let cells: Vec<Cell<'_>> = own.iter().map(|column| column.cell(row)).collect();
                let index = |at: usize| columns.get(count + at).map_or(Json::Null, |column| column.cell(row).json());
                read(first + row as u64, &cells, &index)?;
            }
        }
        Ok(())
    }
}

/// Values that may occur once.
#[derive(Debug, Clone)]
pub(super) struct Unique {
    pub column: usize,
    /// Whole numbers as long as each is above the one before, as ids mostly are: then all are distinct.
    pub rising: Option<Vec<i64>>,
    pub seen: Distinct,
    /// The value's number of each row, `u32::MAX` where it is missing or passed over; none while `rising` is there.
    pub numbers: Vec<u32>,
    pub retained: Option<Retained>,
    pub rows: Rows,
}

impl Unique {
    pub fn push(&mut self, view: &View<'_>) -> Result<(), Raised> {
        let column = view.column(self.column)?;
        if let (Column::Int(values), None, Some(rising)) = (column, view.mask, &mut self.rising) {
            let before = rising.last().is_none_or(|last| values.first().is_none_or(|first| last < first));
            if before && values.is_sorted_by(|a, b| a < b) {
                rising.extend_from_slice(values);
                self.rows.elements += values.len() as u64;
                return self.retained.as_mut().map_or(Ok(()), |retained| retained.keep(view, &[self.column]));
            }
        }
        let Unique { rising, seen, numbers, rows, .. } = self;
        for n in rising.take().unwrap_or_default() {
            numbers.push(seen.add(Cell::Int(n))?);
        }
        let start = numbers.len();
        numbers.resize(start + column.len(), u32::MAX);
        column.each(view.mask, |row, cell| {
            rows.elements += 1;
            if cell.is_missing() {
                rows.missing += 1;
                return Ok(());
            }
            let number = seen.add(cell)?;
            if let Some(place) = numbers.get_mut(start + row) {
                *place = number;
            }
            Ok(())
        })?;
        self.retained.as_mut().map_or(Ok(()), |retained| retained.keep(view, &[self.column]))
    }

    pub fn finish(&mut self) -> Result<(bool, Found), Raised> {
        let Unique { seen, numbers, rows, retained, .. } = self;
        if numbers.len() == seen.len() {
            return Ok(rows.finish(false));
        }
        let repeated = |number: u32| number != u32::MAX && seen.count(number) > 1;
        if let Some(retained) = retained {
            retained.each(1, &mut |row, cells, index| {
                if numbers.get(row as usize).copied().is_some_and(repeated) {
                    rows.kept.add(row, cells, index);
                }
                Ok(())
            })?;
            return Ok(rows.finish(false));
        }
        for (row, number) in numbers.iter().enumerate().filter(|(_, number)| repeated(**number)) {
            if rows.kept.is_full() {
                rows.kept.count += 1;
            } else {
                let value = seen.value(*number);
                rows.kept.add(row as u64, &[value.cell()], &|_| Json::Null);
            }
        }
        Ok(rows.finish(false))
    }
}

/// Two columns of a row.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub columns: [usize; 2],
    pub test: PairTest,
    pub ignore: Ignore,
    pub rows: Rows,
}

impl PairTest {
    /// Whether the two are as expected.
    pub fn holds(&self, a: Cell<'_>, b: Cell<'_>) -> Result<bool, Raised> {
        Ok(match self {
            PairTest::Equal => a.equals(b),
            PairTest::Above { or_equal } => {
                a.order(b)?.is_some_and(|order| if *or_equal { order.is_ge() } else { order.is_gt() })
            }
            PairTest::In(None) => true,
            PairTest::In(Some(pairs)) => {
                let same =
                    |own: &Scalar, cell: Cell<'_>| own.cell().equals(cell) || (own.cell().is_missing() && cell.is_missing());
                pairs.iter().any(|(own_a, own_b)| same(own_a, a) && same(own_b, b))
            }
        })
    }
}

impl Ignore {
    /// Whether a row with these values is passed over.
    pub fn skips(self, cells: &[Cell<'_>]) -> bool {
        match self {
            Ignore::AllMissing => cells.iter().all(|cell| cell.is_missing()),
            Ignore::AnyMissing => cells.iter().any(|cell| cell.is_missing()),
            Ignore::Never => false,
        }
    }
}

impl Pair {
    pub fn push(&mut self, view: &View<'_>) -> Result<(), Raised> {
        let [a, b] = self.columns;
        let (a, b) = (view.column(a)?, view.column(b)?);
        if kernel::pairs(a, b, &self.test, self.ignore, &mut self.rows, view) {
            return Ok(());
        }
        for row in (0..a.len()).filter(|row| view.lets(*row)) {
            let cells = [a.cell(row), b.cell(row)];
            self.rows.elements += 1;
            if self.ignore.skips(&cells) {
                self.rows.missing += 1;
            } else if !self.test.holds(cells[0], cells[1])? {
                self.rows.kept.add(view.offset + row as u64, &cells, &|at| view.index_value(at, row));
            }
        }
        Ok(())
    }
}

/// Several columns of a row.
#[derive(Debug, Clone)]
pub(super) struct Several {
    pub columns: Vec<usize>,
    pub test: SeveralTest,
    pub ignore: Ignore,
    pub seen: Distinct,
    pub numbers: Vec<u32>,
    pub retained: Retained,
    pub rows: Rows,
}

impl SeveralTest {
    /// Whether the values of a row are as expected; `Unique` cannot be judged from one row.
    pub fn holds(&self, cells: &[Cell<'_>]) -> Result<bool, Raised> {
        let same = |a: &Cell<'_>, b: &Cell<'_>| a.equals(*b) || (a.is_missing() && b.is_missing());
        Ok(match self {
            SeveralTest::Unique => true,
            SeveralTest::Differ => {
                !cells.iter().enumerate().any(|(at, a)| cells.get(at + 1..).unwrap_or_default().iter().any(|b| same(a, b)))
            }
            SeveralTest::Equal => cells.first().is_none_or(|first| cells.iter().all(|cell| same(first, cell))),
            SeveralTest::Sum(total) => {
                let mut sum = 0.0;
                for cell in cells {
                    if let Cell::Text(_) | Cell::Other(_) | Cell::Time(_) = cell {
                        return Err(Raised::kind(format!("{} cannot be summed", cell.name())));
                    }
                    sum += cell.numeric().unwrap_or(f64::NAN);
                }
                sum == *total
            }
        })
    }
}

impl Several {
    pub fn push(&mut self, view: &View<'_>) -> Result<(), Raised> {
        let columns = self.columns.iter().map(|at| view.column(*at)).collect::<Result<Vec<_>, _>>()?;
        let (length, start, combines) =
            (columns.first().map_or(0, |column| column.len()), self.numbers.len(), matches!(self.test, SeveralTest::Unique));
        if combines {
            self.numbers.resize(start + length, u32::MAX);
        }
        let (mut key, mut cells) = (String::new(), Vec::with_capacity(columns.len()));
        for row in (0..length).filter(|row| view.lets(*row)) {
            cells.clear();
            cells.extend(columns.iter().map(|column| column.cell(row)));
            self.rows.elements += 1;
            if self.ignore.skips(&cells) {
                self.rows.missing += 1;
            } else if combines {
                key.clear();
                cells.iter().for_each(|cell| combine(&mut key, *cell));
                let number = self.seen.add_text(&key)?;
                if let Some(place) = self.numbers.get_mut(start + row) {
                    *place = number;
                }
            } else if !self.test.holds(&cells)? {
                self.rows.kept.add(view.offset + row as u64, &cells, &|at| view.index_value(at, row));
            }
        }
        if combines { self.retained.keep(view, &self.columns) } else { Ok(()) }
    }

    pub fn finish(&mut self) -> Result<(bool, Found), Raised> {
        let Several { seen, numbers, rows, columns, .. } = self;
        if matches!(self.test, SeveralTest::Unique) {
            self.retained.each(columns.len(), &mut |row, cells, index| {
                if numbers.get(row as usize).copied().is_some_and(|number| number != u32::MAX && seen.count(number) > 1) {
                    rows.kept.add(row, cells, index);
                }
                Ok(())
            })?;
        }
        Ok(rows.finish(false))
    }
}

/// Appends what no other value appends.
fn combine(key: &mut String, cell: Cell<'_>) {
    use std::fmt::Write as _;
    // Writing to a string cannot fail.
    let _ = match cell {
        Cell::Missing => write!(key, "m;"),
        Cell::Bool(flag) => write!(key, "n{};", u8::from(flag)),
        Cell::Int(n) => write!(key, "n{n};"),
        Cell::UInt(n) => write!(key, "n{n};"),
        Cell::Float(x) if x.abs() < 9e15 && x.fract() == 0.0 => write!(key, "n{};", x as i64),
        Cell::Float(x) => write!(key, "f{};", x.to_bits()),
        Cell::Time(moment) => write!(key, "d{}.{};", moment.ms, moment.ns),
        Cell::Text(text) => write!(key, "t{}:{text}", text.len()),
        Cell::Other(value) => write!(key, "j{value};"),
    };
}

/// Values judged by the mean and spread of all of them.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    pub column: usize,
    pub facts: usize,
    pub fence: Fence,
    pub retained: Retained,
    pub rows: Rows,
}

/// How far a value may lie.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fence {
    ZScore { threshold: f64, double_sided: bool },
    Quartiles { multiplier: f64 },
    Deviation { multiplier: f64 },
}

impl Fence {
    /// Whether `x` lies within.
    pub fn holds(self, x: f64, mean: Option<f64>, deviation: Option<f64>, quartiles: &[f64]) -> bool {
        match (self, mean, deviation, quartiles) {
            (Fence::ZScore { threshold, double_sided }, Some(mean), Some(deviation), _) if deviation != 0.0 => {
                let z = (x - mean) / deviation;
                z.is_nan() || if double_sided { z.abs() < threshold.abs() } else { z < threshold }
            }
            (Fence::Quartiles { multiplier }, _, _, [low, high]) => {
                let far = multiplier * (high - low);
                x >= low - far && x <= high + far
            }
            (Fence::Deviation { multiplier }, Some(mean), Some(deviation), _) => {
                let far = multiplier * deviation;
                if far <= 0.0 { x == mean } else { (x - mean).abs() < far }
            }
            // Without spread nothing stands out.
            _ => true,
        }
    }
}

/// Counts between the edges of an expected distribution.
#[derive(Debug, Clone)]
pub(super) struct Bins {
    pub column: usize,
    pub histogram: Histogram,
    pub present: u64,
}

impl Bins {
    pub fn push(&mut self, view: &View<'_>) -> Result<(), Raised> {
        let Bins { histogram, present, .. } = self;
        view.column(self.column)?.each(view.mask, |_, cell| {
            if cell.is_missing() {
                return Ok(());
            }
            let x = cell.numeric().ok_or_else(|| Raised::kind(format!("{} does not fall in any bin", cell.name())))?;
            histogram.add(x);
            *present += 1;
            Ok(())
        })
    }
}

/// Both columns of a cross table.
#[derive(Debug, Clone, Default)]
pub(super) struct Cross {
    pub columns: [usize; 2],
    pub a: Vec<Scalar>,
    pub b: Vec<Scalar>,
}

impl Cross {
    pub fn push(&mut self, view: &View<'_>) -> Result<(), Raised> {
        let [a, b] = self.columns;
        for row in (0..view.column(a)?.len()).filter(|row| view.lets(*row)) {
            self.a.push(view.column(a)?.cell(row).own());
            self.b.push(view.column(b)?.cell(row).own());
        }
        Ok(())
    }
}

/// A result that is one observed value.
pub(super) fn observed(success: bool, value: Json) -> (bool, Found) {
    (success, Found::observed(value))
}

/// Whether numbers of `kind` can be judged by their spread.
pub(super) fn check_numeric(kind: Kind, what: &str) -> Result<(), Raised> {
    match kind {
        Kind::Int | Kind::UInt | Kind::Float | Kind::Bool | Kind::Mixed => Ok(()),
        _ => Err(Raised::kind(what)),
    }
}
