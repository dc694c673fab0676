//! Rows of the control object, for a process that follows by a cursor and keeps them elsewhere. Keys and messages never leave.

use std::fmt::Write;
use std::str::FromStr;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Control, Fault, integer, text};
use crate::Problem;
use crate::log::export::{Exported, Page, object};
use crate::request::Response;
use crate::store::{Param, Sql, SqlError};

/// Rows of one table in an answer.
const ROWS: i64 = 200;
/// Documents of the last moment wait: of two of one millisecond the second must not be missed.
const REST_MS: i64 = 2_000;
/// Of the tables that grow by the day, an answer has the days of so long.
const DAYS_MS: i64 = 120 * 86_400_000;

/// How far a follower is: the last entry of the ledger, deployment and document it has, and what the small tables held then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Cursor {
    seq: i64,
    epoch: i64,
    document_ms: i64,
    document: String,
    held: String,
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Cursor, ()> {
        if text.is_empty() {
            return Ok(Cursor::default());
        }
        let words: Vec<&str> = text.split('.').collect();
        let &[seq, epoch, document_ms, document, held] = words.as_slice() else { return Err(()) };
        let number = |text: &str| text.parse().map_err(|_| ());
        Ok(Cursor {
            seq: number(seq)?,
            epoch: number(epoch)?,
            document_ms: number(document_ms)?,
            document: document.to_owned(),
            held: held.to_owned(),
        })
    }
}

/// Tables that grow row by row, each with its columns and those that follow a cursor.
const LEDGER: [&str; 7] = ["seq", "at_ms", "kind", "rollout", "body", "previous", "hash"];
const DEPLOYMENTS: [&str; 3] = ["epoch", "effective_ms", "document"];
const DOCUMENTS: [&str; 4] = ["sha256", "kind", "at_ms", "body"];

/// Tables that are small and change: they are sent whole when they did.
const HELD: [(&str, &[&str]); 9] = [
    ("models", &["name", "version", "digest", "status", "registered_ms", "registered_by", "bytes", "manifest"]),
    ("aliases", &["alias", "version"]),
    ("looks", &["rollout", "stage", "look", "at_ms", "evidence_sha256", "verdicts"]),
    (
        "alerts",
        &[
            "id",
            "rule",
            "subject",
            "severity",
            "state",
            "value",
            "threshold",
            "n",
            "since_ms",
            "fired_ms",
            "resolved_ms",
            "incident",
        ],
    ),
    ("incidents", &["id", "severity", "opened_ms", "due_ms", "acknowledged_by", "closed_ms", "cause", "postmortem_sha256"]),
    ("notes", &["id", "at_ms", "kind", "actor", "text"]),
    ("capacity", &["build", "at_ms", "rps", "p99_ms", "seconds", "actor"]),
    ("metric_days", &METRIC_DAYS),
    ("retraining_runs", &RETRAINING_RUNS),
];

const METRIC_DAYS: [&str; 21] = [
    "date",
    "version",
    "role",
    "auc",
    "auc_low",
    "auc_high",
    "precision",
    "recall",
    "calibration_error",
    "p50_ms",
    "p99_ms",
    "error_rate",
    "throughput",
    "coverage",
    "drift",
    "missing",
    "conversion",
    "deal_size",
    "satisfaction",
    "leads",
    "matured",
];

const RETRAINING_RUNS: [&str; 17] = [
    "id",
    "trigger",
    "actor",
    "state",
    "due_ms",
    "started_ms",
    "ended_ms",
    "rows",
    "tested",
    "auc",
    "auc_low",
    "auc_high",
    "champion_auc",
    "version",
    "decision",
    "problem",
    "sentence",
];

/// A cursor that a part never gave.
pub(crate) fn malformed(cursor: &str) -> Problem {
    Problem::new(
        400,
        "CURSOR_MALFORMED",
        format!("after is {cursor:?}, which is no cursor of this part; leave it out to begin anew"),
    )
}

impl<S: Sql> Control<S> {
    /// Notes that `follower` asked; its silence is a fault where it `is_continuous`.
    pub(super) fn heard_from(&mut self, now_ms: i64, follower: &str, is_continuous: bool) -> Result<(), SqlError> {
        let last = if is_continuous { now_ms.to_string() } else { String::new() };
        self.set_kept(&format!("followed:{follower}"), &last)
    }

    /// For how long the most silent of the continuous followers has not asked, in milliseconds; none without one.
    pub(super) fn export_lag(&mut self, now_ms: i64) -> Result<Option<i64>, SqlError> {
        let rows = self.sql.query("SELECT value FROM meta WHERE key LIKE 'followed:%'", &[])?;
        let last = rows.iter().filter_map(|row| text(row, 0).parse::<i64>().ok()).min();
        Ok(last.map(|last_ms| now_ms.saturating_sub(last_ms).max(0)))
    }

