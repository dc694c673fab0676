//! `plumbline sql`: questions to the store in SQL, the checklist's own among them.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_worker::SqlValue;
use plumbline_worker::store::postgres::Postgres;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value, json};

use crate::host::lifecycle;
use crate::output::terminal;
use crate::store::{Home, Place};
use crate::{Failure, Outcome, clock};

/// Ask a store in SQL, without changing it
#[derive(Debug, Args)]
#[command(after_help = "\
The store is opened for reading only, also while a service runs on it. Tables of the log and of control are in one name space:
prediction_logs, outcomes, lead_scores, sales_feedback, model_metrics, metric_days, drift_reports, rollout_events, ledger, alerts,
approvals, models … (docs/TABLES.md has them all).

Examples:
  plumbline sql --store store --list
  plumbline sql --store store auc-of-the-week
  plumbline sql --store store \"SELECT version, count(*) FROM prediction_logs GROUP BY 1\"")]
pub struct SqlCommand {
    /// A SELECT, or the name of one of the list
    #[arg(value_name = "SQL|NAME", required_unless_present = "list")]
    query: Option<String>,
    /// The folder of the store
    #[arg(long, value_name = "FOLDER", required_unless_present = "list")]
    store: Option<PathBuf>,
    /// The queries that have a name
    #[arg(long)]
    list: bool,
}

/// A query with a name: what it says, as the checklist writes it, and as SQLite takes it. `:now` is the time, milliseconds since 1970.
struct Named {
    name: &'static str,
    says: &'static str,
    checklist: &'static str,
    sqlite: &'static str,
}

const NAMED: &[Named] = &[
    Named {
        name: "auc-of-the-week",
        says: "mean AUC of the last seven days (D1, step 2)",
        checklist: "SELECT AVG(auc) FROM model_metrics WHERE date >= TODAY() - 7",
        sqlite: "SELECT AVG(auc) AS auc FROM model_metrics WHERE date >= date(:now / 1000, 'unixepoch', '-7 days')",
    },
    Named {
        name: "latency-by-hour",
        says: "the slowest hundredth by hour, of the last six hours (D2)",
        checklist: "SELECT DATE_TRUNC('hour', timestamp) as hour, PERCENTILE_CONT(0.99) WITHIN GROUP (ORDER BY latency_ms) as p99 \
            FROM prediction_logs WHERE timestamp >= CURRENT_TIMESTAMP - INTERVAL 6 HOUR GROUP BY 1 ORDER BY 1 DESC",
        // PERCENTILE_CONT: between the two values next to the place 0.99 (n − 1).
        sqlite: "WITH rows AS (SELECT strftime('%Y-%m-%dT%H:00:00Z', timestamp_ms / 1000, 'unixepoch') AS hour, latency_ms,
                row_number() OVER (PARTITION BY timestamp_ms / 3600000 ORDER BY latency_ms) - 1 AS place,
                0.99 * (count(latency_ms) OVER (PARTITION BY timestamp_ms / 3600000) - 1) AS wanted
            FROM prediction_logs WHERE timestamp_ms >= :now - 6 * 3600000 AND latency_ms IS NOT NULL)
            SELECT hour, sum(CASE WHEN place = CAST(wanted AS INTEGER) THEN latency_ms * (1 - (wanted - CAST(wanted AS INTEGER)))
                WHEN place = CAST(wanted AS INTEGER) + 1 THEN latency_ms * (wanted - CAST(wanted AS INTEGER)) ELSE 0 END) AS p99
            FROM rows GROUP BY hour ORDER BY hour DESC",
    },
    Named {
        name: "time-per-lead",
        says: "mean time a lead, of all predictions (D2, remedies)",
        checklist: "SELECT AVG(latency_ms / batch_size) FROM prediction_logs",
        sqlite: "SELECT AVG(latency_ms / batch_size) AS ms_per_lead FROM prediction_logs",
    },
];

impl SqlCommand {
    /// Prints what the query finds.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if self.list {
            return list(json);
        }
        let (query, store) = (self.query.as_deref().unwrap_or_default(), self.store.clone().unwrap_or_default());
        let place = store.display().to_string();
        if !lifecycle::exists(&store) {
            return Err(Failure::input(place.clone(), "STORE_MISSING", format!("{place} is no store")));
        }
        let named = NAMED.iter().find(|named| named.name == query || same(named.checklist, query));
        let (names, rows) = match Home::of(&store)? {
            Home { log: Place::File(log), control: Place::File(control) } => {
                let text = named.map_or(query, |named| named.sqlite);
                found((&log, &control), text).map_err(|e| Failure::usage("SQL_REJECTED", e.to_string()))?
            }
            Home { log: Place::Postgres(log), control: Place::Postgres(control) } => {
                let text = quoted_intervals(named.map_or(query, |named| named.checklist));
                let asked = Postgres::open(*control).and_then(|mut store| store.ask(&log, &text));
                let (names, rows) = asked.map_err(|e| Failure::usage("SQL_REJECTED", e.to_string()))?;
                (names, rows.iter().map(|row| row.iter().map(shown).collect()).collect())
            }
            _ => return Err(Failure::input(place.clone(), "STORE_MISSING", format!("{place} is no store"))),
        };
        if json {
            let object = |row: Vec<Value>| Value::Object(names.iter().cloned().zip(row).collect::<Map<_, _>>());
            terminal::say_json(&rows.into_iter().map(object).collect::<Vec<_>>())?;
        } else {
            let head: Vec<&str> = names.iter().map(String::as_str).collect();
            let cell = |value: &Value| match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            terminal::say(&terminal::columns(&head, rows.iter().map(|row| row.iter().map(cell).collect())))?;
        }
        Ok(Outcome::Done)
    }
}

