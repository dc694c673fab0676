//! What the service asks of a store: three verbs, synchronous. Drivers belong to the hosts (Durable Object SQLite, rusqlite).
//!
//! What each verb promises is written in `store::contract` as a function that every driver has to pass. The dialect is
//! SQLite's; the promises are not, so that a driver for PostgreSQL can keep them: a transaction ends with the first statement that
//! fails in it, and numbers are asked for by [`SqlValue::as_integer`] and [`SqlValue::as_real`], not by how a driver tells them apart.

use thiserror::Error;

/// The largest integer that every host can hold, 2⁵³ − 1.
const LARGEST_INTEGER: i64 = (1 << 53) - 1;

/// A value bound to a statement: `?1` is the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// An integer of at most 2⁵³ − 1 either way. It may reach the store as a double: a column of integers makes it one again, an
    /// expression such as `?1 / 2` has to cast it.
    Integer(i64),
    /// A double.
    Real(f64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// A value a query gave.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlValue {
    /// NULL.
    Null,
    /// An integer of at most 2⁵³ − 1 either way.
    Integer(i64),
    /// A double.
    Real(f64),
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl SqlValue {
    /// The value as an integer; doubles without fraction count (JS hosts know no other kind).
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            SqlValue::Integer(i) => Some(*i),
            SqlValue::Real(x) if x.fract() == 0.0 && x.abs() <= LARGEST_INTEGER as f64 => Some(*x as i64),
            _ => None,
        }
    }

    /// The value as a double; integers count.
    pub fn as_real(&self) -> Option<f64> {
        match self {
            SqlValue::Integer(i) => Some(*i as f64),
            SqlValue::Real(x) => Some(*x),
            _ => None,
        }
    }

    /// The value as text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            SqlValue::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The store failed, or is not the one that was asked for.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The driver's own message.
    #[error("the store rejected a statement: {0}")]
    Driver(String),
    /// The store takes no changes.
    #[error("the store is read-only: {0}")]
    ReadOnly(String),
    /// The store is damaged, or no database.
    #[error("the store cannot be read: {0}; restore it from a backup, or name another")]
    Corrupt(String),
    /// There is no room left.
    #[error("the store is full: {0}")]
    Full(String),
    /// The database cannot be reached, or the connection broke: a change that was under way may have been made.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// Another program holds the store for longer than we wait.
    #[error("another program is writing to the store: {0}")]
    Busy(String),
    /// The address of a database cannot be used.
    #[error("the address of the database: {0}")]
    Address(String),
    /// An integer is too large for the hosts in JavaScript.
    #[error("an integer exceeds 2^53 - 1, where JavaScript would round it; cast it to text")]
    LargeInteger,
    /// The store was written by a newer version of Plumbline.
    #[error("the store has schema version {found}; this program supports versions up to {known}")]
    Newer {
        /// Version in the store.
        found: i64,
        /// Latest version known here.
        known: i64,
    },
    /// The store holds another owner's tables.
    #[error("the store belongs to the owner {found:?}, expected {expected:?}")]
    OtherOwner {
        /// Owner named in the store.
        found: String,
        /// Owner that opened it.
        expected: &'static str,
    },
    /// What is to be stored is not a batch of a journal.
    #[error("a batch of log rows is malformed")]
    NoBatch,
}

impl SqlError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            SqlError::Driver(_) => "STORE_FAILED",
            SqlError::ReadOnly(_) => "STORE_READ_ONLY",
            SqlError::Corrupt(_) => "STORE_CORRUPT",
            SqlError::Full(_) => "STORE_FULL",
            SqlError::Unreachable(_) => "STORE_UNREACHABLE",
            SqlError::Busy(_) => "STORE_BUSY",
            SqlError::Address(_) => "STORE_ADDRESS",
            SqlError::LargeInteger => "STORE_LARGE_INTEGER",
            SqlError::Newer { .. } => "STORE_NEWER",
            SqlError::OtherOwner { .. } => "STORE_OTHER_OWNER",
            SqlError::NoBatch => "STORE_NO_BATCH",
        }
    }

    /// `integer`, if every host can hold it; for drivers.
    ///
    /// # Errors
    /// [`SqlError::LargeInteger`].
    pub fn check_integer(integer: i64) -> Result<i64, SqlError> {
        if (-LARGEST_INTEGER..=LARGEST_INTEGER).contains(&integer) { Ok(integer) } else { Err(SqlError::LargeInteger) }
    }
}

/// Whether `statement` is of a kind that changes rows; for drivers, whose count of others would be that of a statement before.
pub fn changes_rows(statement: &str) -> bool {
    let first = statement.split_ascii_whitespace().next().unwrap_or_default();
    ["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// A relational store, SQLite dialect. Statements are prepared and kept by the driver, keyed by their text.
pub trait Sql {
    /// Runs one statement; returns the rows it inserted, updated or deleted, without those of triggers and indexes. 0 for a
    /// statement that is none of these.
    ///
    /// # Errors
    /// [`SqlError::Driver`] with the driver's message, [`SqlError::LargeInteger`]; the statement had no effect then.
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError>;

    /// Runs one query; returns all rows, columns in the order of the statement.
    ///
    /// # Errors
    /// [`SqlError::Driver`] with the driver's message. [`SqlError::LargeInteger`]: a parameter or a result is one; a result also if it
    /// is a double without fraction up to 2⁶³, which some drivers cannot tell from one.
    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError>;

    /// Runs `work` so that all of its statements take effect, or none. Inside another transaction it is a part of that one, which
    /// may go on without it. `work` returns the error of a statement that failed: not every store takes further ones after it.
    ///
    /// # Errors
    /// What `work` returned, or [`SqlError::Driver`] when the commit failed; then nothing took effect.
    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError>;

    /// Sees to it that what was deleted is in no file of the store any more, such as a write-ahead log, as far as the store can.
    fn scrub(&mut self) {}
}
