//! Experiments: planned in advance, analysed afterwards, with one verdict in one sentence.
//!
//! [`Plan`] reports what a number of leads can detect before the test starts. [`Data`] collects leads, one by one or summed elsewhere;
//! [`analyse`] combines the primary metric, guardrails, segments, the sales cycle and the split into a [`Verdict`].
//!
//! Not here: which lead gets which arm ([`route`](crate::route)), and when a rollout continues. Tested by simulation (`simulation.rs`): false
//! alarms with weekly looks, coverage, power against the plan.

mod analyse;
mod arm;
mod bytes;
mod change;
mod cycle;
mod data;
mod extension;
mod judged;
mod leads;
mod limit;
mod measure;
mod method;
mod plan;
mod range;
mod report;
mod segment;
mod settings;
#[cfg(test)]
mod simulation;
mod skew;
#[cfg(test)]
mod tests;
mod verdict;
pub(crate) mod words;

pub use analyse::analyse;
pub use bytes::DataError;
pub use data::{Data, Deal, MOST_VALUES, Measured, NO_VALUE, OTHER_VALUES, Observation, ObservationError};
pub use leads::{Leads, Repeats};
pub use method::Method;
pub use plan::{Baseline, Design, Duration, Given, Needed, Plan, Planned};
pub use report::{
    Analysis, ArmReport, Comparison, CycleReport, Direction, Extension, Figure, GuardrailReport, Measurement, MetricReport,
    Outcome, SegmentReport, Verdict,
};
pub use settings::{Arm, Better, Correction, Cycle, Demand, Guardrail, Kind, Metric, Settings, SettingsError};
