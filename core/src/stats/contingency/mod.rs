//! Tables of counts: whether rows and columns have to do with each other, by how much, and whether strata agree on it.
//!
//! A row or a column without a lead carries no information: the tests answer [`Insufficient`](super::error::StatsError::Insufficient) where some
//! packages answer p = 1.

mod fisher;
mod strata;
mod table;
mod two_by_two;

pub use strata::{Homogeneity, Strata};
pub use table::{Independence, Table};
pub use two_by_two::{Ratio, TwoByTwo};
