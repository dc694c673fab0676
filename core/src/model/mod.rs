//! A trained model as data: what importers and trainers produce, what a bundle carries, what [`Engine`] compiles.
//!
//! These types keep a peer's semantics exactly (arithmetic width, comparison, missing values, order of sums) and are plain to
//! read; they are not fast. [`Model::margins`] is the reference evaluator: slow, obvious, and the oracle of the engine's tests.

mod calibration;
mod engine;
mod linear;
mod link;
mod tree;
pub(crate) mod validate;

pub use calibration::{Calibration, Scale};
pub(crate) use engine::Ranked;
pub use engine::{Engine, Scratch};
pub use linear::Linear;
pub use link::{Averaged, Link};
pub(crate) use tree::ZERO;
pub use tree::{Arithmetic, Ensemble, Leaf, LinearLeaf, Missing, Node, Split, Test, Tree};
pub(crate) use validate::MAX_TREES;
pub use validate::ModelError;
#[cfg(feature = "import")]
pub(crate) use validate::{MAX_COLUMNS, MAX_SET_WORDS};

use serde::{Deserialize, Serialize};

/// A trained model: columns in, one margin per output out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// What the model reads, in row order.
    pub columns: Vec<Column>,
    /// How a row becomes margins.
    pub body: Body,
    /// How margins become probabilities (or predictions).
    pub link: Link,
    /// Number of margins per row: 1, or the number of classes.
    pub outputs: u32,
}

/// One input of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Name, unique within the model.
    pub name: String,
    /// The column holds category codes (0, 1, 2 …), not quantities.
    pub categorical: bool,
}

/// How a row becomes margins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Body {
    /// A sum of decision trees.
    Trees(Ensemble),
    /// A weighted sum of the row.
    Linear(Linear),
}

impl Model {
    /// Per column whether a split, a leaf or a weight depends on it.
    pub fn used_columns(&self) -> Vec<bool> {
        let mut used = vec![false; self.columns.len()];
        match &self.body {
            Body::Trees(ensemble) => {
                for column in ensemble.columns() {
                    if let Some(used) = used.get_mut(column as usize) {
                        *used = true;
                    }
                }
            }
            Body::Linear(linear) => {
                let columns = self.columns.len().max(1);
                for (at, _) in linear.weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                    if let Some(used) = used.get_mut(at % columns) {
                        *used = true;
                    }
                }
            }
        }
        used
    }

    /// Writes the margins of `row` (length `columns.len()`, NaN is missing) to `out` (length `outputs`).
    /// A row or `out` of another length is read as far as it goes; absent columns are missing.
    pub fn margins(&self, row: &[f64], out: &mut [f64]) {
        match &self.body {
            Body::Trees(ensemble) => ensemble.margins(row, out),
            Body::Linear(linear) => linear.margins(row, out),
        }
    }
}
