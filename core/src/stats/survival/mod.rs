//! Times until something happens, some of which are not over: how long a deal takes, when open deals count for as long as they have
//! lasted and no longer.
//!
//! Ignoring open deals would make the cycle look too short, and so would counting them as closed today.

mod curve;
mod duration;
mod log_rank;
mod restricted_mean;

pub use curve::{Curve, Step};
pub use duration::{Duration, Durations};
pub use log_rank::{LogRank, Weighting};
pub use restricted_mean::{MeanDifference, RestrictedMean};
