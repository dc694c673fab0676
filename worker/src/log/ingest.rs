//! Outcome events on their way into a shard: each stored once, folded into its lead's outcome.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumbline_core::event::{Outcome, OutcomeKind, lead_number};
use serde_json::{Value, json};

use super::digest::{DAY_MS, Digest, day_of, note_moves};
use super::fold::{Folded, Happened, fold};
use super::status::Counts;
use super::tombstone::Tombstones;
use super::{EventStatus, LogShard, Received, cell, change, meta};
use crate::store::{Param, Sql, SqlError};

/// Events of one transaction.
pub(super) const SLICE: usize = 200;
/// How long after its day an outcome day takes corrections.
const CLOSED_AFTER_MS: i64 = 90 * DAY_MS;

impl<S: Sql> LogShard<S> {
    /// Stores outcome events and folds them into the outcomes of their leads. Sending an event again changes nothing, and the order of
    /// arrival does not matter. The answers are in the order of the events.
    ///
    /// # Errors
    /// [`SqlError`]: the store failed. Events before the failure may be stored; send all again.
    pub fn ingest(&mut self, now: i64, events: &[Outcome]) -> Result<Vec<EventStatus>, SqlError> {
        let mut answers = Vec::with_capacity(events.len());
        let rules = match &self.rules {
            Some((_, used)) => Some(Arc::clone(used)),
            None => self.rules()?.map(Arc::new),
        };
        for slice in events.chunks(SLICE) {
            let mut received = Vec::new();
            self.sql.transaction(&mut |sql| {
                received = Slice::read(sql, rules.as_deref(), slice)?.store(sql, now, rules.as_deref(), slice)?;
                Ok(())
            })?;
            answers.extend(received.into_iter().map(|received| received.answer("OUTCOME_CONFLICT")));
        }
        Ok(answers)
    }
}

/// What the store knows of the leads of some events.
struct Slice {
    tombstones: Tombstones,
    events: BTreeMap<String, Vec<Happened>>,
    /// When each lead was first scored.
    first_ms: BTreeMap<String, i64>,
    /// The age at which outcomes count, once a digest has said so.
    mature_ms: Option<i64>,
}

impl Slice {
    fn read(sql: &mut dyn Sql, rules: Option<&Digest>, events: &[Outcome]) -> Result<Slice, SqlError> {
        let leads: BTreeSet<&str> = events.iter().map(|event| event.lead_id.as_str()).collect();
        let ids = Value::from_iter(leads.iter().copied()).to_string();
        let numbers: Vec<(i64, &str)> = leads.iter().map(|lead| (lead_number(lead), *lead)).collect();
        let mut found: BTreeMap<String, Vec<Happened>> = BTreeMap::new();
        let query = "SELECT e.lead_id, e.event_id, e.kind, e.occurred_ms, e.value, e.replaces, e.body_sha256 \
            FROM json_each(?1) AS lead JOIN outcome_events AS e ON e.lead_id = lead.value";
        for row in sql.query(query, &[Param::Text(&ids)])? {
            let Some(kind) = cell::text(&row, 2).and_then(OutcomeKind::named) else { continue };
            found.entry(cell::owned(&row, 0).unwrap_or_default()).or_default().push(Happened {
                event_id: cell::owned(&row, 1).unwrap_or_default(),
                kind,
                occurred_ms: cell::integer(&row, 3).unwrap_or_default(),
                value: cell::real(&row, 4),
                replaces: cell::owned(&row, 5),
                sha256: cell::owned(&row, 6).unwrap_or_default(),
            });
        }
        let numbers = Value::from_iter(numbers.iter().map(|(number, id)| json!([number, id]))).to_string();
        let query = "SELECT s.lead_id, min(s.first_ms) FROM json_each(?1) AS lead CROSS JOIN lead_scores AS s \
            WHERE s.lead = lead.value ->> 0 AND s.lead_id = lead.value ->> 1 GROUP BY s.lead_id";
        let mut first_ms = BTreeMap::new();
        for row in sql.query(query, &[Param::Text(&numbers)])? {
            if let (Some(lead), Some(ms)) = (cell::owned(&row, 0), cell::integer(&row, 1)) {
                first_ms.insert(lead, ms);
            }
        }
        Ok(Slice { tombstones: Tombstones::read(sql)?, events: found, first_ms, mature_ms: rules.map(|rules| rules.mature_ms) })
    }

