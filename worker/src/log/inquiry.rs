//! What the diagnosis reads from a shard because windows do not hold it: missing values by source, and how soon leads are contacted.

use plumbline_core::diagnose::{Contact, Counts, Sourced, Worked};
use plumbline_core::rollout::DAY_MS;
use serde::{Deserialize, Serialize};

use super::{LogShard, cell};
use crate::store::{Param, Sql, SqlError, SqlValue};

const HOUR_MS: i64 = 3_600_000;
/// Leads of the last two weeks are looked at, but for those that may still be contacted.
const FROM_DAYS: i64 = 14;
/// A lead is worked in time if it is contacted within so long.
const CONTACT_MS: i64 = 2 * DAY_MS;
/// A score is old when it is seen so long after it was made.
const OLD_MS: i64 = 4 * HOUR_MS;
/// Values of a segment that are answered each.
const MOST_VALUES: i64 = 50;

/// What shards are asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Now.
    pub at_ms: i64,
    /// Fields whose missing values are counted by segment.
    pub fields: Vec<String>,
    /// The segments.
    pub segments: Vec<String>,
    /// The version that serves.
    pub version: String,
    /// Where its top band begins; none without bands.
    pub hot: Option<f64>,
}

/// What shards answered, added up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inquiry {
    /// When they were asked.
    pub at_ms: i64,
    /// Missing values by segment.
    pub sources: Vec<Sourced>,
    /// How soon leads were contacted; none where no top band is known.
    pub worked: Option<Worked>,
}

impl Inquiry {
    /// Adds what another shard answered to the same question.
    pub fn merge(&mut self, other: &Inquiry) {
        self.at_ms = self.at_ms.max(other.at_ms);
        for source in &other.sources {
            let same =
                |own: &&mut Sourced| (&own.field, &own.segment, &own.value) == (&source.field, &source.segment, &source.value);
            match self.sources.iter_mut().find(same) {
                Some(own) => {
                    own.day.add(&source.day);
                    own.before.add(&source.before);
                }
                None => self.sources.push(source.clone()),
            }
        }
        self.worked = match (self.worked, other.worked) {
            (Some(own), Some(more)) => Some(Worked {
                hot: together(own.hot, more.hot),
                other: together(own.other, more.other),
                stale: [own.stale[0] + more.stale[0], own.stale[1] + more.stale[1]],
            }),
            (own, more) => own.or(more),
        };
    }
}

fn together(one: Contact, other: Contact) -> Contact {
    let sum = |contact: &Contact| contact.mean_hours.unwrap_or(0.0) * contact.contacted as f64;
    let contacted = one.contacted + other.contacted;
    let mean_hours = (contacted > 0).then(|| (sum(&one) + sum(&other)) / contacted as f64);
    Contact { leads: one.leads + other.leads, contacted, mean_hours }
}

