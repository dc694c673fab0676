//! The rollout's state: loaded, stepped by the rules of `core`, and stored with all that the step asks for, in one transaction.

use plumbline_core::Bundle;
use plumbline_core::alert::{Incident, IncidentKind, contacts, of_rollout};
use plumbline_core::report::{SignOff, time_text};
use plumbline_core::rollout::ledger::Kind;
use plumbline_core::rollout::{
    Action, Actor, Audience, Event, Severity, Stage, State, TransitionError, allocation, ledger, step,
};
use plumbline_core::route::Deployed;
use plumbline_core::sentence::Sentence;
use serde_json::{Value, json};

use super::incident::{cover, store_incident};
use super::{Control, Fault, integer, outbox, text};
use crate::log::RolloutSpan;
use crate::model::digest;
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError};

/// What a command or a tick changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Stepped {
    /// The state after it.
    pub state: State,
    /// What it asked for; all of it is stored already.
    pub actions: Vec<Action>,
}

/// An event is tried so often where other hosts change the state at the same moment.
const TRIES: u32 = 16;

impl<S: Sql> Control<S> {
    /// The state; none while the store is empty.
    ///
    /// # Errors
    /// The store failed.
    pub fn state(&mut self) -> Result<Option<State>, SqlError> {
        let found = self.sql.query("SELECT state FROM rollout WHERE id = 1", &[])?;
        let Some(row) = found.first() else { return Ok(None) };
        serde_json::from_str(&text(row, 0)).map(Some).map_err(|e| SqlError::Driver(format!("the state cannot be read: {e}")))
    }

    /// The state, or the problem of a store without a model.
    pub(super) fn running(&mut self) -> Result<State, Fault> {
        let none = || Problem::new(409, "NO_CHAMPION", "no model is registered yet: add the first with POST /v1/models");
        Ok(self.state()?.ok_or_else(none)?)
    }

    /// Makes the model of `bundle` champion of an empty store.
    ///
    /// # Errors
    /// The bundle cannot be registered, it lacks fields by which the settings split the test, or the store is not empty.
    pub fn genesis(&mut self, now_ms: i64, bundle: &[u8], by: &str) -> Result<State, Fault> {
        if self.state()?.is_some() {
            return Err(Problem::new(409, "NOT_EMPTY", "the store has a champion already").into());
        }
        let unknown = Bundle::read(bundle).map(|read| self.policy.segments_unknown(&read.manifest.schema)).unwrap_or_default();
        if let Some(wrong) = unknown.first() {
            return Err(Problem::new(422, wrong.code, format!("{} {}", wrong.path, wrong.message)).into());
        }
        let model = self.register(now_ms, bundle, by)?;
        let policy = serde_json::to_string(&self.policy).unwrap_or_default();
        let mut state = State::genesis(model.version.as_str(), now_ms);
        state.policy_sha256 = digest(policy.as_bytes());
        let deployed = Deployed {
            epoch: state.epoch,
            effective_ms: now_ms,
            allocation: allocation(&self.policy, &state, &self.base),
            models: vec![model.digest.clone()],
        };
        let sentence =
            Sentence::new("GENESIS", format!("{} serves all leads.", model.version)).with("version", model.version.as_str());
        let body = json!({ "actor": { "name": by }, "digest": model.digest, "sentence": sentence, "state": state, "version": model.version });
        self.sql.transaction(&mut |sql| {
            let stored = serde_json::to_string(&state).unwrap_or_default();
            let insert = "INSERT INTO rollout (id, version, state, state_sha256) VALUES (1, ?1, ?2, ?3)";
            sql.execute(insert, &[Param::Integer(state.version as i64), Param::Text(&stored), Param::Text(&state.sha256())])?;
            keep_document(sql, now_ms, "policy", &policy)?;
            sql.execute("INSERT INTO aliases (alias, version) VALUES ('champion', ?1)", &[Param::Text(&model.version)])?;
            sql.execute("UPDATE models SET status = 'champion' WHERE version = ?1", &[Param::Text(&model.version)])?;
            deploy(sql, &deployed)?;
            append(sql, now_ms, Kind::Genesis, "", &body)
        })?;
        Ok(state)
    }

