//! Fields of leads as they were scored first: for back-fill, retraining and drift.

use std::collections::BTreeSet;

use plumbline_core::event::lead_number;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Digest, Progress};
use crate::log::tombstone::Tombstones;
use crate::log::{LogShard, cell};
use crate::store::{Param, Sql, SqlError};

/// A lead's fields at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadFields {
    /// The lead.
    pub lead_id: String,
    /// When it had them, milliseconds since 1970.
    pub at_ms: i64,
    /// The fields by name.
    pub fields: Value,
    /// The SHA-256 of the schema they were read by, in hexadecimal digits; empty where none was.
    #[serde(default)]
    pub schema_sha256: String,
}

/// Adds fields; those of a moment that are there stay.
pub(in crate::log) const INSERT: &str = "INSERT INTO lead_features (lead, lead_id, at_ms, fields, schema_sha256) SELECT f.value ->> 0, \
    f.value ->> 1, f.value ->> 2, f.value ->> 3, f.value ->> 4 FROM json_each(?1) AS f WHERE true ON CONFLICT (lead, at_ms) DO NOTHING";

impl LeadFields {
    /// About as many bytes as the row has.
    pub(in crate::log) fn bytes(&self) -> usize {
        self.fields.to_string().len() + self.lead_id.len() + 128
    }

    /// The row as [`INSERT`] takes it.
    pub(in crate::log) fn row(&self) -> Value {
        let fields = self.fields.to_string();
        json!([lead_number(&self.lead_id), self.lead_id, self.at_ms, fields, self.schema_sha256])
    }
}

impl<S: Sql> LogShard<S> {
    /// Moves the fields that came with a batch to their leads, those of leads that have none yet, and deletes them there.
    pub(super) fn store_fields(&mut self, _now: i64, _rules: &Digest) -> Result<Progress, SqlError> {
        let mut done = Progress::default();
        self.sql.transaction(&mut |sql| {
            done = Progress::default();
            let rows = sql.query("SELECT batch, fields FROM batch_fields ORDER BY batch LIMIT 1", &[])?;
            let Some(batch) = rows.first() else { return Ok(()) };
            let given: Vec<LeadFields> =
                cell::text(batch, 1).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let ids = Value::from_iter(given.iter().map(|lead| lead_number(&lead.lead_id))).to_string();
            let query = "SELECT DISTINCT f.lead FROM json_each(?1) AS lead JOIN lead_features AS f ON f.lead = lead.value";
            let known = sql.query(query, &[Param::Text(&ids)])?;
            let mut known: BTreeSet<i64> = known.iter().filter_map(|row| cell::integer(row, 0)).collect();
            let tombstones = Tombstones::read(sql)?;
            let mut new = Vec::new();
            for lead in &given {
                if !tombstones.holds(&lead.lead_id) && known.insert(lead_number(&lead.lead_id)) {
                    new.push(lead.row());
                }
            }
            if !new.is_empty() {
                sql.execute(INSERT, &[Param::Text(&Value::from(new).to_string())])?;
            }
            let id = cell::integer(batch, 0).unwrap_or_default();
            sql.execute("DELETE FROM batch_fields WHERE batch = ?1", &[Param::Integer(id)])?;
            done.more = true;
            Ok(())
        })?;
        Ok(done)
    }
}
