//! Rows of a shard in the order of their arrival, for a process that follows by a cursor and keeps them elsewhere.
//!
//! Predictions, scores, fields and score changes are followed by their numbers; a lead's score that was last reported comes with its change, and
//! once in the order of leads, because changes are kept for less time. What is stored under another key, or changes, has a row in `changes`, whose
//! numbers only grow; so has what an erasure removed, by numbers alone. What a follower has asked beyond is acknowledged, and retention
//! deletes nothing that a follower does not have.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use plumbline_core::event::lead_number;
use serde_json::{Map, Value, json};

use super::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// An answer is full at so many bytes.
const FULL_BYTES: usize = 1 << 20;
/// Rows of one table in an answer.
const ROWS: i64 = 500;
/// Batches in an answer; each is large.
const BATCHES: i64 = 16;

/// How far a follower is: the numbers of the last batch, score, fields, change, score change and lead it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Of `prediction_batches`.
    pub batch: i64,
    /// Of `lead_scores`.
    pub score: i64,
    /// Of `lead_features`.
    pub fields: i64,
    /// Of `changes`.
    pub change: i64,
    /// Of `score_changes`.
    pub moved: i64,
    /// The number of the last lead of `current_scores`.
    pub lead: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cursor { batch, score, fields, change, moved, lead } = self;
        write!(f, "{batch}.{score}.{fields}.{change}.{moved}.{lead}")
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Cursor, ()> {
        if text.is_empty() {
            return Ok(Cursor::default());
        }
        let numbers: Vec<i64> = text.split('.').filter_map(|number| number.parse().ok()).collect();
        match (numbers.as_slice(), text.split('.').count()) {
            (&[batch, score, fields, change, moved, lead], 6) => Ok(Cursor { batch, score, fields, change, moved, lead }),
            // Of an earlier release, which did not follow score changes.
            (&[batch, score, fields, change], 4) => Ok(Cursor { batch, score, fields, change, moved: 0, lead: 0 }),
            _ => Err(()),
        }
    }
}

/// Rows that follow a cursor.
#[derive(Debug, Default)]
pub struct Exported {
    /// A JSON array of `{table, row}`.
    pub rows: String,
    /// Where to go on.
    pub cursor: String,
    /// Whether more rows wait.
    pub more: bool,
}

impl Exported {
    /// The answer's JSON.
    pub fn document(&self, part: &str) -> String {
        let (cursor, part) = (json!(self.cursor), json!(part));
        format!(r#"{{"format":1,"part":{part},"cursor":{cursor},"more":{},"rows":{}}}"#, self.more, self.rows)
    }
}

/// Rows on their way out.
#[derive(Debug, Default)]
pub(crate) struct Page {
    rows: String,
}

impl Page {
    /// Whether an answer has enough.
    pub fn is_full(&self) -> bool {
        self.rows.len() >= FULL_BYTES
    }

