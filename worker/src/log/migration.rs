//! The tables of a shard, step by step. A step, once released, is never edited; a new one is added.

use crate::sql::{Param, Sql, SqlError};

/// Step n brings a store from version n to n + 1.
const STEPS: &[&[&str]] = &[&[
    "CREATE TABLE prediction_logs (
        id INTEGER PRIMARY KEY,
        timestamp_ms INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        client_request_id TEXT,
        position INTEGER NOT NULL,
        batch_size INTEGER NOT NULL,
        lead_id TEXT NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        variant TEXT NOT NULL,
        role TEXT NOT NULL,
        status INTEGER NOT NULL,
        code TEXT,
        margin REAL,
        probability REAL,
        band TEXT NOT NULL,
        duration_us INTEGER
    ) STRICT",
    "CREATE TABLE log_batches (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
]];

/// Brings the store up to date, each step in its own transaction.
pub(super) fn migrate(sql: &mut dyn Sql) -> Result<(), SqlError> {
    sql.execute("CREATE TABLE IF NOT EXISTS plumbline_schema (version INTEGER NOT NULL) STRICT", &[])?;
    let rows = sql.query("SELECT coalesce(max(version), 0) FROM plumbline_schema", &[])?;
    let found = rows.first().and_then(|row| row.first()).and_then(|value| value.as_integer()).unwrap_or(0);
    let known = STEPS.len() as i64;
    if found > known {
        return Err(SqlError::Newer { found, known });
    }
    for (step, version) in STEPS.iter().zip(1..).filter(|(_, version)| *version > found) {
        sql.transaction(&mut |sql| {
            for statement in *step {
                sql.execute(statement, &[])?;
            }
            sql.execute("INSERT INTO plumbline_schema (version) VALUES (?1)", &[Param::Integer(version)]).map(drop)
        })?;
    }
    Ok(())
}
