//! Scoring open leads again by their stored fields, a slice at a time, at a limited rate. How far it came is in the store: after a restart
//! it goes on.

use plumbline_core::event::ChangeReason;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Moved, Reported, WritebackRules, record};
use crate::log::batch::ERASED;
use crate::log::digest::TOGETHER_MS;
use crate::log::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError};

/// Leads of one transaction.
const SLICE: f64 = 200.0;
/// What was not used of the rate is kept for so many seconds.
const BURST_S: f64 = 10.0;
/// Where how far it came is kept.
const KEY: &str = "rescore";

/// Which leads are scored again, and by what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rescoring {
    /// Names it: another id begins anew.
    pub id: String,
    /// The version that scores.
    pub version: String,
    /// Leads a second of this shard.
    pub per_second: f64,
    /// Leads that were last scored before, and have no outcome, are closed all the same; milliseconds since 1970.
    pub open_from_ms: i64,
    /// Only leads whose last reported score is of this version, where it is named: after a test that ended, the challenger's.
    pub reported_by: String,
    /// Or of one of these: challengers whose tests ended before, which an earlier rescoring may not have finished.
    pub also: Vec<String>,
    /// The last rescoring of all leads by this version, this one or an earlier one; empty: there was none. A shard that has not finished it looks
    /// at all leads.
    pub whole: String,
}

/// How far a shard came. Two of them add up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rescored {
    /// The rescoring; empty before the first.
    pub id: String,
    /// The version that scores.
    pub version: String,
    /// The version of whose reported scores it is; empty: of all leads.
    pub reported_by: String,
    /// And of these.
    also: Vec<String>,
    /// The last rescoring of all leads that was finished here.
    whole: String,
    /// The part of the leads that were looked at, from 0 to 1. Of shards it is the sum, and of one that is done 1.
    pub share: f64,
    /// Leads looked at.
    pub leads: u64,
    /// Those of them that were scored.
    pub rescored: u64,
    /// Those of the scored whose score is a change.
    pub changed: u64,
    /// Leads with an outcome, or too old.
    pub closed: u64,
    /// Open leads whose fields are not stored: they cannot be scored here.
    pub without_fields: u64,
    /// Open leads that were scored since with other fields than the stored ones: their score would be an old one.
    pub outdated: u64,
    /// Open leads whose fields the version cannot score.
    pub rejected: u64,
    /// Leads of the exploration slice, whose scores are hidden.
    pub hidden: u64,
    /// Whether all were looked at.
    pub done: bool,
    /// The number of the last lead looked at.
    cursor: i64,
    /// Leads that may be scored now, by the rate.
    budget: f64,
    /// When the budget was worked out, milliseconds since 1970.
    at_ms: i64,
}

/// Scores stored fields (JSON) at a moment with the version named first: probability and band; none where it cannot score them.
pub type ScoreAgain<'a> = &'a mut dyn FnMut(&str, &str, i64) -> Option<(f64, String)>;

impl Rescored {
    /// The sum of no shards, which is done.
    pub fn of_none() -> Rescored {
        Rescored { done: true, ..Rescored::default() }
    }

    /// The last rescoring of all leads that was finished here; empty: none.
    fn finished(&self) -> String {
        // Earlier releases kept of it that it was done.
        let is_whole = self.done && self.reported_by.is_empty() && self.whole.is_empty();
        if is_whole { self.id.clone() } else { self.whole.clone() }
    }

    /// Adds how far another shard came with the same rescoring.
    pub fn merge(&mut self, other: &Rescored) {
        self.share += other.share;
        self.leads += other.leads;
        self.rescored += other.rescored;
        self.changed += other.changed;
        self.closed += other.closed;
        self.without_fields += other.without_fields;
        self.outdated += other.outdated;
        self.rejected += other.rejected;
        self.hidden += other.hidden;
        self.done &= other.done;
    }
}

/// The next leads: their numbers and ids.
const NEXT: &str = "SELECT known.lead, min(known.lead_id) FROM (\
    SELECT s.lead, s.lead_id FROM (SELECT lead, min(lead_id) AS lead_id FROM lead_scores WHERE lead > ?1 GROUP BY lead ORDER BY lead LIMIT ?2) AS s \
    UNION ALL \
    SELECT f.lead, f.lead_id FROM (SELECT lead, min(lead_id) AS lead_id FROM lead_features WHERE lead > ?1 GROUP BY lead ORDER BY lead LIMIT ?2) AS f\
    ) AS known GROUP BY known.lead ORDER BY known.lead LIMIT ?2";

/// The same of the leads whose last reported score is of version `?3`.
const NEXT_OF: &str = "SELECT lead, lead_id FROM current_scores WHERE lead > ?1 AND version = ?3 ORDER BY lead LIMIT ?2";

/// Of the lead numbers `?1` what decides whether they are scored, and by what.
const ABOUT: &str = "SELECT wanted.value, \
    (SELECT f.fields FROM lead_features AS f WHERE f.lead = wanted.value ORDER BY f.at_ms DESC LIMIT 1), \
    (SELECT max(f.at_ms) FROM lead_features AS f WHERE f.lead = wanted.value), \
    (SELECT max(s.first_ms) FROM lead_scores AS s WHERE s.lead = wanted.value AND s.backfill = 0), \
    (SELECT max(s.explores) FROM lead_scores AS s WHERE s.lead = wanted.value), \
    (SELECT min(coalesce(o.converted_ms, o.lost_ms, o.closed_ms)) FROM outcomes AS o WHERE o.lead = wanted.value), \
    c.version, c.probability, c.band, c.at_ms FROM json_each(?1) AS wanted LEFT JOIN current_scores AS c ON c.lead = wanted.value";

