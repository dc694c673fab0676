//! What followers of a shard learn besides new numbers: events by their keys, rows that changed, and what an erasure removed. A change's number
//! only grows. No id of an erased lead stays in it.

use super::batch::ERASED;
use crate::store::{Param, Sql, SqlError};

/// Notes events that were just stored: `rows` are arrays that hold the lead's id and the event's at the places named, `kind` what they are.
pub(super) fn note(sql: &mut dyn Sql, kind: &str, rows: &str, [lead, event]: [usize; 2]) -> Result<(), SqlError> {
    let insert = format!(
        "INSERT INTO changes (kind, lead_id, event_id) SELECT ?2, e.value ->> {lead}, e.value ->> {event} FROM json_each(?1) AS e"
    );
    sql.execute(&insert, &[Param::Text(rows), Param::Text(kind)]).map(drop)
}

/// Notes that a report of feedback was closed.
pub(super) fn closed(sql: &mut dyn Sql, event_id: &str) -> Result<(), SqlError> {
    let insert = "INSERT INTO changes (kind, lead_id, event_id) SELECT 'feedback', lead_id, event_id FROM sales_feedback WHERE event_id = ?1";
    sql.execute(insert, &[Param::Text(event_id)]).map(drop)
}

/// Notes that a batch was written again.
pub(super) fn rewritten(sql: &mut dyn Sql, batch: i64) -> Result<(), SqlError> {
    let insert = "INSERT INTO changes (kind, ref, lead_id, event_id) VALUES ('batch', ?1, '', '')";
    sql.execute(insert, &[Param::Integer(batch)]).map(drop)
}

/// Notes what is about to be erased of a lead, by numbers, and takes its id out of earlier changes. Its scores have their new id already.
pub(super) fn erased(sql: &mut dyn Sql, lead: [Param<'_>; 2], renamed: [Param<'_>; 2]) -> Result<(), SqlError> {
    let [_, id] = lead;
    let scores = "INSERT INTO changes (kind, ref, lead_id, event_id) SELECT 'score', id, '', '' FROM lead_scores WHERE lead = ?1 AND lead_id = ?2";
    sql.execute(scores, &renamed)?;
    let fields = "INSERT INTO changes (kind, ref, lead_id, event_id) SELECT 'gone_fields', id, '', '' FROM lead_features \
        WHERE lead = ?1 AND lead_id = ?2";
    sql.execute(fields, &lead)?;
    let events = "INSERT INTO changes (kind, ref, lead_id, event_id) SELECT 'gone', id, '', '' FROM changes WHERE lead_id = ?1 AND lead_id <> ''";
    sql.execute(events, &[id])?;
    sql.execute("UPDATE changes SET kind = 'void', lead_id = '', event_id = '' WHERE lead_id = ?1 AND lead_id <> ''", &[id])
        .map(drop)
}

/// The highest number of a table's rows.
pub(super) fn highest(sql: &mut dyn Sql, table: &str) -> Result<i64, SqlError> {
    let rows = sql.query(&format!("SELECT coalesce(max(id), 0) FROM {table}"), &[])?;
    Ok(rows.first().and_then(|row| super::cell::integer(row, 0)).unwrap_or(0))
}

/// Makes sure that the number `highest` of fields is not given again: followers go by numbers.
pub(super) fn keep_number(sql: &mut dyn Sql, highest: i64) -> Result<(), SqlError> {
    let keep = "INSERT INTO lead_features (id, lead, lead_id, at_ms, fields, schema_sha256) SELECT CAST(?1 AS INTEGER), 0, ?2, \
        CAST(?1 AS INTEGER), '{}', '' WHERE NOT EXISTS (SELECT 1 FROM lead_features WHERE id >= ?1)";
    sql.execute(keep, &[Param::Integer(highest), Param::Text(ERASED)]).map(drop)
}