    /// The deployment in force; none while the store is empty.
    ///
    /// # Errors
    /// The store failed.
    pub fn deployed(&mut self) -> Result<Option<Deployed>, SqlError> {
        let found = self.sql.query("SELECT document FROM deployments ORDER BY epoch DESC LIMIT 1", &[])?;
        let Some(row) = found.first() else { return Ok(None) };
        serde_json::from_str(&text(row, 0)).map(Some).map_err(|e| SqlError::Driver(format!("the deployment cannot be read: {e}")))
    }

    /// Steps the state by `event` and stores state, ledger and all that the step asks for; nothing where the step changes nothing.
    /// `revision`: the state's version that a command was given for.
    ///
    /// # Errors
    /// The rules reject the event, the state has another version (412), or the store failed. Nothing changed then but the ledger's
    /// note of a command that was rejected.
    pub fn apply(&mut self, now_ms: i64, event: &Event, revision: Option<u64>) -> Result<Stepped, Fault> {
        // Where another host was faster, the event meets the state that it left: a rollback still rolls back, a command with a revision is
        // rejected, and both are in the ledger.
        for _ in 0..TRIES {
            if let Some(stepped) = self.attempt(now_ms, event, revision)? {
                return Ok(stepped);
            }
        }
        let detail = "the rollout is being changed all the time; try again";
        let before = self.running()?;
        self.refused(now_ms, &before, event, "VERSION_STALE", detail)?;
        Err(Problem::new(412, "VERSION_STALE", detail).into())
    }

    /// One try of [`Control::apply`]; none where the state was changed at the same moment.
    fn attempt(&mut self, now_ms: i64, event: &Event, revision: Option<u64>) -> Result<Option<Stepped>, Fault> {
        let before = self.running()?;
        if let Some(revision) = revision.filter(|revision| *revision != before.version) {
            let detail = format!("the rollout changed: its revision is {}, not {revision}; look again", before.version);
            self.refused(now_ms, &before, event, "VERSION_STALE", &detail)?;
            return Err(Problem::new(412, "VERSION_STALE", detail).into());
        }
        let (after, actions) = match step(&self.policy, &before, event, now_ms) {
            Ok(stepped) => stepped,
            Err(error) => {
                self.refused(now_ms, &before, event, error.code(), &error.to_string())?;
                return Err(problem(&error).into());
            }
        };
        if after == before {
            return Ok(Some(Stepped { state: after, actions }));
        }
        let deployed = if actions.iter().any(|action| matches!(action, Action::Deploy { .. })) {
            let mut models = Vec::new();
            for version in after.loaded() {
                let known =
                    self.model(version)?.ok_or_else(|| SqlError::Driver(format!("the model {version} is not registered")))?;
                models.push(known.digest);
            }
            let allocation = allocation(&self.policy, &after, &self.base);
            Some(Deployed { epoch: after.epoch, effective_ms: now_ms, allocation, models })
        } else {
            None
        };
        let is_recorded = after.version != before.version || !actions.is_empty();
        let (mut lost, policy) = (false, &self.policy);
        let mature_ms = i64::from(policy.outcome.mature_days) * 86_400_000;
        self.sql.transaction(&mut |sql| {
            let stored = serde_json::to_string(&after).unwrap_or_default();
            let update = "UPDATE rollout SET version = ?1, state = ?2, state_sha256 = ?3 WHERE id = 1 AND version = ?4";
            let given = [
                Param::Integer(after.version as i64),
                Param::Text(&stored),
                Param::Text(&after.sha256()),
                Param::Integer(before.version as i64),
            ];
            lost = sql.execute(update, &given)? == 0;
            if lost {
                return Ok(());
            }
            if is_recorded {
                record(sql, now_ms, &before, &after, event)?;
            }
            span(sql, mature_ms, &before, &after)?;
            if let Some(deployed) = &deployed {
                deploy(sql, deployed)?;
                let sentence = Sentence::new("DEPLOYED", format!("Deployment {} is in force.", deployed.epoch));
                let body = json!({ "actor": actor(event), "deployment": deployed, "sentence": sentence });
                append(sql, now_ms, Kind::Deployment, rollout_of(&before, &after), &body)?;
            }
            for action in &actions {
                perform(sql, now_ms, policy, (&before, &after), event, action)?;
            }
            if actions.iter().any(|action| matches!(action, Action::Transition { .. })) {
                outbox::anchor(sql, policy, now_ms)?;
            }
            Ok(())
        })?;
        let id = |state: &State| state.rollout.as_ref().map(|rollout| rollout.id.clone());
        if !lost && id(&before) != id(&after) {
            // The verdicts on the rollout before say nothing of this one.
            self.set_kept("verdicts", "[]")?;
        }
        Ok((!lost).then_some(Stepped { state: after, actions }))
    }

