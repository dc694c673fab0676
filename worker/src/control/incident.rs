//! Incidents of the control object: stored, taken, closed, and handed to the next contact when their deadline is missed.

use plumbline_core::alert::{Close, Incident, IncidentError, IncidentKind, contacts, of_incident};
use plumbline_core::rollout::ledger::Kind;
use plumbline_core::rollout::policy::Contact;
use plumbline_core::rollout::{Actor, Event, Policy, Severity};
use serde_json::{Value, json};

use super::rollout::{append, keep_document};
use super::{Control, Fault, integer, outbox, text};
use crate::model::digest;
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError, SqlValue};

const COLUMNS: &str = "id, severity, opened_ms, due_ms, acknowledged_by, contact, closed_ms, cause, postmortem_sha256, body";

/// A rollback is over once no instance has served an older deployment for so long, in milliseconds.
const RESTORED_MS: i64 = 60_000;

impl<S: Sql> Control<S> {
    /// The incidents that are open, the most urgent deadline first.
    ///
    /// # Errors
    /// The store failed.
    pub fn open_incidents(&mut self) -> Result<Vec<Incident>, SqlError> {
        let query = format!("SELECT {COLUMNS} FROM incidents WHERE closed_ms IS NULL ORDER BY due_ms, id");
        Ok(self.sql.query(&query, &[])?.iter().map(|row| incident(row)).collect())
    }

    /// The newest incidents, open or closed, the open ones first.
    ///
    /// # Errors
    /// The store failed.
    pub fn incidents(&mut self, limit: i64) -> Result<Vec<Incident>, SqlError> {
        let query = format!("SELECT {COLUMNS} FROM incidents ORDER BY closed_ms IS NOT NULL, opened_ms DESC, id LIMIT ?1");
        Ok(self.sql.query(&query, &[Param::Integer(limit)])?.iter().map(|row| incident(row)).collect())
    }

    fn incident(&mut self, id: &str) -> Result<Incident, Fault> {
        let query = format!("SELECT {COLUMNS} FROM incidents WHERE id = ?1");
        let found = self.sql.query(&query, &[Param::Text(id)])?;
        let none = || Problem::new(404, "NO_SUCH_INCIDENT", format!("no incident has the id {id:?}"));
        Ok(found.first().map(|row| incident(row)).ok_or_else(none)?)
    }

    /// Has the person `by` take the incident of alert `id`, which then repeats no message until its deadline.
    ///
    /// # Errors
    /// There is no such alert, it has no incident that is open, or no person is named.
    pub fn take_alert(&mut self, now_ms: i64, id: &str, by: &str) -> Result<Incident, Fault> {
        let none = || Problem::new(404, "NO_SUCH_ALERT", format!("no alert has the id {id:?}"));
        let alert = self.alert(id)?.ok_or_else(none)?;
        let nothing = || Problem::new(409, "NOTHING_TO_TAKE", "this alert opened no incident: no one has to act on it");
        let incident = self.incident(&alert.incident.ok_or_else(nothing)?)?;
        let taken = incident.taken(by, now_ms).map_err(refused)?;
        let body = json!({ "actor": { "name": by }, "alert": id, "due_ms": taken.due_ms, "id": taken.id,
            "sentence": { "code": "INCIDENT_TAKEN", "text": format!("{by} took: {}", taken.sentence.text), "values": {} } });
        self.write(now_ms, &taken, &body, None)?;
        Ok(taken)
    }

