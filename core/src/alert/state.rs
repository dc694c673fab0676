//! The states of an alert: inactive, pending, firing, resolved. One alert per rule and subject.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Figure, Finding, Reading, Rule};
use crate::rollout::Severity;
use crate::rollout::policy::Timing;
use crate::sentence::Sentence;

/// An alert that is, or was, active. What is inactive has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alert {
    /// SHA-256 of rule, subject and `since_ms`, in hexadecimal.
    pub id: String,
    /// The rule.
    pub rule: Rule,
    /// A version, a field, an instance; empty where the rule watches the service as a whole.
    pub subject: String,
    /// How urgent it is.
    pub severity: Severity,
    /// Where it stands.
    pub state: Phase,
    /// Whether the newest reading had too few data, so that the state is an older one's.
    pub stale: bool,
    /// The newest figure.
    pub figure: Figure,
    /// The newest reading in words.
    pub sentence: Sentence,
    /// Since when its condition holds.
    pub since_ms: i64,
    /// When it fired.
    pub fired_ms: Option<i64>,
    /// When it was resolved.
    pub resolved_ms: Option<i64>,
    /// Since when the figure is inside.
    pub inside_ms: Option<i64>,
    /// The incident that it opened; none of an alert that is only to know.
    pub incident: Option<String>,
    /// Messages that repeated the first.
    pub repeats: u32,
    /// When the last message was written.
    pub said_ms: Option<i64>,
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AlertPhase"))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its condition holds, but not long enough yet.
    Pending,
    /// It fires.
    Firing,
    /// It fired, and its figure has been inside for long enough.
    Resolved,
}

impl Phase {
    /// Its name, as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Pending => "pending",
            Phase::Firing => "firing",
            Phase::Resolved => "resolved",
        }
    }
}

/// What a reading changed; each is one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It fires from now on.
    Fired,
    /// It still fires, and says so again; with the number of the repetition.
    Repeated(u32),
    /// It is over.
    Resolved,
}

impl Change {
    /// The part of a message's id that says which change it is about.
    pub fn name(self) -> &'static str {
        match self {
            Change::Fired | Change::Repeated(_) => "firing",
            Change::Resolved => "resolved",
        }
    }

    /// How often the message was repeated.
    pub fn repeat(self) -> u32 {
        match self {
            Change::Repeated(n) => n,
            _ => 0,
        }
    }
}

impl Alert {
    /// The alert after `reading` at `at_ms`, and what changed; none where it is inactive. `before` is the active alert of the same
    /// rule and subject, and `is_taken` whether a person took its incident and the deadline is not over: then it repeats no message.
    ///
    /// No data keeps the state, never resolves, and marks it stale.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::alert::{Alert, Change, Phase, Hour, service};
    /// use plumbline_core::rollout::Policy;
    /// let policy = Policy::default();
    /// let minute = 60_000;
    /// let slow = Hour { requests: 1_000, timed: 1_000, slow: 50, ..Hour::default() };
    /// let reading = &service(&policy, "2", &slow)[0];
    /// let (alert, changed) = Alert::watch(&policy.alerts.timing, None, reading, 0, false);
    /// assert_eq!((alert.as_ref().unwrap().state, changed), (Phase::Pending, None));
    /// let (alert, changed) = Alert::watch(&policy.alerts.timing, alert, reading, 10 * minute, false);
    /// assert_eq!((alert.unwrap().state, changed), (Phase::Firing, Some(Change::Fired)));
    /// ```
    pub fn watch(
        timing: &Timing,
        before: Option<Alert>,
        reading: &Reading,
        at_ms: i64,
        is_taken: bool,
    ) -> (Option<Alert>, Option<Change>) {
        let Some(mut alert) = before.filter(|alert| alert.state != Phase::Resolved) else {
            if reading.finding != Finding::Outside {
                return (None, None);
            }
            let mut alert = Alert::pending(reading, at_ms);
            let changed = alert.fire(timing, at_ms);
            return (Some(alert), changed);
        };
        alert.stale = reading.finding == Finding::Unknown;
        if !alert.stale {
            alert.figure = reading.figure;
            alert.sentence = reading.sentence.clone();
        }
        let changed = match (alert.state, reading.finding) {
            (Phase::Pending, Finding::Outside) => alert.fire(timing, at_ms),
            (Phase::Pending, Finding::Unknown) => None,
            (Phase::Pending, _) => return (None, None),
            (_, Finding::Inside) => alert.clear(at_ms),
            _ => {
                alert.inside_ms = None;
                None
            }
        };
        let changed = changed.or_else(|| alert.repeat(timing, at_ms, is_taken));
        (Some(alert), changed)
    }

