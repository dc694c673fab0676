//! Which policy is in force: that of the settings, or one that a person has put in its place. Under a rollout the rules by which it began
//! stay; who hears of what, people, links and retention follow the settings at each start.

use plumbline_core::Bundle;
use plumbline_core::rollout::ledger::Kind;
use plumbline_core::rollout::policy::Operation;
use plumbline_core::rollout::{Event, Policy, State};
use plumbline_core::schema::Problem as Wrong;
use plumbline_core::sentence::Sentence;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::keys::actor;
use super::rollout::{append, keep_document};
use super::route::{body, revision, revision_required};
use super::{Control, Fault};
use crate::access::Viewer;
use crate::model::digest;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::store::{Param, Sql, SqlError};

/// Under which key the settings' policy that was put in force last is noted, by its SHA-256.
const SETTLED: &str = "settled_policy";
/// Under which key an [`Own`] is kept.
const OWN: &str = "operation";

/// What holds next to the policy in force.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Own {
    /// The settings' policy from which it was taken, by its SHA-256.
    settings: String,
    /// Parts of it that hold; none where those of the policy in force do.
    operation: Option<Operation>,
}

impl<S: Sql> Control<S> {
    /// Has the next call put the policy that this object was opened with in force: for hosts that cannot call
    /// [`Control::settle_policy`] at once.
    pub fn unsettle(&mut self) {
        self.is_unsettled = true;
    }

    /// Puts the policy that this object was opened with in force, if it is another one than before. Under a rollout its rules wait for the
    /// rollout's end; who hears of what, people, links and retention are taken over at once. A note for the owner where rules wait.
    ///
    /// # Errors
    /// The store failed, or the policy in force is not stored.
    pub fn settle_policy(&mut self, now_ms: i64) -> Result<Option<String>, SqlError> {
        let policy = serde_json::to_string(&self.own).unwrap_or_default();
        let sha256 = digest(policy.as_bytes());
        let Some(state) = self.state()? else {
            self.is_unsettled = false;
            return self.set_kept(SETTLED, &sha256).map(|()| None);
        };
        let is_known = self.kept(SETTLED)?.as_ref() == Some(&sha256);
        self.is_unsettled = false;
        if let Some(rollout) = state.rollout.as_ref().filter(|_| sha256 != state.policy_sha256) {
            let missing = || SqlError::Driver(format!("the policy {} is not stored", state.policy_sha256));
            let before = self.policy_in_force(&state)?.ok_or_else(missing)?;
            if !is_known && self.kept_own()?.settings != sha256 {
                let operation = self.own.operation();
                if operation != before.operation() {
                    let text = "The settings changed who hears of what, people, links or retention.";
                    let body = json!({ "actor": { "name": "settings" }, "operation": operation, "sentence": Sentence::new("OPERATION_CHANGED", text) });
                    self.sql.transaction(&mut |sql| append(sql, now_ms, Kind::Policy, &rollout.id, &body))?;
                }
                self.keep_own(&Own { settings: sha256, operation: Some(operation) })?;
            }
            self.follow_policy()?;
            let waits = !is_known && self.own.clone().with_operation(self.policy.operation()) != self.policy;
            self.is_unsettled = waits;
            let note = "the settings have other rules than those in force; they take effect after the rollout";
            return Ok(waits.then(|| format!("{note} {}", rollout.id)));
        }
        // A person has put another policy in force since, and the settings are what they were.
        if sha256 != state.policy_sha256 && is_known {
            return self.follow_policy().map(|()| None);
        }
        self.set_kept(SETTLED, &sha256)?;
        self.keep_own(&Own { settings: sha256.clone(), operation: None })?;
        if sha256 != state.policy_sha256 {
            self.put_in_force(now_ms, state, &policy, sha256)?;
        }
        self.follow_policy().map(|()| None)
    }

    fn put_in_force(&mut self, now_ms: i64, state: State, policy: &str, sha256: String) -> Result<(), SqlError> {
        let after = State { version: state.version + 1, policy_sha256: sha256, clock_ms: state.time(now_ms), ..state };
        let sentence = Sentence::new("POLICY", "Another policy of the settings is in force.");
        let body = json!({ "actor": { "name": "settings" }, "policy_sha256": after.policy_sha256, "sentence": sentence, "state": after });
        self.sql.transaction(&mut |sql| {
            let stored = serde_json::to_string(&after).unwrap_or_default();
            let update = "UPDATE rollout SET version = ?1, state = ?2, state_sha256 = ?3 WHERE id = 1";
            sql.execute(update, &[Param::Integer(after.version as i64), Param::Text(&stored), Param::Text(&after.sha256())])?;
            keep_document(sql, now_ms, "policy", policy)?;
            append(sql, now_ms, Kind::Policy, "", &body)
        })
    }

