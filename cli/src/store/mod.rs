//! The service's [`Sql`] on SQLite: one file, write-ahead log, statements prepared once.

use std::path::Path;

use plumbline_worker::{Param, Sql, SqlError, SqlValue};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

/// A SQLite database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens (or makes) the database at `path`; in memory when none. A commit is on the disk when it returns.
    pub fn open(path: Option<&Path>) -> Result<Store, SqlError> {
        let connection = match path {
            Some(path) => Connection::open(path),
            None => Connection::open_in_memory(),
        };
        let connection = connection.map_err(driver)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;")
            .map_err(driver)?;
        Ok(Store { connection })
    }
}

impl Sql for Store {
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        let mut statement = self.connection.prepare_cached(statement).map_err(driver)?;
        let changed = statement.execute(params_from_iter(params.iter().map(Bound))).map_err(driver)?;
        Ok(changed as u64)
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        let mut statement = self.connection.prepare_cached(statement).map_err(driver)?;
        let width = statement.column_count();
        let mut rows = statement.query(params_from_iter(params.iter().map(Bound))).map_err(driver)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(driver)? {
            let values = (0..width).map(|i| row.get::<_, Value>(i).map(value));
            found.push(values.collect::<Result<Vec<_>, _>>().map_err(driver)?);
        }
        Ok(found)
    }

    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(driver)?;
        let done = work(self);
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = self.connection.execute_batch(end).map_err(driver);
        if done.is_ok() && ended.is_err() {
            // The commit failed: nothing of it may stay open.
            drop(self.connection.execute_batch("ROLLBACK"));
        }
        done.and(ended)
    }
}

struct Bound<'a>(&'a Param<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Param::Null => ValueRef::Null,
            Param::Integer(i) => ValueRef::Integer(*i),
            Param::Real(x) => ValueRef::Real(*x),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(value: Value) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::Integer(i) => SqlValue::Integer(i),
        Value::Real(x) => SqlValue::Real(x),
        Value::Text(text) => SqlValue::Text(text),
        Value::Blob(bytes) => SqlValue::Blob(bytes),
    }
}

fn driver(error: rusqlite::Error) -> SqlError {
    SqlError::Driver(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_takes_effect_whole_or_not_at_all() {
        let mut store = Store::open(None).unwrap();
        store.execute("CREATE TABLE t (a INTEGER, b REAL, c TEXT, d BLOB) STRICT", &[]).unwrap();
        let row = [Param::Integer(-7), Param::Real(0.1), Param::Text("ü"), Param::Blob(&[0, 1])];
        let insert = "INSERT INTO t VALUES (?1, ?2, ?3, ?4)";
        let failed = store.transaction(&mut |sql| {
            sql.execute(insert, &row)?;
            sql.execute("INSERT INTO nowhere VALUES (1)", &[]).map(drop)
        });
        assert!(matches!(failed, Err(SqlError::Driver(_))));
        assert_eq!(store.query("SELECT count(*) FROM t", &[]).unwrap(), [[SqlValue::Integer(0)]]);
        store.transaction(&mut |sql| sql.execute(insert, &row).map(drop)).unwrap();
        let expected = [SqlValue::Integer(-7), SqlValue::Real(0.1), SqlValue::Text("ü".into()), SqlValue::Blob(vec![0, 1])];
        assert_eq!(store.query("SELECT a, b, c, d FROM t", &[]).unwrap(), [expected]);
    }
}
