//! Results as a person reads them.

mod answer;
pub mod card;
pub mod drift;
pub mod experiment;
pub mod metrics;
pub mod quality;
pub mod rows;
pub mod window;