    fn store(
        mut self,
        sql: &mut dyn Sql,
        now: i64,
        rules: Option<&Digest>,
        events: &[Outcome],
    ) -> Result<Vec<Received>, SqlError> {
        let (mut all, mut counts, mut rows) = (Vec::with_capacity(events.len()), Counts::default(), Vec::new());
        let mut before: BTreeMap<&str, Folded> = BTreeMap::new();
        for event in events {
            let revision = if event.revises { self.revision(event).map(Cow::Owned) } else { Ok(Cow::Borrowed(event)) };
            let received = match &revision {
                Ok(event) => self.receive(now, event),
                Err(received) => *received,
            };
            if let Ok(revised) = revision
                && !matches!(received, Received::Duplicate | Received::Conflict | Received::Erased)
            {
                let (lead, sha256) = (&event.lead_id, revised.content_sha256());
                let known = self.events.entry(lead.clone()).or_default();
                before.entry(lead).or_insert_with(|| fold(known));
                let (id, kind, occurred) = (&revised.event_id, revised.kind.name(), revised.occurred_ms);
                rows.push(json!([lead, id, kind, occurred, now, revised.value, revised.replaces, sha256]));
                known.push(Happened {
                    event_id: revised.event_id.clone(),
                    kind: revised.kind,
                    occurred_ms: revised.occurred_ms,
                    value: revised.value,
                    replaces: revised.replaces.clone(),
                    sha256,
                });
            }
            counts.add(received);
            all.push(received);
        }
        if !rows.is_empty() {
            let insert = "INSERT INTO outcome_events (lead_id, event_id, kind, occurred_ms, received_ms, value, replaces, body_sha256) \
                SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5, e.value ->> 6, \
                e.value ->> 7 FROM json_each(?1) AS e";
            let rows = Value::from(rows).to_string();
            sql.execute(insert, &[Param::Text(&rows)])?;
            change::note(sql, "outcome", &rows, [0, 1])?;
        }
        let (mut outcomes, mut changes) = (Vec::new(), BTreeMap::new());
        for (lead, was) in before {
            let is = fold(self.events.get(lead).map(Vec::as_slice).unwrap_or_default());
            outcomes.push(json!([
                lead_number(lead),
                lead,
                is.converted_ms,
                is.lost_ms,
                is.deal_value,
                is.opened_ms,
                is.closed_ms,
                is.events
            ]));
            if let Some(first_ms) = self.first_ms.get(lead).filter(|_| was != is) {
                changes.insert(lead_number(lead), (*first_ms, was));
            }
        }
        if !outcomes.is_empty() {
            let upsert = "INSERT INTO outcomes (lead, lead_id, converted_ms, lost_ms, deal_value, opened_ms, closed_ms, events) \
                SELECT o.value ->> 0, o.value ->> 1, o.value ->> 2, o.value ->> 3, o.value ->> 4, o.value ->> 5, o.value ->> 6, \
                o.value ->> 7 FROM json_each(?1) AS o WHERE true ON CONFLICT (lead) DO UPDATE SET converted_ms = \
                excluded.converted_ms, lost_ms = excluded.lost_ms, deal_value = excluded.deal_value, opened_ms = excluded.opened_ms, \
                closed_ms = excluded.closed_ms, events = excluded.events WHERE outcomes.lead_id = excluded.lead_id";
            let wanted = outcomes.len() as u64;
            let stored = sql.execute(upsert, &[Param::Text(&Value::from(outcomes).to_string())])?;
            if stored < wanted {
                // Another lead has the number.
                meta::add(sql, "count:clash", (wanted - stored) as i64)?;
            }
        }
        if let Some(rules) = rules.filter(|_| !changes.is_empty()) {
            note_moves(sql, now, rules, &changes)?;
        }
        counts.store(sql, "outcome")?;
        Ok(all)
    }

    /// The event that is stored of `event`, which revises: the first of its id under this id, a later one under the id with its number,
    /// in place of the one before.
    ///
    /// # Errors
    /// Nothing changes: the content is that of the one before, or there is nothing to retract.
    fn revision(&self, event: &Outcome) -> Result<Outcome, Received> {
        let known = self.events.get(&event.lead_id).map(Vec::as_slice).unwrap_or_default();
        let of = |id: &str| known.iter().find(|other| other.event_id == id);
        let name = |number: u32| if number == 1 { event.event_id.clone() } else { format!("{}#{number}", event.event_id) };
        let next = (1..).map(name).take_while(|id| of(id).is_some()).count() as u32 + 1;
        let before = if next == 1 { unnamed(known, event.kind) } else { of(&name(next - 1)) };
        match before {
            None if event.kind == OutcomeKind::Retract => Err(Received::Nothing),
            Some(before) if before.kind == OutcomeKind::Retract && event.kind == OutcomeKind::Retract => Err(Received::Nothing),
            Some(before) if before.sha256 == event.content_sha256() => Err(Received::Duplicate),
            _ => {
                let replaces = before.map(|before| before.event_id.clone());
                Ok(Outcome { event_id: name(next), replaces, ..event.clone() })
            }
        }
    }

    fn receive(&self, now: i64, event: &Outcome) -> Received {
        if self.tombstones.holds(&event.lead_id) {
            return Received::Erased;
        }
        let known = self.events.get(&event.lead_id).map(Vec::as_slice).unwrap_or_default();
        if let Some(same) = known.iter().find(|other| other.event_id == event.event_id) {
            return if same.sha256 == event.content_sha256() { Received::Duplicate } else { Received::Conflict };
        }
        let Some(first_ms) = self.first_ms.get(&event.lead_id) else { return Received::Orphan };
        let mature = self.matures(&event.lead_id);
        if mature.is_some_and(|mature| is_closed(mature, now)) {
            return Received::TooLate;
        }
        match event.kind {
            OutcomeKind::Converted if event.occurred_ms < *first_ms => Received::BeforeScore,
            OutcomeKind::Converted if mature.is_some_and(|mature| event.occurred_ms > mature) => Received::AfterMaturity,
            _ if event.replaces.is_some() => Received::Corrected,
            _ => Received::Accepted,
        }
    }

    /// When the lead's outcome counts, milliseconds since 1970.
    fn matures(&self, lead: &str) -> Option<i64> {
        Some(self.first_ms.get(lead)?.saturating_add(self.mature_ms?))
    }
}

/// The one event of `kind` that counts and was sent without an id: it was known by its content.
fn unnamed(known: &[Happened], kind: OutcomeKind) -> Option<&Happened> {
    let is_replaced = |id: &str| known.iter().any(|other| other.replaces.as_deref() == Some(id));
    let mut standing =
        known.iter().filter(|other| other.kind == kind && other.event_id == other.sha256 && !is_replaced(&other.event_id));
    standing.next().filter(|_| standing.next().is_none())
}

/// Whether the outcome day of a lead that matured at `mature` takes no corrections any more.
pub(super) fn is_closed(mature: i64, now: i64) -> bool {
    day_of(mature).saturating_add(DAY_MS + CLOSED_AFTER_MS) <= now
}
