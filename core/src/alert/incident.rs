//! Incidents: the clock by which a person has to act, and whom it escalates to.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::rollout::policy::{Contact, Timing};
use crate::rollout::{Policy, Severity};
use crate::sentence::Sentence;

/// Something a person has to look into by a deadline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// What opened it.
    pub kind: IncidentKind,
    /// How urgent it is.
    pub severity: Severity,
    /// What happened.
    pub sentence: Sentence,
    /// When it was opened.
    pub opened_ms: i64,
    /// When the present contact must have acted.
    pub due_ms: i64,
    /// Who has to act, by place in the list of contacts.
    pub contact: usize,
    /// The alert that opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    /// The rollout that it belongs to; empty outside one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rollout: String,
    /// Who took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_ms: Option<i64>,
    /// When the service was well again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_ms: Option<i64>,
    /// Who closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<i64>,
    /// What caused it, by the person who closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// SHA-256 of the post-mortem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_mortem_sha256: Option<String>,
    /// Whether another incident asks for the post-mortem of the same event.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_covered: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What opened an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// An alert.
    Alert,
    /// A step of the rollout, such as a rollback.
    Rollout,
    /// A rollback, whose post-mortem it asks for.
    PostMortem,
}

/// How a person closes an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close<'a> {
    /// Who.
    pub by: &'a str,
    /// What caused it.
    pub cause: &'a str,
    /// SHA-256 of the post-mortem, where one is given.
    pub post_mortem_sha256: Option<&'a str>,
}

/// Why an incident cannot be taken or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IncidentError {
    /// It is closed.
    #[error("the incident is closed already")]
    Closed,
    /// No person is named.
    #[error("name the person: use a key that belongs to one")]
    NoPerson,
    /// No cause is given.
    #[error("give the cause: an incident is closed with what caused it")]
    NoCause,
    /// It is red, and no post-mortem is given.
    #[error("give the post-mortem: a red incident is closed with one")]
    NoPostMortem,
}

impl IncidentError {
    /// A stable name of the kind of error.
    pub fn code(self) -> &'static str {
        match self {
            IncidentError::Closed => "INCIDENT_CLOSED",
            IncidentError::NoPerson => "PERSON_REQUIRED",
            IncidentError::NoCause => "CAUSE_REQUIRED",
            IncidentError::NoPostMortem => "POST_MORTEM_REQUIRED",
        }
    }
}

impl Incident {
    /// How long the contact has to act, in milliseconds: a yellow incident is investigated, in a red one the service is restored and a
    /// post-mortem written.
    fn span_ms(&self, timing: &Timing) -> i64 {
        let is_written = self.kind == IncidentKind::PostMortem || self.restored_ms.is_some();
        match self.severity {
            Severity::Red if is_written => timing.post_mortem_within.0,
            Severity::Red => timing.restore_within.0,
            _ => timing.investigate_within.0,
        }
    }

    /// An incident of an alert that fires at `at_ms`.
    pub fn of_alert(alert: &super::Alert, timing: &Timing, at_ms: i64) -> Incident {
        let id = format!("alert-{}", alert.id.get(..12).unwrap_or_default());
        let of = Incident::of_rollout((&id, ""), IncidentKind::Alert, alert.severity, &alert.sentence, (at_ms, at_ms));
        let mut incident = Incident { alert: Some(alert.id.clone()), ..of };
        incident.due_ms = at_ms.saturating_add(incident.span_ms(timing));
        incident
    }

    /// An incident named `id` of the rollout `rollout`, opened and due at these times.
    pub fn of_rollout(
        (id, rollout): (&str, &str),
        kind: IncidentKind,
        severity: Severity,
        sentence: &Sentence,
        (opened_ms, due_ms): (i64, i64),
    ) -> Incident {
        Incident {
            id: id.to_owned(),
            kind,
            severity,
            sentence: sentence.clone(),
            opened_ms,
            due_ms,
            contact: 0,
            alert: None,
            rollout: rollout.to_owned(),
            taken_by: None,
            taken_ms: None,
            restored_ms: None,
            closed_by: None,
            closed_ms: None,
            cause: None,
            post_mortem_sha256: None,
            is_covered: false,
        }
    }

