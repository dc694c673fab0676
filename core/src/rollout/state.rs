//! Where a rollout is: all that its next step depends on, besides the policy and the event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::clock::Jump;
use super::hold::{Hold, HoldBy, Suspension};
use super::look::{Approval, Judged, Modes, TestPlan, Waiver};
use super::verdict::Outcome;
use super::{Gate, Policy, Stage};
use crate::sentence::Sentence;

/// The state of the lifecycle in one store: who is champion, and the rollout that is under way, if any.
///
/// It is stored as JSON after each step, and a restart goes on from there; nothing is remembered elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutState"))]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Counts the changes; a command names the one it was given for (`If-Match: "v42"`).
    pub version: u64,
    /// Counts the deployments; an allocation never goes back to a smaller one.
    pub epoch: u64,
    /// The latest time seen, milliseconds since 1970. Time never runs backwards.
    pub clock_ms: i64,
    /// A jump of the clock that is not confirmed yet; looks wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jump: Option<Jump>,
    /// The policy in force; empty until one is recorded.
    pub policy_sha256: String,
    /// The version that serves outside a rollout.
    pub champion: String,
    /// The champion before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// The rollout that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// How earlier rollouts ended, by version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub past: BTreeMap<String, Past>,
}

/// The champion before the present one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PreviousChampion"))]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its version.
    pub version: String,
    /// When the present champion replaced it.
    pub since_ms: i64,
    /// Whether it stays loaded and probed, so that a red alert can go back to it at once.
    pub is_loaded: bool,
}

/// What is known of a version's earlier rollouts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PastRollouts"))]
#[serde(deny_unknown_fields)]
pub struct Past {
    /// How many rollouts it had; numbers the next one.
    pub starts: u32,
    /// How the last one ended; none while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// Whether its post-mortem is still open.
    #[serde(default)]
    pub is_post_mortem_open: bool,
}

/// How a rollout ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutEnd"))]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The challenger became champion.
    Completed,
    /// It did harm, or might have: the champion serves all leads, and a post-mortem is due.
    RolledBack,
    /// It proved nothing in the planned time, or never served: the champion serves all leads.
    Stopped,
}

/// A rollout that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ActiveRollout"))]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Its id, which is also the salt of its draw: the version, `-r` and a number.
    pub id: String,
    /// The version that is rolled out.
    pub challenger: String,
    /// Who started it; for four eyes.
    pub started_by: String,
    /// When it started.
    pub started_ms: i64,
    /// How precision and recall are judged; resolved at the start.
    pub modes: Modes,
    /// The stage, never [`Stage::Idle`].
    pub stage: Stage,
    /// When the stage was entered.
    pub entered_ms: i64,
    /// UTC days that count in this stage.
    pub days_logged: u32,
    /// UTC days of this stage that do not count.
    #[serde(default)]
    pub days_missed: u32,
    /// The last UTC day that was recorded, in days since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<i64>,
    /// Looks of this stage so far. Those of an earlier run of the test do not count.
    #[serde(default)]
    pub looks: u32,
    /// The last look of this stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Judged>,
    /// Whether all gates are to be judged anew before the next planned look.
    #[serde(default)]
    pub is_look_forced: bool,
    /// Tries of the look that is due which ended in an error.
    #[serde(default)]
    pub look_errors: u32,
    /// The gate that failed by its daily bound after the last look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_fail: Option<Gate>,
    /// Extensions of this stage so far.
    #[serde(default)]
    pub extensions: u32,
    /// Extensions granted beyond the policy's, one at each time a person resumed a stage that was held by its gates.
    #[serde(default)]
    pub granted: u32,
    /// Why there is no promotion at present; each hold stands by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// Why the challenger serves no lead at present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
    /// First and last UTC day of the last suspension that is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_days: Option<(i64, i64)>,
    /// Gates a person waived in this stage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// Approvals of the next stage that still stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// Segments that a person accepted although they fare worse, as `field=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted_segments: Vec<String>,
    /// The A/B test, from its start on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// Since when the stage waits for people although no look is left or needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_ms: Option<i64>,
    /// Whether that wait was escalated.
    #[serde(default)]
    pub is_escalated: bool,
}

/// The A/B test of a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutTest"))]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The frozen plan.
    pub plan: TestPlan,
    /// 1, and one more each time the test started again because the draw was broken.
    pub run: u32,
    /// A lead of the test was first scored after this moment.
    pub from_ms: i64,
    /// How long the run was suspended so far; its looks are that much later.
    pub paused_ms: i64,
    /// Whether no more looks follow.
    pub is_final: bool,
}

impl State {
    /// The state of a store whose first model is `champion`.
    pub fn genesis(champion: impl Into<String>, now_ms: i64) -> State {
        State {
            version: 1,
            epoch: 1,
            clock_ms: now_ms,
            jump: None,
            policy_sha256: String::new(),
            champion: champion.into(),
            previous: None,
            rollout: None,
            past: BTreeMap::new(),
        }
    }

    /// The stage of the rollout; idle without one.
    pub fn stage(&self) -> Stage {
        self.rollout.as_ref().map_or(Stage::Idle, |rollout| rollout.stage)
    }

    /// The version that is rolled out.
    pub fn challenger(&self) -> Option<&str> {
        self.rollout.as_ref().map(|rollout| rollout.challenger.as_str())
    }