    /// The answer to a follower of a part: which parts there are where it names none.
    pub(super) fn exported(
        &mut self,
        now_ms: i64,
        (part, cursor, follower): (&str, &str, &str),
        parts: &[Value],
    ) -> Result<Response, Fault> {
        let document = match part {
            "" => {
                let first = self.sql.query("SELECT hash FROM ledger WHERE seq = 1", &[])?;
                let source = first.first().map(|row| text(row, 0)).unwrap_or_default();
                let names = (0..parts.len()).map(|number| number.to_string());
                let names: Vec<String> = std::iter::once("control".to_owned()).chain(names).collect();
                json!({ "format": 1, "source": source, "parts": names }).to_string()
            }
            "control" => {
                let exported = self.export(now_ms, cursor, follower)?;
                exported.ok_or_else(|| malformed(cursor))?.document(part)
            }
            _ => {
                let number = part.parse::<usize>().ok().and_then(|number| parts.get(number)).and_then(Value::as_str);
                let none = || Problem::new(404, "NO_SUCH_PART", format!("part is {part:?}; GET /v1/export lists the parts"));
                number.ok_or_else(none)?.to_owned()
            }
        };
        Ok(Response::new(200, "application/json", document.into_bytes()).with("cache-control", "no-store"))
    }

    /// The rows after `cursor`, as many as an answer takes; none where it is not a cursor of this object. What lies before it is
    /// acknowledged in the name of `follower`.
    ///
    /// # Errors
    /// [`SqlError`].
    pub fn export(&mut self, now_ms: i64, cursor: &str, follower: &str) -> Result<Option<Exported>, SqlError> {
        let Ok(from) = cursor.parse::<Cursor>() else { return Ok(None) };
        self.set_kept(&format!("export:{follower}"), cursor)?;
        let (mut reached, mut more, mut page) = (from.clone(), false, Page::default());
        let rows = self.after(&LEDGER, "ledger WHERE seq > ?1 ORDER BY seq", &[Param::Integer(from.seq)])?;
        more |= rows.len() as i64 == ROWS;
        for row in &rows {
            reached.seq = integer(row, 0);
            page.add("ledger", &object(&LEDGER, row).to_string());
        }
        let rows = self.after(&DEPLOYMENTS, "deployments WHERE epoch > ?1 ORDER BY epoch", &[Param::Integer(from.epoch)])?;
        more |= rows.len() as i64 == ROWS;
        for row in &rows {
            reached.epoch = integer(row, 0);
            page.add("deployments", &object(&DEPLOYMENTS, row).to_string());
        }
        let given = [Param::Integer(from.document_ms), Param::Text(&from.document), Param::Integer(now_ms - REST_MS)];
        let documents = "documents WHERE (at_ms, sha256) > (?1, ?2) AND at_ms < ?3 ORDER BY at_ms, sha256";
        let rows = self.after(&DOCUMENTS, documents, &given)?;
        more |= rows.len() as i64 == ROWS;
        for row in &rows {
            if page.is_full() {
                more = true;
                break;
            }
            (reached.document_ms, reached.document) = (integer(row, 2), text(row, 0));
            page.add("documents", &object(&DOCUMENTS, row).to_string());
        }
        if !more {
            reached.held = self.held(now_ms, &from.held, &mut page)?;
        }
        let Cursor { seq, epoch, document_ms, document, held } = &reached;
        Ok(Some(page.finish(format!("{seq}.{epoch}.{document_ms}.{document}.{held}"), more)))
    }

    fn after(&mut self, columns: &[&str], rest: &str, given: &[Param<'_>]) -> Result<Vec<Vec<crate::SqlValue>>, SqlError> {
        self.sql.query(&format!("SELECT {} FROM {rest} LIMIT {ROWS}", columns.join(", ")), given)
    }

    /// Adds the small tables, where they hold something other than what has the digest `known`; what they hold now.
    fn held(&mut self, now_ms: i64, known: &str, page: &mut Page) -> Result<String, SqlError> {
        let since = plumbline_core::report::day_text(now_ms - DAYS_MS);
        let mut tables = Vec::new();
        let mut digest = Sha256::new();
        for (table, columns) in HELD {
            let days = if table == "metric_days" { format!(" WHERE date >= '{since}'") } else { String::new() };
            let keys = if table == "metric_days" { "1, 2, 3" } else { "1, 2" };
            let query = format!("SELECT {} FROM {table}{days} ORDER BY {keys}", columns.join(", "));
            let rows: Vec<String> = self.sql.query(&query, &[])?.iter().map(|row| object(columns, row).to_string()).collect();
            rows.iter().for_each(|row| digest.update(row.as_bytes()));
            tables.push((table, rows));
        }
        let mut name = String::new();
        for byte in digest.finalize().iter().take(8) {
            // Writing to a String cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        if name != known {
            for (table, rows) in &tables {
                // Rows that went are gone for the follower too; days beyond those sent stay.
                if *table != "metric_days" {
                    page.add("emptied", &format!(r#"{{"table":"{table}"}}"#));
                }
                rows.iter().for_each(|row| page.add(table, row));
            }
        }
        Ok(name)
    }
}
