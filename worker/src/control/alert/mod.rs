//! Alerts of the control object: once a minute facts are gathered and judged by the rules of `core`, and what changed is stored with
//! its incident, its messages and its entry of the ledger in one transaction.

mod facts;

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::alert::{self, Alert, Change, Finding, Incident, Phase, Reading, Rule};
use plumbline_core::rollout::ledger::Kind;
use plumbline_core::rollout::minute::Firing;
use plumbline_core::rollout::{DAY_MS, RedVerdict, Severity, State};
use serde_json::json;

use super::incident::{contact_of, store_incident};
use super::rollout::append;
use super::{Control, Fault, outbox, text};
use crate::store::{Param, Sql, SqlError};

/// Readings are taken this often, in milliseconds.
const EVERY_MS: i64 = 60_000;
/// The day is judged this long after its begin, when the windows of the day before have arrived.
const GRACE_MS: i64 = 10 * 60_000;

/// An alert before and after a reading, with what changed.
struct Step {
    before: Option<Alert>,
    after: Option<Alert>,
    changed: Option<Change>,
    at_ms: i64,
}

impl<S: Sql> Control<S> {
    /// Takes readings, where a minute has passed since the last, and writes what changed. `verdicts` are those of the rules that roll
    /// back at once.
    pub(super) fn watch(&mut self, now_ms: i64, verdicts: &[RedVerdict]) -> Result<(), Fault> {
        let minute = now_ms.div_euclid(EVERY_MS).to_string();
        if self.kept("alert minute")?.is_some_and(|last| last == minute) {
            return Ok(());
        }
        self.set_kept("alert minute", &minute)?;
        let state = self.running()?;
        let serving = serving(&state);
        let mut readings: Vec<Reading> = verdicts.iter().map(alert::of_red).collect();
        for (rule, version) in
            [Rule::RedErrors, Rule::RedLatency].into_iter().flat_map(|rule| serving.iter().map(move |v| (rule, *v)))
        {
            if !readings.iter().any(|reading| reading.rule == rule && reading.subject == version) {
                // Too few requests for a verdict.
                readings.push(Reading::unknown(rule, version));
            }
        }
        readings.extend(self.readings(now_ms, &state, &serving)?);
        self.take(now_ms, now_ms, readings, &serving)?;
        let today = now_ms.div_euclid(DAY_MS);
        let judged = self.kept("alert day")?.and_then(|day| day.parse::<i64>().ok()).unwrap_or(i64::MIN);
        if judged < today && now_ms >= today * DAY_MS + GRACE_MS {
            self.set_kept("alert day", &today.to_string())?;
            let readings = self.daily_readings(today * DAY_MS, &state, &serving)?;
            self.take(now_ms, today * DAY_MS, readings, &serving)?;
            self.note_firing(&serving)?;
            self.forget_messages(now_ms)?;
        }
        Ok(())
    }

    /// The active alerts.
    ///
    /// # Errors
    /// The store failed.
    pub(super) fn active(&mut self) -> Result<Vec<Alert>, SqlError> {
        let query = "SELECT body FROM alerts WHERE state IN ('pending', 'firing') ORDER BY since_ms, id";
        let rows = self.sql.query(query, &[])?;
        Ok(rows.iter().filter_map(|row| serde_json::from_str(&text(row, 0)).ok()).collect())
    }

    /// The alerts that fire, the most urgent first, then those that were resolved last; at most `limit`, and how many there ever were.
    ///
    /// # Errors
    /// The store failed.
    pub fn alert_list(&mut self, limit: i64) -> Result<(Vec<Alert>, u64), SqlError> {
        let query = "SELECT body FROM alerts WHERE state <> 'pending' ORDER BY
            CASE WHEN state = 'firing' AND severity = 'red' THEN 0 WHEN state = 'firing' THEN 1 ELSE 2 END, coalesce(resolved_ms, fired_ms) DESC, id LIMIT ?1";
        let rows = self.sql.query(query, &[Param::Integer(limit)])?;
        let total = self.sql.query("SELECT count(*) FROM alerts WHERE state <> 'pending'", &[])?;
        let total = total.first().map_or(0, |row| super::integer(row, 0).unsigned_abs());
        Ok((rows.iter().filter_map(|row| serde_json::from_str(&text(row, 0)).ok()).collect(), total))
    }