    /// Closes the incident `id` with its cause and, of a red one, its post-mortem.
    ///
    /// # Errors
    /// There is no such incident, it is closed, or something is missing.
    pub fn close_incident(
        &mut self,
        now_ms: i64,
        id: &str,
        by: &Actor,
        cause: &str,
        post_mortem: &str,
    ) -> Result<Incident, Fault> {
        let incident = self.incident(id)?;
        let (actor, by) = (by, by.name.as_str());
        let document = (!post_mortem.trim().is_empty()).then(|| {
            json!({ "by": by, "cause": cause, "incident": id, "sentence": incident.sentence, "text": post_mortem }).to_string()
        });
        let sha256 = document.as_ref().map(|document| digest(document.as_bytes()));
        let close = Close { by, cause, post_mortem_sha256: sha256.as_deref() };
        let closed = incident.closed(&close, now_ms).map_err(refused)?;
        let body = json!({ "actor": { "name": by }, "cause": cause, "id": closed.id, "post_mortem": sha256,
            "sentence": { "code": "INCIDENT_CLOSED", "text": format!("{by} closed an incident: {cause}"), "values": {} } });
        if let (IncidentKind::PostMortem, Some(document)) = (closed.kind, &document) {
            self.close_post_mortem(now_ms, &closed.rollout, actor, document)?;
        }
        self.write(now_ms, &closed, &body, document.as_deref())?;
        Ok(closed)
    }

    /// Lets the version that was on trial in `rollout` start again.
    fn close_post_mortem(&mut self, now_ms: i64, rollout: &str, by: &Actor, document: &str) -> Result<(), Fault> {
        let Some(span) = self.spans()?.into_iter().find(|span| span.id == rollout) else { return Ok(()) };
        let is_open = self.running()?.past.get(&span.challenger).is_some_and(|past| past.is_post_mortem_open);
        // The state knows it already where a call broke off between the two.
        if is_open {
            let document_sha256 = self.keep(now_ms, "post_mortem", document)?;
            self.apply(now_ms, &Event::PostMortem { by: by.clone(), version: span.challenger, document_sha256 }, None)?;
        }
        Ok(())
    }

    /// Hands incidents whose deadline is missed to the next contact, and notes rollbacks that every instance follows.
    pub(super) fn clocks(&mut self, now_ms: i64) -> Result<(), Fault> {
        let timing = self.policy.alerts.timing.clone();
        let people = contacts(&self.policy).len();
        for incident in self.open_incidents()? {
            let is_rollback = incident.kind == IncidentKind::Rollout && now_ms >= incident.opened_ms + RESTORED_MS;
            if is_rollback
                && self.is_followed()?
                && let Some(restored) = incident.restored(&timing, now_ms)
            {
                let body = json!({ "id": restored.id, "restored_ms": now_ms });
                self.write(now_ms, &restored, &body, None)?;
            } else if let Some(next) = incident.escalated(&timing, people, now_ms) {
                let policy = &self.policy;
                let message = of_incident(policy, &next, now_ms);
                let body = json!({ "due_ms": next.due_ms, "id": next.id, "owner": contact_of(policy, &next),
                    "sentence": message.sentence, "severity": next.severity });
                let rollout = next.rollout.clone();
                self.sql.transaction(&mut |sql| {
                    store_incident(sql, &next)?;
                    append(sql, now_ms, Kind::Incident, &rollout, &body)?;
                    outbox::post(sql, policy, &message, &next.id, now_ms)
                })?;
            }
        }
        Ok(())
    }

    /// Whether every instance that was heard lately serves the newest deployment.
    fn is_followed(&mut self) -> Result<bool, SqlError> {
        let query = "SELECT count(*) FROM instances WHERE epoch > 0 AND epoch < (SELECT max(epoch) FROM deployments)
            AND seen_ms > (SELECT max(seen_ms) FROM instances) - ?1";
        let lagging = self.sql.query(query, &[Param::Integer(RESTORED_MS)])?;
        Ok(lagging.first().is_none_or(|row| integer(row, 0) == 0))
    }

    fn write(&mut self, now_ms: i64, incident: &Incident, body: &Value, document: Option<&str>) -> Result<(), SqlError> {
        self.sql.transaction(&mut |sql| {
            if let Some(document) = document {
                keep_document(sql, now_ms, "post_mortem", document)?;
            }
            store_incident(sql, incident)?;
            append(sql, now_ms, Kind::Incident, &incident.rollout, body)
        })
    }
}

