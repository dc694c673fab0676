//! A look at the newest leads themselves, once a day: their fields, for suites of expectations, and how people judged those whose outcome
//! is known.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{JudgedByPeople, LogShard, cell};
use crate::store::{Param, Sql, SqlError};

/// What every shard is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Now, milliseconds since 1970.
    pub at_ms: i64,
    /// Leads that were stored before are left out.
    pub from_ms: i64,
    /// The fields that are read.
    pub columns: Vec<String>,
    /// How many leads at most.
    pub most: usize,
    /// Leads first scored before are not compared with people's judgement …
    pub judged_from_ms: i64,
    /// … and so many at most.
    pub most_judged: usize,
    /// Conversions are followed of leads first scored from here …
    #[serde(default)]
    pub followed_from_ms: i64,
    /// … until here, the newest first …
    #[serde(default)]
    pub followed_until_ms: i64,
    /// … and so many leads at most.
    #[serde(default)]
    pub most_followed: usize,
    /// The age at which a lead's outcome counts, in milliseconds.
    #[serde(default)]
    pub mature_ms: i64,
}

/// What the shards answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Surveyed {
    /// Of each lead the values of the columns asked for, in their order; null where it has none.
    pub leads: Vec<Vec<Value>>,
    /// Which columns any of them has.
    pub present: Vec<bool>,
    /// Leads with an outcome that people judged, too.
    pub judged: Vec<JudgedByPeople>,
    /// Conversions of the leads that are followed, and those of them that came before the lead's outcome counted.
    #[serde(default)]
    pub conversions: [u64; 2],
}

impl Surveyed {
    /// Adds what another shard answered to the same question.
    pub fn merge(&mut self, mut other: Surveyed) {
        self.leads.append(&mut other.leads);
        self.judged.append(&mut other.judged);
        self.conversions.iter_mut().zip(other.conversions).for_each(|(own, more)| *own += more);
        self.present.resize(self.present.len().max(other.present.len()), false);
        self.present.iter_mut().zip(other.present).for_each(|(own, is)| *own |= is);
    }
}

impl<S: Sql> LogShard<S> {
    /// The newest stored leads and the newest that people judged, as many as `survey` asks for: what it reads does not grow with the log.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn survey(&mut self, survey: &Survey) -> Result<Surveyed, SqlError> {
        let query = "SELECT fields FROM lead_features WHERE at_ms >= ?1 AND at_ms <= ?2 ORDER BY at_ms DESC LIMIT ?3";
        let most = if survey.columns.is_empty() { 0 } else { survey.most.min(10_000) as i64 };
        let [from, until, most] = [survey.from_ms, survey.at_ms, most].map(Param::Integer);
        let rows = self.sql.query(query, &[from, until, most])?;
        let mut found = Surveyed { present: vec![false; survey.columns.len()], ..Surveyed::default() };
        for row in &rows {
            let Some(mut fields) = cell::text(row, 0).and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok())
            else {
                continue;
            };
            let values = survey.columns.iter().zip(&mut found.present).map(|(column, present)| {
                let value = fields.get_mut(column);
                *present |= value.is_some();
                value.map(Value::take).unwrap_or_default()
            });
            let values = values.collect();
            found.leads.push(values);
        }
        found.judged = self.judged_by_people(survey.judged_from_ms, survey.most_judged)?;
        found.conversions = self.conversions(survey)?;
        Ok(found)
    }

    /// Conversions of the leads that are followed, and those of them that came before the lead's outcome counted.
    fn conversions(&mut self, survey: &Survey) -> Result<[u64; 2], SqlError> {
        let query = "SELECT count(*), coalesce(sum(CASE WHEN c.converted_ms - c.first_ms <= ?4 THEN 1 ELSE 0 END), 0) FROM (\
            SELECT o.converted_ms, (SELECT min(f.first_ms) FROM lead_scores AS f WHERE f.lead = s.lead AND f.lead_id = s.lead_id) AS first_ms \
            FROM (SELECT lead, lead_id FROM lead_scores WHERE matured = 1 AND first_ms >= ?1 AND first_ms <= ?2 \
                GROUP BY lead, lead_id ORDER BY max(first_ms) DESC LIMIT ?3) AS s \
            JOIN outcomes AS o ON o.lead = s.lead AND o.lead_id = s.lead_id WHERE o.converted_ms IS NOT NULL) AS c \
            WHERE c.converted_ms >= c.first_ms";
        let given = [survey.followed_from_ms, survey.followed_until_ms, survey.most_followed as i64, survey.mature_ms];
        let rows = self.sql.query(query, &given.map(Param::Integer))?;
        let count = |at: usize| rows.first().and_then(|row| cell::integer(row, at)).unwrap_or_default().unsigned_abs();
        Ok([count(0), count(1)])
    }
}