fn list(json: bool) -> Result<Outcome, Failure> {
    if json {
        let named = NAMED.iter().map(|named| json!({ "name": named.name, "says": named.says, "checklist": named.checklist }));
        terminal::say_json(&named.collect::<Vec<_>>())?;
    } else {
        let rows: Vec<(&str, String)> =
            NAMED.iter().map(|named| (named.name, format!("{}\n{}", named.says, squeezed(named.checklist)))).collect();
        terminal::say(&terminal::aligned(&rows))?;
    }
    Ok(Outcome::Done)
}

/// Whether two queries differ in spaces, capitals and a last semicolon only: the checklist's are answered as it writes them.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| squeezed(text).trim_end_matches([';', ' ']).to_ascii_lowercase();
    plain(one) == plain(other)
}

fn squeezed(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// The query with its bare intervals in quotes, as PostgreSQL wants them: `INTERVAL 6 HOUR` is `INTERVAL '6' HOUR` there.
fn quoted_intervals(query: &str) -> String {
    let words: Vec<&str> = query.split(' ').collect();
    let is_interval =
        |at: usize| at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|word| word.eq_ignore_ascii_case("interval"));
    let quoted = words.iter().enumerate().map(|(at, word)| match word.parse::<u32>() {
        Ok(_) if is_interval(at) => format!("'{word}'"),
        _ => (*word).to_owned(),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

fn shown(value: &SqlValue) -> Value {
    match value {
        SqlValue::Null => Value::Null,
        SqlValue::Integer(n) => (*n).into(),
        SqlValue::Real(x) => (*x).into(),
        SqlValue::Text(text) => text.clone().into(),
        SqlValue::Blob(bytes) => format!("{} bytes", bytes.len()).into(),
    }
}

type Found = (Vec<String>, Vec<Vec<Value>>);

/// Names and rows of what `query` finds in both files of the store.
fn found((log, control): (&Path, &Path), query: &str) -> rusqlite::Result<Found> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(log, flags)?;
    let control = format!("file:{}?mode=ro", crate::client::encoded(&control.display().to_string()).replace("%2F", "/"));
    connection.execute("ATTACH DATABASE ?1 AS control", [control])?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA busy_timeout = 5000;")?;
    let mut statement = connection.prepare(query)?;
    if let Some(index) = statement.parameter_index(":now")? {
        statement.raw_bind_parameter(index, clock::now().0)?;
    }
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let (width, mut found) = (names.len(), Vec::new());
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let value = |i| {
            Ok(match row.get_ref(i)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(n) => n.into(),
                ValueRef::Real(x) => x.into(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
                ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()).into(),
            })
        };
        found.push((0..width).map(value).collect::<rusqlite::Result<Vec<Value>>>()?);
    }
    Ok((names, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found_in(folder: &Path, query: &str) -> rusqlite::Result<Found> {
        found((&folder.join("log.sqlite"), &folder.join("control.sqlite")), query)
    }

    #[test]
    fn bare_intervals_are_quoted() {
        assert_eq!(quoted_intervals("SELECT 6 - INTERVAL 6 HOUR x"), "SELECT 6 - INTERVAL '6' HOUR x");
        assert!(quoted_intervals(NAMED[1].checklist).contains("INTERVAL '6' HOUR"));
    }

    #[test]
    fn the_checklist_asks_in_its_own_words() {
        assert!(same(NAMED[0].checklist, "select avg(auc)\n from model_metrics where date >= today() - 7;"));
        assert!(!same(NAMED[0].checklist, NAMED[2].checklist));
    }

    #[test]
    fn every_named_query_runs_on_an_empty_store_and_nothing_can_be_changed() {
        let folder = tempfile::tempdir().unwrap();
        drop(lifecycle::reopen(folder.path()).unwrap());
        for named in NAMED {
            assert!(found_in(folder.path(), named.sqlite).is_ok(), "{}: {:?}", named.name, found_in(folder.path(), named.sqlite));
        }
        for change in
            ["DELETE FROM ledger", "CREATE TABLE t (a)", "INSERT INTO meta VALUES ('a', 'b')", "DROP VIEW prediction_logs"]
        {
            assert!(found_in(folder.path(), change).is_err(), "{change}");
        }
    }

    #[test]
    fn the_slowest_hundredth_lies_between_two_values() {
        let folder = tempfile::tempdir().unwrap();
        let mut lifecycle = lifecycle::reopen(folder.path()).unwrap();
        let row = |i: i64| {
            json!([clock::now().0, "r", null, 0, 1, "l", "m", "1", "1", "champion", 200, null, 0.1, 0.5, "hot", i * 1000])
        };
        let rows = Value::from_iter((1..=11).map(row)).to_string();
        lifecycle.shards()[0].append(&format!("b 11 1 {}\n{rows}", clock::now().0)).unwrap();
        drop(lifecycle);
        let (_, rows) = found_in(folder.path(), NAMED[1].sqlite).unwrap();
        assert_eq!(rows[0][1].as_f64().map(|p99| (p99 * 1000.0).round()), Some(10_900.0), "{rows:?}");
    }
}