impl<S: Sql> LogShard<S> {
    /// How far the last rescoring came.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn rescored(&mut self) -> Result<Rescored, SqlError> {
        let text = meta::get(&mut self.sql, KEY)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Scores the next leads, in one transaction; whether more may be scored now. Where the rate allows none, nothing happens.
    ///
    /// # Errors
    /// [`SqlError`]; then the leads of this call are scored again by the next.
    pub fn rescore(&mut self, now: i64, rules: &WritebackRules, score: ScoreAgain<'_>) -> Result<bool, SqlError> {
        let Some(asked) = &rules.rescoring else { return Ok(false) };
        let mut known = self.rescored()?;
        if known.id != asked.id {
            // What the last one did not reach is left to this one: where that was of all leads by this version, this is one of all leads, too, and
            // challengers before this one are named in it. By another version, it is of all leads anyway.
            let (id, version, whole) = (asked.id.clone(), asked.version.clone(), known.finished());
            let is_of_some = !asked.reported_by.is_empty() && (asked.whole.is_empty() || asked.whole == whole);
            let (reported_by, also) =
                if is_of_some { (asked.reported_by.clone(), asked.also.clone()) } else { Default::default() };
            known =
                Rescored { id, version, reported_by, also, whole, budget: asked.per_second, at_ms: now, ..Rescored::default() };
            meta::set(&mut self.sql, KEY, &serde_json::to_string(&known).unwrap_or_default())?;
        }
        if known.done {
            return Ok(false);
        }
        let waited_s = now.saturating_sub(known.at_ms).max(0) as f64 / 1_000.0;
        let most = (asked.per_second * BURST_S).max(1.0);
        known.budget = (known.budget + asked.per_second * waited_s).min(most);
        known.at_ms = known.at_ms.max(now);
        let count = known.budget.min(SLICE).floor();
        if count < 1.0 {
            return Ok(false);
        }
        let mut reached = known.clone();
        self.sql.transaction(&mut |sql| {
            reached = known.clone();
            step(sql, now, (rules, asked), count as i64, &mut reached, score)?;
            meta::set(sql, KEY, &serde_json::to_string(&reached).unwrap_or_default())
        })?;
        Ok(!reached.done && reached.budget >= 1.0)
    }
}

/// Looks at the next `count` leads.
fn step(
    sql: &mut dyn Sql,
    now: i64,
    (rules, asked): (&WritebackRules, &Rescoring),
    count: i64,
    reached: &mut Rescored,
    score: ScoreAgain<'_>,
) -> Result<(), SqlError> {
    let (from, most) = (Param::Integer(reached.cursor), Param::Integer(count));
    let mut rows = Vec::new();
    if reached.reported_by.is_empty() {
        rows = sql.query(NEXT, &[from, most])?;
    }
    for version in std::iter::once(&reached.reported_by).chain(&reached.also).filter(|version| !version.is_empty()) {
        rows.extend(sql.query(NEXT_OF, &[from, most, Param::Text(version)])?);
    }
    let mut leads: Vec<(i64, String)> =
        rows.iter().filter_map(|row| Some((cell::integer(row, 0)?, cell::owned(row, 1)?))).collect();
    leads.sort();
    leads.truncate(usize::try_from(count).unwrap_or_default());
    reached.done = (leads.len() as i64) < count;
    if reached.done && reached.reported_by.is_empty() {
        reached.whole.clone_from(if asked.whole.is_empty() { &asked.id } else { &asked.whole });
    }
    // Numbers of leads are spread evenly over what 53 bits hold.
    reached.share = leads.last().filter(|_| !reached.done).map_or(1.0, |(last, _)| *last as f64 / (1i64 << 53) as f64);
    let Some((last, _)) = leads.last() else { return Ok(()) };
    reached.cursor = *last;
    reached.leads += leads.len() as u64;
    reached.budget -= leads.len() as f64;
    let numbers = Value::from_iter(leads.iter().map(|(lead, _)| *lead)).to_string();
    let about = sql.query(ABOUT, &[Param::Text(&numbers)])?;
    let mut moved = Vec::new();
    for (lead, lead_id) in &leads {
        let Some(row) = about.iter().find(|row| cell::integer(row, 0) == Some(*lead)) else { continue };
        let newest = |places: &[usize]| places.iter().filter_map(|at| cell::integer(row, *at)).max().unwrap_or(0);
        let (fields_ms, shown_ms, newest_ms) = (newest(&[2]), newest(&[3, 9]), newest(&[2, 3, 9]));
        let is_erased = lead_id.strip_prefix(ERASED).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
        if is_erased || cell::integer(row, 5).is_some() || newest_ms < asked.open_from_ms {
            reached.closed += 1;
        } else if cell::integer(row, 4) == Some(1) {
            reached.hidden += 1;
        } else if let Some(fields) = cell::text(row, 1) {
            if shown_ms > fields_ms.saturating_add(TOGETHER_MS) {
                reached.outdated += 1;
                continue;
            }
            match score(&asked.version, fields, now).filter(|(probability, _)| probability.is_finite()) {
                None => reached.rejected += 1,
                Some((probability, band)) => {
                    reached.rescored += 1;
                    let new = Reported { version: asked.version.clone(), probability, band };
                    let old = cell::owned(row, 6).zip(cell::real(row, 7)).zip(cell::owned(row, 8));
                    let old = old.map(|((version, probability), band)| Reported { version, probability, band });
                    moved.push(Moved { lead: *lead, lead_id, at_ms: now, shown_ms: newest_ms, new, old });
                }
            }
        } else {
            reached.without_fields += 1;
        }
    }
    reached.changed += record(sql, rules, ChangeReason::Rescored, &moved)?;
    Ok(())
}
