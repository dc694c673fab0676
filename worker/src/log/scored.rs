//! Which versions scored which leads: what is said of a score counts where there is one.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::event::lead_number;
use serde_json::{Value, json};

use super::{cell, digest, meta};
use crate::store::{Param, Sql, SqlError};

/// Of some leads the versions that scored them, the first first, and whether each score was shown.
#[derive(Debug, Default)]
pub(super) struct Scored(BTreeMap<String, Vec<(String, bool)>>);

impl Scored {
    pub fn read<'a>(sql: &mut dyn Sql, leads: impl Iterator<Item = &'a str>) -> Result<Scored, SqlError> {
        let leads: BTreeSet<&str> = leads.collect();
        if leads.is_empty() {
            return Ok(Scored::default());
        }
        let leads = Value::from_iter(leads.into_iter().map(|lead| json!([lead_number(lead), lead]))).to_string();
        let query = "SELECT s.lead_id, name.name, s.role IN ('champion', 'challenger', 'named') FROM json_each(?1) AS lead \
            CROSS JOIN lead_scores AS s JOIN names AS name ON name.id = s.version \
            WHERE s.lead = lead.value ->> 0 AND s.lead_id = lead.value ->> 1 ORDER BY s.id";
        let mut found: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for row in sql.query(query, &[Param::Text(&leads)])? {
            let (Some(lead), Some(version)) = (cell::owned(&row, 0), cell::owned(&row, 1)) else { continue };
            found.entry(lead).or_default().push((version, cell::integer(&row, 2) == Some(1)));
        }
        Ok(Scored(found))
    }

    /// Whether `version` scored the lead.
    pub fn by(&self, lead: &str, version: &str) -> bool {
        self.of(lead).iter().any(|(by, _)| by == version)
    }

    /// The version whose score of the lead was shown first.
    pub fn first_shown(&self, lead: &str) -> Option<&str> {
        self.of(lead).iter().find(|(_, is_shown)| *is_shown).map(|(version, _)| version.as_str())
    }

    /// The version whose score of the lead was shown last.
    pub fn last_shown(&self, lead: &str) -> Option<&str> {
        self.of(lead).iter().rfind(|(_, is_shown)| *is_shown).map(|(version, _)| version.as_str())
    }

    fn of(&self, lead: &str) -> &[(String, bool)] {
        self.0.get(lead).map(Vec::as_slice).unwrap_or_default()
    }
}

/// In the store's notes once feedback came before its score.
const EARLY: &str = "early_feedback";

/// Notes that feedback is stored whose score is not known yet: scores that come later are looked up in it.
pub(super) fn note_early(sql: &mut dyn Sql) -> Result<(), SqlError> {
    meta::set(sql, EARLY, "1")
}

/// Marks the days of what was said about `leads` before their scores were known, to be worked out again.
pub(super) fn touch_early(sql: &mut dyn Sql, leads: &BTreeSet<&str>) -> Result<(), SqlError> {
    if leads.is_empty() || meta::get(sql, EARLY)?.is_none() {
        return Ok(());
    }
    let ids = Value::from_iter(leads.iter().copied()).to_string();
    let query = "SELECT f.at_ms FROM json_each(?1) AS lead JOIN sales_feedback AS f ON f.lead_id = lead.value";
    let rows = sql.query(query, &[Param::Text(&ids)])?;
    let days: BTreeSet<i64> = rows.iter().filter_map(|row| cell::integer(row, 0)).map(digest::day_of).collect();
    days.into_iter().try_for_each(|day| digest::touch_voice(sql, day))
}