    /// The rollouts with the epochs they span, the oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub fn spans(&mut self) -> Result<Vec<RolloutSpan>, SqlError> {
        let rows = self.sql.query("SELECT value FROM meta WHERE key >= 'span ' AND key < 'span!' ORDER BY key", &[])?;
        Ok(rows.iter().filter_map(|row| serde_json::from_str(&text(row, 0)).ok()).collect())
    }

    /// Notes a command that was rejected; what the service finds by itself leaves no note.
    fn refused(&mut self, now_ms: i64, state: &State, event: &Event, code: &str, detail: &str) -> Result<(), SqlError> {
        if event.actor().is_none() {
            return Ok(());
        }
        let sentence = Sentence::new(code, format!("Rejected: {detail}"));
        let body = json!({ "actor": actor(event), "code": code, "event": event, "sentence": sentence });
        let rollout = state.rollout.as_ref().map_or("", |rollout| rollout.id.as_str());
        self.sql.transaction(&mut |sql| append(sql, now_ms, Kind::Refused, rollout, &body))
    }

    /// Keeps a document, named by its content; its SHA-256.
    ///
    /// # Errors
    /// The store failed.
    pub(super) fn keep(&mut self, now_ms: i64, kind: &str, body: &str) -> Result<String, SqlError> {
        self.sql.transaction(&mut |sql| keep_document(sql, now_ms, kind, body))?;
        Ok(digest(body.as_bytes()))
    }

    /// The document with this SHA-256.
    ///
    /// # Errors
    /// The store failed.
    pub fn document(&mut self, sha256: &str) -> Result<Option<String>, SqlError> {
        let found = self.sql.query("SELECT body FROM documents WHERE sha256 = ?1", &[Param::Text(sha256)])?;
        Ok(found.first().map(|row| text(row, 0)))
    }

    /// The approvals by which `rollout` passed its stages, in their order.
    pub(super) fn passed(&mut self, rollout: &str) -> Result<Vec<SignOff>, SqlError> {
        let query = "SELECT at_ms, body FROM ledger WHERE rollout = ?1 AND kind IN ('command', 'transition') ORDER BY seq";
        let (mut passed, mut given) = (Vec::new(), Vec::<SignOff>::new());
        for row in self.sql.query(query, &[Param::Text(rollout)])? {
            let (at_ms, body) = (integer(&row, 0), text(&row, 1));
            if let Ok(ledger::Recorded { event: Event::Approve(approve), .. }) = serde_json::from_str(&body) {
                // Who approves again replaces what they said before.
                given.retain(|one| (&one.by, &one.role) != (&approve.by.name, &approve.by.role));
                given.push(SignOff {
                    stage: String::new(),
                    role: approve.by.role,
                    by: approve.by.name,
                    at: time_text(at_ms),
                    comment: approve.comment,
                    evidence: approve.evidence_sha256,
                });
                continue;
            }
            let Ok(body) = serde_json::from_str::<Value>(&body) else { continue };
            let from = body.get("from").and_then(Value::as_str).unwrap_or_default();
            if body.pointer("/sentence/code").and_then(Value::as_str) != Some("PROMOTED") {
                continue;
            }
            // The transition names those whose approvals stood.
            let names = body.pointer("/sentence/values/by").and_then(Value::as_array);
            let stands = |one: &SignOff| names.into_iter().flatten().any(|name| name.as_str() == Some(&one.by));
            passed.extend(given.drain(..).filter(stands).map(|one| SignOff { stage: from.to_owned(), ..one }));
        }
        Ok(passed)
    }

    /// When each stage of the present rollout began, in their order.
    pub(super) fn entered(&mut self, rollout: &str) -> Result<Vec<(Stage, i64)>, SqlError> {
        let query = "SELECT at_ms, body FROM ledger WHERE rollout = ?1 AND kind = 'transition' ORDER BY seq";
        let rows = self.sql.query(query, &[Param::Text(rollout)])?;
        let stage = |body: &str| {
            let body: Value = serde_json::from_str(body).ok()?;
            serde_json::from_value(body.get("to")?.clone()).ok()
        };
        Ok(rows.iter().filter_map(|row| Some((stage(&text(row, 1))?, integer(row, 0)))).collect())
    }
}

