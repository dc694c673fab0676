//! The store of this crate's tests: SQLite in memory, or, where the variable `PLUMBLINE_TEST_POSTGRES` names a database, a schema of it for each
//! test; and one that fails at a chosen statement.

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::{Param, Sql, SqlError, SqlValue, changes_rows};

/// An empty store.
#[derive(Debug)]
pub(crate) enum Memory {
    Sqlite(Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(Box<super::postgres::tests::Schema>),
}

impl Memory {
    pub fn new() -> Memory {
        #[cfg(feature = "postgres")]
        if let Some(schema) = super::postgres::tests::Schema::of_the_environment() {
            return Memory::Postgres(Box::new(schema));
        }
        Memory::sqlite()
    }

    /// SQLite, wherever the tests run.
    pub fn sqlite() -> Memory {
        let connection = Connection::open_in_memory().unwrap();
        connection.set_prepared_statement_cache_capacity(128);
        Memory::Sqlite(Sqlite(connection))
    }

    fn inner(&mut self) -> &mut dyn Sql {
        match self {
            Memory::Sqlite(sqlite) => sqlite,
            #[cfg(feature = "postgres")]
            Memory::Postgres(schema) => &mut schema.store,
        }
    }
}

impl Sql for Memory {
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        self.inner().execute(statement, params)
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.inner().query(statement, params)
    }

    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError> {
        self.inner().transaction(work)
    }
}

/// SQLite in memory.
#[derive(Debug)]
pub(crate) struct Sqlite(Connection);

impl Sql for Sqlite {
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        check(params)?;
        let mut prepared = self.0.prepare_cached(statement).map_err(driver)?;
        let mut rows = prepared.query(params_from_iter(params.iter().map(Bound))).map_err(driver)?;
        while rows.next().map_err(driver)?.is_some() {}
        drop(rows);
        drop(prepared);
        Ok(if changes_rows(statement) { self.0.changes() } else { 0 })
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        check(params)?;
        let mut statement = self.0.prepare_cached(statement).map_err(driver)?;
        let width = statement.column_count();
        let mut rows = statement.query(params_from_iter(params.iter().map(Bound))).map_err(driver)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(driver)? {
            let values = (0..width).map(|i| row.get(i).map_err(driver).and_then(value));
            found.push(values.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }

    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError> {
        let [begin, keep, undo] = match self.0.is_autocommit() {
            true => ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"],
            false => ["SAVEPOINT part", "RELEASE part", "ROLLBACK TO part; RELEASE part"],
        };
        self.0.execute_batch(begin).map_err(driver)?;
        let done = work(self).and_then(|()| self.0.execute_batch(keep).map_err(driver));
        if done.is_err() {
            drop(self.0.execute_batch(undo));
        }
        done
    }
}

/// A store that fails from a statement on, as one does whose process dies there: the transaction is undone.
#[derive(Debug)]
pub(crate) struct Failing<S> {
    pub inner: S,
    /// Statements until it fails; none: it does not.
    pub left: Option<u32>,
}

impl<S: Sql> Failing<S> {
    fn count(&mut self) -> Result<(), SqlError> {
        match &mut self.left {
            Some(0) => Err(SqlError::Driver("the process died".into())),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl<S: Sql> Sql for Failing<S> {
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        self.count()?;
        self.inner.execute(statement, params)
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.count()?;
        self.inner.query(statement, params)
    }

    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError> {
        let mut left = self.left;
        let done = self.inner.transaction(&mut |sql| {
            let mut inside = Failing { inner: sql, left };
            let done = work(&mut inside);
            left = inside.left;
            done
        });
        self.left = left;
        done
    }
}

impl Sql for &mut dyn Sql {
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        (**self).execute(statement, params)
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        (**self).query(statement, params)
    }

    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError> {
        (**self).transaction(work)
    }
}

fn check(params: &[Param<'_>]) -> Result<(), SqlError> {
    assert!(params.len() <= 100, "a Durable Object binds at most 100 parameters");
    params.iter().try_for_each(|param| match param {
        Param::Integer(i) => SqlError::check_integer(*i).map(drop),
        _ => Ok(()),
    })
}

/// An integer is bound as a double, as a Durable Object does.
struct Bound<'a>(&'a Param<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Param::Null => ValueRef::Null,
            Param::Integer(i) => ValueRef::Real(*i as f64),
            Param::Real(x) => ValueRef::Real(*x),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(value: Value) -> Result<SqlValue, SqlError> {
    Ok(match value {
        Value::Null => SqlValue::Null,
        Value::Integer(i) => SqlValue::Integer(SqlError::check_integer(i)?),
        Value::Real(x) => SqlValue::Real(x),
        Value::Text(text) => SqlValue::Text(text),
        Value::Blob(bytes) => SqlValue::Blob(bytes),
    })
}

fn driver(error: rusqlite::Error) -> SqlError {
    SqlError::Driver(error.to_string())
}

#[test]
fn keeps_the_contract_of_the_store() {
    let mut store = Memory::new();
    assert_eq!(super::contract::check(&mut store), Ok(()));
    match &mut store {
        Memory::Sqlite(sqlite) => assert_eq!(super::contract::check_trigger(sqlite), Ok(())),
        #[cfg(feature = "postgres")]
        Memory::Postgres(_) => {}
    }
    assert_eq!(super::contract::check(&mut Failing { inner: Memory::new(), left: None }), Ok(()));
}
