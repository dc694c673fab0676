//! A copy in a PostgreSQL database: rows and cursor are committed together.

use std::collections::BTreeMap;

use plumbline_worker::store::postgres::{Address, Postgres};
use plumbline_worker::store::{Param, Sql, SqlError};
use serde_json::Value;

use super::table::{TABLES, create, prediction, predictions, upsert};
use super::{Page, Target, of_another};
use crate::Failure;

/// The schema of a copy, where the address names none: apart from a store's own.
const SCHEMA: &str = "plumbline_export";
/// Predictions of one statement.
const AT_ONCE: usize = 2_000;

/// The columns by which people ask for times.
const TIMES: [&str; 2] = [
    "ALTER TABLE prediction_logs ADD COLUMN IF NOT EXISTS timestamp timestamp \
     GENERATED ALWAYS AS (to_timestamp((timestamp_ms / 1000.0)::double precision) AT TIME ZONE 'UTC') STORED",
    "ALTER TABLE prediction_logs ADD COLUMN IF NOT EXISTS latency_ms double precision GENERATED ALWAYS AS (duration_us / 1000.0) STORED",
];

/// A schema with a copy.
pub struct Database {
    store: Postgres,
    shown: String,
}

impl Database {
    /// Whether `text` is a database's address.
    pub fn is_one(text: &str) -> bool {
        Address::is_one(text)
    }

    /// Opens the copy, whose tables are made where they are missing.
    pub fn open(text: &str) -> Result<Database, Failure> {
        let address = Address::read(text).map_err(|e| Failure::usage(e.code(), e.to_string()))?;
        let address = if text.contains("schema=") { address } else { address.with_schema(SCHEMA) };
        let shown = address.shown();
        let failed = |e: SqlError| failure(&shown, &e);
        let mut store = Postgres::open(address).map_err(failed)?;
        if store.has_tables().map_err(failed)? {
            let message = format!("{shown} is the store of a service itself; name another schema with ?schema=…");
            return Err(Failure::usage("EXPORT_TO_STORE", message));
        }
        let made = store.transaction(&mut |sql| {
            let positions =
                "CREATE TABLE IF NOT EXISTS export_positions (part TEXT PRIMARY KEY, source TEXT NOT NULL, cursor TEXT NOT NULL)";
            sql.execute(positions, &[])?;
            for table in TABLES {
                sql.execute(&create(table.name, table.of_shards, table.key, table.columns), &[])?;
            }
            sql.execute(&create("prediction_logs", true, 2, &predictions()), &[])?;
            // A copy that an earlier release made has fewer columns.
            sql.execute("ALTER TABLE prediction_logs ADD COLUMN IF NOT EXISTS source TEXT", &[])?;
            TIMES.iter().try_for_each(|statement| sql.execute(statement, &[]).map(drop))?;
            for index in [
                "CREATE INDEX IF NOT EXISTS prediction_logs_by_time ON prediction_logs (timestamp_ms)",
                "CREATE INDEX IF NOT EXISTS prediction_logs_by_lead ON prediction_logs (lead_id)",
            ] {
                sql.execute(index, &[])?;
            }
            Ok(())
        });
        made.map_err(failed)?;
        Ok(Database { store, shown })
    }
}

impl Target for Database {
    fn position(&mut self, source: &str, part: &str) -> Result<String, Failure> {
        let query = "SELECT source, cursor FROM export_positions WHERE part = ?1";
        let found = self.store.query(query, &[Param::Text(part)]).map_err(|e| failure(&self.shown, &e))?;
        let text = |at: usize| {
            found.first().and_then(|row| row.get(at)).and_then(|value| value.as_text()).unwrap_or_default().to_owned()
        };
        if !found.is_empty() && text(0) != source {
            return Err(of_another(&self.shown));
        }
        Ok(text(1))
    }

