//! What the service asks of a store: three verbs, synchronous. Drivers belong to the hosts (Durable Object SQLite, rusqlite).

use thiserror::Error;

/// A value bound to a statement: `?1` is the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// A 64-bit integer; hosts in JS refuse |x| > 2⁵³ − 1.
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
    /// A 64-bit integer.
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
            SqlValue::Real(x) if x.fract() == 0.0 && x.abs() <= 9_007_199_254_740_991.0 => Some(*x as i64),
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

/// The store failed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The driver's own message.
    #[error("the store rejected a statement: {0}")]
    Driver(String),
    /// The store was written by a newer version of Plumbline.
    #[error("the store has schema version {found}; this program supports versions up to {known}")]
    Newer {
        /// Version in the store.
        found: i64,
        /// Latest version known here.
        known: i64,
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
            SqlError::Newer { .. } => "STORE_NEWER",
            SqlError::NoBatch => "STORE_NO_BATCH",
        }
    }
}

/// A relational store, SQLite dialect. Statements are prepared and kept by the driver, keyed by their text.
pub trait Sql {
    /// Runs one statement; returns the rows it changed where the driver knows, else 0.
    ///
    /// # Errors
    /// [`SqlError::Driver`] with the driver's message.
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError>;

    /// Runs one query; returns all rows, columns in the order of the statement.
    ///
    /// # Errors
    /// [`SqlError::Driver`] with the driver's message.
    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError>;

    /// Runs `work` so that all of its statements take effect, or none.
    ///
    /// # Errors
    /// What `work` returned (then nothing took effect), or [`SqlError::Driver`].
    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError>;
}