    /// The versions a host has to have loaded: champion, challenger, and the champion before while it can be gone back to at once.
    pub fn loaded(&self) -> Vec<&str> {
        let previous = self.previous.iter().filter(|previous| previous.is_loaded).map(|previous| previous.version.as_str());
        let mut versions: Vec<&str> = Vec::new();
        for version in std::iter::once(self.champion.as_str()).chain(self.challenger()).chain(previous) {
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        versions
    }

    /// The time to reckon with at `now_ms`: it never runs backwards.
    pub fn time(&self, now_ms: i64) -> i64 {
        now_ms.max(self.clock_ms)
    }

    /// SHA-256 of the state's JSON, in hexadecimal. Two states are equal exactly when these are.
    pub fn sha256(&self) -> String {
        // A state holds no map with keys other than texts and no number that is not finite, so that it always has a JSON text.
        let json = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Rollout {
    /// A rollout that enters its first stage.
    pub fn new(id: String, challenger: String, by: String, modes: Modes, stage: Stage, now_ms: i64) -> Rollout {
        Rollout {
            id,
            challenger,
            started_by: by,
            started_ms: now_ms,
            modes,
            stage,
            entered_ms: now_ms,
            days_logged: 0,
            days_missed: 0,
            last_day: None,
            looks: 0,
            look: None,
            is_look_forced: false,
            look_errors: 0,
            daily_fail: None,
            extensions: 0,
            granted: 0,
            holds: Vec::new(),
            suspended: None,
            suspended_days: None,
            waivers: Vec::new(),
            approvals: Vec::new(),
            accepted_segments: Vec::new(),
            test: None,
            waiting_ms: None,
            is_escalated: false,
        }
    }

    /// Enters `stage`: days, looks, waivers and approvals begin anew.
    pub fn enter(&mut self, stage: Stage, now_ms: i64) {
        let (id, challenger, by) = (self.id.clone(), self.challenger.clone(), self.started_by.clone());
        let started_ms = self.started_ms;
        *self = Rollout { started_ms, ..Rollout::new(id, challenger, by, self.modes, stage, now_ms) };
    }

    /// Why there is no promotion at `now_ms`, if it is held or suspended.
    pub fn why_held(&self, now_ms: i64) -> Option<&Sentence> {
        let suspended = self.suspended.as_ref().map(|suspension| &suspension.reason);
        suspended.or_else(|| self.active_holds(now_ms).next().map(|hold| &hold.reason))
    }

    /// Whether a hold keeps the rollout from being promoted at `now_ms`. A suspended rollout is held as well.
    pub fn is_held(&self, now_ms: i64) -> bool {
        self.suspended.is_some() || self.active_holds(now_ms).next().is_some()
    }

    /// Whether only a person with the scope `approve` may resume it at `now_ms`: it is suspended, or held by a gate or a segment.
    pub fn resume_needs_approval(&self, now_ms: i64) -> bool {
        self.suspended.is_some() || self.active_holds(now_ms).any(|hold| hold.by.needs_approval())
    }

    /// The holds that still stand at `now_ms`.
    pub fn active_holds(&self, now_ms: i64) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(move |hold| hold.until_ms.is_none_or(|until| now_ms < until))
    }

    /// Whether there is a hold of this cause already.
    pub fn has_hold(&self, by: &HoldBy) -> bool {
        self.holds.iter().any(|hold| hold.by == *by)
    }

    /// Whether the gate must pass before this stage is left. [`Gate::must_pass`], with precision and recall as resolved at the start.
    pub fn must_pass(&self, gate: Gate) -> bool {
        self.modes.applies(gate, self.stage) && gate.must_pass(self.stage)
    }

    /// Whether the gate is judged in this stage: it must pass, or it may fail.
    pub fn is_judged(&self, gate: Gate) -> bool {
        self.must_pass(gate) || gate.may_fail(self.stage)
    }

    /// What the last look left undecided of the gate, which a person may waive; otherwise why it cannot be waived.
    pub fn may_waive(&self, gate: Gate) -> Result<Outcome, String> {
        let name = self.stage.name();
        if !self.must_pass(gate) {
            return Err(format!("{gate} need not pass in {name}."));
        }
        if !gate.may_be_waived() {
            return Err(format!("{gate} can never be waived."));
        }
        let Some(outcome) = self.look.as_ref().and_then(|look| look.outcomes.get(&gate)) else {
            return Err(format!("{gate} has not been judged in {name} yet; only the result of a look can be waived."));
        };
        if self.daily_fail == Some(gate) || !matches!(outcome, Outcome::Inconclusive | Outcome::InsufficientData) {
            return Err(format!("Only a gate that is undecided can be waived, and {gate} is not."));
        }
        Ok(*outcome)
    }

    /// Why a person waived the gate in this stage.
    pub fn waiver(&self, gate: Gate) -> Option<&Waiver> {
        self.waivers.iter().find(|waiver| waiver.gate == gate)
    }

    /// Days that must be logged before the stage may be left.
    pub fn least_days(&self, policy: &Policy) -> u32 {
        match self.stage {
            Stage::Idle => 0,
            Stage::Shadow => policy.stage.shadow.min_days,
            Stage::Canary => policy.stage.canary.min_days,
            Stage::AbTest => policy.stage.ab_test.min_days,
            Stage::Full => policy.stage.full.watch_days,
        }
    }
}
