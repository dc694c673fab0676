//! What the service asks of a SQL store, whose store it is, and its tables. Drivers belong to the hosts.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod control;
mod leads;
#[cfg(test)]
pub(crate) mod memory;
mod migration;
#[cfg(feature = "postgres")]
pub mod postgres;
mod shard;
mod sql;

pub use migration::{Owner, examine, migrate};
pub use sql::{Param, Sql, SqlError, SqlValue, changes_rows};
