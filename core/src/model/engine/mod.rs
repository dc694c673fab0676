//! The compiled form of a [`Model`]: the same bits as [`Model::margins`], as fast as we can make it.
//!
//! A row first answers every distinct test of the ensemble ([`question`], [`answer`]); then the trees, completed ([`complete`]) or
//! cut ([`block`]), are walked without branches and their leaves added in tree order ([`forest`]). Of many rows, 64 at a time
//! are one word and go down each tree together ([`sift`]). Where a processor has wider registers ([`wide`]), words are four times
//! as long, small trees have all their splits tested at once ([`quick_scorer`]), and 64 shallow ones are walked together
//! ([`lockstep`]). What those forms do not take (linear models, improper trees, more than 2^16 distinct tests) is evaluated by the
//! model itself.
//!
//! Does not validate: any model compiles, and any row is answered. Tested against [`Model::margins`], bit for bit, on random
//! ensembles in `properties`, and on the peers' models in the conformance runs.

mod answer;
mod batch;
mod block;
mod complete;
mod forest;
mod lockstep;
#[cfg(test)]
mod properties;
mod question;
mod quick_scorer;
mod rank;
mod scratch;
mod shape;
mod sift;
mod size;
mod step;
mod wide;

use self::forest::Forest;
pub(crate) use self::rank::Ranked;
pub use self::scratch::Scratch;
use super::{Body, Model};

/// A model compiled for speed. Immutable; share it freely.
#[derive(Debug, Clone)]
pub struct Engine {
    columns: usize,
    outputs: usize,
    plan: Plan,
}

#[derive(Debug, Clone)]
enum Plan {
    Forest(Box<Forest>),
    Reference(Box<Model>),
}

impl Engine {
    /// Compiles `model`.
    pub fn compile(model: &Model) -> Engine {
        Engine::compile_ranked(model, None)
    }

    /// The same, sooner, of a model whose thresholds are ranked already.
    pub(crate) fn compile_ranked(model: &Model, ranked: Option<&Ranked>) -> Engine {
        let outputs = model.outputs as usize;
        let forest = match &model.body {
            Body::Trees(ensemble) => Forest::compile(ensemble, outputs, ranked),
            _ => None,
        };
        let plan = match forest {
            Some(forest) => Plan::Forest(Box::new(forest)),
            None => Plan::Reference(Box::new(model.clone())),
        };
        Engine { columns: model.columns.len(), outputs, plan }
    }

    /// Number of columns of a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of margins per row.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Writes the margins of one row (`columns()` values, NaN is missing) to `out` (`outputs()` values).
    /// A row or `out` of another length is read as far as it goes; absent columns are missing.
    pub fn margins(&self, row: &[f64], scratch: &mut Scratch, out: &mut [f64]) {
        match &self.plan {
            Plan::Forest(forest) => forest.margins(row, scratch.answers(), out),
            Plan::Reference(model) => model.margins(row, out),
        }
    }

    /// Writes the margins of many rows (row-major, `n × columns()`) to `out` (row-major, `n × outputs()`).
    pub fn margins_batch(&self, rows: &[f64], scratch: &mut Scratch, out: &mut [f64]) {
        let width = self.columns.max(1);
        match &self.plan {
            Plan::Forest(forest) => forest.margins_batch(rows, width, scratch, out),
            Plan::Reference(model) => {
                for (row, out) in rows.chunks(width).zip(out.chunks_mut(self.outputs.max(1))) {
                    model.margins(row, out);
                }
            }
        }
    }
}

#[cfg(test)]
impl Engine {
    /// This engine on a processor without wide instructions.
    fn narrow(self) -> Engine {
        let plan = match self.plan {
            Plan::Forest(forest) => Plan::Forest(Box::new(forest.narrow())),
            plan => plan,
        };
        Engine { plan, ..self }
    }
}
