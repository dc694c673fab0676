//! Score changes for a CRM: what was last reported of each lead, and each score that moved from it by the set amount or into another band.
//!
//! Scores that callers asked for come from the log, behind a cursor of their own; others from scoring open leads again by their stored
//! fields. Leads of the exploration slice are left out: their scores are hidden. Figures and gates do not count what is recorded here.

mod changes;
mod rescore;
mod scored;

pub(super) use scored::begin;

use plumbline_core::event::ChangeReason;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use changes::ChangePage;
pub use rescore::{Rescored, Rescoring, ScoreAgain};

use crate::store::{Param, Sql, SqlError};

/// By which rules a shard records changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WritebackRules {
    /// A probability that moved by at least so much is a change.
    pub min_change: f64,
    /// Leads to be scored again; none while they rest.
    pub rescoring: Option<Rescoring>,
}

/// A score as it was last reported, or would be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reported {
    pub version: String,
    pub probability: f64,
    pub band: String,
}

/// A lead's new score next to the one that was last reported.
#[derive(Debug)]
pub(super) struct Moved<'a> {
    pub lead: i64,
    pub lead_id: &'a str,
    pub at_ms: i64,
    /// When a caller last had the lead scored.
    pub shown_ms: i64,
    pub new: Reported,
    pub old: Option<Reported>,
}

/// The last reported scores of the lead numbers `?1`.
pub(super) const CURRENT: &str = "SELECT c.lead, c.lead_id, c.version, c.probability, c.band, c.at_ms FROM json_each(?1) AS wanted \
    CROSS JOIN current_scores AS c WHERE c.lead = wanted.value";

const KEEP: &str = "INSERT INTO current_scores (lead, lead_id, version, probability, band, at_ms) SELECT e.value ->> 0, e.value ->> 1, \
    e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5 FROM json_each(?1) AS e WHERE true ON CONFLICT (lead) DO UPDATE SET \
    version = excluded.version, probability = excluded.probability, band = excluded.band, at_ms = excluded.at_ms";
const ADD: &str = "INSERT INTO score_changes (lead_id, version, probability, band, at_ms, reason, was_version, was_probability, was_band) \
    SELECT e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 6, ?2, e.value ->> 7, e.value ->> 8, e.value ->> 9 \
    FROM json_each(?1) AS e";

/// Records those of `moved`, a lead once, that moved far enough; how many. Of the others only the time is kept: figures stay as they were
/// reported, so that many small steps add up to a change.
pub(super) fn record(
    sql: &mut dyn Sql,
    rules: &WritebackRules,
    reason: ChangeReason,
    moved: &[Moved<'_>],
) -> Result<u64, SqlError> {
    let is_change = |moved: &&Moved<'_>| match &moved.old {
        None => true,
        // Sums and differences of decimals are rounded: 0.55 is at least 0.05 above 0.5.
        Some(old) => old.band != moved.new.band || (old.probability - moved.new.probability).abs() >= rules.min_change - 1e-12,
    };
    let row = |moved: &Moved<'_>, kept: &Reported| {
        let values = (moved.lead, moved.lead_id, &kept.version, kept.probability, &kept.band, moved.shown_ms, moved.at_ms);
        json!(values).as_array().cloned().unwrap_or_default()
    };
    let seen = moved.iter().filter(|moved| !is_change(moved)).filter_map(|moved| Some(row(moved, moved.old.as_ref()?).into()));
    let seen: Vec<Value> = seen.collect();
    if !seen.is_empty() {
        sql.execute(KEEP, &[Param::Text(&Value::from(seen).to_string())])?;
    }
    let rows: Vec<Value> = moved
        .iter()
        .filter(is_change)
        .map(|moved| {
            let (new, old) = (&moved.new, moved.old.as_ref());
            let was = [
                old.map_or(Value::Null, |old| json!(old.version)),
                old.map_or(Value::Null, |old| json!(old.probability)),
                old.map_or(Value::Null, |old| json!(old.band)),
            ];
            Value::from_iter(row(moved, new).into_iter().chain(was))
        })
        .collect();
    if rows.is_empty() {
        return Ok(0);
    }
    let count = rows.len() as u64;
    let rows = Value::from(rows).to_string();
    sql.execute(KEEP, &[Param::Text(&rows)])?;
    sql.execute(ADD, &[Param::Text(&rows), Param::Text(reason.name())])?;
    Ok(count)
}

/// Takes what would lead back to an erased lead out of the records.
pub(super) fn erase(sql: &mut dyn Sql, lead: i64, lead_id: &str) -> Result<(), SqlError> {
    let (number, id) = (Param::Integer(lead), Param::Text(lead_id));
    // Followers erase it too.
    let gone = "INSERT INTO changes (kind, ref, lead_id, event_id) SELECT 'gone_current', lead, '', '' FROM current_scores \
        WHERE lead = ?1 AND lead_id = ?2";
    sql.execute(gone, &[number, id])?;
    let moved = "INSERT INTO changes (kind, ref, lead_id, event_id) SELECT 'moved', id, '', '' FROM score_changes \
        WHERE lead_id = ?1 AND lead_id <> ''";
    sql.execute(moved, &[id])?;
    sql.execute("DELETE FROM current_scores WHERE lead = ?1 AND lead_id = ?2", &[number, id])?;
    // The row stays, for followers go by its number; lists leave it out.
    sql.execute("UPDATE score_changes SET lead_id = '' WHERE lead_id = ?1 AND lead_id <> ''", &[id]).map(drop)
}
