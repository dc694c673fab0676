//! Counts in frozen bins: of the training data in a bundle, of an hour in a window, of two samples in a drift report.
//!
//! One rule for all of them, so that counts made at different times and places can be compared and merged:
//!
//! - **An edge belongs to the bin below it.** Bin i holds `edges[i − 1] < x ≤ edges[i]`; the first and the last bin are open. The counts
//!   up to an edge are then the empirical distribution function at that edge, which Kolmogorov–Smirnov bounds and quantile bins (PSI)
//!   are made of, and an edge at a frequent value keeps that value out of the bin above.
//! - **A cut of the form `x < t`** (XGBoost, and bundles written before this rule) is the edge [`Bins::below`] makes: the largest double
//!   below t. For doubles the two say the same, so no count changes.
//! - **A missing value is in no bin.** It is counted next to them; so is a number that is not finite.
//! - **A category** has a place of its own if the training data had it; any other, unseen or too rare to be listed, counts as `other`.
//!
//! Not here: the scores of a window, counted in a fixed grid that is closed below, because a lead is called *from* a threshold on.

mod bins;
mod counts;

pub use bins::{BadEdge, Bins};
pub use counts::{CategoryCounts, Histogram};
