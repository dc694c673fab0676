//! The service's [`Sql`] on PostgreSQL, for native hosts: one connection, one schema, statements prepared once.
//!
//! The service speaks SQLite's dialect; `dialect` and `prelude.sql` are all that differs. A transaction holds the schema's lock, as SQLite's
//! `BEGIN IMMEDIATE` holds the file's: of two hosts on one store one waits for the other, and what one reads in a transaction stays so until
//! it commits. A connection that broke is made again by the next statement; a transaction that it broke in has failed.

mod address;
mod copy;
mod dialect;
#[cfg(test)]
pub(crate) mod tests;
mod value;

use std::collections::BTreeMap;
use std::fmt;

use ::postgres::error::SqlState;
use ::postgres::types::ToSql;
use ::postgres::{Client, Row, Statement};
use sha2::{Digest, Sha256};

use super::{Param, Sql, SqlError, SqlValue, changes_rows};
pub use address::Address;
use dialect::translate;
use value::{Bound, Read};

/// What the service uses of SQLite's dialect, made once in a schema.
const PRELUDE: &str = include_str!("prelude.sql");
/// Statements kept prepared.
const PREPARED: usize = 512;

/// One schema of a PostgreSQL database.
pub struct Postgres {
    address: Address,
    client: Option<Client>,
    prepared: BTreeMap<String, Prepared>,
    /// Transactions that are open, one inside another.
    depth: u32,
    is_durable: bool,
}

/// A statement of this connection, and the places of its parameters.
#[derive(Clone)]
struct Prepared {
    statement: Statement,
    places: Vec<usize>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects to the database, and makes the schema if it does not exist.
    ///
    /// # Errors
    /// [`SqlError::Unreachable`], or the database rejects the schema.
    pub fn open(address: Address) -> Result<Postgres, SqlError> {
        let mut store = Postgres { address, client: None, prepared: BTreeMap::new(), depth: 0, is_durable: true };
        let schema = store.address.schema.clone();
        let lock = lock(&schema);
        let client = store.client()?;
        let made = client.query_one("SELECT to_regprocedure($1) IS NOT NULL", &[&format!("\"{schema}\".plumbline_dialect_1()")]);
        if !made.and_then(|row| row.try_get::<_, bool>(0)).map_err(driver)? {
            // Of two that make it at the same moment the second finds it made.
            let make = format!(
                "DO $make$ BEGIN PERFORM pg_advisory_xact_lock({lock}); IF to_regnamespace('\"{schema}\"') IS NULL THEN \
                 CREATE SCHEMA \"{schema}\"; END IF; IF to_regprocedure('\"{schema}\".plumbline_dialect_1()') IS NULL THEN \
                 EXECUTE $prelude$ {PRELUDE} $prelude$; END IF; END $make$"
            );
            client.batch_execute(&make).map_err(driver)?;
        }
        Ok(store)
    }

    /// Whether a commit is on the server's disk when it returns. Without, a store is filled faster, and a server that crashes loses the last
    /// moment: for a store that is made anew.
    ///
    /// # Errors
    /// [`SqlError::Unreachable`].
    pub fn durable(&mut self, is_durable: bool) -> Result<(), SqlError> {
        self.is_durable = is_durable;
        let setting = commit_setting(is_durable);
        self.client()?.batch_execute(setting).map_err(driver)
    }

    /// Whether the schema holds tables of a store.
    ///
    /// # Errors
    /// [`SqlError::Unreachable`].
    pub fn has_tables(&mut self) -> Result<bool, SqlError> {
        let rows = self.query("SELECT to_regclass('plumbline_schema') IS NOT NULL", &[])?;
        Ok(rows.first().and_then(|row| row.first()).and_then(SqlValue::as_integer) == Some(1))
    }

    /// Names of the columns and rows of what `statement`, in PostgreSQL's own words, finds in this schema and in that of `other`. It can change
    /// nothing.
    ///
    /// # Errors
    /// [`SqlError`] with the server's words.
    pub fn ask(&mut self, other: &Address, statement: &str) -> Result<(Vec<String>, Vec<Vec<SqlValue>>), SqlError> {
        let begin = format!("BEGIN READ ONLY; SET LOCAL search_path = \"{}\", \"{}\"", self.address.schema, other.schema);
        let client = self.client()?;
        client.batch_execute(&begin).map_err(driver)?;
        let asked = client.prepare(statement).and_then(|prepared| {
            let names = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
            Ok((names, client.query(&prepared, &[])?))
        });
        self.undo("ROLLBACK");
        let (names, rows) = asked.map_err(driver)?;
        Ok((names, rows.iter().map(values).collect::<Result<_, _>>()?))
    }

    /// The connection, made anew where there is none.
    fn client(&mut self) -> Result<&mut Client, SqlError> {
        let is_open = self.client.as_ref().is_some_and(|client| !client.is_closed());
        if !is_open {
            if self.depth > 0 {
                return Err(SqlError::Unreachable("the connection broke in a transaction".into()));
            }
            self.client = None;
            self.prepared.clear();
            let mut client = self.address.connect()?;
            // A lock is waited for as long as SQLite's; a host that vanished holds one no longer than a statement may rest.
            let session = format!(
                "SET search_path = \"{}\"; SET client_min_messages = warning; SET lock_timeout = '5s'; \
                 SET idle_in_transaction_session_timeout = '30s'; {}",
                self.address.schema,
                commit_setting(self.is_durable)
            );
            client.batch_execute(&session).map_err(driver)?;
            self.client = Some(client);
        }
        self.client.as_mut().ok_or_else(|| SqlError::Unreachable("no connection".into()))
    }

