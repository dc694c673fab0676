//! From a lead to the numbers a model reads: declared transforms, compiled once.
//!
//! Rules that hold for every transform: a missing value stays missing (NaN) unless a step imputes it; a result that is not
//! finite (a ratio by zero, a logarithm below zero, an overflow) is missing; no value in a lead can make one fail. Each
//! [`Make`] says what becomes of a category that the schema does not list.

mod apply;
mod check;
mod compile;
mod transform;

pub(crate) use check::check;
pub use transform::{DatePart, DomainClass, Impute, Make, Step, Transform};

use compile::{Kind, Op};

/// The numbers a model reads, one per column of the model; NaN is missing.
pub type FeatureVector = Vec<f64>;

/// Transforms compiled for one schema and one model's columns: no names are looked up at scoring time.
#[derive(Debug, Clone)]
pub struct Pipeline {
    width: usize,
    /// (field, column): the field's number is the column's.
    direct: Vec<(u32, u32)>,
    ops: Vec<Op>,
    steps: Vec<Step>,
    /// Columns of the ops, `u32::MAX` for one the model does not read.
    columns: Vec<u32>,
    /// Field each column is made of.
    sources: Vec<u32>,
}

impl Pipeline {
    /// Number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether a column is made of field number `field` of the schema.
    pub(crate) fn is_read(&self, field: usize) -> bool {
        self.sources.contains(&(field as u32))
    }

    /// Positions, in the schema, of the fields that `column` is made of.
    pub(crate) fn fields_of(&self, column: usize) -> impl Iterator<Item = usize> {
        let makes = move |op: &&Op| {
            let columns = self.columns.get(op.columns.0 as usize..op.columns.1 as usize).unwrap_or_default();
            columns.contains(&(column as u32))
        };
        let ratios = self.ops.iter().filter(|op| matches!(op.kind, Kind::Ratio(_))).filter(makes);
        let per = ratios.filter_map(|op| if let Kind::Ratio(per) = op.kind { Some(per as usize) } else { None });
        self.source(column).into_iter().chain(per)
    }

    /// Position, in the schema, of the field that `column` is made of (of a ratio: the numerator).
    pub fn source(&self, column: usize) -> Option<usize> {
        self.sources.get(column).map(|field| *field as usize)
    }
}

#[cfg(test)]
mod tests;