    fn keep(&mut self, source: &str, page: &Page) -> Result<(), Failure> {
        let shard = Param::Integer(page.part.parse().unwrap_or(-1));
        let done = self.store.transaction(&mut |sql| {
            store(sql, shard, &page.rows)?;
            // A page that is kept already was kept with this cursor or a later one.
            let position = "INSERT INTO export_positions (part, source, cursor) VALUES (?1, ?2, ?3) \
                ON CONFLICT (part) DO UPDATE SET cursor = excluded.cursor";
            sql.execute(position, &[Param::Text(&page.part), Param::Text(source), Param::Text(&page.cursor)]).map(drop)
        });
        done.map_err(|e| failure(&self.shown, &e))
    }
}

fn store(sql: &mut dyn Sql, shard: Param<'_>, rows: &[Value]) -> Result<(), SqlError> {
    let of = |row: &'_ Value, name: &str| row.get("row").and_then(|row| row.get(name)).cloned().unwrap_or_default();
    let mut tables: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        tables.entry(row.get("table").and_then(Value::as_str).unwrap_or_default()).or_default().push(row);
    }
    for row in tables.remove("emptied").unwrap_or_default() {
        let name = of(row, "table");
        if let Some(table) = TABLES.iter().find(|table| Some(table.name) == name.as_str() && !table.of_shards) {
            sql.execute(&format!("DELETE FROM {}", table.name), &[])?;
        }
    }
    for batch in tables.remove("prediction_batches").unwrap_or_default() {
        let (id, predictions_of) = (of(batch, "id"), of(batch, "predictions"));
        let statement = upsert("prediction_logs", true, 2, &predictions(), |at, _| format!("r.value ->> {at}"));
        let lines: Vec<Value> = predictions_of
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(ordinal, cells)| [id.clone(), Value::from(ordinal)].into_iter().chain(prediction(cells)).collect())
            .collect();
        for lines in lines.chunks(AT_ONCE) {
            sql.execute(&statement, &[Param::Text(&Value::from(lines).to_string()), shard])?;
        }
    }
    for table in TABLES {
        // Of two versions of a row the later one stays.
        let mut latest: BTreeMap<String, Value> = BTreeMap::new();
        for row in tables.remove(table.name).unwrap_or_default() {
            let key: Vec<Value> = table.columns.iter().take(table.key).map(|(name, _)| of(row, name)).collect();
            latest.insert(Value::from(key).to_string(), row.get("row").cloned().unwrap_or_default());
        }
        if latest.is_empty() {
            continue;
        }
        let statement = upsert(table.name, table.of_shards, table.key, table.columns, |_, name| format!("r.value ->> '{name}'"));
        let rows = Value::from_iter(latest.into_values()).to_string();
        let given = [Param::Text(&rows), shard];
        sql.execute(&statement, given.get(..if table.of_shards { 2 } else { 1 }).unwrap_or(&given))?;
    }
    let numbers = |rows: Vec<&Value>, name: &str| Value::from_iter(rows.into_iter().map(|row| of(row, name))).to_string();
    if let Some(gone) = tables.remove("gone") {
        let gone = numbers(gone, "change");
        for name in ["outcome_events", "sales_feedback", "exposures"] {
            let delete = format!(
                "DELETE FROM {name} WHERE shard = ?1 AND change IN (SELECT CAST(g.value AS INTEGER) FROM json_each(?2) AS g)"
            );
            sql.execute(&delete, &[shard, Param::Text(&gone)])?;
        }
    }
    for (kind, name, key) in [("gone_fields", "lead_features", "id"), ("gone_current", "current_scores", "lead")] {
        let Some(gone) = tables.remove(kind) else { continue };
        let gone = numbers(gone, key);
        let delete =
            format!("DELETE FROM {name} WHERE shard = ?1 AND {key} IN (SELECT CAST(g.value AS INTEGER) FROM json_each(?2) AS g)");
        sql.execute(&delete, &[shard, Param::Text(&gone)])?;
    }
    Ok(())
}

fn failure(shown: &str, error: &SqlError) -> Failure {
    Failure::Service { code: error.code(), message: format!("{shown}: {error}") }
}
