//! Alerts and incidents, as the report shows them.

use serde::{Deserialize, Serialize};

use super::time::time_text;
use super::value::Estimate;
use crate::alert::{Alert, Incident, IncidentKind, contacts};
use crate::rollout::policy::{Contact, Policy};
use crate::rollout::{Severity, words};
use crate::sentence::Sentence;

/// An alert that fires, or was resolved lately.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportAlert"))]
pub struct AlertPart {
    /// Its id.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// How urgent it is.
    pub severity: Severity,
    /// The measure that it watches, or the rule where it watches none.
    pub measure: String,
    /// A version, a field; empty where it is the service as a whole.
    pub subject: String,
    /// `firing` or `resolved`.
    pub state: String,
    /// Whether the newest data were too few to judge.
    pub stale: bool,
    /// The newest figure.
    pub estimate: Estimate,
    /// Its limit.
    pub threshold: Option<f64>,
    /// Since when its condition holds.
    pub opened_at: String,
    /// When it was resolved.
    pub resolved_at: Option<String>,
    /// Who has to act; none once its incident is closed.
    pub owner_role: Option<String>,
    /// By when.
    pub due_at: Option<String>,
    /// Who has to act after that.
    pub escalates_to: Option<String>,
    /// Who took it.
    pub taken_by: Option<String>,
    /// Its incident.
    pub incident: Option<String>,
    /// In words.
    pub sentence: Sentence,
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportIncident"))]
pub struct IncidentPart {
    /// Its id.
    pub id: String,
    /// What opened it.
    pub kind: IncidentKind,
    /// How urgent it is.
    pub severity: Severity,
    /// `open`, `taken` or `closed`.
    pub state: String,
    /// When it was opened.
    pub opened_at: String,
    /// By when the owner must have acted.
    pub due_at: String,
    /// Who has to act.
    pub owner_role: Option<String>,
    /// Who has to act after that.
    pub escalates_to: Option<String>,
    /// Who took it.
    pub taken_by: Option<String>,
    /// When the service was well again.
    pub restored_at: Option<String>,
    /// When it was closed.
    pub closed_at: Option<String>,
    /// What caused it.
    pub cause: Option<String>,
    /// SHA-256 of its post-mortem.
    pub post_mortem: Option<String>,
    /// Whether it is closed with a post-mortem only.
    pub needs_post_mortem: bool,
    /// The alert that opened it.
    pub alert: Option<String>,
    /// What happened.
    pub sentence: Sentence,
}

impl AlertPart {
    /// The alert with its incident, if that is open, under `policy`.
    pub fn new(policy: &Policy, alert: &Alert, incident: Option<&Incident>) -> AlertPart {
        let figure = alert.figure;
        let estimate = Estimate::of(figure.value).within(figure.low.zip(figure.high));
        let acts = incident.map(|incident| Acts::new(policy, incident));
        AlertPart {
            id: alert.id.clone(),
            rule: alert.rule.name().to_owned(),
            severity: alert.severity,
            measure: alert.rule.measure().to_owned(),
            subject: alert.subject.clone(),
            state: alert.state.name().to_owned(),
            stale: alert.stale,
            estimate: Estimate { n: figure.n, ..estimate },
            threshold: figure.threshold,
            opened_at: time_text(alert.since_ms),
            resolved_at: alert.resolved_ms.map(time_text),
            owner_role: acts.as_ref().and_then(|acts| acts.owner.clone()),
            due_at: incident.map(|incident| time_text(incident.due_ms)),
            escalates_to: acts.and_then(|acts| acts.next),
            taken_by: incident.and_then(|incident| incident.taken_by.clone()),
            incident: alert.incident.clone(),
            sentence: alert.sentence.clone(),
        }
    }
}

impl IncidentPart {
    /// The incident under `policy`.
    pub fn new(policy: &Policy, incident: &Incident) -> IncidentPart {
        let acts = Acts::new(policy, incident);
        let state = match (incident.is_open(), &incident.taken_by) {
            (false, _) => "closed",
            (true, Some(_)) => "taken",
            (true, None) => "open",
        };
        IncidentPart {
            id: incident.id.clone(),
            kind: incident.kind,
            severity: incident.severity,
            state: state.to_owned(),
            opened_at: time_text(incident.opened_ms),
            due_at: time_text(incident.due_ms),
            owner_role: acts.owner,
            escalates_to: acts.next,
            taken_by: incident.taken_by.clone(),
            restored_at: incident.restored_ms.map(time_text),
            closed_at: incident.closed_ms.map(time_text),
            cause: incident.cause.clone(),
            post_mortem: incident.post_mortem_sha256.clone(),
            needs_post_mortem: incident.severity == Severity::Red && !incident.is_covered,
            alert: incident.alert.clone(),
            sentence: incident.sentence.clone(),
        }
    }
}

/// Who acts on an incident, and who after that, by role.
struct Acts {
    owner: Option<String>,
    next: Option<String>,
}

impl Acts {
    fn new(policy: &Policy, incident: &Incident) -> Acts {
        let people = contacts(policy);
        let role = |at: usize| people.get(at).filter(|_| incident.is_open()).map(|contact| contact.role.clone());
        Acts { owner: role(incident.contact), next: role(incident.contact + 1) }
    }
}

/// The owner of `incident`, in words: `Ada Moreau` or `the ML lead`.
pub(super) fn owner(policy: &Policy, incident: &Incident) -> String {
    let named = |contact: &Contact| {
        if contact.name.is_empty() { words::role(&contact.role) } else { contact.name.clone() }
    };
    contacts(policy).get(incident.contact).map(named).unwrap_or_default()
}
