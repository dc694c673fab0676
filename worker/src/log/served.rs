//! The rows of the log about one lead round a moment: what served it, as it was.

use plumbline_core::event::{Source, lead_number};
use serde::{Deserialize, Serialize};

use super::batch::Row;
use super::{LogShard, cell};
use crate::store::{Param, Sql, SqlError};

/// The times of a batch's rows differ by less than this, and a batch is made at most this long after its rows.
const LONGEST_MS: i64 = 3_600_000;

/// One row of the log about a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServedRow {
    /// When the request was handled, milliseconds since 1970.
    pub at_ms: i64,
    /// The request.
    pub request_id: String,
    /// The version that scored it.
    pub version: String,
    /// The variant it was.
    pub variant: String,
    /// As what it scored.
    pub role: String,
    /// As HTTP numbers it.
    pub status: u16,
    /// The probability; none where it was rejected.
    pub probability: Option<f64>,
    /// The band.
    pub band: String,
    /// The deployment; none where it has no number.
    pub epoch: Option<i64>,
    /// The side of the test.
    pub arm: Option<String>,
    /// Where it was worked out: `service`, or `page`, whose figures nothing has checked.
    #[serde(default = "of_service")]
    pub source: String,
}

fn of_service() -> String {
    Source::Service.name().to_owned()
}

impl<S: Sql> LogShard<S> {
    /// The rows about the lead from `from_ms` to `to_ms`, the earliest first, at most `most`: those of the service before those of pages,
    /// which any holder of a published key can send.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn served(&mut self, lead_id: &str, from_ms: i64, to_ms: i64, most: usize) -> Result<Vec<ServedRow>, SqlError> {
        // A batch that is not digested yet has no list of leads. Batches made of the rows of the first release may span days.
        let query = "SELECT b.predictions FROM prediction_batches AS b LEFT JOIN batch_leads AS l ON l.batch = b.id \
            WHERE b.first_ms >= ?2 AND b.first_ms <= ?1 AND (l.batch IS NULL OR instr(l.leads, ?3) > 0) \
            UNION ALL SELECT b.predictions FROM prediction_batches AS b LEFT JOIN batch_leads AS l ON l.batch = b.id \
            WHERE b.name >= 'step-1-' AND b.name < 'step-1.' AND b.first_ms < ?2 AND b.last_ms >= ?2 \
            AND (l.batch IS NULL OR instr(l.leads, ?3) > 0)";
        let (from, to) = (from_ms.saturating_sub(LONGEST_MS), to_ms.saturating_add(LONGEST_MS));
        let number = lead_number(lead_id).to_be_bytes();
        let mut found = Vec::new();
        for batch in self.sql.query(query, &[Param::Integer(to), Param::Integer(from), Param::Blob(&number)])? {
            let rows = cell::text(&batch, 0).and_then(Row::read).unwrap_or_default();
            let of_lead = |row: &Row| row.lead_id == lead_id && !row.is_erased() && (from_ms..=to_ms).contains(&row.timestamp_ms);
            found.extend(rows.into_iter().filter(of_lead).map(ServedRow::from));
        }
        found.sort_by_key(|row: &ServedRow| (row.source != Source::Service.name(), row.at_ms));
        found.truncate(most);
        found.sort_by_key(|row| row.at_ms);
        Ok(found)
    }
}

impl From<Row> for ServedRow {
    fn from(row: Row) -> ServedRow {
        ServedRow {
            at_ms: row.timestamp_ms,
            request_id: row.request_id,
            version: row.version,
            variant: row.variant,
            role: row.role,
            status: u16::try_from(row.status).unwrap_or(0),
            probability: row.probability,
            band: row.band,
            epoch: row.epoch,
            arm: row.arm,
            source: if row.is_of_page { Source::Page } else { Source::Service }.name().to_owned(),
        }
    }
}
