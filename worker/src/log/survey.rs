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
}

impl Surveyed {
    /// Adds what another shard answered to the same question.
    pub fn merge(&mut self, mut other: Surveyed) {
        self.leads.append(&mut other.leads);
        self.judged.append(&mut other.judged);
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
        Ok(found)
    }
}
