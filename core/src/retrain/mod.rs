//! When a model is retrained, and what becomes of the new one. Not here: the training itself ([`crate::training`]), and the run's steps,
//! which belong to the service.

mod decide;
mod schedule;

pub use decide::{Decision, LEAST_OF_CLASS, LEAST_ROWS, Measured, Rules, Ruling, too_few};
pub use schedule::Schedule;