    /// The alert `id`.
    pub(super) fn alert(&mut self, id: &str) -> Result<Option<Alert>, SqlError> {
        let rows = self.sql.query("SELECT body FROM alerts WHERE id = ?1", &[Param::Text(id)])?;
        Ok(rows.first().and_then(|row| serde_json::from_str(&text(row, 0)).ok()))
    }

    /// Sets of alerts that fired on `version` at the two last days.
    pub(super) fn firing(&mut self, version: &str) -> Result<[Firing; 2], SqlError> {
        let noted = self.kept("firing")?.and_then(|text| serde_json::from_str::<BTreeMap<String, [Firing; 2]>>(&text).ok());
        Ok(noted.and_then(|noted| noted.get(version).copied()).unwrap_or_default())
    }

    /// Notes which sets of alerts fire today, next to those of the day before.
    fn note_firing(&mut self, serving: &[&str]) -> Result<(), SqlError> {
        let active = self.active()?;
        let mut noted = BTreeMap::new();
        for version in serving {
            let fires = |rules: &[Rule]| {
                active.iter().any(|a| a.state == Phase::Firing && a.subject == *version && rules.contains(&a.rule))
            };
            let now = Firing {
                performance: fires(&[Rule::Auc]),
                service: fires(&[Rule::Latency, Rule::Errors]),
                coverage: fires(&[Rule::Coverage]),
            };
            let [_, before] = self.firing(version)?;
            noted.insert((*version).to_owned(), [before, now]);
        }
        self.set_kept("firing", &serde_json::to_string(&noted).unwrap_or_default())
    }

    /// Steps the alerts of `readings`, which hold at `at_ms`, and stores what changed.
    fn take(&mut self, now_ms: i64, at_ms: i64, readings: Vec<Reading>, serving: &[&str]) -> Result<(), Fault> {
        let timing = self.policy.alerts.timing.clone();
        let active = self.active()?;
        let incidents = self.open_incidents()?;
        let mut steps = Vec::new();
        let mut read = BTreeSet::new();
        let rules: BTreeSet<Rule> = readings.iter().map(|reading| reading.rule).collect();
        for reading in &readings {
            read.insert((reading.rule, reading.subject.clone()));
            let before = active.iter().find(|alert| alert.rule == reading.rule && alert.subject == reading.subject).cloned();
            if before.is_none() && reading.finding != Finding::Outside {
                continue;
            }
            let incident = before.as_ref().and_then(|alert| incidents.iter().find(|i| i.alert.as_deref() == Some(&alert.id)));
            let is_taken = incident.is_some_and(|incident| incident.is_taken(now_ms));
            let (after, changed) = Alert::watch(&timing, before.clone(), reading, at_ms, is_taken);
            steps.push(Step { before, after, changed, at_ms });
        }
        // The rules that roll back at once judge the challenger in every stage.
        let rollout = self.state()?.and_then(|state| state.rollout);
        let on_trial = rollout.as_ref().map(|rollout| rollout.challenger.as_str());
        let is_watched = |alert: &Alert| {
            let version = alert.subject.as_str();
            let is_minutes = matches!(alert.rule, Rule::RedErrors | Rule::RedLatency | Rule::RedMany);
            serving.contains(&version) || (is_minutes && on_trial == Some(version))
        };
        // Subjects that are no longer watched: versions that stopped serving, fields that no model uses.
        for alert in active {
            let is_read = read.contains(&(alert.rule, alert.subject.clone()));
            let is_gone = if alert.rule.is_of_version() {
                !is_watched(&alert)
            } else {
                matches!(alert.rule, Rule::Drift | Rule::Missing) && rules.contains(&alert.rule)
            };
            if !is_read && is_gone {
                let (after, changed) = alert.clone().retire(now_ms);
                steps.push(Step { before: Some(alert), after, changed, at_ms: now_ms });
            }
        }
        for step in steps {
            self.store_step(now_ms, step, &incidents)?;
        }
        Ok(())
    }