/// The problem of an event that the rules reject.
fn problem(error: &TransitionError) -> Problem {
    let status = match error.code() {
        "SCOPE_MISSING" | "ROLE_MISSING" | "FOUR_EYES" => 403,
        "LOOK_STALE" => 412,
        "HOLD_IS_OVER" => 422,
        _ => 409,
    };
    Problem::of(status, error.code(), error.sentence())
}

pub(super) fn actor(event: &Event) -> Actor {
    event.actor().cloned().unwrap_or_else(Actor::auto)
}

fn rollout_of<'a>(before: &'a State, after: &'a State) -> &'a str {
    before.rollout.as_ref().or(after.rollout.as_ref()).map_or("", |rollout| rollout.id.as_str())
}

/// Notes the epochs a rollout spans, and when its test began and stood still.
fn span(sql: &mut dyn Sql, mature_ms: i64, before: &State, after: &State) -> Result<(), SqlError> {
    let Some(rollout) = after.rollout.as_ref().or(before.rollout.as_ref()) else { return Ok(()) };
    let key = format!("span {:020} {}", rollout.started_ms, rollout.id);
    let known = sql.query("SELECT value FROM meta WHERE key = ?1", &[Param::Text(&key)])?;
    let known = known.first().and_then(|row| serde_json::from_str::<RolloutSpan>(&text(row, 0)).ok());
    let fresh = RolloutSpan {
        id: rollout.id.clone(),
        challenger: rollout.challenger.clone(),
        champion: before.champion.clone(),
        from_epoch: after.epoch as i64,
        to_epoch: None,
        // Leads that matured before the start may have been trained on.
        trained_ms: rollout.started_ms - mature_ms,
        test_from_ms: None,
        test_pauses: Vec::new(),
    };
    let mut span = known.unwrap_or(fresh);
    if after.rollout.is_none() {
        span.to_epoch = Some(after.epoch as i64);
    }
    span.test_from_ms = rollout.test.as_ref().map(|test| test.from_ms).or(span.test_from_ms);
    let of = |state: &State| {
        state.rollout.as_ref().and_then(|rollout| rollout.suspended.as_ref()).map(|suspension| suspension.since_ms)
    };
    if let (Some(from_ms), None, Some(_)) = (of(before), of(after), span.test_from_ms) {
        span.test_pauses.push((from_ms, after.clock_ms));
    }
    let set = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    let value = serde_json::to_string(&span).unwrap_or_default();
    sql.execute(set, &[Param::Text(&key), Param::Text(&value)]).map(drop)
}

/// The event as an entry of the ledger: all that its step rested on, so that the ledger can be replayed.
fn record(sql: &mut dyn Sql, now_ms: i64, before: &State, after: &State, event: &Event) -> Result<(), SqlError> {
    let kind = match event {
        Event::Look(_) => Kind::Look,
        _ if event.actor().is_some() => Kind::Command,
        _ => Kind::Event,
    };
    let recorded = ledger::Recorded::new(event.clone(), before.policy_sha256.as_str(), before, after, now_ms);
    append_text(sql, now_ms, kind, rollout_of(before, after), recorded.body())
}

