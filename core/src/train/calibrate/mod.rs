//! Fitting of calibrations: maps from a model's probabilities or margins to observed rates.
//!
//! Compared with scikit-learn's by the conformance runner. Not here: applying a map, which is [`Calibration`]'s.
//!
//! [`Calibration`]: crate::model::Calibration

mod isotonic;
mod sigmoid;

pub use isotonic::isotonic;
pub(crate) use isotonic::isotonic_of;
pub(crate) use sigmoid::Sigmoid;
pub use sigmoid::sigmoid;