impl<S: Sql> LogShard<S> {
    /// Answers `question` of the leads of this shard. It reads the leads of two weeks, so it is asked once an hour.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn inquire(&mut self, question: &Question) -> Result<Inquiry, SqlError> {
        let mut answer = Inquiry { at_ms: question.at_ms, ..Inquiry::default() };
        for segment in &question.segments {
            for field in &question.fields {
                answer.sources.extend(self.missing_by(question.at_ms, segment, field)?);
            }
        }
        if let Some(hot) = question.hot {
            answer.worked = Some(self.worked(question, hot)?);
        }
        Ok(answer)
    }

    /// Missing values of `field` by the value of `segment`: of the last day, and of the seven days before.
    fn missing_by(&mut self, now_ms: i64, segment: &str, field: &str) -> Result<Vec<Sourced>, SqlError> {
        // A parameter may become several, so what is grouped by has a name.
        let query = "SELECT value, sum(CASE WHEN at_ms >= ?3 THEN 1 ELSE 0 END), \
                sum(CASE WHEN at_ms >= ?3 AND found IS NULL THEN 1 ELSE 0 END), sum(CASE WHEN at_ms < ?3 THEN 1 ELSE 0 END), \
                sum(CASE WHEN at_ms < ?3 AND found IS NULL THEN 1 ELSE 0 END) \
            FROM (SELECT CAST(fields ->> ?1 AS TEXT) AS value, CAST(fields ->> ?2 AS TEXT) AS found, at_ms FROM lead_features \
                WHERE at_ms >= ?4 AND at_ms <= ?5) AS leads \
            WHERE value IS NOT NULL GROUP BY value ORDER BY count(*) DESC LIMIT ?6";
        let given = [
            Param::Text(segment),
            Param::Text(field),
            Param::Integer(now_ms - DAY_MS),
            Param::Integer(now_ms - 8 * DAY_MS),
            Param::Integer(now_ms),
            Param::Integer(MOST_VALUES),
        ];
        let rows = self.sql.query(query, &given)?;
        let counts = |row: &[SqlValue], at: usize| Counts { values: count(row, at), missing: count(row, at + 1), new: 0 };
        let of = |row: &Vec<SqlValue>| Sourced {
            field: field.to_owned(),
            segment: segment.to_owned(),
            value: match row.first() {
                Some(SqlValue::Text(text)) => text.clone(),
                Some(SqlValue::Integer(n)) => n.to_string(),
                Some(SqlValue::Real(x)) => x.to_string(),
                _ => String::new(),
            },
            day: counts(row, 1),
            before: counts(row, 3),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// How soon leads of the top band, from `hot` on, and others were contacted.
    fn worked(&mut self, question: &Question, hot: f64) -> Result<Worked, SqlError> {
        let version = self.sql.query("SELECT id FROM names WHERE name = ?1", &[Param::Text(&question.version)])?;
        let Some(version) = version.first().and_then(|row| cell::integer(row, 0)) else { return Ok(Worked::default()) };
        // The lists of ages make it use the index by age. A lead that was scored inside and outside of a rollout has two rows.
        let query = "WITH leads AS (
                SELECT min(lead_id) AS lead_id, lead, min(first_ms) AS first_ms, max(CASE WHEN probability >= ?2 THEN 1 ELSE 0 END) AS hot
                FROM lead_scores WHERE matured IN (0, 1, 2) AND first_ms >= ?3 AND first_ms <= ?4 AND version = ?1 AND backfill = 0
                GROUP BY lead),
            seen AS (SELECT hot, first_ms,
                    coalesce((SELECT min(x.at_ms) FROM exposures AS x WHERE x.lead_id = leads.lead_id AND x.at_ms >= leads.first_ms), 9000000000000000)
                        AS shown,
                    coalesce((SELECT min(o.opened_ms) FROM outcomes AS o WHERE o.lead = leads.lead AND o.opened_ms >= leads.first_ms), 9000000000000000)
                        AS opened FROM leads),
            waits AS (SELECT hot, CASE WHEN shown < opened THEN shown ELSE opened END - first_ms AS wait FROM seen)
            SELECT hot, count(*), sum(CASE WHEN wait <= ?5 THEN 1 ELSE 0 END), CAST(avg(CASE WHEN wait <= ?5 THEN wait END) AS DOUBLE PRECISION)
            FROM waits GROUP BY hot";
        let (from, until) = (question.at_ms - FROM_DAYS * DAY_MS, question.at_ms - CONTACT_MS);
        let given =
            [Param::Integer(version), Param::Real(hot), Param::Integer(from), Param::Integer(until), Param::Integer(CONTACT_MS)];
        let mut worked = Worked::default();
        for row in self.sql.query(query, &given)? {
            let mean_hours = row.get(3).and_then(SqlValue::as_real).map(|ms| ms / HOUR_MS as f64);
            let contact = Contact { leads: count(&row, 1), contacted: count(&row, 2), mean_hours };
            *if cell::integer(&row, 0) == Some(1) { &mut worked.hot } else { &mut worked.other } = contact;
        }
        let query = "WITH seen AS (
                SELECT x.event_id, max(x.at_ms) - min(s.first_ms) AS age FROM lead_scores AS s JOIN exposures AS x ON x.lead_id = s.lead_id
                WHERE s.matured IN (0, 1, 2) AND s.first_ms >= ?2 AND s.version = ?1 AND s.backfill = 0 AND x.at_ms >= s.first_ms
                GROUP BY x.event_id)
            SELECT count(*), sum(CASE WHEN age > ?3 THEN 1 ELSE 0 END) FROM seen";
        let given = [Param::Integer(version), Param::Integer(question.at_ms - FROM_DAYS * DAY_MS), Param::Integer(OLD_MS)];
        if let Some(row) = self.sql.query(query, &given)?.first() {
            worked.stale = [count(row, 0), count(row, 1)];
        }
        Ok(worked)
    }
}

fn count(row: &[SqlValue], at: usize) -> u64 {
    cell::integer(row, at).and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}
