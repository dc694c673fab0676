//! From leads with their outcomes to a bundle with its baseline: what the command `train` and the service's retraining share.
//!
//! A host reads leads, pushes them to a [`Roll`] and their values to a [`Filling`], makes the steps of a
//! [`crate::train::Fit`], and gives the leads once more to a [`Description`]. Between any two of these steps it may pause.
//! Not here: where leads come from, and what becomes of the bundle.

mod describe;
mod leads;
mod settings;
mod table;

pub use describe::{Description, bands, note_origin, version_of};
pub use leads::{Leads, Roll, Signed};
pub use settings::{Kind, Own, TrainSettings};
pub use table::Filling;

use thiserror::Error;

use crate::baseline::BaselineError;
use crate::bundle::BundleError;
use crate::schema::ConfigErrors;

/// Why a fitted model did not become a bundle.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// The bundle cannot be written or read back.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The model does not fit its schema.
    #[error(transparent)]
    Schema(#[from] ConfigErrors),
    /// There is no baseline.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
}

impl TrainingError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            TrainingError::Bundle(error) => error.code(),
            TrainingError::Schema(error) => error.code(),
            TrainingError::Baseline(error) => error.code(),
        }
    }
}
