//! Which model version serves a lead: the draw that makes an experiment an experiment.
//!
//! Pure and without memory: one immutable hash per (salt, lead id) gives a lead's position, and an [`Allocation`] gives the variant that
//! serves there. An arm grows from one end only, so 10 % ⊂ 50 % ⊂ 100 % without any sticky store, and rolling back moves back exactly
//! the leads that were moved. Exploration and holdout are drawn with salts of their own and so do not depend on the rollout.
//!
//! Not here: whether an arm should grow (that is the rollout's decision), and exposure (that a person saw the score).
//!
//! Tested by cases of the hashes' owners (of flagd those of its test bed), by property tests, and against PostgreSQL and SQLite ([`sql`]).

mod allocation;
mod deployed;
pub mod growthbook;
mod hash;
mod murmur;
mod rule;
mod settings;
mod split;
pub mod sql;

pub use allocation::{Allocation, Assignment, Cause};
pub use deployed::Deployed;
pub use hash::Hash;
pub use rule::Rule;
pub use settings::{AllocationSettings, Arm};
pub use split::Split;

/// All of a population, in basis points.
pub const WHOLE_BP: u32 = 10_000;

#[cfg(test)]
mod properties;