    fn store_step(&mut self, now_ms: i64, step: Step, incidents: &[Incident]) -> Result<(), Fault> {
        let Step { before, mut after, changed, at_ms } = step;
        if before == after {
            return Ok(());
        }
        let rollout = self.state()?.and_then(|state| state.rollout).map(|rollout| rollout.id).unwrap_or_default();
        let (policy, timing) = (&self.policy, &self.policy.alerts.timing);
        let known = |alert: &Alert| incidents.iter().find(|incident| incident.alert.as_deref() == Some(&alert.id));
        let mut incident = None;
        if let Some(alert) = &mut after {
            incident = known(alert).cloned();
            if changed == Some(Change::Fired) && alert.severity != Severity::Info {
                let opened = Incident::of_alert(alert, timing, now_ms);
                alert.incident = Some(opened.id.clone());
                incident = Some(opened);
            }
        }
        self.sql.transaction(&mut |sql| {
            match (&before, &after) {
                (Some(before), None) => {
                    return sql.execute("DELETE FROM alerts WHERE id = ?1", &[Param::Text(&before.id)]).map(drop);
                }
                (_, Some(alert)) => store_alert(sql, alert)?,
                (None, None) => return Ok(()),
            }
            let (Some(alert), Some(changed)) = (&after, changed) else { return Ok(()) };
            let mut shown = incident.clone();
            if changed == Change::Fired {
                if let Some(opened) = &incident {
                    store_incident(sql, opened)?;
                    let owner = contact_of(policy, opened);
                    let body = json!({ "alert": alert.id, "due_ms": opened.due_ms, "id": opened.id, "owner": owner,
                        "sentence": opened.sentence, "severity": opened.severity });
                    append(sql, now_ms, Kind::Incident, &rollout, &body)?;
                }
            } else if changed == Change::Resolved
                && let Some(restored) = incident.as_ref().and_then(|incident| incident.restored(&policy.alerts.timing, now_ms))
            {
                store_incident(sql, &restored)?;
                shown = Some(restored);
            }
            if !matches!(changed, Change::Repeated(_)) {
                let body = json!({ "at_ms": at_ms, "id": alert.id, "rule": alert.rule, "sentence": alert.sentence,
                    "severity": alert.severity, "state": alert.state, "subject": alert.subject });
                append(sql, now_ms, Kind::Alert, &rollout, &body)?;
            }
            let message = alert::of_alert(policy, alert, changed, shown.as_ref(), now_ms);
            outbox::post(sql, policy, &message, &alert.id, now_ms)
        })?;
        Ok(())
    }
}

/// The versions that answer leads.
fn serving(state: &State) -> Vec<&str> {
    let challenger = state.rollout.as_ref().filter(|rollout| {
        use plumbline_core::rollout::Stage;
        rollout.suspended.is_none() && matches!(rollout.stage, Stage::Canary | Stage::AbTest | Stage::Full)
    });
    std::iter::once(state.champion.as_str()).chain(challenger.map(|rollout| rollout.challenger.as_str())).collect()
}

fn store_alert(sql: &mut dyn Sql, alert: &Alert) -> Result<(), SqlError> {
    let insert = "INSERT INTO alerts (id, rule, subject, severity, state, value, threshold, n, since_ms, fired_ms, resolved_ms, incident,
            body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, value = excluded.value, threshold = excluded.threshold, n = excluded.n,
            fired_ms = excluded.fired_ms, resolved_ms = excluded.resolved_ms, incident = excluded.incident, body = excluded.body";
    let body = serde_json::to_string(alert).unwrap_or_default();
    let severity =
        serde_json::to_value(alert.severity).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let real = |x: Option<f64>| x.map_or(Param::Null, Param::Real);
    let time = |ms: Option<i64>| ms.map_or(Param::Null, Param::Integer);
    let given = [
        Param::Text(&alert.id),
        Param::Text(alert.rule.name()),
        Param::Text(&alert.subject),
        Param::Text(&severity),
        Param::Text(alert.state.name()),
        real(alert.figure.value),
        real(alert.figure.threshold),
        alert.figure.n.map_or(Param::Null, |n| Param::Integer(i64::try_from(n).unwrap_or(i64::MAX))),
        Param::Integer(alert.since_ms),
        time(alert.fired_ms),
        time(alert.resolved_ms),
        alert.incident.as_deref().map_or(Param::Null, Param::Text),
        Param::Text(&body),
    ];
    sql.execute(insert, &given).map(drop)
}
