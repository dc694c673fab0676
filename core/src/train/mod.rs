//! Fitting from data: models of leads with outcomes, and calibrations of what models say.

pub mod boost;
pub mod calibrate;
mod error;
mod fit;
mod leak;
pub mod logistic;

pub use error::RowsError;
pub use fit::{Calibrate, Data, Fit, FitError, test_rows};
pub use leak::{Single, Suspicion};