    /// Adds a row of `table`, JSON.
    pub fn add(&mut self, table: &str, row: &str) {
        self.rows.push_str(if self.rows.is_empty() { "[" } else { "," });
        self.rows.push_str(&format!(r#"{{"table":"{table}","row":{row}}}"#));
    }

    /// All of them.
    pub fn finish(mut self, cursor: String, more: bool) -> Exported {
        self.rows.push_str(if self.rows.is_empty() { "[]" } else { "]" });
        Exported { rows: self.rows, cursor, more }
    }
}

const SCORES: &str = "SELECT s.id, s.lead, version.name, rollout.name, s.lead_id, s.first_ms, s.role, s.arm, s.probability, s.explores, \
    s.held_out, s.epoch, s.segments, s.human_score, s.backfill FROM lead_scores AS s JOIN names AS version ON version.id = s.version \
    JOIN names AS rollout ON rollout.id = s.rollout WHERE ";
const SCORE_COLUMNS: [&str; 15] = [
    "id",
    "lead",
    "version",
    "rollout",
    "lead_id",
    "first_ms",
    "role",
    "arm",
    "probability",
    "explores",
    "held_out",
    "epoch",
    "segments",
    "human_score",
    "backfill",
];
const FIELDS: &str =
    "SELECT id, lead, lead_id, at_ms, fields, schema_sha256 FROM lead_features WHERE id > ?1 ORDER BY id LIMIT ?2";
const FIELDS_COLUMNS: [&str; 6] = ["id", "lead", "lead_id", "at_ms", "fields", "schema_sha256"];
const OUTCOME: &str = "SELECT lead_id, event_id, kind, occurred_ms, received_ms, value, replaces, body_sha256 FROM outcome_events \
    WHERE lead_id = ?1 AND event_id = ?2";
const OUTCOME_COLUMNS: [&str; 8] =
    ["lead_id", "event_id", "kind", "occurred_ms", "received_ms", "value", "replaces", "body_sha256"];
const FEEDBACK: &str = "SELECT event_id, lead_id, version, kind, rating, rep, text, at_ms, body_sha256, closed_by, confirmed \
    FROM sales_feedback WHERE lead_id = ?1 AND event_id = ?2";
const FEEDBACK_COLUMNS: [&str; 11] =
    ["event_id", "lead_id", "version", "kind", "rating", "rep", "text", "at_ms", "body_sha256", "closed_by", "confirmed"];
const EXPOSURE: &str =
    "SELECT event_id, lead_id, version, at_ms, client_ms, body_sha256 FROM exposures WHERE lead_id = ?1 AND event_id = ?2";
const EXPOSURE_COLUMNS: [&str; 6] = ["event_id", "lead_id", "version", "at_ms", "client_ms", "body_sha256"];
const MOVED: &str = "SELECT id, lead_id, at_ms, reason, version, probability, band, was_version, was_probability, was_band FROM score_changes WHERE ";
const MOVED_COLUMNS: [&str; 10] =
    ["id", "lead_id", "at_ms", "reason", "version", "probability", "band", "was_version", "was_probability", "was_band"];
const CURRENT: &str = "SELECT lead, lead_id, version, probability, band, at_ms FROM current_scores WHERE ";
const CURRENT_COLUMNS: [&str; 6] = ["lead", "lead_id", "version", "probability", "band", "at_ms"];
const BATCH: &str = "SELECT id, name, rows, first_ms, last_ms, predictions FROM prediction_batches WHERE ";

impl<S: Sql> LogShard<S> {
    /// The rows after `cursor`, as many as an answer takes. What lies before it is acknowledged in the name of `follower`.
    ///
    /// # Errors
    /// [`SqlError`].
    pub fn export(&mut self, cursor: Cursor, follower: &str) -> Result<Exported, SqlError> {
        let mut page = Page::default();
        let (mut reached, mut more) = (cursor, false);
        self.sql.transaction(&mut |sql| {
            page = Page::default();
            (reached, more) = (cursor, false);
            meta::set(sql, &format!("export:{follower}"), &cursor.to_string())?;
            let given = |after: i64, most: i64| [Param::Integer(after), Param::Integer(most)];
            let rows = sql.query(&format!("{BATCH} id > ?1 ORDER BY id LIMIT ?2"), &given(cursor.batch, BATCHES))?;
            more |= rows.len() as i64 == BATCHES;
            for row in &rows {
                if page.is_full() {
                    more = true;
                    break;
                }
                reached.batch = cell::integer(row, 0).unwrap_or(reached.batch);
                page.add("prediction_batches", &batch(row));
            }
            if page.is_full() {
                more = true;
                return Ok(());
            }
            let rows = sql.query(&format!("{SCORES} s.id > ?1 ORDER BY s.id LIMIT ?2"), &given(cursor.score, ROWS))?;
            more |= rows.len() as i64 == ROWS;
            for row in &rows {
                reached.score = cell::integer(row, 0).unwrap_or(reached.score);
                page.add("lead_scores", &object(&SCORE_COLUMNS, row).to_string());
            }
            let rows = sql.query(FIELDS, &given(cursor.fields, ROWS))?;
            more |= rows.len() as i64 == ROWS;
            for row in &rows {
                reached.fields = cell::integer(row, 0).unwrap_or(reached.fields);
                page.add("lead_features", &object(&FIELDS_COLUMNS, row).to_string());
            }
            let rows = sql.query(&format!("{CURRENT} lead > ?1 ORDER BY lead LIMIT ?2"), &given(cursor.lead, ROWS))?;
            more |= rows.len() as i64 == ROWS;
            for row in &rows {
                reached.lead = cell::integer(row, 0).unwrap_or(reached.lead);
                page.add("current_scores", &object(&CURRENT_COLUMNS, row).to_string());
            }
            let rows = sql.query(&format!("{MOVED} id > ?1 ORDER BY id LIMIT ?2"), &given(cursor.moved, ROWS))?;
            more |= rows.len() as i64 == ROWS;
            for row in &rows {
                reached.moved = cell::integer(row, 0).unwrap_or(reached.moved);
                page.add("score_changes", &object(&MOVED_COLUMNS, row).to_string());
            }
            let leads: BTreeSet<i64> = rows.iter().filter_map(|row| cell::text(row, 1)).map(lead_number).collect();
            let leads = Value::from_iter(leads).to_string();
            let of =
                format!("{CURRENT} lead IN (SELECT CAST(wanted.value AS INTEGER) FROM json_each(?1) AS wanted) ORDER BY lead");
            for row in &sql.query(&of, &[Param::Text(&leads)])? {
                page.add("current_scores", &object(&CURRENT_COLUMNS, row).to_string());
            }
            let query = "SELECT id, kind, ref, lead_id, event_id FROM changes WHERE id > ?1 ORDER BY id LIMIT ?2";
            let rows = sql.query(query, &given(cursor.change, ROWS))?;
            more |= rows.len() as i64 == ROWS;
            for row in &rows {
                let id = cell::integer(row, 0).unwrap_or(reached.change);
                changed(sql, row, id, &mut page)?;
                reached.change = id;
            }
            Ok(())
        })?;
        Ok(page.finish(reached.to_string(), more))
    }

    /// The position that every follower has reached; none without followers.
    ///
    /// # Errors
    /// [`SqlError`].
    pub fn archived(&mut self) -> Result<Option<Cursor>, SqlError> {
        let followers = meta::under(&mut self.sql, "export:")?;
        let cursors = followers.iter().filter_map(|(_, cursor)| cursor.parse().ok());
        Ok(cursors.reduce(|a: Cursor, b: Cursor| Cursor {
            batch: a.batch.min(b.batch),
            score: a.score.min(b.score),
            fields: a.fields.min(b.fields),
            change: a.change.min(b.change),
            moved: a.moved.min(b.moved),
            lead: a.lead.min(b.lead),
        }))
    }
}

/// Adds what a row of `changes` stands for, if it is still there.
fn changed(sql: &mut dyn Sql, row: &[SqlValue], id: i64, page: &mut Page) -> Result<(), SqlError> {
    let number = [Param::Integer(cell::integer(row, 2).unwrap_or_default())];
    let (lead, event) = (cell::text(row, 3).unwrap_or_default(), cell::text(row, 4).unwrap_or_default());
    let key = [Param::Text(lead), Param::Text(event)];
    let mut event = |table: &str, query: &str, columns: &[&str]| -> Result<(), SqlError> {
        for found in sql.query(query, &key)? {
            let mut object = object(columns, &found);
            if let Value::Object(members) = &mut object {
                members.insert("change".into(), json!(id));
            }
            page.add(table, &object.to_string());
        }
        Ok(())
    };
    match cell::text(row, 1).unwrap_or_default() {
        "outcome" => event("outcome_events", OUTCOME, &OUTCOME_COLUMNS),
        "feedback" => event("sales_feedback", FEEDBACK, &FEEDBACK_COLUMNS),
        "exposure" => event("exposures", EXPOSURE, &EXPOSURE_COLUMNS),
        "batch" => {
            for found in sql.query(&format!("{BATCH} id = ?1"), &number)? {
                page.add("prediction_batches", &batch(&found));
            }
            Ok(())
        }
        "score" => {
            for found in sql.query(&format!("{SCORES} s.id = ?1"), &number)? {
                page.add("lead_scores", &object(&SCORE_COLUMNS, &found).to_string());
            }
            Ok(())
        }
        "moved" => {
            for found in sql.query(&format!("{MOVED} id = ?1"), &number)? {
                page.add("score_changes", &object(&MOVED_COLUMNS, &found).to_string());
            }
            Ok(())
        }
        kind @ ("gone" | "gone_fields" | "gone_current") => {
            let name = match kind {
                "gone" => "change",
                "gone_fields" => "id",
                _ => "lead",
            };
            page.add(kind, &json!({ name: cell::integer(row, 2) }).to_string());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A batch; its predictions stay the JSON they are.
fn batch(row: &[SqlValue]) -> String {
    let number = |at| cell::integer(row, at).unwrap_or_default();
    format!(
        r#"{{"id":{},"name":{},"rows":{},"first_ms":{},"last_ms":{},"predictions":{}}}"#,
        number(0),
        json!(cell::text(row, 1)),
        number(2),
        number(3),
        number(4),
        cell::text(row, 5).unwrap_or("[]")
    )
}

/// A row with the names of its columns.
pub(crate) fn object(columns: &[&str], row: &[SqlValue]) -> Value {
    let value = |value: &SqlValue| match value {
        SqlValue::Null | SqlValue::Blob(_) => Value::Null,
        SqlValue::Integer(i) => json!(i),
        SqlValue::Real(x) => json!(x),
        SqlValue::Text(text) => json!(text),
    };
    Value::Object(columns.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), value(cell))).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor { batch: 1, score: 22, fields: 0, change: 4, moved: 5, lead: 6 };
        assert_eq!((cursor.to_string().parse(), "".parse()), (Ok(cursor), Ok(Cursor::default())));
        assert_eq!("1.22.0.4".parse(), Ok(Cursor { moved: 0, lead: 0, ..cursor }), "of an earlier release");
        for wrong in ["1.2.3", "1.2.3.4.5", "1.2.3.x", "a"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(()), "{wrong}");
        }
    }
}
