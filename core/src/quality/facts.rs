//! What the aggregates of one column need, gathered in one pass and shared by all expectations about it.

use super::Raised;
use super::distinct::Distinct;
use super::rule::{Aggregate, Interpolation};
use super::value::float_json;
use crate::table::{Cell, Column, Kind, Scalar, Texts};
use serde_json::Value as Json;

/// What is gathered; only what some expectation needs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Needs {
    /// Sum, mean and spread.
    pub moments: bool,
    /// Smallest and largest value.
    pub extremes: bool,
    /// Distinct values with counts: memory for each of them.
    pub distinct: bool,
    /// The numbers themselves, for quantiles: eight bytes a row.
    pub values: bool,
}

/// The gathered.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub column: usize,
    pub condition: Option<usize>,
    pub needs: Needs,
    pub kind: Kind,
    pub rows: u64,
    pub missing: u64,
    whole: i128,
    sum: f64,
    lost: f64,
    mean: f64,
    spread: f64,
    numbers: u64,
    all_whole: bool,
    pub min: Scalar,
    pub max: Scalar,
    pub distinct: Distinct,
    pub values: Vec<f64>,
    /// Places where `values` has what would stand there if all were sorted.
    selected: Vec<usize>,
    /// Why there is no sum, or no order.
    no_number: Option<Raised>,
    no_order: Option<Raised>,
    /// Why nothing is known at all.
    pub failed: Option<Raised>,
}

impl Facts {
    pub fn new(column: usize, condition: Option<usize>, kind: Kind) -> Facts {
        Facts {
            column,
            condition,
            needs: Needs::default(),
            kind,
            rows: 0,
            missing: 0,
            whole: 0,
            sum: 0.0,
            lost: 0.0,
            mean: 0.0,
            spread: 0.0,
            numbers: 0,
            all_whole: true,
            min: Scalar::Missing,
            max: Scalar::Missing,
            distinct: Distinct::default(),
            values: Vec::new(),
            selected: Vec::new(),
            no_number: None,
            no_order: None,
            failed: None,
        }
    }

    /// Takes in the rows of a batch.
    pub fn push(&mut self, column: &Column, mask: Option<&[bool]>) {
        if self.failed.is_some() {
            return;
        }
        self.selected.clear();
        let taken = match (column, mask) {
            (Column::Float(values), None) => self.push_floats(values),
            (Column::Int(values), None) => self.push_ints(values),
            (Column::Text(texts), None) => self.push_texts(texts),
            _ => self.push_cells(column, mask),
        };
        self.failed = taken.err();
    }

    /// All of a column of numbers, one question after the other.
    fn push_floats(&mut self, values: &[f64]) -> Result<(), Raised> {
        let needs = self.needs;
        let missing = values.iter().filter(|x| x.is_nan()).count();
        let present = || values.iter().copied().filter(|x| !x.is_nan());
        self.rows += values.len() as u64;
        self.missing += missing as u64;
        if needs.values {
            if missing == 0 { self.values.extend_from_slice(values) } else { self.values.extend(present()) }
        }
        if needs.moments {
            self.all_whole &= missing == values.len();
            present().for_each(|x| self.add_moment(x));
        }
        if needs.extremes && self.no_order.is_none() {
            // The first of equal ones, as 0 and -0 are.
            let Some(first) = present().next() else { return Ok(()) };
            let (low, high) =
                present().fold((first, first), |(low, high), x| (if x < low { x } else { low }, if x > high { x } else { high }));
            self.add_extreme(Cell::Float(low));
            self.add_extreme(Cell::Float(high));
        }
        if needs.distinct {
            for x in present() {
                self.distinct.add(Cell::Float(x))?;
            }
        }
        Ok(())
    }

    fn push_ints(&mut self, values: &[i64]) -> Result<(), Raised> {
        /// Numbers below it are counted in an array.
        const SMALL: usize = 256;
        let needs = self.needs;
        self.rows += values.len() as u64;
        if needs.values {
            self.values.extend(values.iter().map(|n| *n as f64));
        }
        if needs.moments {
            self.whole += values.iter().map(|n| i128::from(*n)).sum::<i128>();
            values.iter().for_each(|n| self.add_moment(*n as f64));
        }
        if needs.extremes && self.no_order.is_none() {
            values.iter().min().into_iter().chain(values.iter().max()).for_each(|n| self.add_extreme(Cell::Int(*n)));
        }
        if needs.distinct {
            let mut counts = [0u64; SMALL];
            for n in values {
                match usize::try_from(*n).ok().and_then(|n| counts.get_mut(n)) {
                    Some(count) if *count > 0 => *count += 1,
                    small => {
                        if let Some(count) = small {
                            *count = 1;
                        }
                        self.distinct.add(Cell::Int(*n))?;
                    }
                }
            }
            for (n, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 1) {
                self.distinct.add_times(Cell::Int(n as i64), count - 1)?;
            }
        }
        Ok(())
    }

