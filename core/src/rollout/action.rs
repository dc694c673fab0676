//! What a step asks the service to do. The state, the ledger and the actions of a step are stored in one transaction.

use serde::{Deserialize, Serialize};

use super::Stage;
use super::model::{Alias, ModelStatus};
use super::state::End;
use super::verdict::Severity;
use crate::sentence::Sentence;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutAction"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Write a `transition` into the ledger.
    Transition {
        /// The rollout.
        rollout: String,
        /// The version that is rolled out.
        version: String,
        /// The stage before.
        from: Stage,
        /// The stage after; after an end it is idle.
        to: Stage,
        /// How the rollout ended.
        end: Option<End>,
        /// The row of the table of transitions.
        row: u8,
        /// What happened and why.
        sentence: Sentence,
    },
    /// Make and push the deployment of this epoch: [`allocation`](super::allocation) and [`State::loaded`](super::State::loaded).
    Deploy {
        /// The epoch.
        epoch: u64,
    },
    /// Point an alias to a version.
    SetAlias {
        /// Which.
        alias: Alias,
        /// To what.
        version: String,
    },
    /// Remove an alias.
    RemoveAlias {
        /// Which.
        alias: Alias,
    },
    /// Change a model's status.
    Status {
        /// The model.
        version: String,
        /// Its status from now on.
        status: ModelStatus,
    },
    /// Let each shard score the leads it stored since the training window of the challenger ended, with both versions.
    BackFill {
        /// The rollout under whose id they are stored.
        rollout: String,
        /// The version that is rolled out.
        challenger: String,
        /// The version it is compared with.
        champion: String,
    },
    /// The test, or another run of it, starts.
    StartTest {
        /// The rollout.
        rollout: String,
        /// 1 for the first.
        run: u32,
        /// The frozen plan.
        plan_sha256: String,
    },
    /// Open an incident.
    OpenIncident {
        /// How urgent it is.
        severity: Severity,
        /// When it is due.
        due_ms: i64,
        /// What happened.
        sentence: Sentence,
    },
    /// Open a post-mortem.
    OpenPostMortem {
        /// The rollout that was rolled back.
        rollout: String,
        /// The version that was rolled back.
        version: String,
        /// When it is due.
        due_ms: i64,
        /// The evidence for it; empty when a person rolled back.
        evidence_sha256: String,
    },
    /// Archive the log of a version that no longer serves.
    Archive {
        /// Which.
        version: String,
    },
    /// Write an entry `clock` into the ledger and fire its alert.
    ClockJump {
        /// The time before the jump.
        from_ms: i64,
        /// The time after it.
        to_ms: i64,
    },
    /// Send a message.
    Message {
        /// How urgent it is.
        severity: Severity,
        /// To whom.
        to: Audience,
        /// What it says.
        sentence: Sentence,
    },
}

/// To whom a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MessageAudience"))]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The channels that always hear of a rollout.
    Channels,
    /// The next contact in the order of escalation, too.
    NextContact,
    /// The last contact in the order of escalation, too.
    LastContact,
}
