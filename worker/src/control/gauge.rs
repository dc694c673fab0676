//! The lifecycle as gauges of `/metrics`, in OpenMetrics text: stage, gates, alerts. Labels are names of stages, gates and rules, never of
//! leads or fields, so there are a few hundred lines at most.

use std::fmt::Write;

use plumbline_core::report::Complete;
use plumbline_core::rollout::{Outcome, Stage, State, Verdict};

use super::{Control, Fault, integer, text};
use crate::metrics::{family, label};
use crate::store::{Param, Sql};

impl<S: Sql> Control<S> {
    /// The families of the lifecycle, without the `# EOF` at the end; empty before there is a champion.
    ///
    /// # Errors
    /// The store failed.
    pub fn gauges(&mut self, now_ms: i64) -> Result<String, Fault> {
        let mut out = String::new();
        let Some(state) = self.state()? else { return Ok(out) };
        let verdicts = self.shown_of(&state)?;
        // Writing to a String cannot fail.
        let _ = rollout(&mut out, &state).and_then(|()| gates(&mut out, &verdicts));
        let _ = hosts(&mut out, &self.hosts(now_ms)?);
        self.alerts(&mut out, now_ms)?;
        self.messages(&mut out)?;
        Ok(out)
    }

    /// Alerts that are not resolved, and incidents that are open.
    fn alerts(&mut self, out: &mut String, now_ms: i64) -> Result<(), Fault> {
        let query = "SELECT rule, severity, state, count(*) FROM alerts WHERE state IN ('pending', 'firing')
            GROUP BY rule, severity, state ORDER BY rule, severity, state";
        let alerts = self.sql.query(query, &[])?;
        let _ = family(out, "plumbline_alerts", "gauge", "Alerts that are pending or firing, by rule.");
        for row in &alerts {
            let [rule, severity, state] = [0, 1, 2].map(|at| label(&text(row, at)));
            let count = integer(row, 3);
            let _ = writeln!(out, "plumbline_alerts{{rule=\"{rule}\",severity=\"{severity}\",state=\"{state}\"}} {count}");
        }
        let query = "SELECT count(*), coalesce(sum(CASE WHEN due_ms < ?2 THEN 1 ELSE 0 END), 0) FROM incidents
            WHERE closed_ms IS NULL AND severity = ?1";
        for (name, at, help) in [
            ("plumbline_incidents_open", 0, "Incidents that are not closed."),
            ("plumbline_incidents_overdue", 1, "Incidents that are not closed and whose time is over."),
        ] {
            let _ = family(out, name, "gauge", help);
            for severity in ["yellow", "red"] {
                let given = [Param::Text(severity), Param::Integer(now_ms)];
                let count = self.sql.query(query, &given)?.first().map_or(0, |row| integer(row, at));
                let _ = writeln!(out, "{name}{{severity=\"{severity}\"}} {count}");
            }
        }
        Ok(())
    }

    /// Messages that wait in the outbox, and the end of the ledger.
    fn messages(&mut self, out: &mut String) -> Result<(), Fault> {
        let query = "SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state";
        let _ = family(out, "plumbline_outbox_messages", "gauge", "Messages in the outbox, by state.");
        for row in &self.sql.query(query, &[])? {
            let _ = writeln!(out, "plumbline_outbox_messages{{state=\"{}\"}} {}", label(&text(row, 0)), integer(row, 1));
        }
        let last = self.sql.query("SELECT coalesce(max(seq), 0) FROM ledger", &[])?.first().map_or(0, |row| integer(row, 0));
        let _ = family(out, "plumbline_ledger_entries", "gauge", "Entries of the ledger.");
        let _ = writeln!(out, "plumbline_ledger_entries {last}");
        Ok(())
    }
}

fn rollout(out: &mut String, state: &State) -> std::fmt::Result {
    family(out, "plumbline_rollout_stage", "gauge", "1 for the stage that the rollout is in, 0 for the others.")?;
    for stage in std::iter::once(Stage::Idle).chain(Stage::ACTIVE) {
        writeln!(out, "plumbline_rollout_stage{{stage=\"{}\"}} {}", stage.name(), u8::from(stage == state.stage()))?;
    }
    family(out, "plumbline_model_info", "gauge", "1 for each version on trial or in service, with its role.")?;
    for (role, version) in
        std::iter::once(("champion", state.champion.as_str())).chain(state.challenger().map(|v| ("challenger", v)))
    {
        writeln!(out, "plumbline_model_info{{role=\"{role}\",version=\"{}\"}} 1", label(version))?;
    }
    let rollout = state.rollout.as_ref();
    for (name, help, is_on) in [
        (
            "plumbline_rollout_held",
            "1: nothing is promoted until someone resumes the rollout.",
            rollout.is_some_and(|r| !r.holds.is_empty()),
        ),
        (
            "plumbline_rollout_suspended",
            "1: the challenger serves no lead until someone resumes the rollout.",
            rollout.is_some_and(|r| r.suspended.is_some()),
        ),
    ] {
        family(out, name, "gauge", help)?;
        writeln!(out, "{name} {}", u8::from(is_on))?;
    }
    family(out, "plumbline_rollout_days_logged", "gauge", "Whole days that count towards the stage.")?;
    writeln!(out, "plumbline_rollout_days_logged {}", rollout.map_or(0, |r| r.days_logged))
}

/// The hosts that reported lately.
fn hosts(out: &mut String, found: &Complete) -> std::fmt::Result {
    for (name, help, count) in [
        ("plumbline_hosts", "Hosts that reported in the last two minutes.", found.hosts),
        ("plumbline_hosts_behind", "Of those, the ones that serve an older deployment.", found.hosts_behind),
        ("plumbline_killed", "1: the kill switch of a host is on, and no day of a rollout counts.", u32::from(found.killed)),
    ] {
        family(out, name, "gauge", help)?;
        writeln!(out, "{name} {count}")?;
    }
    Ok(())
}

/// What gates look like now; empty outside a rollout.
fn gates(out: &mut String, verdicts: &[Verdict]) -> std::fmt::Result {
    family(out, "plumbline_gate", "gauge", "1 for the newest outcome of each gate of the stage.")?;
    for verdict in verdicts {
        let (gate, outcome) = (verdict.gate.id(), name(verdict.outcome));
        writeln!(out, "plumbline_gate{{gate=\"{gate}\",outcome=\"{outcome}\",waived=\"{}\"}} 1", verdict.waived.is_some())?;
    }
    for (name, help, of) in [
        (
            "plumbline_gate_value",
            "The challenger's figure that each gate was judged by.",
            (|v: &Verdict| v.value) as fn(&Verdict) -> Option<f64>,
        ),
        ("plumbline_gate_threshold", "What the figure of each gate is compared with.", |v| v.threshold),
    ] {
        family(out, name, "gauge", help)?;
        for (verdict, value) in verdicts.iter().filter_map(|verdict| Some((verdict, of(verdict).filter(|x| x.is_finite())?))) {
            writeln!(out, "{name}{{gate=\"{}\"}} {value:?}", verdict.gate.id())?;
        }
    }
    Ok(())
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Inconclusive => "inconclusive",
        Outcome::InsufficientData => "insufficient_data",
        Outcome::Error => "error",
    }
}
