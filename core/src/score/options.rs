//! What a caller asks of a score, and the memory scoring works in.

use super::Block;
use crate::feature::FeatureVector;
use crate::lead::{Limits, Slots};
use crate::model::Scratch;

/// What a caller asks of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// At most so many reasons. 0, the default: none, and their cost is not paid.
    pub reasons: usize,
    /// How much a lead or a body may hold.
    pub limits: Limits,
}

impl Options {
    /// Default limits, at most `reasons` reasons.
    pub fn with_reasons(reasons: usize) -> Options {
        Options { reasons, ..Options::default() }
    }
}

/// Memory that scoring works in, reused from lead to lead so that it does not allocate. One per thread; any scorer may use it.
#[derive(Debug, Default)]
pub struct Workspace {
    pub(crate) slots: Slots,
    pub(crate) row: FeatureVector,
    pub(crate) block: Block,
    pub(crate) margins: Vec<f64>,
    pub(crate) probabilities: Vec<f64>,
    pub(crate) engine: Scratch,
    pub(crate) contributions: Vec<f64>,
}

impl Workspace {
    /// The row of the lead that was scored last by itself: one value per column of its model, NaN is missing.
    pub fn row(&self) -> &[f64] {
        &self.row
    }
}
