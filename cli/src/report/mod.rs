//! Results as a program reads them, where core has no type for them, and as a person does.

pub mod alert;
mod answer;
pub mod baseline;
pub mod bench;
pub mod capacity;
pub mod card;
pub mod check;
pub mod diagnose;
pub mod drift;
pub mod drift_baseline;
pub mod experiment;
pub mod features;
pub mod gate;
pub mod lead;
pub mod messages;
pub mod metrics;
pub mod model_card;
pub mod odd;
pub mod pull;
pub mod quality;
pub mod rollout;
pub mod rows;
pub mod summary;
pub mod train;
pub mod window;