    /// Puts the settings' policy in force that waited, once nothing is in its way.
    pub(super) fn settle_what_waits(&mut self, now_ms: i64) -> Result<(), SqlError> {
        if !self.is_unsettled {
            return Ok(());
        }
        self.settle_policy(now_ms).map(drop)
    }

    /// What keeps `policy` from being put in force here: what is wrong with it, and fields that today's model does not have.
    ///
    /// # Errors
    /// The store failed.
    pub fn policy_problems(&mut self, policy: &Policy) -> Result<Vec<Wrong>, SqlError> {
        let mut wrong = policy.problems();
        let Some(state) = self.state()? else { return Ok(wrong) };
        let digest = self.model(&state.champion)?.map(|model| model.digest).unwrap_or_default();
        if let Some(bundle) = self.bundle(&digest)?.and_then(|bytes| Bundle::read(&bytes).ok()) {
            wrong.extend(policy.segments_unknown(&bundle.manifest.schema));
        }
        Ok(wrong)
    }

    /// Puts the rules in the body in force: all of them, each key that is left out with its default. Where only parts differ by which
    /// nothing is judged, that is possible at any time.
    pub(super) fn put_policy(&mut self, now_ms: i64, request: &Request<'_>, viewer: &Viewer<'_>) -> Result<Response, Fault> {
        let state = self.running()?;
        let revision = revision(request)?.ok_or_else(|| revision_required(&state))?;
        let policy: Policy = body(request)?;
        let wrong = self.policy_problems(&policy)?;
        if let Some(first) = wrong.first() {
            let all: Vec<String> = wrong.iter().map(|wrong| format!("{} {}", wrong.path, wrong.message)).collect();
            return Err(Problem::new(422, first.code, all.join("; ")).into());
        }
        let settings = self.kept_own()?.settings;
        if revision != state.version {
            let detail = format!("the rollout changed: its revision is {}, not {revision}; look again", state.version);
            return Err(Problem::new(412, "VERSION_STALE", detail).into());
        }
        if policy != self.policy && policy.clone().with_operation(self.policy.operation()) == self.policy {
            let text = format!("{} changed who hears of what, people, links or retention.", viewer.name());
            let sentence = Sentence::new("OPERATION_CHANGED", text);
            let entry = json!({ "actor": actor(viewer), "operation": policy.operation(), "sentence": sentence });
            let rollout = state.rollout.as_ref().map_or("", |rollout| rollout.id.as_str()).to_owned();
            self.sql.transaction(&mut |sql| append(sql, now_ms, Kind::Policy, &rollout, &entry))?;
            self.keep_own(&Own { settings, operation: Some(policy.operation()) })?;
        } else {
            let document = serde_json::to_string(&policy).unwrap_or_default();
            let before = std::mem::replace(&mut self.policy, policy);
            let modes = self.start_report(now_ms, &state).map(|(modes, _, _)| modes);
            self.policy = before;
            let policy_sha256 = self.keep(now_ms, "policy", &document)?;
            self.apply(now_ms, &Event::Repolicy { by: actor(viewer), policy_sha256, modes: modes? }, Some(revision))?;
            self.keep_own(&Own { settings, operation: None })?;
        }
        self.follow_policy()?;
        self.shown_policy()
    }

    /// Takes up the policy in force, which another program with this store may have put there.
    pub(super) fn follow_policy(&mut self) -> Result<(), SqlError> {
        let Some(state) = self.state()? else { return Ok(()) };
        let own = self.kept(OWN)?.unwrap_or_default();
        let found = format!("{} {own}", state.policy_sha256);
        if self.followed == found {
            return Ok(());
        }
        if let Some(policy) = self.policy_in_force(&state)? {
            self.policy = policy;
        }
        self.followed = found;
        Ok(())
    }

    /// The policy in force, by the store; none where its document is missing.
    fn policy_in_force(&mut self, state: &State) -> Result<Option<Policy>, SqlError> {
        let Some(kept) = self.document(&state.policy_sha256)? else { return Ok(None) };
        let unreadable = |e| SqlError::Driver(format!("the policy in force cannot be read: {e}"));
        let policy: Policy = serde_json::from_str(&kept).map_err(unreadable)?;
        Ok(Some(match self.kept_own()?.operation {
            Some(operation) => policy.with_operation(operation),
            None => policy,
        }))
    }

    fn kept_own(&mut self) -> Result<Own, SqlError> {
        Ok(self.kept(OWN)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    fn keep_own(&mut self, own: &Own) -> Result<(), SqlError> {
        self.set_kept(OWN, &serde_json::to_string(own).unwrap_or_default())
    }
}