/// What happened, in words; empty for what a transition says better.
pub(super) fn said(event: &Event) -> Sentence {
    let by = actor(event).name;
    match event {
        Event::Approve(approve) => {
            let comment = if approve.comment.is_empty() { String::new() } else { format!(": {}", approve.comment) };
            Sentence::new("APPROVED", format!("{by} approved the next stage{comment}"))
        }
        Event::Waive { gate, reason, .. } => Sentence::new("WAIVED", format!("{by} waived {}: {reason}", gate.words())),
        Event::Hold { reason, .. } => Sentence::new("HELD", format!("{by} put the rollout on hold: {reason}")),
        Event::Resume { reason, .. } => Sentence::new("RESUMED", format!("{by} resumed the rollout: {reason}")),
        Event::Repolicy { .. } => Sentence::new("POLICY", format!("{by} put another policy in force.")),
        Event::Look(look) => {
            let passed = look.verdicts.iter().filter(|verdict| verdict.outcome == plumbline_core::rollout::Outcome::Pass).count();
            let text = format!("Look {} in {}: {passed} of {} gates pass.", look.number, look.stage.title(), look.verdicts.len());
            Sentence::new("LOOK", text).with("passed", passed).with("of", look.verdicts.len())
        }
        Event::Start(start) => Sentence::new("STARTED", format!("{by} started the rollout of {}.", start.version)),
        Event::Daily { stage, verdicts, .. } => {
            let failed = verdicts.iter().filter(|verdict| verdict.outcome == plumbline_core::rollout::Outcome::Fail).count();
            Sentence::new("DAILY", format!("The day's bounds of {} were judged: {failed} failed.", stage.title()))
                .with("failed", failed)
        }
        Event::Day { day, leads, scored, .. } => {
            let date = plumbline_core::report::day_text(day * 86_400_000);
            let text = format!("{date} was logged: {leads} leads came, the challenger scored {scored}.");
            Sentence::new("DAY", text).with("leads", *leads).with("scored", *scored)
        }
        Event::Red { .. } => Sentence::new("RED", "A minute was judged by the rules that roll back at once."),
        Event::Rollback { reason, .. } => Sentence::new("ROLLED_BACK", format!("{by} rolled back: {reason}")),
        Event::PostMortem { version, .. } => Sentence::new("POST_MORTEM", format!("{by} closed the post-mortem of {version}.")),
        Event::Watch { .. } => Sentence::new("WATCH", "Time passed: the clock of the rollout moved on."),
    }
}

/// Does one thing that a step asked for.
fn perform(
    sql: &mut dyn Sql,
    now_ms: i64,
    policy: &plumbline_core::rollout::Policy,
    (before, after): (&State, &State),
    event: &Event,
    action: &Action,
) -> Result<(), SqlError> {
    let rollout = rollout_of(before, after);
    match action {
        Action::Transition { from, to, end, row, sentence, version, .. } => {
            let body = json!({
                "actor": actor(event), "end": end, "from": from, "row": row, "sentence": sentence, "to": to, "version": version,
            });
            append(sql, now_ms, Kind::Transition, rollout, &body)
        }
        // Stored before all else.
        Action::Deploy { .. } => Ok(()),
        Action::SetAlias { alias, version } => {
            let set = "INSERT INTO aliases (alias, version) VALUES (?1, ?2) ON CONFLICT (alias) DO UPDATE SET version = excluded.version";
            sql.execute(set, &[Param::Text(alias.name()), Param::Text(version)]).map(drop)
        }
        Action::RemoveAlias { alias } => {
            sql.execute("DELETE FROM aliases WHERE alias = ?1", &[Param::Text(alias.name())]).map(drop)
        }
        Action::Status { version, status } => {
            let set = "UPDATE models SET status = ?1 WHERE version = ?2";
            sql.execute(set, &[Param::Text(status.name()), Param::Text(version)]).map(drop)
        }
        Action::OpenIncident { severity, due_ms, sentence } => {
            let body = json!({ "sentence": sentence, "severity": severity });
            open_incident(sql, now_ms, IncidentKind::Rollout, (rollout, *due_ms, *severity), sentence, body)
        }
        Action::OpenPostMortem { version, due_ms, evidence_sha256, .. } => {
            let sentence = Sentence::new("POST_MORTEM", format!("A post-mortem of {version} is due."));
            let body = json!({ "evidence": evidence_sha256, "sentence": sentence, "severity": "red", "version": version });
            open_incident(sql, now_ms, IncidentKind::PostMortem, (rollout, *due_ms, Severity::Red), &sentence, body)
        }
        Action::Message { severity, to, sentence } => {
            let people = contacts(policy);
            let whom = match to {
                Audience::Channels => None,
                Audience::NextContact => people.get(1).or(people.last()),
                Audience::LastContact => people.last(),
            };
            let ordering = if rollout.is_empty() { "lifecycle" } else { rollout };
            let id = digest(format!("{ordering} {now_ms} {}", sentence.text).as_bytes());
            let message = of_rollout(policy, (&id, rollout, after.epoch), *severity, whom, sentence, now_ms);
            outbox::post(sql, policy, &message, ordering, now_ms)
        }
        Action::ClockJump { from_ms, to_ms } => {
            let sentence = Sentence::new("CLOCK_JUMP", "The clock jumped; looks wait until rows of the new day arrive.");
            append(sql, now_ms, Kind::Clock, rollout, &json!({ "from_ms": from_ms, "sentence": sentence, "to_ms": to_ms }))
        }
        // Shards read these from the ledger's state when they are next asked.
        Action::BackFill { .. } | Action::StartTest { .. } | Action::Archive { .. } => {
            let task = serde_json::to_string(action).unwrap_or_default();
            let key = format!("task {now_ms} {}", digest(task.as_bytes()).get(..8).unwrap_or_default());
            let keep = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING";
            sql.execute(keep, &[Param::Text(&key), Param::Text(&task)]).map(drop)
        }
    }
}