fn refused(error: IncidentError) -> Problem {
    let status = if error == IncidentError::Closed { 409 } else { 422 };
    Problem::new(status, error.code(), error.to_string())
}

/// Notes that `post_mortem` asks for the post-mortem of the other red incident of its event, too; part of the caller's transaction.
pub(super) fn cover(sql: &mut dyn Sql, post_mortem: &Incident) -> Result<(), SqlError> {
    let query = format!("SELECT {COLUMNS} FROM incidents WHERE opened_ms = ?1 AND closed_ms IS NULL");
    let is_other = |other: &Incident| other.kind == IncidentKind::Rollout && other.rollout == post_mortem.rollout;
    let found = sql.query(&query, &[Param::Integer(post_mortem.opened_ms)])?;
    let others = found.iter().map(|row| incident(row)).filter(is_other);
    others.into_iter().try_for_each(|other| store_incident(sql, &Incident { is_covered: true, ..other }))
}

/// Who has to act on `incident`.
pub(super) fn contact_of(policy: &Policy, incident: &Incident) -> Option<Contact> {
    contacts(policy).into_iter().nth(incident.contact)
}

/// Stores `incident`; part of the caller's transaction.
pub(super) fn store_incident(sql: &mut dyn Sql, incident: &Incident) -> Result<(), SqlError> {
    let insert =
        "INSERT INTO incidents (id, severity, opened_ms, due_ms, acknowledged_by, contact, closed_ms, cause, postmortem_sha256,
            body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT (id) DO UPDATE SET due_ms = excluded.due_ms, acknowledged_by = excluded.acknowledged_by,
            contact = excluded.contact, closed_ms = excluded.closed_ms, cause = excluded.cause,
            postmortem_sha256 = excluded.postmortem_sha256, body = excluded.body";
    let body = serde_json::to_string(incident).unwrap_or_default();
    let severity = serde_json::to_value(incident.severity).ok().and_then(|value| value.as_str().map(str::to_owned));
    let severity = severity.unwrap_or_default();
    let given = [
        Param::Text(&incident.id),
        Param::Text(&severity),
        Param::Integer(incident.opened_ms),
        Param::Integer(incident.due_ms),
        words(&incident.taken_by),
        Param::Integer(i64::try_from(incident.contact).unwrap_or_default()),
        incident.closed_ms.map_or(Param::Null, Param::Integer),
        words(&incident.cause),
        words(&incident.post_mortem_sha256),
        Param::Text(&body),
    ];
    sql.execute(insert, &given).map(drop)
}

fn words(text: &Option<String>) -> Param<'_> {
    text.as_deref().map_or(Param::Null, Param::Text)
}

/// The incident of a row; of one that a rollout opened before incidents had a document of their own, what its columns say.
fn incident(row: &[SqlValue]) -> Incident {
    let body = text(row, 9);
    if let Ok(incident) = serde_json::from_str::<Incident>(&body) {
        return incident;
    }
    let body: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let optional = |at: usize| row.get(at).and_then(SqlValue::as_text).map(str::to_owned);
    let id = text(row, 0);
    let severity = serde_json::from_value(Value::String(text(row, 1))).unwrap_or(Severity::Yellow);
    let kind = if id.starts_with("post_mortem") { IncidentKind::PostMortem } else { IncidentKind::Rollout };
    let sentence = body.get("sentence").and_then(|sentence| serde_json::from_value(sentence.clone()).ok()).unwrap_or_default();
    Incident {
        contact: usize::try_from(integer(row, 5)).unwrap_or_default(),
        taken_by: optional(4),
        closed_ms: row.get(6).and_then(SqlValue::as_integer),
        cause: optional(7),
        post_mortem_sha256: optional(8),
        ..Incident::of_rollout((&id, ""), kind, severity, &sentence, (integer(row, 2), integer(row, 3)))
    }
}