    /// Each entry once: they stand in the order of first sight.
    fn push_texts(&mut self, texts: &Texts) -> Result<(), Raised> {
        let needs = self.needs;
        let mut counts = vec![0u64; texts.entries()];
        self.rows += texts.len() as u64;
        for entry in texts.rows() {
            match counts.get_mut(*entry as usize) {
                Some(count) => *count += 1,
                None => self.missing += 1,
            }
        }
        for (entry, count) in counts.into_iter().enumerate() {
            let Some(cell) = texts.entry(entry as u32).map(Cell::Text) else { continue };
            if needs.moments || needs.values {
                self.add_number(cell);
            }
            if needs.extremes && self.no_order.is_none() {
                self.add_extreme(cell);
            }
            if needs.distinct {
                self.distinct.add_times(cell, count)?;
            }
        }
        Ok(())
    }

    fn push_cells(&mut self, column: &Column, mask: Option<&[bool]>) -> Result<(), Raised> {
        let needs = self.needs;
        column.each(mask, |_, cell| {
            self.rows += 1;
            if cell.is_missing() {
                self.missing += 1;
                return Ok(());
            }
            if needs.moments || needs.values {
                self.add_number(cell);
            }
            if needs.extremes && self.no_order.is_none() {
                self.add_extreme(cell);
            }
            if needs.distinct {
                self.distinct.add(cell)?;
            }
            Ok(())
        })
    }

    fn add_number(&mut self, cell: Cell<'_>) {
        let Some(x) = cell.numeric() else {
            if self.no_number.is_none() {
                let message = format!("the column contains {}, which is not numeric", cell.name());
                self.no_number = Some(Raised::kind(message));
            }
            return;
        };
        if self.needs.values {
            self.values.push(x);
        }
        if !self.needs.moments {
            return;
        }
        match cell {
            Cell::Float(_) => self.all_whole = false,
            Cell::Int(n) => self.whole += i128::from(n),
            Cell::UInt(n) => self.whole += i128::from(n),
            _ => self.whole += x as i128,
        }
        self.add_moment(x);
    }

    #[inline]
    fn add_moment(&mut self, x: f64) {
        // Neumaier's sum.
        let total = self.sum + x;
        self.lost += if self.sum.abs() >= x.abs() { self.sum - total + x } else { x - total + self.sum };
        self.sum = total;
        // Welford's spread.
        self.numbers += 1;
        let off = x - self.mean;
        self.mean += off / self.numbers as f64;
        self.spread += off * (x - self.mean);
    }

