//! Columns of numbers on their way into the form that the model's kind is fitted to.

use std::sync::Arc;

use super::Kind;
use crate::train::RowsError;
use crate::train::boost::{self, Binning, Input};
use crate::train::logistic::{self, Loading};
use crate::train::{Data, FitError};

/// A table that is filled column by column.
#[derive(Debug)]
pub enum Filling {
    /// Bins, for trees.
    Trees(boost::Settings, Binning),
    /// A sparse matrix, for a logistic regression.
    Logistic(logistic::Settings, Loading),
}

impl Filling {
    /// A table of `inputs` for a model of `kind`, of rows with these outcomes and keys.
    ///
    /// # Errors
    /// [`FitError`]: lengths that differ, too many rows, category codes for a logistic regression.
    pub fn new(kind: &Kind, inputs: Vec<Input>, given: (Vec<bool>, Vec<u64>)) -> Result<Filling, FitError> {
        Ok(match kind {
            Kind::Trees(settings) => Filling::Trees(settings.clone(), Binning::new(inputs, given)?),
            Kind::Logistic(settings) => {
                if let Some(codes) = inputs.iter().find(|input| input.categorical) {
                    return Err(RowsError::Categories { column: codes.name.clone() }.into());
                }
                let names = inputs.into_iter().map(|input| input.name).collect();
                Filling::Logistic(settings.clone(), Loading::new(names, given)?)
            }
        })
    }

    /// The number of the column that comes next; none once all are there.
    pub fn next(&self) -> Option<usize> {
        match self {
            Filling::Trees(_, binning) => binning.next(),
            Filling::Logistic(_, loading) => loading.next(),
        }
    }

    /// Takes the values of the next column, in row order, NaN for missing.
    ///
    /// # Errors
    /// [`FitError`]: values are missing, which a logistic regression cannot have.
    pub fn push(&mut self, values: Vec<f64>) -> Result<(), FitError> {
        match self {
            Filling::Trees(_, binning) => binning.push(values),
            Filling::Logistic(_, loading) => loading.push(&values)?,
        }
        Ok(())
    }

    /// What the model is fitted to.
    pub fn finish(self) -> Data {
        match self {
            Filling::Trees(settings, binning) => Data::Trees(settings, Arc::new(binning.finish())),
            Filling::Logistic(settings, loading) => Data::Logistic(settings, Arc::new(loading.finish())),
        }
    }
}
