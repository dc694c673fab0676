//! A batch of one column, typed, as pandas would hold it.

use serde_json::Value as Json;

use super::{Cell, Kinds, Moment, Scalar, Texts};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers, none missing: `int64`.
    Int,
    /// Whole numbers from 0 on, some above `i64::MAX`, none missing: `uint64`.
    UInt,
    /// Numbers, some may be missing: `float64`.
    Float,
    /// Yes or no, none missing: `bool`.
    Bool,
    /// Texts, some may be missing: `object`.
    Text,
    /// Moments, some may be missing: `datetime64[ns]`.
    Time,
    /// Moments of a named zone: `datetime64[ns, UTC]`.
    Zoned,
    /// Values of several kinds, lists, objects: `object`.
    Mixed,
}

impl Kind {
    /// The scalar type's name, as results carry it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Int => "int64",
            Kind::UInt => "uint64",
            Kind::Float => "float64",
            Kind::Bool => "bool",
            Kind::Text | Kind::Mixed => "object_",
            Kind::Time => "datetime64",
            Kind::Zoned => "Timestamp",
        }
    }

    /// The column type's name.
    pub fn dtype(self) -> &'static str {
        match self {
            Kind::Int => "int64",
            Kind::UInt => "uint64",
            Kind::Float => "float64",
            Kind::Bool => "bool",
            Kind::Text | Kind::Mixed => "object",
            Kind::Time => "datetime64[ns]",
            Kind::Zoned => "datetime64[ns, UTC]",
        }
    }

    /// Whether pandas would hold it as `object`.
    pub fn is_object(self) -> bool {
        matches!(self, Kind::Text | Kind::Mixed)
    }
}

/// Some rows of one column.
#[derive(Debug, Clone)]
pub enum Column {
    /// Whole numbers.
    Int(Vec<i64>),
    /// Whole numbers from 0 on.
    UInt(Vec<u64>),
    /// Numbers; NaN is missing.
    Float(Vec<f64>),
    /// Yes or no.
    Bool(Vec<bool>),
    /// Texts.
    Text(Texts),
    /// Moments.
    Time {
        /// The moment of each row, where there is one.
        values: Vec<Option<Moment>>,
        /// Whether they are of a named zone.
        zoned: bool,
    },
    /// Anything.
    Mixed(Vec<Scalar>),
}

impl Column {
    /// No rows of a column of `kind`.
    pub fn new(kind: Kind) -> Column {
        match kind {
            Kind::Int => Column::Int(Vec::new()),
            Kind::UInt => Column::UInt(Vec::new()),
            Kind::Float => Column::Float(Vec::new()),
            Kind::Bool => Column::Bool(Vec::new()),
            Kind::Text => Column::Text(Texts::default()),
            Kind::Time | Kind::Zoned => Column::Time { values: Vec::new(), zoned: kind == Kind::Zoned },
            Kind::Mixed => Column::Mixed(Vec::new()),
        }
    }

    /// The column of a list of JSON values, typed as pandas types it.
    pub fn of_json(values: &[Json]) -> Column {
        let mut seen = Kinds::default();
        values.iter().for_each(|value| seen.see(Cell::of_json(value)));
        let mut column = Column::new(seen.kind());
        values.iter().for_each(|value| column.push(Cell::of_json(value)));
        column
    }

    /// What it holds.
    pub fn kind(&self) -> Kind {
        match self {
            Column::Int(_) => Kind::Int,
            Column::UInt(_) => Kind::UInt,
            Column::Float(_) => Kind::Float,
            Column::Bool(_) => Kind::Bool,
            Column::Text(_) => Kind::Text,
            Column::Time { zoned, .. } => {
                if *zoned {
                    Kind::Zoned
                } else {
                    Kind::Time
                }
            }
            Column::Mixed(_) => Kind::Mixed,
        }
    }

