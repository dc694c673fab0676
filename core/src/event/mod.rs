//! The records that flow: what the service notes of its leads, each with the columns it is stored in.
//!
//! A record's columns are named here once, in their order. The log's rows are written by that list, and its view and its documents
//! are checked against it. Not here: how records are carried and stored, which is the service's.

mod arm;
mod column;
mod prediction;
mod role;
mod shard;

pub use arm::TestArm;
pub use column::{Cell, Column, ColumnType};
pub use prediction::{Prediction, Status};
pub use role::Role;
pub use shard::shard;
