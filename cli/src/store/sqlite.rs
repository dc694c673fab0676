//! The service's [`Sql`] on SQLite: one file, write-ahead log, statements prepared once.

use std::path::Path;

use plumbline_worker::store::{Owner, Param, Sql, SqlError, SqlValue, changes_rows, examine};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, params_from_iter};

/// A SQLite database.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Opens (or makes) the database at `path`; in memory when none. A commit is on the disk when it returns, and what is deleted is
    /// overwritten.
    pub fn open(path: Option<&Path>) -> Result<Sqlite, SqlError> {
        let connection = match path {
            Some(path) => Connection::open(path),
            None => Connection::open_in_memory(),
        };
        let connection = connection.map_err(driver)?;
        connection.set_prepared_statement_cache_capacity(256);
        // Plans do not look at bound values: SQLite would prepare a statement anew each time that one changes.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(driver)?;
        if path.is_none() {
            // Each commit visits all pages of a database in memory (balancing a tree gives a page a high number for a moment, and
            // SQLite then drops what lies beyond the end): larger pages, fewer visits.
            connection.execute_batch("PRAGMA page_size = 16384;").map_err(driver)?;
        }
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA secure_delete = ON;",
            )
            .map_err(driver)?;
        Ok(Sqlite { connection })
    }
}

impl Sqlite {
    /// Opens the database at `path` for reading alone and reads whose it is.
    ///
    /// # Errors
    /// Why it cannot be used as a store of `owner`.
    pub fn probe(path: &Path, owner: Owner) -> Result<(), String> {
        let said = |e: rusqlite::Error| e.to_string();
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(said)?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(said)?;
        if tables == 0 {
            return Err("it has no tables".to_owned());
        }
        examine(&mut Sqlite { connection }, owner).map_err(|e| format!("{e} [{}]", e.code()))
    }

    /// Whether a commit is on the disk when it returns. Without, a store is filled many times faster, and a machine that loses power loses
    /// it: for a store that is made anew.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn durable(&mut self, is_durable: bool) -> Result<(), SqlError> {
        let pragma = if is_durable { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = OFF" };
        self.connection.execute_batch(pragma).map_err(driver)
    }
}

impl Drop for Sqlite {
    /// Brings what the write-ahead log holds into the database, so that its file is whole by itself. SQLite does so when the last connection
    /// closes, but a thread that only reads may hold one until the process ends.
    fn drop(&mut self) {
        // Where another connection is at work, it does so later.
        drop(self.connection.execute_batch("PRAGMA busy_timeout = 200; PRAGMA wal_checkpoint(TRUNCATE);"));
    }
}

impl Sql for Sqlite {
    fn scrub(&mut self) {
        // The log holds pages as they were before they were overwritten. Where another connection reads them, it is cut later.
        drop(self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);"));
    }

    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        check(params)?;
        let mut prepared = self.connection.prepare_cached(statement).map_err(driver)?;
        let params = params_from_iter(params.iter().map(Bound));
        // Rows that a statement returns are read to their end, where its changes are complete.
        let mut rows = prepared.query(params).map_err(driver)?;
        while rows.next().map_err(driver)?.is_some() {}
        drop(rows);
        drop(prepared);
        Ok(if changes_rows(statement) { self.connection.changes() } else { 0 })
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        check(params)?;
        let mut statement = self.connection.prepare_cached(statement).map_err(driver)?;
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
        let [begin, keep, undo] = match self.connection.is_autocommit() {
            true => ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"],
            false => ["SAVEPOINT part", "RELEASE part", "ROLLBACK TO part; RELEASE part"],
        };
        self.connection.execute_batch(begin).map_err(driver)?;
        let done = work(self).and_then(|()| self.connection.execute_batch(keep).map_err(driver));
        if done.is_err() {
            // Some errors have rolled back already; then there is nothing left to undo.
            drop(self.connection.execute_batch(undo));
        }
        done
    }
}

/// Integers that every host can hold.
fn check(params: &[Param<'_>]) -> Result<(), SqlError> {
    params.iter().try_for_each(|param| match param {
        Param::Integer(i) => SqlError::check_integer(*i).map(drop),
        _ => Ok(()),
    })
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
    let words = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => SqlError::ReadOnly(words),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => SqlError::Corrupt(words),
        Some(ErrorCode::DiskFull) => SqlError::Full(words),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => SqlError::Busy(words),
        _ => SqlError::Driver(words),
    }
}

#[cfg(test)]
mod tests {
    use plumbline_worker::LogShard;
    use plumbline_worker::store::contract;

    use super::*;

