//! Fields of leads that callers send, whether the leads are scored or not.

use std::collections::BTreeMap;

use plumbline_core::event::lead_number;
use serde_json::{Value, json};

use super::digest::LeadFields;
use super::status::Counts;
use super::tombstone::Tombstones;
use super::{EventStatus, LogShard, Received, cell, digest, one_statement};
use crate::store::{Param, Sql, SqlError};

impl<S: Sql> LogShard<S> {
    /// Stores fields that were sent, each where it differs from the newest of its lead. Sending a lead again changes nothing. The answers are
    /// in the order of the leads.
    ///
    /// # Errors
    /// [`SqlError`]: the store failed. Leads before the failure may be stored; send all again.
    pub fn ingest_fields(&mut self, leads: &[LeadFields]) -> Result<Vec<EventStatus>, SqlError> {
        let (mut left, mut answers) = (leads, Vec::with_capacity(leads.len()));
        while !left.is_empty() {
            let (slice, rest) = one_statement(left);
            left = rest;
            let mut received = Vec::new();
            self.sql.transaction(&mut |sql| {
                received = store(sql, slice)?;
                Ok(())
            })?;
            answers.extend(received.into_iter().map(|received| received.answer("LEAD_CONFLICT")));
        }
        Ok(answers)
    }
}

/// Stores those of `leads` that differ from the newest fields of their lead. What comes after other fields is younger than they, whatever
/// the clock says.
fn store(sql: &mut dyn Sql, leads: &[LeadFields]) -> Result<Vec<Received>, SqlError> {
    let ids = Value::from_iter(leads.iter().map(|lead| json!([lead_number(&lead.lead_id), lead.lead_id]))).to_string();
    let query = "SELECT f.lead_id, f.at_ms, f.fields FROM json_each(?1) AS lead CROSS JOIN lead_features AS f \
        WHERE f.lead = lead.value ->> 0 AND f.lead_id = lead.value ->> 1 \
        AND f.at_ms = (SELECT max(g.at_ms) FROM lead_features AS g WHERE g.lead = f.lead)";
    let mut newest: BTreeMap<String, (i64, Value)> = BTreeMap::new();
    for row in sql.query(query, &[Param::Text(&ids)])? {
        let (Some(lead), Some(at_ms)) = (cell::owned(&row, 0), cell::integer(&row, 1)) else { continue };
        let fields = cell::text(&row, 2).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        newest.insert(lead, (at_ms, fields));
    }
    let tombstones = Tombstones::read(sql)?;
    let (mut all, mut counts, mut rows) = (Vec::with_capacity(leads.len()), Counts::default(), Vec::new());
    for lead in leads {
        let before = newest.get(&lead.lead_id);
        let received = match before {
            _ if tombstones.holds(&lead.lead_id) => Received::Erased,
            Some((_, fields)) if *fields == lead.fields => Received::Duplicate,
            _ => Received::Accepted,
        };
        if received == Received::Accepted {
            let at_ms = before.map_or(lead.at_ms, |(at_ms, _)| lead.at_ms.max(at_ms + 1));
            let lead = LeadFields { at_ms, ..lead.clone() };
            rows.push(lead.row());
            newest.insert(lead.lead_id, (at_ms, lead.fields));
        }
        counts.add(received);
        all.push(received);
    }
    if !rows.is_empty() {
        sql.execute(digest::INSERT_FIELDS, &[Param::Text(&Value::from(rows).to_string())])?;
    }
    counts.store(sql, "lead")?;
    Ok(all)
}
