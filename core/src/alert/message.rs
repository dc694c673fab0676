//! Messages to people: what each channel renders.

use serde::{Deserialize, Serialize};

use super::{Alert, Change, Figure, Incident, IncidentKind, contacts};
use crate::rollout::ledger::Anchor;
use crate::rollout::policy::Contact;
use crate::rollout::{Policy, Severity, phrase, words};
use crate::sentence::Sentence;

/// A message, before a channel renders it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AlertMessage"))]
pub struct Message {
    /// The same however often it is sent: alert, state, and number of the repetition.
    pub id: String,
    /// What it is about.
    pub topic: Topic,
    /// What happened, as in `alert.firing`.
    pub kind: String,
    /// How urgent it is.
    pub severity: Severity,
    /// When it was written.
    pub at_ms: i64,
    /// A headline.
    pub title: String,
    /// What happened, in words.
    pub sentence: Sentence,
    /// Figures and deadlines: a label and a text each.
    pub fields: Vec<(String, String)>,
    /// Where it belongs: rollout, epoch, alert.
    pub context: Vec<String>,
    /// Pages to open: a label and an address each.
    pub links: Vec<(String, String)>,
}

/// What messages are about; webhooks choose among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MessageTopic"))]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Stages, holds, rollbacks.
    Rollout,
    /// Alerts and incidents.
    Alert,
    /// Retraining.
    Retrain,
    /// Reviews.
    Review,
    /// Anchors of the ledger, which every channel gets.
    Ledger,
}

impl Topic {
    /// Its name, as the settings have it.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Rollout => "rollout",
            Topic::Alert => "alert",
            Topic::Retrain => "retrain",
            Topic::Review => "review",
            Topic::Ledger => "ledger",
        }
    }
}

/// The message of a change of `alert`, whose incident, if it has one, is `incident`.
pub fn of_alert(policy: &Policy, alert: &Alert, changed: Change, incident: Option<&Incident>, now_ms: i64) -> Message {
    let state = changed.name();
    let mut title = alert.rule.title().to_owned();
    if !alert.subject.is_empty() {
        title = format!("{title}: {}", alert.subject);
    }
    let (severity, title) = match changed {
        Change::Resolved => (Severity::Info, format!("Resolved. {title}")),
        Change::Fired => (alert.severity, title),
        Change::Repeated(_) => (alert.severity, format!("Still open. {title}")),
    };
    let mut fields = figures(&alert.figure);
    fields.push(("Since".to_owned(), phrase::clock(alert.since_ms, now_ms)));
    if let Some(incident) = incident.filter(|_| changed != Change::Resolved) {
        fields.extend(deadline(policy, incident, now_ms));
    }
    Message {
        id: format!("{}/{state}/{}", alert.id, changed.repeat()),
        topic: Topic::Alert,
        kind: format!("alert.{state}"),
        severity,
        at_ms: now_ms,
        title,
        sentence: alert.sentence.clone(),
        fields,
        context: vec![format!("Rule {}", alert.rule.name()), format!("Alert {}", alert.id)],
        links: links(policy, &format!("#/diagnosis/{}", alert.id)),
    }
}

/// The message that `incident` was due and open, and is the next contact's now.
pub fn of_incident(policy: &Policy, incident: &Incident, now_ms: i64) -> Message {
    let whom = contacts(policy).get(incident.contact).map(named).unwrap_or_default();
    let what = if incident.kind == IncidentKind::PostMortem { "A post-mortem is overdue" } else { "A deadline was missed" };
    let text = format!("{what}: {} It is now with {whom}.", incident.sentence.text);
    let sentence = Sentence::new("INCIDENT_ESCALATED", text).with("due_ms", incident.due_ms).with("contact", incident.contact);
    let mut context = vec![format!("Incident {}", incident.id)];
    context.extend(incident.alert.iter().map(|alert| format!("Alert {alert}")));
    Message {
        id: format!("{}/escalated/{}", incident.id, incident.due_ms),
        topic: Topic::Alert,
        kind: "incident.escalated".to_owned(),
        severity: Severity::Red,
        at_ms: now_ms,
        title: what.to_owned(),
        sentence,
        fields: deadline(policy, incident, now_ms),
        context,
        links: links(policy, "#/diagnosis"),
    }
}

/// The message of a step of rollout `rollout`, named `id`, at deployment `epoch`; `whom` is asked besides.
pub fn of_rollout(
    policy: &Policy,
    (id, rollout, epoch): (&str, &str, u64),
    severity: Severity,
    whom: Option<&Contact>,
    sentence: &Sentence,
    now_ms: i64,
) -> Message {
    let mut context = Vec::new();
    if !rollout.is_empty() {
        context.push(format!("Rollout {rollout}"));
    }
    context.push(format!("Deployment {epoch}"));
    Message {
        id: id.to_owned(),
        topic: Topic::Rollout,
        kind: format!("rollout.{}", sentence.code.to_ascii_lowercase()),
        severity,
        at_ms: now_ms,
        title: "Rollout".to_owned(),
        sentence: sentence.clone(),
        fields: whom.map(|contact| ("Asked to act".to_owned(), named(contact))).into_iter().collect(),
        context,
        links: links(policy, "#/rollout"),
    }
}

/// The message that the retraining `id`, started by a trigger, ended with a decision.
pub fn of_retraining(policy: &Policy, (id, trigger, decision): (&str, &str, &str), sentence: &Sentence, now_ms: i64) -> Message {
    let severity = if matches!(decision, "below" | "failed") { Severity::Yellow } else { Severity::Info };
    // A model that is queued waits for a person.
    let whom = contacts(policy).iter().find(|contact| contact.role == "ml_lead").filter(|_| decision != "kept").map(named);
    Message {
        id: format!("retraining-{id}/{decision}"),
        topic: Topic::Retrain,
        kind: format!("retrain.{decision}"),
        severity,
        at_ms: now_ms,
        title: "Retraining".to_owned(),
        sentence: sentence.clone(),
        fields: whom.map(|whom| ("Asked to act".to_owned(), whom)).into_iter().collect(),
        context: vec![format!("Retraining {id}"), format!("Trigger {trigger}")],
        links: links(policy, "#/models"),
    }
}

