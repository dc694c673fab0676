//! Feedback and exposures on their way into a shard: each stored once.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::event::{Exposure, Feedback};
use serde_json::{Value, json};

use super::digest::touch_voice;
use super::ingest::SLICE;
use super::page;
use super::scored::{Scored, note_early};
use super::status::Counts;
use super::tombstone::Tombstones;
use super::{EventStatus, LogShard, Received, cell, change};
use crate::store::{Param, Sql, SqlError};

/// An event that is stored under its own id.
struct Said<'a> {
    event_id: &'a str,
    lead_id: &'a str,
    at_ms: i64,
    sha256: String,
    /// The version that it names scored the lead.
    is_scored: bool,
    /// The row as the insert takes it.
    row: Value,
}

/// Where one kind of event is stored.
struct Kind {
    /// Of the counts.
    name: &'static str,
    known: &'static str,
    insert: &'static str,
    conflict: &'static str,
}

const FEEDBACK: Kind = Kind {
    name: "feedback",
    known: "SELECT f.event_id, f.body_sha256 FROM json_each(?1) AS id JOIN sales_feedback AS f ON f.event_id = id.value",
    insert: "INSERT INTO sales_feedback (event_id, lead_id, version, kind, rating, rep, text, at_ms, body_sha256) SELECT e.value ->> 0, \
        e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5, e.value ->> 6, e.value ->> 7, e.value ->> 8 \
        FROM json_each(?1) AS e",
    conflict: "FEEDBACK_CONFLICT",
};

const EXPOSURE: Kind = Kind {
    name: "exposure",
    known: "SELECT x.event_id, x.body_sha256 FROM json_each(?1) AS id JOIN exposures AS x ON x.event_id = id.value",
    insert: "INSERT INTO exposures (event_id, lead_id, version, at_ms, client_ms, body_sha256) SELECT e.value ->> 0, e.value ->> 1, \
        e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5 FROM json_each(?1) AS e",
    conflict: "EXPOSURE_CONFLICT",
};

impl<S: Sql> LogShard<S> {
    /// Stores what sales says about scores. Where the version is not named, it is the one whose score of the lead was shown last. What
    /// names a lead or a version without a score of it is stored, and counts once there is one.
    ///
    /// # Errors
    /// [`SqlError`]: the store failed. Events before the failure may be stored; send all again.
    pub fn ingest_feedback(&mut self, events: &[Feedback]) -> Result<Vec<EventStatus>, SqlError> {
        let mut answers = Vec::with_capacity(events.len());
        for slice in events.chunks(SLICE) {
            let mut received = Vec::new();
            self.sql.transaction(&mut |sql| {
                let scored = Scored::read(sql, slice.iter().map(|event| event.lead_id.as_str()))?;
                let said = slice.iter().map(|event| {
                    let version = event.version.as_deref().or_else(|| scored.last_shown(&event.lead_id));
                    let is_scored = version.is_some_and(|version| scored.by(&event.lead_id, version));
                    let (id, lead, sha256) = (&event.event_id, &event.lead_id, event.content_sha256());
                    let row = json!([
                        id,
                        lead,
                        version,
                        event.kind.name(),
                        event.rating,
                        event.rep,
                        event.text,
                        event.occurred_ms,
                        sha256
                    ]);
                    Said { event_id: id, lead_id: lead, at_ms: event.occurred_ms, sha256, is_scored, row }
                });
                received = store(sql, &FEEDBACK, said.collect())?;
                Ok(())
            })?;
            answers.extend(received.into_iter().map(|received| received.answer(FEEDBACK.conflict)));
        }
        Ok(answers)
    }