    fn prepare(&mut self, statement: &str) -> Result<Prepared, SqlError> {
        self.client()?;
        if let Some(prepared) = self.prepared.get(statement) {
            return Ok(prepared.clone());
        }
        let translated = translate(statement);
        let prepared = self.client()?.prepare(&translated.text).map_err(|error| match driver(error) {
            SqlError::Driver(words) => SqlError::Driver(format!("{words} in {}", translated.text)),
            other => other,
        })?;
        let prepared = Prepared { statement: prepared, places: translated.places };
        if self.prepared.len() >= PREPARED {
            self.prepared.clear();
        }
        self.prepared.insert(statement.to_owned(), prepared.clone());
        Ok(prepared)
    }

    fn rows(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>, SqlError> {
        let prepared = self.prepare(statement)?;
        let bound = bind(&prepared.places, params)?;
        let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        self.client()?.query(&prepared.statement, &bound).map_err(driver)
    }

    fn change(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        let prepared = self.prepare(statement)?;
        let bound = bind(&prepared.places, params)?;
        let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        let changed = self.client()?.execute(&prepared.statement, &bound).map_err(driver)?;
        Ok(if changes_rows(statement) { changed } else { 0 })
    }

    /// Begins a transaction that holds the schema's lock. Nothing is done yet, so a connection that has broken meanwhile is made again.
    fn begin(&mut self) -> Result<(), SqlError> {
        let begin = format!("BEGIN; SELECT pg_advisory_xact_lock({})", lock(&self.address.schema));
        let mut begun = self.client()?.batch_execute(&begin);
        if begun.is_err() && self.client.as_ref().is_none_or(Client::is_closed) {
            begun = self.client()?.batch_execute(&begin);
        }
        begun.map_err(|error| {
            self.undo("ROLLBACK");
            driver(error)
        })
    }

    /// Undoes what can be undone; a connection that broke has.
    fn undo(&mut self, statement: &str) {
        if let Some(client) = self.client.as_mut().filter(|client| !client.is_closed())
            && client.batch_execute(statement).is_err()
        {
            // What the server makes of the transaction is not known: it ends with the connection.
            self.client = None;
        }
    }
}

impl Sql for Postgres {
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        if self.depth > 0 {
            return self.change(statement, params);
        }
        let mut changed = 0;
        self.transaction(&mut |sql| {
            changed = sql.execute(statement, params)?;
            Ok(())
        })?;
        Ok(changed)
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        let mut rows = self.rows(statement, params);
        // Reading twice changes nothing.
        if self.depth == 0 && matches!(rows, Err(SqlError::Unreachable(_))) && !changes_rows(statement) {
            rows = self.rows(statement, params);
        }
        rows?.iter().map(values).collect()
    }

    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError> {
        let [keep, undo] = match self.depth {
            0 => {
                self.begin()?;
                ["COMMIT", "ROLLBACK"]
            }
            _ => {
                self.client()?.batch_execute("SAVEPOINT part").map_err(driver)?;
                ["RELEASE part", "ROLLBACK TO part; RELEASE part"]
            }
        };
        self.depth += 1;
        let done = work(self).and_then(|()| self.client()?.batch_execute(keep).map_err(driver));
        if done.is_err() {
            self.undo(undo);
        }
        self.depth -= 1;
        done
    }
}

fn values(row: &Row) -> Result<Vec<SqlValue>, SqlError> {
    (0..row.len()).map(|at| row.try_get::<_, Read>(at).map_err(driver)?.0).collect()
}

/// The parameters in the order of the statement.
fn bind<'a>(places: &[usize], params: &[Param<'a>]) -> Result<Vec<Bound<'a>>, SqlError> {
    let bound = places.iter().map(|place| {
        let param = params.get(*place).copied().ok_or_else(|| SqlError::Driver(format!("parameter {} is missing", place + 1)))?;
        if let Param::Integer(i) = param {
            SqlError::check_integer(i)?;
        }
        Ok(Bound(param))
    });
    bound.collect()
}

/// The number of the lock that a schema's writers hold.
fn lock(schema: &str) -> i64 {
    let digest = Sha256::digest(format!("plumbline {schema}").as_bytes());
    digest.iter().take(8).fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

const fn commit_setting(is_durable: bool) -> &'static str {
    if is_durable { "SET synchronous_commit = on" } else { "SET synchronous_commit = off" }
}

/// The error in the store's words.
fn driver(error: ::postgres::Error) -> SqlError {
    let Some(db) = error.as_db_error() else {
        let words = chain(&error);
        let is_broken =
            error.is_closed() || std::error::Error::source(&error).is_some_and(|source| source.is::<std::io::Error>());
        return if is_broken
            || error.to_string().starts_with("error connecting")
            || error.to_string().starts_with("error performing TLS")
        {
            SqlError::Unreachable(words)
        } else {
            SqlError::Driver(words)
        };
    };
    let words = db.message().to_owned();
    match db.code() {
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => SqlError::ReadOnly(words),
        code if *code == SqlState::LOCK_NOT_AVAILABLE => SqlError::Busy(words),
        code if [SqlState::DISK_FULL, SqlState::OUT_OF_MEMORY].contains(code) => SqlError::Full(words),
        code if [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED].contains(code) => SqlError::Corrupt(words),
        // Connections, authorisation, and a server that stops or starts.
        code if ["08", "28", "57", "3D"].contains(&code.code().get(..2).unwrap_or_default()) => SqlError::Unreachable(words),
        code => SqlError::Driver(format!("{words} [{}]", code.code())),
    }
}

/// The error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    words
}