    #[test]
    fn keeps_the_contract_of_the_store() {
        let mut store = Sqlite::open(None).unwrap();
        assert_eq!(contract::check(&mut store), Ok(()));
        assert_eq!(contract::check_trigger(&mut store), Ok(()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        assert_eq!(contract::check(&mut Sqlite::open(Some(&path)).unwrap()), Ok(()));
    }

    #[test]
    fn a_store_that_takes_no_rows_is_refused_when_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        let mut shard = LogShard::open(Sqlite::open(Some(&path)).unwrap()).unwrap();
        assert_eq!((shard.probe(), shard.count()), (Ok(()), Ok(0)));
        drop(shard);
        let mut read_only = Sqlite::open(Some(&path)).unwrap();
        read_only.execute("PRAGMA query_only = ON", &[]).unwrap();
        assert!(matches!(LogShard::open(read_only), Err(SqlError::ReadOnly(_))));
        std::fs::write(&path, "not a database, but text of some length that no reader of SQLite takes for one").unwrap();
        let broken = Sqlite::open(Some(&path)).and_then(LogShard::open);
        assert!(matches!(broken, Err(SqlError::Corrupt(_))), "{broken:?}");
    }

    #[test]
    fn rows_of_before_a_column_was_added_stay_readable() {
        let mut shard = LogShard::open(Sqlite::open(None).unwrap()).unwrap();
        let row = r#"1700000000250,"r",null,0,1,"a","m","1","1","champion",200,null,0.5,0.6,"",1500"#;
        let newer = [r",1", r",null", r",null", r#",7,"B","{}",8.5"#];
        for columns in 0..=newer.len() {
            let rows = format!("[[{row}{}]]", newer[..columns].concat());
            shard.append(&format!("batch-{columns} 1 1700000000250 1700000000250\n{rows}")).unwrap();
        }
        let query =
            "SELECT explores, flags, epoch, arm, segments, human_score, timestamp, latency_ms FROM prediction_logs ORDER BY id";
        let found = shard.sql().query(query, &[]).unwrap();
        let (time, text) = (SqlValue::Text("2023-11-14 22:13:20.250".into()), |word: &str| SqlValue::Text(word.into()));
        let of = |explores, epoch, [arm, segments, human]: [SqlValue; 3]| {
            let (explores, epoch) = (SqlValue::Integer(explores), SqlValue::Integer(epoch));
            vec![explores, SqlValue::Null, epoch, arm, segments, human, time.clone(), SqlValue::Real(1.5)]
        };
        let none = || [SqlValue::Null, SqlValue::Null, SqlValue::Null];
        let whole = [text("B"), text("{}"), SqlValue::Real(8.5)];
        let expected = [of(0, 0, none()), of(1, 0, none()), of(1, 0, none()), of(1, 0, none()), of(1, 7, whole)];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_a_batch_carries_is_stored_with_it_once_and_not_again_after_it_was_digested() {
        let mut shard = LogShard::open(Sqlite::open(None).unwrap()).unwrap();
        let batch = "a 1 5 5\n[[5]]\n[]\n{\"windows\":[]}\n{\"instance\":\"i\",\"at_ms\":7}";
        let older = "b 1 5 5\n[[5]]\n\n\n{\"instance\":\"i\",\"at_ms\":6}";
        let found = |shard: &mut LogShard<Sqlite>, query| {
            let rows = shard.sql().query(query, &[]).unwrap();
            rows.into_iter().map(|row| format!("{row:?}")).collect::<Vec<_>>().join(" ")
        };
        let all =
            "SELECT b.name, CAST(tally AS TEXT), fields FROM prediction_batches b LEFT JOIN batch_tallies t ON t.batch = b.id
            LEFT JOIN batch_fields f ON f.batch = b.id ORDER BY b.id";
        for batch in [batch, batch, older] {
            shard.append(batch).unwrap();
        }
        let stored = found(&mut shard, all);
        assert!(stored.starts_with(r#"[Text("a"), Text("{\"windows\":[]}"), Text("[]")]"#), "{stored}");
        assert!(stored.ends_with(r#"[Text("b"), Null, Null]"#), "{stored}");
        assert_eq!(found(&mut shard, "SELECT instance, at_ms FROM heartbeats"), r#"[Text("i"), Integer(7)]"#);
        for table in ["batch_tallies", "batch_fields"] {
            shard.sql().execute(&format!("DELETE FROM {table}"), &[]).unwrap();
        }
        shard.append(batch).unwrap();
        assert_eq!(
            found(&mut shard, "SELECT count(*) FROM batch_tallies UNION ALL SELECT count(*) FROM batch_fields"),
            "[Integer(0)] [Integer(0)]"
        );
        assert_eq!(shard.count(), Ok(2));
    }

    #[test]
    fn a_statement_that_returns_rows_changes_them_too() {
        let mut store = Sqlite::open(None).unwrap();
        store.execute("CREATE TABLE rows (k INTEGER PRIMARY KEY)", &[]).unwrap();
        let inserted = store.execute("INSERT INTO rows VALUES (1), (2) RETURNING k", &[]);
        assert_eq!(inserted, Ok(2));
    }
}