    /// Stores which scores people saw, and those that pages worked out themselves as rows of the log.
    ///
    /// # Errors
    /// As [`LogShard::ingest_feedback`].
    pub fn ingest_exposures(&mut self, events: &[Exposure]) -> Result<Vec<EventStatus>, SqlError> {
        let mut answers = Vec::with_capacity(events.len());
        for slice in events.chunks(SLICE) {
            let mut received = Vec::new();
            self.sql.transaction(&mut |sql| {
                let scored = Scored::read(sql, slice.iter().map(|event| event.lead_id.as_str()))?;
                let said = slice.iter().map(|event| {
                    let (id, lead, sha256) = (&event.event_id, &event.lead_id, event.content_sha256());
                    let row = json!([id, lead, event.version, event.occurred_ms, event.client_ms, sha256]);
                    let is_scored = scored.by(lead, &event.version);
                    Said { event_id: id, lead_id: lead, at_ms: event.occurred_ms, sha256, is_scored, row }
                });
                received = store(sql, &EXPOSURE, said.collect())?;
                let is_new = |received: &Received| matches!(received, Received::Accepted | Received::Orphan);
                let new = slice.iter().zip(&received).filter(|(_, received)| is_new(received)).map(|(event, _)| event);
                page::store(sql, &new.collect::<Vec<_>>())
            })?;
            answers.extend(received.into_iter().map(|received| received.answer(EXPOSURE.conflict)));
        }
        Ok(answers)
    }

    /// Closes a report that something is odd. False: there is no such report.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn close_feedback(&mut self, event_id: &str, closed_by: &str, confirmed: bool) -> Result<bool, SqlError> {
        let mut found = false;
        self.sql.transaction(&mut |sql| {
            let id = Param::Text(event_id);
            let rows = sql.query("SELECT at_ms FROM sales_feedback WHERE event_id = ?1 AND kind = 'odd'", &[id])?;
            let Some(at_ms) = rows.first().and_then(|row| cell::integer(row, 0)) else { return Ok(()) };
            let close = "UPDATE sales_feedback SET closed_by = ?2, confirmed = CAST(?3 AS INTEGER) WHERE event_id = ?1";
            sql.execute(close, &[id, Param::Text(closed_by), Param::Integer(confirmed.into())])?;
            change::closed(sql, event_id)?;
            touch_voice(sql, at_ms)?;
            found = true;
            Ok(())
        })?;
        Ok(found)
    }
}

fn store(sql: &mut dyn Sql, kind: &Kind, said: Vec<Said<'_>>) -> Result<Vec<Received>, SqlError> {
    let ids = Value::from_iter(said.iter().map(|event| event.event_id)).to_string();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for row in sql.query(kind.known, &[Param::Text(&ids)])? {
        known.insert(cell::owned(&row, 0).unwrap_or_default(), cell::owned(&row, 1).unwrap_or_default());
    }
    let tombstones = Tombstones::read(sql)?;
    let (mut all, mut counts, mut rows, mut days) =
        (Vec::with_capacity(said.len()), Counts::default(), Vec::new(), BTreeSet::new());
    let mut is_early = false;
    for event in said {
        let received = match known.get(event.event_id) {
            _ if tombstones.holds(event.lead_id) => Received::Erased,
            Some(sha256) if *sha256 == event.sha256 => Received::Duplicate,
            Some(_) => Received::Conflict,
            None if event.is_scored => Received::Accepted,
            None => Received::Orphan,
        };
        if matches!(received, Received::Accepted | Received::Orphan) {
            known.insert(event.event_id.to_owned(), event.sha256);
            days.insert(super::digest::day_of(event.at_ms));
            rows.push(event.row);
        }
        // Of exposures no figure waits for a score.
        is_early |= received == Received::Orphan && kind.name == FEEDBACK.name;
        counts.add(received);
        all.push(received);
    }
    if is_early {
        note_early(sql)?;
    }
    if !rows.is_empty() {
        let rows = Value::from(rows).to_string();
        sql.execute(kind.insert, &[Param::Text(&rows)])?;
        change::note(sql, kind.name, &rows, [1, 0])?;
    }
    days.into_iter().try_for_each(|day| touch_voice(sql, day))?;
    counts.store(sql, kind.name)?;
    Ok(all)
}
