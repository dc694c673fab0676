//! Back-fill: leads that were scored before a rollout began get both of its versions' scores, from the fields stored then.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::digest::{BACKFILL, INSERT_SCORES, Names, TOGETHER_MS};
use super::scored::touch_early;
use super::{LogShard, RolloutSpan, cell, meta};
use crate::store::{Param, Sql, SqlError};

/// Leads of one transaction.
const SLICE: i64 = 200;

/// How far a back-fill came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// Stored fields looked at.
    pub leads: u64,
    /// Scores stored.
    pub scores: u64,
    /// Whether there is more to do: call again, after giving the thread back.
    pub more: bool,
}

/// Scores stored fields (JSON) with the version named first; none where the version cannot score them.
pub type Rescore<'a> = &'a mut dyn FnMut(&str, &str) -> Option<f64>;

impl<S: Sql> LogShard<S> {
    /// Scores the next leads whose fields are stored and that were first scored after the challenger's training window, with the champion and
    /// with the challenger. The scores count in outcome windows (role [`BACKFILL`]) and never in traffic. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`SqlError`]; then the leads of this call are scored again by the next.
    pub fn backfill(&mut self, rollout: &RolloutSpan, score: Rescore<'_>) -> Result<Filled, SqlError> {
        let key = format!("backfill:{}", rollout.id);
        let mut filled = Filled::default();
        self.sql.transaction(&mut |sql| {
            filled = Filled::default();
            let from = meta::number(sql, &key)?.unwrap_or(0);
            let slice = "SELECT max(id), count(*) FROM (SELECT id FROM lead_features WHERE id > ?1 ORDER BY id LIMIT ?2) AS slice";
            let slice = sql.query(slice, &[Param::Integer(from), Param::Integer(SLICE)])?;
            let Some(to) = slice.first().and_then(|row| cell::integer(row, 0)) else { return Ok(()) };
            filled.leads = slice.first().and_then(|row| cell::integer(row, 1)).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
            let mut names = Names::default();
            let id = names.id(sql, &rollout.id)?;
            let versions = [&rollout.champion, &rollout.challenger];
            let numbers = [names.id(sql, versions[0])?, names.id(sql, versions[1])?];
            // Of several fields of a lead, those of the moment of its first score; not of leads that both versions have scored.
            let query = "SELECT f.lead, f.lead_id, f.fields, min(s.first_ms) AS first_ms, max(s.explores), max(s.segments) \
                FROM lead_features AS f JOIN lead_scores AS s ON s.lead = f.lead AND s.lead_id = f.lead_id \
                WHERE f.id > ?1 AND f.id <= ?2 AND s.first_ms > ?3 AND f.at_ms = coalesce((SELECT max(g.at_ms) FROM lead_features AS g \
                WHERE g.lead = f.lead AND g.at_ms <= s.first_ms + CAST(?4 AS INTEGER)), (SELECT min(g.at_ms) FROM lead_features AS g \
                WHERE g.lead = f.lead)) \
                AND (SELECT count(*) FROM lead_scores AS h WHERE h.lead = f.lead AND h.rollout = ?5 AND h.version IN (?6, ?7)) < 2 \
                GROUP BY f.id ORDER BY f.id";
            let params = [from, to, rollout.trained_ms, TOGETHER_MS, id, numbers[0], numbers[1]].map(Param::Integer);
            let mut rows = Vec::new();
            for row in sql.query(query, &params)? {
                let Some(fields) = cell::text(&row, 2) else { continue };
                for (version, number) in versions.iter().zip(numbers) {
                    let Some(probability) = score(version, fields).filter(|p| p.is_finite()) else { continue };
                    let (lead, first_ms) = (cell::integer(&row, 0), cell::integer(&row, 3));
                    let (explores, segments) = (cell::integer(&row, 4).unwrap_or(0), cell::text(&row, 5));
                    rows.push(json!([
                        lead,
                        number,
                        id,
                        cell::text(&row, 1),
                        first_ms,
                        BACKFILL,
                        Value::Null,
                        probability,
                        explores,
                        Value::Null,
                        Value::Null,
                        segments,
                        Value::Null,
                        1,
                        0
                    ]));
                }
            }
            if !rows.is_empty() {
                touch_early(sql, &rows.iter().filter_map(|row| row.get(3)?.as_str()).collect())?;
                filled.scores = sql.execute(INSERT_SCORES, &[Param::Text(&Value::from(rows).to_string())])?;
            }
            meta::set(sql, &key, &to.to_string())?;
            filled.more = filled.leads == SLICE as u64;
            Ok(())
        })?;
        Ok(filled)
    }
}
