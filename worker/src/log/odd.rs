//! Reports that something about a score is odd, for the person who closes them.

use serde::{Deserialize, Serialize};

use super::scored::Scored;
use super::{LogShard, cell};
use crate::store::{Param, Sql, SqlError};

/// A report that something about a score is odd.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OddReport {
    /// Its id, by which it is closed.
    pub id: String,
    /// The lead.
    pub lead_id: String,
    /// The version whose score is odd; none where none is known.
    pub version: Option<String>,
    /// Who reported it.
    pub rep: Option<String>,
    /// What they wrote.
    pub text: Option<String>,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Whether gates count it: its version scored the lead.
    pub counts: bool,
    /// Who closed it; none while it is open.
    pub closed_by: Option<String>,
    /// Whether something was odd; none while it is open.
    pub confirmed: Option<bool>,
}

impl<S: Sql> LogShard<S> {
    /// The newest reports, at most `limit`; with `only_open` those that no one has closed.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn odd_reports(&mut self, only_open: bool, limit: usize) -> Result<Vec<OddReport>, SqlError> {
        let which = if only_open { "AND closed_by IS NULL" } else { "" };
        let query = format!(
            "SELECT event_id, lead_id, version, rep, text, at_ms, closed_by, confirmed FROM sales_feedback \
             WHERE kind = 'odd' {which} ORDER BY at_ms DESC, event_id LIMIT ?1"
        );
        let rows = self.sql.query(&query, &[Param::Integer(i64::try_from(limit).unwrap_or(i64::MAX))])?;
        let scored = Scored::read(&mut self.sql, rows.iter().filter_map(|row| cell::text(row, 1)))?;
        let report = |row: &Vec<crate::store::SqlValue>| {
            let lead_id = cell::owned(row, 1)?;
            let version = cell::owned(row, 2).or_else(|| scored.first_shown(&lead_id).map(str::to_owned));
            let closed_by = cell::owned(row, 6);
            Some(OddReport {
                id: cell::owned(row, 0)?,
                counts: version.as_deref().is_some_and(|version| scored.by(&lead_id, version)),
                rep: cell::owned(row, 3),
                text: cell::owned(row, 4),
                at_ms: cell::integer(row, 5)?,
                confirmed: closed_by.as_ref().map(|_| cell::integer(row, 7) == Some(1)),
                closed_by,
                version,
                lead_id,
            })
        };
        Ok(rows.iter().filter_map(report).collect())
    }
}