    fn add_extreme(&mut self, cell: Cell<'_>) {
        let below = |cell: Cell<'_>, bound: &Scalar| match bound {
            Scalar::Missing => Ok(true),
            bound => Ok(cell.order(bound.cell())?.is_some_and(|order| order.is_lt())),
        };
        let above = |cell: Cell<'_>, bound: &Scalar| match bound {
            Scalar::Missing => Ok(true),
            bound => Ok(cell.order(bound.cell())?.is_some_and(|order| order.is_gt())),
        };
        match (below(cell, &self.min), above(cell, &self.max)) {
            (Ok(is_min), Ok(is_max)) => {
                if is_min {
                    self.min = cell.own();
                }
                if is_max {
                    self.max = cell.own();
                }
            }
            (Err(e), _) | (_, Err(e)) => self.no_order = Some(e),
        }
    }

    /// Values that are not missing.
    pub fn present(&self) -> u64 {
        self.rows - self.missing
    }

    fn numeric(&self) -> Result<(), Raised> {
        if let Some(raised) = &self.no_number {
            return Err(raised.clone());
        }
        match self.kind {
            Kind::Time | Kind::Zoned if self.needs.moments || self.needs.values => {
                Err(Raised::kind("the column contains timestamps, which are not numeric"))
            }
            _ => Ok(()),
        }
    }

    /// The total: whole as long as all values are.
    pub fn total(&self) -> Scalar {
        if self.all_whole && self.kind != Kind::Float {
            return i64::try_from(self.whole).map_or(Scalar::Float(self.whole as f64), Scalar::Int);
        }
        let total = self.sum + self.lost;
        if total.is_nan() { not_nan(self.sum) } else { Scalar::Float(total) }
    }

    /// Sample mean and standard deviation; `None` without values (the deviation: without two).
    pub fn mean_and_deviation(&self) -> (Option<f64>, Option<f64>) {
        let n = self.numbers as f64;
        let mean = match self.total() {
            _ if self.numbers == 0 => None,
            Scalar::Int(sum) => Some(sum as f64 / n),
            Scalar::Float(sum) => Some(sum / n),
            _ => None,
        };
        let deviation = (self.numbers > 1).then(|| (self.spread / (n - 1.0)).sqrt()).filter(|x| x.is_finite());
        (mean, deviation)
    }

    /// One number of the column; `Missing` when it holds none.
    pub fn aggregate(&mut self, of: Aggregate) -> Result<Scalar, Raised> {
        let maybe = |x: Option<f64>| x.map_or(Scalar::Missing, not_nan);
        Ok(match of {
            Aggregate::Min | Aggregate::Max => {
                if let Some(raised) = &self.no_order {
                    return Err(raised.clone());
                }
                if of == Aggregate::Min { self.min.clone() } else { self.max.clone() }
            }
            Aggregate::Mean => {
                self.numeric()?;
                maybe(self.mean_and_deviation().0)
            }
            Aggregate::Stdev => {
                self.numeric()?;
                maybe(self.mean_and_deviation().1)
            }
            Aggregate::Sum => {
                self.numeric()?;
                // The sum of nothing is 0, as it is to pandas.
                self.total()
            }
            Aggregate::Median => maybe(self.quantiles(&[0.5], Interpolation::Midpoint)?.first().copied()),
            Aggregate::UniqueCount => Scalar::Int(self.distinct.len() as i64),
            Aggregate::UniqueShare if self.present() == 0 => Scalar::Int(0),
            Aggregate::UniqueShare => Scalar::Float(self.distinct.len() as f64 / self.present() as f64),
            Aggregate::NonNullShare if self.rows == 0 => Scalar::Int(0),
            Aggregate::NonNullShare => Scalar::Float(self.present() as f64 / self.rows as f64),
        })
    }

    /// The quantiles `at`; none when there is no value. `Midpoint` of 0.5 is the median.
    pub fn quantiles(&mut self, at: &[f64], between: Interpolation) -> Result<Vec<f64>, Raised> {
        self.numeric()?;
        if self.values.is_empty() {
            return Ok(Vec::new());
        }
        let last = (self.values.len() - 1) as f64;
        let places = at.iter().flat_map(|q| {
            let place = q * last;
            [place.floor(), place.ceil(), place.floor() + 1.0].map(|place| place as usize)
        });
        self.select(places.collect());
        let value = |place: f64| self.values.get(place as usize).copied().unwrap_or(f64::NAN);
        Ok(at
            .iter()
            .map(|q| {
                let place = q * last;
                let (low, part) = (place.floor(), place.fract());
                match between {
                    Interpolation::Lower => value(low),
                    Interpolation::Higher => value(place.ceil()),
                    // A tie goes to the even place, as numpy rounds.
                    Interpolation::Nearest => value(place.round_ties_even()),
                    Interpolation::Midpoint if part == 0.0 => value(low),
                    Interpolation::Midpoint => (value(low) + value(low + 1.0)) / 2.0,
                    Interpolation::Linear if part == 0.0 => value(low),
                    Interpolation::Linear => linear(value(low), value(low + 1.0), part),
                }
            })
            .collect())
    }

    /// Puts the values in order.
    pub fn sort(&mut self) {
        if !self.values.is_sorted_by(|a, b| a.total_cmp(b).is_le()) {
            self.values.sort_unstable_by(f64::total_cmp);
        }
        self.selected.clear();
    }

    /// Puts in `places` what would stand there if all were sorted.
    fn select(&mut self, mut places: Vec<usize>) {
        /// Places from which on sorting is no slower.
        const MANY: usize = 16;
        places.retain(|place| *place < self.values.len());
        places.sort_unstable();
        places.dedup();
        if places.iter().all(|place| self.selected.contains(place)) {
            return;
        }
        if places.len() > MANY {
            return self.sort();
        }
        self.selected.clone_from(&places);
        let mut from = 0;
        for place in places {
            if let Some(rest) = self.values.get_mut(from..).filter(|rest| place - from < rest.len()) {
                rest.select_nth_unstable_by(place - from, f64::total_cmp);
            }
            from = place + 1;
        }
    }

    /// Quantiles as results show them: whole where the column is whole and no value lies between.
    pub fn shown(&self, x: f64, between: Interpolation) -> Json {
        let picks = matches!(between, Interpolation::Nearest | Interpolation::Lower | Interpolation::Higher);
        match self.kind {
            Kind::Int if picks => Json::from(x as i64),
            Kind::UInt if picks => Json::from(x as u64),
            _ => float_json(x),
        }
    }
}

/// numpy's `_lerp`: from whichever end is nearer.
fn linear(low: f64, high: f64, part: f64) -> f64 {
    let step = high - low;
    if part >= 0.5 { high - step * (1.0 - part) } else { low + step * part }
}

fn not_nan(x: f64) -> Scalar {
    if x.is_nan() { Scalar::Missing } else { Scalar::Float(x) }
}