    /// The alert once its subject is no longer watched, at `at_ms`: a version that no longer serves, a field that the model lacks.
    pub fn retire(mut self, at_ms: i64) -> (Option<Alert>, Option<Change>) {
        if self.state == Phase::Pending {
            return (None, None);
        }
        let (state, resolved_ms) = (Phase::Resolved, Some(at_ms));
        let text = format!("{}: {} is no longer watched.", self.rule.title(), self.subject);
        self.sentence = Sentence::new("ALERT_RETIRED", text).with("subject", self.subject.as_str());
        (Some(Alert { state, resolved_ms, ..self }), Some(Change::Resolved))
    }

    fn pending(reading: &Reading, at_ms: i64) -> Alert {
        Alert {
            id: id(reading.rule, &reading.subject, at_ms),
            rule: reading.rule,
            subject: reading.subject.clone(),
            severity: reading.rule.severity(),
            state: Phase::Pending,
            stale: false,
            figure: reading.figure,
            sentence: reading.sentence.clone(),
            since_ms: at_ms,
            fired_ms: None,
            resolved_ms: None,
            inside_ms: None,
            incident: None,
            repeats: 0,
            said_ms: None,
        }
    }

    /// Fires a pending alert whose condition has held for long enough.
    fn fire(&mut self, timing: &Timing, at_ms: i64) -> Option<Change> {
        if at_ms.saturating_sub(self.since_ms) < self.rule.hold_ms(timing) {
            return None;
        }
        (self.state, self.fired_ms, self.said_ms) = (Phase::Firing, Some(at_ms), Some(at_ms));
        Some(Change::Fired)
    }

    /// Resolves a firing alert whose figure has been inside for long enough.
    fn clear(&mut self, at_ms: i64) -> Option<Change> {
        let inside_ms = *self.inside_ms.get_or_insert(at_ms);
        if at_ms.saturating_sub(inside_ms) < self.rule.release_ms() {
            return None;
        }
        (self.state, self.resolved_ms, self.said_ms) = (Phase::Resolved, Some(at_ms), Some(at_ms));
        Some(Change::Resolved)
    }

    fn repeat(&mut self, timing: &Timing, at_ms: i64, is_taken: bool) -> Option<Change> {
        let every = self.rule.repeat_ms(timing).filter(|_| self.state == Phase::Firing && !is_taken)?;
        if at_ms.saturating_sub(self.said_ms?) < every {
            return None;
        }
        (self.repeats, self.said_ms) = (self.repeats + 1, Some(at_ms));
        Some(Change::Repeated(self.repeats))
    }
}

