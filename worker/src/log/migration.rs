//! The tables of a shard, step by step. A step, once released, is never edited; a new one is added.

use crate::store::{Param, Sql, SqlError};

/// Step n brings a store from version n to n + 1.
const STEPS: &[&[&str]] = &[ROWS, BATCHES, EXPLORATION, FLAGS];

/// A row a prediction.
const ROWS: &[&str] = &[
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
];

/// A row a batch: appending costs one row however many predictions it holds. They stay readable as rows, through a view.
const BATCHES: &[&str] = &[
    "CREATE TABLE prediction_batches (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        rows INTEGER NOT NULL,
        first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL,
        predictions TEXT NOT NULL
    ) STRICT",
    "INSERT INTO prediction_batches (name, rows, first_ms, last_ms, predictions)
        SELECT 'step-1-' || id / 1024, count(*), min(timestamp_ms), max(timestamp_ms), json_group_array(json_array(timestamp_ms,
            request_id, client_request_id, position, batch_size, lead_id, model, version, variant, role, status, code, margin,
            probability, band, duration_us))
        FROM prediction_logs GROUP BY id / 1024",
    "DROP TABLE prediction_logs",
    "DROP TABLE log_batches",
    "CREATE VIEW prediction_logs (id, timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, model, version,
            variant, role, status, code, margin, probability, band, duration_us) AS
        SELECT batch.id * 65536 + row.key, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4,
            row.value ->> 5, row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9, row.value ->> 10,
            row.value ->> 11, row.value ->> 12, row.value ->> 13, row.value ->> 14, row.value ->> 15
        FROM prediction_batches AS batch, json_each(batch.predictions) AS row",
];

/// Which predictions were of the exploration slice; older rows are of none.
const EXPLORATION: &[&str] = &[
    "DROP VIEW prediction_logs",
    "CREATE VIEW prediction_logs (id, timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, model, version,
            variant, role, status, code, margin, probability, band, duration_us, explores) AS
        SELECT batch.id * 65536 + row.key, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4,
            row.value ->> 5, row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9, row.value ->> 10,
            row.value ->> 11, row.value ->> 12, row.value ->> 13, row.value ->> 14, row.value ->> 15,
            coalesce(row.value ->> 16, 0)
        FROM prediction_batches AS batch, json_each(batch.predictions) AS row",
];

/// What the suite had to say of leads that were scored all the same; of older rows nothing.
const FLAGS: &[&str] = &[
    "DROP VIEW prediction_logs",
    "CREATE VIEW prediction_logs (id, timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, model, version,
            variant, role, status, code, margin, probability, band, duration_us, explores, flags) AS
        SELECT batch.id * 65536 + row.key, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4,
            row.value ->> 5, row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9, row.value ->> 10,
            row.value ->> 11, row.value ->> 12, row.value ->> 13, row.value ->> 14, row.value ->> 15,
            coalesce(row.value ->> 16, 0), row.value ->> 17
        FROM prediction_batches AS batch, json_each(batch.predictions) AS row",
];

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
