//! Results as a person reads them.

pub mod card;
pub mod comparison;
pub mod drift;
pub mod experiment;
pub mod metrics;
pub mod quality;
pub mod window;
