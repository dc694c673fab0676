//! Erasure of a lead: what remains cannot be led back to it, and every count stays.

use plumbline_core::event::{Prediction, lead_number};
use plumbline_core::json::items;
use serde::{Deserialize, Serialize};

use super::batch::{ERASED, Row};
use super::digest::{LeadFields, Round};
use super::tombstone::Tombstones;
use super::{LogShard, cell, change, meta, writeback};
use crate::store::{Param, Sql, SqlError};

/// What was erased of a lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Rows of the log that were rewritten.
    pub rows: u64,
    /// Scores that stay under a random id.
    pub scores: u64,
    /// Outcome events, feedback, exposures and fields that were deleted.
    pub deleted: u64,
}

/// Cells of a row that are emptied: they may say who the lead is.
const EMPTIED: [&str; 6] = ["client_request_id", "flags", "unknown_values", "segments", "human_score", "code"];

impl<S: Sql> LogShard<S> {
    /// Erases the lead. `random` are 32 random hexadecimal digits of the host, new for each erasure.
    ///
    /// Rows of the log lose their ids and what was said of the lead's fields; its events and fields are deleted. Its scores, and whether it
    /// converted, stay under a random id, so that a day worked out again gives the same counts. Later events of the lead are dropped.
    ///
    /// # Errors
    /// [`SqlError`]; then nothing was erased.
    pub fn erase(&mut self, now: i64, lead_id: &str, random: &str) -> Result<Erased, SqlError> {
        self.round = Round::default();
        self.day = None;
        let mut erased = Erased::default();
        self.sql.transaction(&mut |sql| {
            erased = Erased::default();
            Tombstones::add(sql, lead_id, random, now)?;
            erased.rows = rewrite(sql, lead_id)?;
            let (number, id) = (Param::Integer(lead_number(lead_id)), Param::Text(lead_id));
            let name = format!("{ERASED}:{random}");
            let (new_number, new_id) = (Param::Integer(lead_number(&name)), Param::Text(&name));
            let scores = "UPDATE lead_scores SET lead = CAST(?3 AS INTEGER), lead_id = ?4, segments = NULL, human_score = NULL \
                WHERE lead = ?1 AND lead_id = ?2";
            erased.scores = sql.execute(scores, &[number, id, new_number, new_id])?;
            change::erased(sql, [number, id], [new_number, new_id])?;
            writeback::erase(sql, lead_number(lead_id), lead_id)?;
            let outcome = "UPDATE outcomes SET lead = CAST(?3 AS INTEGER), lead_id = ?4 WHERE lead = ?1 AND lead_id = ?2";
            sql.execute(outcome, &[number, id, new_number, new_id])?;
            // An outcome whose day has not been moved yet goes on under the new number.
            sql.execute("UPDATE outcome_moves SET lead = CAST(?2 AS INTEGER) WHERE lead = ?1", &[number, new_number])?;
            for statement in [
                "DELETE FROM outcome_events WHERE lead_id = ?1",
                "DELETE FROM sales_feedback WHERE lead_id = ?1",
                "DELETE FROM exposures WHERE lead_id = ?1",
            ] {
                erased.deleted += sql.execute(statement, &[id])?;
            }
            let highest = change::highest(sql, "lead_features")?;
            erased.deleted += sql.execute("DELETE FROM lead_features WHERE lead = ?1 AND lead_id = ?2", &[number, id])?;
            change::keep_number(sql, highest)?;
            meta::add(sql, "count:erased_leads", 1)
        })?;
        self.sql.scrub();
        Ok(erased)
    }
}

impl<S: Sql> LogShard<S> {
    /// Whether the lead was erased.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn is_erased(&mut self, lead_id: &str) -> Result<bool, SqlError> {
        Ok(Tombstones::read(&mut self.sql)?.holds(lead_id))
    }
}

/// Rewrites the rows of the lead in all batches that have some. How many.
fn rewrite(sql: &mut dyn Sql, lead_id: &str) -> Result<u64, SqlError> {
    let number = lead_number(lead_id).to_be_bytes();
    let digested = meta::number(sql, "cursor:traffic")?.unwrap_or(0);
    let query = "SELECT batch FROM batch_leads WHERE instr(leads, ?1) > 0 UNION SELECT id FROM prediction_batches WHERE id > ?2";
    let batches = sql.query(query, &[Param::Blob(&number), Param::Integer(digested)])?;
    let mut rewritten = 0;
    for id in batches.iter().filter_map(|row| cell::integer(row, 0)) {
        let param = [Param::Integer(id)];
        let rows = sql.query("SELECT predictions FROM prediction_batches WHERE id = ?1", &param)?;
        let Some(text) = rows.first().and_then(|row| cell::text(row, 0)) else { continue };
        let Some((text, count)) = without(text, lead_id) else { continue };
        rewritten += count;
        change::rewritten(sql, id)?;
        let update = "UPDATE prediction_batches SET predictions = ?2 WHERE id = ?1";
        sql.execute(update, &[Param::Integer(id), Param::Text(&text)])?;
        let leads: Vec<u8> =
            Row::read(&text).unwrap_or_default().iter().flat_map(|row| lead_number(&row.lead_id).to_be_bytes()).collect();
        sql.execute("UPDATE batch_leads SET leads = ?2 WHERE batch = ?1", &[Param::Integer(id), Param::Blob(&leads)])?;
        let rows = sql.query("SELECT fields FROM batch_fields WHERE batch = ?1", &param)?;
        if let Some(fields) = rows.first().and_then(|row| cell::text(row, 0)) {
            let mut fields: Vec<LeadFields> = serde_json::from_str(fields).unwrap_or_default();
            fields.retain(|lead| lead.lead_id != lead_id);
            let fields = serde_json::to_string(&fields).unwrap_or_default();
            sql.execute("UPDATE batch_fields SET fields = ?2 WHERE batch = ?1", &[Param::Integer(id), Param::Text(&fields)])?;
        }
    }
    Ok(rewritten)
}

/// The rows of a batch without what leads back to the lead, and how many were its; none where it has no row. All other cells keep their
/// text.
fn without(predictions: &str, lead_id: &str) -> Option<(String, u64)> {
    let at = |name: &str| Prediction::COLUMNS.iter().position(|column| column.name == name);
    let (lead, request) = (at("lead_id")?, at("request_id")?);
    let emptied = EMPTIED.map(at);
    let mut count = 0;
    let mut rows: Vec<String> = Vec::new();
    for row in items(predictions, usize::MAX).ok()? {
        let cells = items(row, usize::MAX).ok()?;
        let text = |place: usize| cells.get(place).and_then(|cell| serde_json::from_str::<String>(cell).ok());
        // A lead may have the name that takes the place of erased ones.
        let is_erased = lead_id == ERASED && text(request).as_deref() == Some(ERASED);
        if is_erased || text(lead).as_deref() != Some(lead_id) {
            rows.push(row.to_owned());
            continue;
        }
        count += 1;
        let cells = cells.iter().enumerate().map(|(place, cell)| match place {
            _ if place == lead || place == request => "\"erased\"",
            _ if emptied.contains(&Some(place)) => "null",
            _ => cell,
        });
        rows.push(format!("[{}]", cells.collect::<Vec<_>>().join(",")));
    }
    (count > 0).then(|| (format!("[{}]", rows.join(",")), count))
}