/// Opens an incident of a rollout; `entry` is what the ledger says of it.
fn open_incident(
    sql: &mut dyn Sql,
    now_ms: i64,
    kind: IncidentKind,
    (rollout, due_ms, severity): (&str, i64, Severity),
    sentence: &Sentence,
    mut entry: Value,
) -> Result<(), SqlError> {
    let name = if kind == IncidentKind::PostMortem { "post_mortem" } else { "incident" };
    let id = format!("{name}-{}", digest(format!("{rollout} {now_ms} {entry}").as_bytes()).get(..12).unwrap_or_default());
    let incident = Incident::of_rollout((&id, rollout), kind, severity, sentence, (now_ms, due_ms));
    store_incident(sql, &incident)?;
    if kind == IncidentKind::PostMortem {
        cover(sql, &incident)?;
    }
    if let Value::Object(entry) = &mut entry {
        entry.insert("id".to_owned(), id.into());
        entry.insert("due_ms".to_owned(), due_ms.into());
    }
    append(sql, now_ms, Kind::Incident, rollout, &entry)
}

fn deploy(sql: &mut dyn Sql, deployed: &Deployed) -> Result<(), SqlError> {
    let document = serde_json::to_string(deployed).unwrap_or_default();
    let insert = "INSERT INTO deployments (epoch, effective_ms, document) VALUES (?1, ?2, ?3)";
    let given = [Param::Integer(deployed.epoch as i64), Param::Integer(deployed.effective_ms), Param::Text(&document)];
    sql.execute(insert, &given).map(drop)
}

pub(super) fn keep_document(sql: &mut dyn Sql, now_ms: i64, kind: &str, body: &str) -> Result<(), SqlError> {
    let insert = "INSERT INTO documents (sha256, kind, at_ms, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (sha256) DO NOTHING";
    let sha256 = digest(body.as_bytes());
    sql.execute(insert, &[Param::Text(&sha256), Param::Text(kind), Param::Integer(now_ms), Param::Text(body)]).map(drop)
}

/// Appends an entry to the ledger; part of the caller's transaction.
pub(super) fn append(sql: &mut dyn Sql, now_ms: i64, kind: Kind, rollout: &str, body: &Value) -> Result<(), SqlError> {
    append_text(sql, now_ms, kind, rollout, body.to_string())
}

fn append_text(sql: &mut dyn Sql, now_ms: i64, kind: Kind, rollout: &str, body: String) -> Result<(), SqlError> {
    let last = sql.query("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1", &[])?;
    let head = last.first().map(|row| ledger::Head { seq: integer(row, 0).unsigned_abs(), hash: text(row, 1) });
    let entry = ledger::Entry::append(head.as_ref(), now_ms, kind, rollout, body);
    let insert = "INSERT INTO ledger (seq, at_ms, kind, rollout, body, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let given = [
        Param::Integer(entry.seq as i64),
        Param::Integer(entry.at_ms),
        Param::Text(&entry.kind),
        Param::Text(&entry.rollout),
        Param::Text(&entry.body),
        Param::Text(&entry.previous),
        Param::Text(&entry.hash),
    ];
    sql.execute(insert, &given).map(drop)
}