fn id(rule: Rule, subject: &str, since_ms: i64) -> String {
    let mut hash = Sha256::new();
    for text in [rule.name(), subject] {
        hash.update((text.len() as u32).to_be_bytes());
        hash.update(text);
    }
    hash.update(since_ms.to_be_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    fn reading(rule: Rule, finding: Finding) -> Reading {
        Reading::new(rule, "2", finding, Figure::default(), "A finding.".into())
    }

    /// The changes of readings, each at its minute.
    fn changes(rule: Rule, readings: &[(i64, Finding)]) -> Vec<(i64, Change)> {
        let timing = Timing::default();
        let (mut alert, mut changes) = (None, Vec::new());
        for (minute, finding) in readings {
            let (after, changed) = Alert::watch(&timing, alert, &reading(rule, *finding), minute * MINUTE, false);
            changes.extend(changed.map(|changed| (*minute, changed)));
            alert = after;
        }
        changes
    }

    #[test]
    fn an_alert_fires_once_and_resolves_once() {
        use Finding::{Between, Inside, Outside, Unknown};
        for (what, rule, readings, expected) in [
            (
                "held for ten minutes",
                Rule::Errors,
                &[(0, Outside), (9, Outside), (10, Outside), (11, Outside)][..],
                &[(10, Change::Fired)][..],
            ),
            ("interrupted", Rule::Errors, &[(0, Outside), (5, Between), (10, Outside), (19, Outside)], &[]),
            ("red at once", Rule::RedErrors, &[(0, Outside)], &[(0, Change::Fired)]),
            (
                "inside for half an hour",
                Rule::Errors,
                &[(0, Outside), (10, Outside), (20, Inside), (49, Inside), (50, Inside), (51, Inside)],
                &[(10, Change::Fired), (50, Change::Resolved)],
            ),
            (
                "not while it is between",
                Rule::Errors,
                &[(0, Outside), (10, Outside), (20, Inside), (40, Between), (41, Inside), (60, Inside)],
                &[(10, Change::Fired)],
            ),
            ("no data never resolves", Rule::RedErrors, &[(0, Outside), (1, Unknown), (90, Unknown)], &[(0, Change::Fired)]),
            ("nor ends what is pending", Rule::Errors, &[(0, Outside), (5, Unknown), (10, Outside)], &[(10, Change::Fired)]),
            ("inside from the start", Rule::Errors, &[(0, Inside), (60, Inside)], &[]),
            (
                "repeated",
                Rule::RedErrors,
                &[(0, Outside), (239, Outside), (240, Outside), (479, Outside), (480, Outside)],
                &[(0, Change::Fired), (240, Change::Repeated(1)), (480, Change::Repeated(2))],
            ),
            (
                "to know: sent once",
                Rule::ExpectedAuc,
                &[(0, Outside), (2 * 1_440, Outside), (9 * 1_440, Outside)],
                &[(2_880, Change::Fired)],
            ),
        ] {
            assert_eq!(changes(rule, readings), expected, "{what}");
        }
    }

    #[test]
    fn a_taken_alert_is_quiet_and_a_stale_one_says_so() {
        let timing = Timing::default();
        let (alert, _) = Alert::watch(&timing, None, &reading(Rule::RedErrors, Finding::Outside), 0, false);
        let (alert, changed) = Alert::watch(&timing, alert, &reading(Rule::RedErrors, Finding::Outside), 5 * HOUR, true);
        assert_eq!(changed, None);
        let (alert, changed) = Alert::watch(&timing, alert, &reading(Rule::RedErrors, Finding::Unknown), 6 * HOUR, false);
        assert_eq!((alert.as_ref().unwrap().stale, changed), (true, Some(Change::Repeated(1))));
        let (alert, changed) = alert.unwrap().retire(7 * HOUR);
        assert_eq!((alert.unwrap().state, changed), (Phase::Resolved, Some(Change::Resolved)));
    }

    #[test]
    fn the_id_names_rule_subject_and_time() {
        let ids: std::collections::BTreeSet<String> =
            [(Rule::Auc, "1", 0), (Rule::Auc, "2", 0), (Rule::Auc, "1", 1), (Rule::Recall, "1", 0)]
                .map(|(rule, of, at)| id(rule, of, at))
                .into();
        assert_eq!(ids.len(), 4);
        assert!(ids.iter().all(|id| id.len() == 64));
    }
}