/// The message that keeps the head of the ledger outside of the store: a chain whose end is cut or written anew no longer agrees with it.
pub fn of_anchor(anchor: &Anchor, now_ms: i64) -> Message {
    let text = format!("Keep this message: plumbline ledger verify --anchor compares the ledger with it.\n{anchor}");
    Message {
        id: format!("anchor-{}-{}", anchor.seq, anchor.hash.get(..12).unwrap_or_default()),
        topic: Topic::Ledger,
        kind: "ledger.anchor".to_owned(),
        severity: Severity::Info,
        at_ms: now_ms,
        title: "The ledger so far".to_owned(),
        sentence: Sentence::new("LEDGER_ANCHOR", text).with("seq", anchor.seq).with("hash", anchor.hash.as_str()),
        fields: Vec::new(),
        context: Vec::new(),
        links: Vec::new(),
    }
}

fn figures(figure: &Figure) -> Vec<(String, String)> {
    let number = |x: f64| phrase::rounded(x, 3);
    let mut fields = Vec::new();
    if let Some(value) = figure.value {
        let interval = figure.low.zip(figure.high).map(|(low, high)| format!(" ({} to {})", number(low), number(high)));
        fields.push(("Value".to_owned(), format!("{}{}", number(value), interval.unwrap_or_default())));
    }
    fields.extend(figure.threshold.map(|threshold| ("Limit".to_owned(), number(threshold))));
    fields.extend(figure.n.map(|n| ("Cases".to_owned(), phrase::count(n))));
    fields
}

fn deadline(policy: &Policy, incident: &Incident, now_ms: i64) -> Vec<(String, String)> {
    let people = contacts(policy);
    let mut fields = Vec::new();
    fields.extend(people.get(incident.contact).map(|contact| ("Owner".to_owned(), named(contact))));
    fields.push(("Due".to_owned(), phrase::clock(incident.due_ms, now_ms)));
    fields.extend(people.get(incident.contact + 1).map(|contact| ("Then goes to".to_owned(), named(contact))));
    fields
}

/// `Ada Moreau (ML lead, @ada)`, as much as is known.
fn named(contact: &Contact) -> String {
    let the_role = words::role(&contact.role);
    let role = the_role.trim_start_matches("the ");
    match (contact.name.as_str(), contact.slack.as_str()) {
        ("", "") => the_role,
        ("", slack) => format!("{the_role} ({slack})"),
        (name, "") => format!("{name} ({role})"),
        (name, slack) => format!("{name} ({role}, {slack})"),
    }
}

/// The buttons below a message, where the settings say at which address the page is: link `page`.
fn links(policy: &Policy, route: &str) -> Vec<(String, String)> {
    let Some(page) = policy.report.links.get("page").map(|page| page.trim_end_matches('/')) else { return Vec::new() };
    let diagnosis = if route.starts_with("#/diagnosis") { route } else { "#/diagnosis" };
    let report = if route.starts_with("#/diagnosis") { "#/" } else { route };
    vec![("Diagnosis".to_owned(), format!("{page}/{diagnosis}")), ("Report".to_owned(), format!("{page}/{report}"))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Finding, Reading, Rule};
    use crate::rollout::policy::Timing;

    #[test]
    fn a_message_says_what_since_when_and_who_acts_by_when() {
        let mut policy = Policy::default();
        policy.report.links.insert("page".into(), "https://scores.example.com/".into());
        policy.report.contact =
            vec![Contact { role: "ml_lead".into(), name: "Ada Moreau".into(), slack: "@ada".into(), ..Contact::default() }];
        let figure = Figure { value: Some(0.17), low: Some(0.168), high: Some(0.172), n: Some(7_000), threshold: Some(0.15) };
        let reading = Reading::new(Rule::RedErrors, "2", Finding::Outside, figure, "It drifted.".into());
        let (alert, changed) = Alert::watch(&Timing::default(), None, &reading, 0, false);
        let alert = alert.unwrap();
        let incident = Incident::of_alert(&alert, &Timing::default(), 0);
        let message = of_alert(&policy, &alert, changed.unwrap(), Some(&incident), 0);
        assert_eq!(message.id, format!("{}/firing/0", alert.id));
        assert_eq!(message.title, "Many failed requests: 2");
        let fields: Vec<String> = message.fields.iter().map(|(label, text)| format!("{label}: {text}")).collect();
        assert_eq!(
            fields,
            [
                "Value: 0.17 (0.168 to 0.172)",
                "Limit: 0.15",
                "Cases: 7,000",
                "Since: 00:00",
                "Owner: Ada Moreau (ML lead, @ada)",
                "Due: 01:00"
            ]
        );
        assert_eq!(message.links[0].1, format!("https://scores.example.com/#/diagnosis/{}", alert.id));
        let resolved = of_alert(&policy, &alert, Change::Resolved, Some(&incident), 0);
        assert_eq!((resolved.severity, resolved.kind.as_str()), (Severity::Info, "alert.resolved"));
        let late = of_incident(&policy, &incident.escalated(&Timing::default(), 1, 3_600_000).unwrap(), 3_600_000);
        assert_eq!(late.sentence.text, "A deadline was missed: It drifted. It is now with Ada Moreau (ML lead, @ada).");
    }
}
