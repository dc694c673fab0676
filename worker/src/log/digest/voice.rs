//! What sales said on a day and which scores were seen, by version: worked out from rows like outcome days.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DAY_MS, Digest, Progress, day_of};
use crate::log::ingest::SLICE;
use crate::log::scored::Scored;
use crate::log::window::{self, Grain, Key};
use crate::log::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError};

/// What sales said about the scores of a version on a day. Two of them add up field by field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Voice {
    /// Thumbs up.
    pub up: u64,
    /// Thumbs down.
    pub down: u64,
    /// Ratings of 1 to 10, how many of each.
    pub ratings: [u64; 10],
    /// Scores that do not help.
    pub unhelpful: u64,
    /// Reports that something is odd: open.
    pub odd_open: u64,
    /// The newest of the open ones, at most [`LISTED`]: when each was made, and its id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<(i64, String)>,
    /// Reports that something is odd: closed as confirmed.
    pub odd_confirmed: u64,
    /// Reports that something is odd: closed as not so.
    pub odd_dismissed: u64,
    /// Scores that a person saw.
    pub exposures: u64,
    /// Of those, the ones whose page measured its wait.
    pub waits: u64,
    /// The sum of those waits, milliseconds.
    pub wait_ms: f64,
}

/// Open reports that are listed by id.
const LISTED: usize = 20;

impl Voice {
    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Voice) {
        other.odd.iter().for_each(|(at_ms, id)| self.list(*at_ms, id));
        self.up += other.up;
        self.down += other.down;
        self.ratings.iter_mut().zip(other.ratings).for_each(|(count, more)| *count += more);
        self.unhelpful += other.unhelpful;
        self.odd_open += other.odd_open;
        self.odd_confirmed += other.odd_confirmed;
        self.odd_dismissed += other.odd_dismissed;
        self.exposures += other.exposures;
        self.waits += other.waits;
        self.wait_ms += other.wait_ms;
    }

    fn list(&mut self, at_ms: i64, id: &str) {
        self.odd.push((at_ms, id.to_owned()));
        self.odd.sort_by(|a, b| b.cmp(a));
        self.odd.truncate(LISTED);
    }

    fn feedback(&mut self, kind: &str, rating: Option<i64>, closed: bool, confirmed: bool, count: u64) {
        match (kind, rating) {
            ("thumb", Some(1)) => self.up += count,
            ("thumb", _) => self.down += count,
            ("satisfaction", Some(rating)) => {
                let place = usize::try_from(rating - 1).ok().and_then(|place| self.ratings.get_mut(place));
                place.into_iter().for_each(|place| *place += count);
            }
            ("unhelpful", _) => self.unhelpful += count,
            ("odd", _) if !closed => self.odd_open += count,
            ("odd", _) if confirmed => self.odd_confirmed += count,
            ("odd", _) => self.odd_dismissed += count,
            _ => {}
        }
    }
}

/// Marks the day of `at_ms` to be worked out again.
pub(in crate::log) fn touch(sql: &mut dyn Sql, at_ms: i64) -> Result<(), SqlError> {
    meta::add(sql, &format!("voice:{}", day_of(at_ms)), 1)
}

impl<S: Sql> LogShard<S> {
    /// Works out a marked day.
    pub(super) fn count_voices(&mut self, _now: i64, _rules: &Digest) -> Result<Progress, SqlError> {
        let mut done = Progress::default();
        self.sql.transaction(&mut |sql| {
            done = Progress::default();
            let Some(day) = meta::under(sql, "voice:")?.into_iter().find_map(|(day, _)| day.parse::<i64>().ok()) else {
                return Ok(());
            };
            done.windows = count(sql, day)?;
            meta::remove(sql, &format!("voice:{day}"))?;
            done.more = true;
            Ok(())
        })?;
        Ok(done)
    }
}

fn count(sql: &mut dyn Sql, day: i64) -> Result<u64, SqlError> {
    let mut voices: BTreeMap<String, Voice> = BTreeMap::new();
    let span = [Param::Integer(day), Param::Integer(day + DAY_MS)];
    // Versions that were counted before, and may have nothing left.
    let counted = "SELECT version FROM shard_windows WHERE grain = 'voice' AND start_ms = ?1";
    for row in sql.query(counted, &[Param::Integer(day)])? {
        voices.entry(cell::owned(&row, 0).unwrap_or_default()).or_default();
    }
    // Anyone who has a published key can report about any lead: what counts is about a score that its version gave the lead.
    let feedback = "SELECT lead_id, version, kind, rating, closed_by IS NOT NULL, confirmed, at_ms, event_id FROM sales_feedback \
        WHERE at_ms >= ?1 AND at_ms < ?2";
    let size = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    for rows in sql.query(feedback, &span)?.chunks(SLICE) {
        let scored = Scored::read(sql, rows.iter().filter_map(|row| cell::text(row, 0)))?;
        for row in rows {
            let (lead, named) = (cell::text(row, 0).unwrap_or_default(), cell::text(row, 1));
            let Some(version) = named.or_else(|| scored.first_shown(lead)).filter(|version| scored.by(lead, version)) else {
                continue;
            };
            let voice = voices.entry(version.to_owned()).or_default();
            let (kind, rating) = (cell::text(row, 2).unwrap_or_default(), cell::integer(row, 3));
            let (closed, confirmed) = (cell::integer(row, 4) == Some(1), cell::integer(row, 5) == Some(1));
            voice.feedback(kind, rating, closed, confirmed, 1);
            if kind == "odd" && !closed {
                voice.list(cell::integer(row, 6).unwrap_or_default(), cell::text(row, 7).unwrap_or_default());
            }
        }
    }
    let exposures = "SELECT version, count(*), count(client_ms), coalesce(sum(client_ms), 0.0) FROM exposures \
        WHERE at_ms >= ?1 AND at_ms < ?2 GROUP BY version";
    for row in sql.query(exposures, &span)? {
        let voice = voices.entry(cell::owned(&row, 0).unwrap_or_default()).or_default();
        (voice.exposures, voice.waits) = (size(cell::integer(&row, 1)), size(cell::integer(&row, 2)));
        voice.wait_ms = cell::real(&row, 3).unwrap_or(0.0);
    }
    let mut changed = 0;
    for (version, voice) in voices {
        let key = Key { grain: Grain::Voice, start_ms: day, version, role: String::new() };
        changed += window::replace(sql, &key, &[], serde_json::to_string(&voice).ok().as_deref())?;
    }
    Ok(changed)
}