    /// Whether a person must act before it is over.
    pub fn is_open(&self) -> bool {
        self.closed_ms.is_none()
    }

    /// Whether a person took it and the deadline is not over: its alert repeats no message then.
    pub fn is_taken(&self, now_ms: i64) -> bool {
        self.taken_by.is_some() && now_ms < self.due_ms
    }

    /// The incident once it was due and open at `now_ms`: the next of `contacts` people has to act, by a new clock; after the last it
    /// stays with them. None where it is not due.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::alert::{Alert, Hour, Incident, of_red};
    /// use plumbline_core::rollout::{Policy, RedRule, RedVerdict};
    /// let timing = Policy::default().alerts.timing;
    /// let verdict = RedVerdict { version: "2".into(), rule: RedRule::Errors, is_red: true, sentence: Default::default() };
    /// let (alert, _) = Alert::watch(&timing, None, &of_red(&verdict), 0, false);
    /// let incident = Incident::of_alert(&alert.unwrap(), &timing, 0);
    /// assert_eq!(incident.due_ms, 3_600_000);
    /// let next = incident.escalated(&timing, 5, 3_600_000).unwrap();
    /// assert_eq!((next.contact, next.due_ms), (1, 7_200_000));
    /// ```
    pub fn escalated(&self, timing: &Timing, contacts: usize, now_ms: i64) -> Option<Incident> {
        if !self.is_open() || now_ms < self.due_ms {
            return None;
        }
        let contact = (self.contact + 1).min(contacts.saturating_sub(1));
        let due_ms = now_ms.saturating_add(self.span_ms(timing));
        Some(Incident { contact, due_ms, taken_by: None, taken_ms: None, ..self.clone() })
    }

    /// The incident once the service is well again at `now_ms`: a red one then waits for its post-mortem. None where that changes
    /// nothing.
    pub fn restored(&self, timing: &Timing, now_ms: i64) -> Option<Incident> {
        if !self.is_open()
            || self.restored_ms.is_some()
            || self.severity != Severity::Red
            || self.kind == IncidentKind::PostMortem
        {
            return None;
        }
        let mut after = Incident { restored_ms: Some(now_ms), ..self.clone() };
        after.due_ms = now_ms.saturating_add(after.span_ms(timing));
        Some(after)
    }

    /// The incident taken by the person `by`.
    ///
    /// # Errors
    /// It is closed, or no person is named.
    pub fn taken(&self, by: &str, now_ms: i64) -> Result<Incident, IncidentError> {
        if !self.is_open() {
            return Err(IncidentError::Closed);
        }
        if by.trim().is_empty() {
            return Err(IncidentError::NoPerson);
        }
        Ok(Incident { taken_by: Some(by.to_owned()), taken_ms: Some(now_ms), ..self.clone() })
    }

    /// The incident closed.
    ///
    /// # Errors
    /// It is closed already, or a person, a cause or, of a red one, a post-mortem is missing.
    pub fn closed(&self, close: &Close<'_>, now_ms: i64) -> Result<Incident, IncidentError> {
        if !self.is_open() {
            return Err(IncidentError::Closed);
        }
        if close.by.trim().is_empty() {
            return Err(IncidentError::NoPerson);
        }
        if close.cause.trim().is_empty() {
            return Err(IncidentError::NoCause);
        }
        if self.severity == Severity::Red && close.post_mortem_sha256.is_none() && !self.is_covered {
            return Err(IncidentError::NoPostMortem);
        }
        Ok(Incident {
            closed_by: Some(close.by.to_owned()),
            closed_ms: Some(now_ms),
            cause: Some(close.cause.to_owned()),
            post_mortem_sha256: close.post_mortem_sha256.map(str::to_owned),
            ..self.clone()
        })
    }
}

