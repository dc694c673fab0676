//! What the service asks of a SQL store. Drivers belong to the hosts.

mod sql;

pub use sql::{Param, Sql, SqlError, SqlValue};
