//! Stored fields of leads with what became of them: for retraining, for suites, and for a look at the data.

use plumbline_core::metric::{Label, Maturity};
use serde::{Deserialize, Serialize};

use super::digest::TOGETHER_MS;
use super::{LeadFields, LogShard, cell, meta};
use crate::heartbeat::Heartbeat;
use crate::store::{Param, Sql, SqlError, SqlValue};

/// A lead's fields with its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredLead {
    /// The fields.
    pub lead: LeadFields,
    /// When it was first scored, milliseconds since 1970; none where it was not.
    pub first_ms: Option<i64>,
    /// Whether it converted in time; none while that is open, and where it had converted before it was scored.
    pub converted: Option<bool>,
}

impl StoredLead {
    /// The moment as of which a model reads the fields: of the first score, where there is one.
    pub fn as_of_ms(&self) -> i64 {
        self.first_ms.unwrap_or(self.lead.at_ms)
    }
}

/// Which leads a shard is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredQuestion {
    /// Outcomes are as of this moment, milliseconds since 1970.
    pub now_ms: i64,
    /// Leads stored from here …
    pub from_ms: i64,
    /// … to before here.
    pub until_ms: i64,
    /// Those behind this one: the moment and the lead.
    pub after: Option<(i64, String)>,
    /// How many at most.
    pub most: usize,
}

impl<S: Sql> LogShard<S> {
    /// What [`LogShard::stored_leads`] gives to `question`.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn stored(&mut self, question: &StoredQuestion) -> Result<Vec<StoredLead>, SqlError> {
        let after = question.after.as_ref().map(|(at_ms, lead)| (*at_ms, lead.as_str()));
        self.stored_leads(question.now_ms, (question.from_ms, question.until_ms), after, question.most)
    }

    /// Stored fields from `from_ms` to before `to_ms`, in order of time and lead, at most `most`, those behind `after` (the moment and the
    /// lead of the last one). Of several fields of a lead, those of its first score; of a lead that was not scored, the first. Outcomes are
    /// as of `now`. They stay open where fields came after the score: these may hold what happened.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn stored_leads(
        &mut self,
        now: i64,
        (from_ms, to_ms): (i64, i64),
        after: Option<(i64, &str)>,
        most: usize,
    ) -> Result<Vec<StoredLead>, SqlError> {
        let mature = meta::number(&mut self.sql, "mature_ms")?.map(|after_ms| Maturity { after_ms });
        let query = "SELECT f.lead_id, f.at_ms, f.fields, f.schema_sha256, o.converted_ms, \
            (SELECT min(s.first_ms) FROM lead_scores AS s WHERE s.lead = f.lead AND s.lead_id = f.lead_id) \
            FROM lead_features AS f LEFT JOIN outcomes AS o ON o.lead = f.lead AND o.lead_id = f.lead_id \
            WHERE f.at_ms >= ?1 AND f.at_ms < ?2 AND (f.at_ms, f.lead_id) > (?3, ?4) \
            AND f.at_ms = coalesce((SELECT max(g.at_ms) FROM lead_features AS g WHERE g.lead = f.lead AND g.at_ms <= \
            (SELECT min(s.first_ms) FROM lead_scores AS s WHERE s.lead = f.lead AND s.lead_id = f.lead_id) + CAST(?6 AS INTEGER)), \
            (SELECT min(g.at_ms) FROM lead_features AS g WHERE g.lead = f.lead)) \
            ORDER BY f.at_ms, f.lead_id LIMIT ?5";
        let (at_ms, lead) = after.unwrap_or((from_ms - 1, ""));
        let [start, end, at, limit] = [from_ms.max(at_ms), to_ms, at_ms, most.min(10_000) as i64].map(Param::Integer);
        let rows = self.sql.query(query, &[start, end, at, Param::Text(lead), limit, Param::Integer(TOGETHER_MS)])?;
        let of = |row: &Vec<SqlValue>| {
            let (first_ms, converted_ms) = (cell::integer(row, 5), cell::integer(row, 4));
            let before = converted_ms.zip(first_ms).is_some_and(|(converted, first)| converted < first);
            let is_late = cell::integer(row, 1).zip(first_ms).is_some_and(|(at, first)| at > first + TOGETHER_MS);
            let label =
                first_ms.zip(mature).filter(|_| !before && !is_late).map(|(first, rule)| rule.label(first, converted_ms, now));
            Some(StoredLead {
                lead: LeadFields {
                    lead_id: cell::owned(row, 0)?,
                    at_ms: cell::integer(row, 1)?,
                    fields: cell::text(row, 2).and_then(|text| serde_json::from_str(text).ok())?,
                    schema_sha256: cell::owned(row, 3).unwrap_or_default(),
                },
                first_ms,
                converted: label.filter(|label| *label != Label::Open).map(|label| label == Label::Converted),
            })
        };
        Ok(rows.iter().filter_map(of).collect())
    }

    /// The newest heartbeat of each instance that sent one since `since_ms`.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn heartbeats(&mut self, since_ms: i64) -> Result<Vec<Heartbeat>, SqlError> {
        let rows =
            self.sql.query("SELECT report FROM heartbeats WHERE at_ms >= ?1 ORDER BY instance", &[Param::Integer(since_ms)])?;
        Ok(rows.iter().filter_map(|row| cell::text(row, 0).and_then(|text| serde_json::from_str(text).ok())).collect())
    }
}
