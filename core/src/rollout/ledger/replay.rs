//! The state as the sum of its recorded events.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Entry;
use crate::rollout::{Event, Policy, State, TransitionError, step};

/// The body of an entry of kind `command`, `event` or `look`: an event that changed the state, and all that its step needed.
///
/// Every event is recorded after whose step the state has another version. Time that passes without such a change is not recorded;
/// therefore the clock before the step is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RecordedEvent"))]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The event.
    pub event: Event,
    /// The policy it was judged by.
    pub policy_sha256: String,
    /// The state's clock before it.
    pub clock_ms: i64,
    /// The time it was given.
    pub now_ms: i64,
    /// The version of the state after it.
    pub state_version: u64,
    /// The hash of the state after it.
    pub state_sha256: String,
}

/// Why a replay did not arrive at the recorded state.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// An entry's body is not a recorded event.
    #[error("entry {seq} cannot be read: {reason}")]
    Unreadable {
        /// The entry.
        seq: u64,
        /// Why.
        reason: String,
    },
    /// A policy is missing.
    #[error("entry {seq} was judged by the policy {sha256}, which is missing")]
    PolicyMissing {
        /// The entry.
        seq: u64,
        /// The policy.
        sha256: String,
    },
    /// An event that was accepted is rejected now.
    #[error("entry {seq} was accepted, and is rejected now: {reason}")]
    Rejected {
        /// The entry.
        seq: u64,
        /// Why.
        reason: TransitionError,
    },
    /// The state differs from the recorded one.
    #[error("after entry {seq} the state is {found}, and {recorded} was recorded")]
    Differs {
        /// The entry.
        seq: u64,
        /// The hash of the state now.
        found: String,
        /// The recorded hash.
        recorded: String,
    },
}

/// The state after the recorded events of `entries`, from `first` on. `policy` finds a policy by its hash.
///
/// # Errors
/// The first entry whose event cannot be read or judged, or does not lead to the recorded state.
pub fn replay(first: State, entries: &[Entry], policy: &dyn Fn(&str) -> Option<Policy>) -> Result<State, ReplayError> {
    let mut state = first;
    for entry in entries.iter().filter(|entry| matches!(entry.kind.as_str(), "command" | "event" | "look")) {
        let seq = entry.seq;
        let recorded: Recorded =
            serde_json::from_str(&entry.body).map_err(|error| ReplayError::Unreadable { seq, reason: error.to_string() })?;
        let missing = || ReplayError::PolicyMissing { seq, sha256: recorded.policy_sha256.clone() };
        let policy = policy(&recorded.policy_sha256).ok_or_else(missing)?;
        state.clock_ms = recorded.clock_ms;
        (state, _) =
            step(&policy, &state, &recorded.event, recorded.now_ms).map_err(|reason| ReplayError::Rejected { seq, reason })?;
        let found = state.sha256();
        if found != recorded.state_sha256 {
            return Err(ReplayError::Differs { seq, found, recorded: recorded.state_sha256 });
        }
    }
    Ok(state)
}

impl Recorded {
    /// The record of a step from `before` to `after`.
    pub fn new(event: Event, policy_sha256: impl Into<String>, before: &State, after: &State, now_ms: i64) -> Recorded {
        Recorded {
            event,
            policy_sha256: policy_sha256.into(),
            clock_ms: before.clock_ms,
            now_ms,
            state_version: after.version,
            state_sha256: after.sha256(),
        }
    }

    /// The body of its entry.
    pub fn body(&self) -> String {
        // Texts, whole numbers and finite figures only: such a value always has a JSON text.
        serde_json::to_string(self).unwrap_or_default()
    }
}