/// Roles that act where the settings name no contact, in the order of escalation.
const ROLES: [&str; 5] = ["ml_lead", "mlops_engineer", "data_engineer", "sales_lead", "product_manager"];

/// Who acts, in the order of escalation: the contacts of the settings, else the roles of the checklist without names.
pub fn contacts(policy: &Policy) -> Vec<Contact> {
    if !policy.report.contact.is_empty() {
        return policy.report.contact.clone();
    }
    ROLES.map(|role| Contact { role: role.to_owned(), ..Contact::default() }).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn incident(severity: Severity, kind: IncidentKind) -> Incident {
        Incident::of_rollout(("i", ""), kind, severity, &Sentence::default(), (0, HOUR))
    }

    #[test]
    fn a_missed_deadline_goes_to_the_next_contact_until_the_last() {
        let timing = Timing::default();
        let mut open = incident(Severity::Red, IncidentKind::Alert).taken("Ada", 10).unwrap();
        assert!(open.is_taken(HOUR - 1) && !open.is_taken(HOUR));
        assert_eq!(open.escalated(&timing, 3, HOUR - 1), None);
        let mut seen = Vec::new();
        for hour in 1..=4 {
            open = open.escalated(&timing, 3, hour * HOUR).unwrap();
            seen.push((open.contact, open.due_ms / HOUR, open.taken_by.clone()));
        }
        assert_eq!(seen, [(1, 2, None), (2, 3, None), (2, 4, None), (2, 5, None)], "after the last it repeats");
    }

    #[test]
    fn a_restored_service_leaves_the_post_mortem_to_be_written() {
        let timing = Timing::default();
        let restored = incident(Severity::Red, IncidentKind::Alert).restored(&timing, 1_000).unwrap();
        assert_eq!((restored.due_ms, restored.restored(&timing, 2_000)), (1_000 + timing.post_mortem_within.0, None));
        assert_eq!(incident(Severity::Yellow, IncidentKind::Alert).restored(&timing, 1_000), None);
        assert_eq!(incident(Severity::Red, IncidentKind::PostMortem).restored(&timing, 1_000), None);
    }

    #[test]
    fn closing_needs_a_person_a_cause_and_of_a_red_one_a_post_mortem() {
        let close = |by, cause, post_mortem_sha256| Close { by, cause, post_mortem_sha256 };
        for (severity, given, expected) in [
            (Severity::Yellow, close("Ada", "A campaign", None), None),
            (Severity::Yellow, close("Ada", " ", None), Some("CAUSE_REQUIRED")),
            (Severity::Yellow, close("", "A campaign", None), Some("PERSON_REQUIRED")),
            (Severity::Red, close("Ada", "A bad build", None), Some("POST_MORTEM_REQUIRED")),
            (Severity::Red, close("Ada", "A bad build", Some("5be0")), None),
        ] {
            let open = incident(severity, IncidentKind::Alert);
            let closed = open.closed(&given, 5);
            assert_eq!(closed.as_ref().err().map(|error| error.code()), expected, "{given:?}");
            if let Ok(closed) = closed {
                assert_eq!(closed.closed(&given, 6).unwrap_err().code(), "INCIDENT_CLOSED");
                assert_eq!(closed.taken("Ben", 6).unwrap_err().code(), "INCIDENT_CLOSED");
                assert_eq!(closed.escalated(&Timing::default(), 5, 99 * HOUR), None);
            }
        }
    }

    #[test]
    fn someone_acts_even_where_the_settings_name_no_one() {
        let mut policy = Policy::default();
        assert_eq!(contacts(&policy).len(), 5);
        policy.report.contact = vec![Contact { role: "ml_lead".into(), name: "Ada".into(), ..Contact::default() }];
        assert_eq!(contacts(&policy)[0].name, "Ada");
    }
}
