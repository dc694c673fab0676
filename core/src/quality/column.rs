//! A batch of one column, typed, as pandas would hold it.

use serde_json::Value as Json;

use super::text::Texts;
use super::{Cell, Raised, Scalar};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers, none missing: `int64`.
    Int,
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
            Kind::Float => "float64",
            Kind::Bool => "bool",
            Kind::Text | Kind::Mixed => "object",
            Kind::Time => "datetime64[ns]",
            Kind::Zoned => "datetime64[ns, UTC]",
        }
    }

    pub(super) fn is_object(self) -> bool {
        matches!(self, Kind::Text | Kind::Mixed)
    }
}

/// Some rows of one column.
#[derive(Debug, Clone)]
pub struct Column(Data);

/// Its values, for whoever reads many at once.
#[derive(Debug, Clone)]
pub(super) enum Data {
    Int(Vec<i64>),
    Float(Vec<f64>),
    Bool(Vec<bool>),
    Text(Texts),
    Time { values: Vec<Option<i64>>, zoned: bool },
    Mixed(Vec<Scalar>),
}

impl Column {
    /// No rows of a column of `kind`.
    pub fn new(kind: Kind) -> Column {
        Column(match kind {
            Kind::Int => Data::Int(Vec::new()),
            Kind::Float => Data::Float(Vec::new()),
            Kind::Bool => Data::Bool(Vec::new()),
            Kind::Text => Data::Text(Texts::default()),
            Kind::Time | Kind::Zoned => Data::Time { values: Vec::new(), zoned: kind == Kind::Zoned },
            Kind::Mixed => Data::Mixed(Vec::new()),
        })
    }

    /// Whole numbers.
    pub fn of_ints(values: Vec<i64>) -> Column {
        Column(Data::Int(values))
    }

    /// Numbers; NaN is missing.
    pub fn of_floats(values: Vec<f64>) -> Column {
        Column(Data::Float(values))
    }

    /// The column of a list of JSON values, typed as pandas types it.
    pub fn of_json(values: &[Json]) -> Column {
        let mut seen = super::infer::Kinds::default();
        values.iter().for_each(|value| seen.see(Scalar::of_json(value).cell()));
        let mut column = Column::new(seen.kind());
        values.iter().for_each(|value| column.push(Scalar::of_json(value).cell()));
        column
    }

    /// What it holds.
    pub fn kind(&self) -> Kind {
        match &self.0 {
            Data::Int(_) => Kind::Int,
            Data::Float(_) => Kind::Float,
            Data::Bool(_) => Kind::Bool,
            Data::Text(_) => Kind::Text,
            Data::Time { zoned, .. } => {
                if *zoned {
                    Kind::Zoned
                } else {
                    Kind::Time
                }
            }
            Data::Mixed(_) => Kind::Mixed,
        }
    }

    /// Appends a value; one of another kind counts as missing (0 and false where nothing can be missing).
    pub fn push(&mut self, cell: Cell<'_>) {
        match (&mut self.0, cell) {
            (Data::Int(values), Cell::Int(n)) => values.push(n),
            (Data::Int(values), cell) => values.push(cell.number().map_or(0, |x| x as i64)),
            (Data::Float(values), cell) => values.push(cell.number().unwrap_or(f64::NAN)),
            (Data::Bool(values), cell) => values.push(matches!(cell, Cell::Bool(true))),
            (Data::Text(texts), Cell::Text(text)) => texts.push(Some(text)),
            (Data::Text(texts), _) => texts.push(None),
            (Data::Time { values, .. }, Cell::Time(ns)) => values.push(Some(ns)),
            (Data::Time { values, .. }, _) => values.push(None),
            (Data::Mixed(values), cell) => values.push(cell.own()),
        }
    }

    /// Forgets the rows, keeps the memory.
    pub fn clear(&mut self) {
        match &mut self.0 {
            Data::Int(values) => values.clear(),
            Data::Float(values) => values.clear(),
            Data::Bool(values) => values.clear(),
            Data::Text(texts) => texts.clear(),
            Data::Time { values, .. } => values.clear(),
            Data::Mixed(values) => values.clear(),
        }
    }

    /// The values themselves.
    pub(super) fn data(&self) -> &Data {
        &self.0
    }

    /// The values themselves, to be added to.
    pub(super) fn data_mut(&mut self) -> &mut Data {
        &mut self.0
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of text it holds.
    pub fn text_bytes(&self) -> usize {
        if let Data::Text(texts) = &self.0 { texts.bytes() } else { 0 }
    }

    /// The value of row `row`.
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match &self.0 {
            Data::Int(values) => values.get(row).map_or(Cell::Missing, |n| Cell::Int(*n)),
            Data::Float(values) => values.get(row).map_or(Cell::Missing, |x| float(*x)),
            Data::Bool(values) => values.get(row).map_or(Cell::Missing, |flag| Cell::Bool(*flag)),
            Data::Text(texts) => texts.row(row).map_or(Cell::Missing, Cell::Text),
            Data::Time { values, .. } => values.get(row).copied().flatten().map_or(Cell::Missing, Cell::Time),
            Data::Mixed(values) => values.get(row).map_or(Cell::Missing, Scalar::cell),
        }
    }

    /// Gives (row, value) of each row that `mask` lets through, in order. The kind is looked at once, not at each row.
    #[inline(always)]
    pub(super) fn each(
        &self,
        mask: Option<&[bool]>,
        mut read: impl FnMut(usize, Cell<'_>) -> Result<(), Raised>,
    ) -> Result<(), Raised> {
        let mut give = |row: usize, cell: Cell<'_>| match mask {
            Some(mask) if !mask.get(row).copied().unwrap_or(false) => Ok(()),
            _ => read(row, cell),
        };
        match &self.0 {
            Data::Int(values) => values.iter().enumerate().try_for_each(|(row, n)| give(row, Cell::Int(*n))),
            Data::Float(values) => values.iter().enumerate().try_for_each(|(row, x)| give(row, float(*x))),
            Data::Bool(values) => values.iter().enumerate().try_for_each(|(row, flag)| give(row, Cell::Bool(*flag))),
            _ => (0..self.len()).try_for_each(|row| give(row, self.cell(row))),
        }
    }
}

impl Data {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Data::Int(values) => values.len(),
            Data::Float(values) => values.len(),
            Data::Bool(values) => values.len(),
            Data::Text(texts) => texts.len(),
            Data::Time { values, .. } => values.len(),
            Data::Mixed(values) => values.len(),
        }
    }
}

#[inline(always)]
fn float<'a>(x: f64) -> Cell<'a> {
    if x.is_nan() { Cell::Missing } else { Cell::Float(x) }
}