    /// Appends a value; one of another kind counts as missing (0 and false where nothing can be missing).
    pub fn push(&mut self, cell: Cell<'_>) {
        match (&mut *self, cell) {
            (Column::Int(values), Cell::Int(n)) => values.push(n),
            (Column::Int(values), cell) => values.push(cell.numeric().map_or(0, |x| x as i64)),
            (Column::UInt(values), Cell::UInt(n)) => values.push(n),
            (Column::UInt(values), Cell::Int(n)) => values.push(n.unsigned_abs()),
            (Column::UInt(values), cell) => values.push(cell.numeric().map_or(0, |x| x as u64)),
            (Column::Float(values), cell) => values.push(cell.numeric().unwrap_or(f64::NAN)),
            (Column::Bool(values), cell) => values.push(matches!(cell, Cell::Bool(true))),
            (Column::Text(texts), Cell::Text(text)) => texts.push(Some(text)),
            (Column::Text(texts), _) => texts.push(None),
            (Column::Time { values, .. }, Cell::Time(moment)) => values.push(Some(moment)),
            (Column::Time { values, .. }, _) => values.push(None),
            (Column::Mixed(values), cell) => values.push(cell.own()),
        }
    }

    /// Appends the rows of `other`.
    pub fn append(&mut self, other: &Column) {
        match (self, other) {
            (Column::Int(values), Column::Int(others)) => values.extend_from_slice(others),
            (Column::UInt(values), Column::UInt(others)) => values.extend_from_slice(others),
            (Column::Float(values), Column::Float(others)) => values.extend_from_slice(others),
            (Column::Bool(values), Column::Bool(others)) => values.extend_from_slice(others),
            (Column::Time { values, .. }, Column::Time { values: others, .. }) => values.extend_from_slice(others),
            (own, other) => (0..other.len()).for_each(|row| own.push(other.cell(row))),
        }
    }

    /// Forgets the rows, keeps the memory.
    pub fn clear(&mut self) {
        match self {
            Column::Int(values) => values.clear(),
            Column::UInt(values) => values.clear(),
            Column::Float(values) => values.clear(),
            Column::Bool(values) => values.clear(),
            Column::Text(texts) => texts.clear(),
            Column::Time { values, .. } => values.clear(),
            Column::Mixed(values) => values.clear(),
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Column::Int(values) => values.len(),
            Column::UInt(values) => values.len(),
            Column::Float(values) => values.len(),
            Column::Bool(values) => values.len(),
            Column::Text(texts) => texts.len(),
            Column::Time { values, .. } => values.len(),
            Column::Mixed(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of text it holds.
    pub fn text_bytes(&self) -> usize {
        if let Column::Text(texts) = self { texts.bytes() } else { 0 }
    }

    /// The value of row `row`.
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Column::Int(values) => values.get(row).map_or(Cell::Missing, |n| Cell::Int(*n)),
            Column::UInt(values) => values.get(row).map_or(Cell::Missing, |n| Cell::of_whole(*n)),
            Column::Float(values) => values.get(row).map_or(Cell::Missing, |x| float(*x)),
            Column::Bool(values) => values.get(row).map_or(Cell::Missing, |flag| Cell::Bool(*flag)),
            Column::Text(texts) => texts.row(row).map_or(Cell::Missing, Cell::Text),
            Column::Time { values, .. } => values.get(row).copied().flatten().map_or(Cell::Missing, Cell::Time),
            Column::Mixed(values) => values.get(row).map_or(Cell::Missing, Scalar::cell),
        }
    }

    /// Gives (row, value) of each row that `mask` lets through, in order. The kind is looked at once, not at each row.
    #[inline(always)]
    pub fn each<E>(&self, mask: Option<&[bool]>, mut read: impl FnMut(usize, Cell<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut give = |row: usize, cell: Cell<'_>| match mask {
            Some(mask) if !mask.get(row).copied().unwrap_or(false) => Ok(()),
            _ => read(row, cell),
        };
        match self {
            Column::Int(values) => values.iter().enumerate().try_for_each(|(row, n)| give(row, Cell::Int(*n))),
            Column::Float(values) => values.iter().enumerate().try_for_each(|(row, x)| give(row, float(*x))),
            Column::Bool(values) => values.iter().enumerate().try_for_each(|(row, flag)| give(row, Cell::Bool(*flag))),
            _ => (0..self.len()).try_for_each(|row| give(row, self.cell(row))),
        }
    }
}

#[inline(always)]
fn float<'a>(x: f64) -> Cell<'a> {
    if x.is_nan() { Cell::Missing } else { Cell::Float(x) }
}
