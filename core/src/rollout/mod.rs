//! How a model gets from shadow to all leads, or back: the policy, the gates that are judged at looks, the state machine and the ledger.
//!
//! Everything here is a function of recorded facts and of a `now` that is passed in. Not here: where facts are stored, who may ask for
//! what, and how messages are sent.

mod action;
mod allocation;
mod clock;
mod due;
mod error;
pub mod evaluate;
mod event;
pub mod evidence;
mod explain;
mod gate;
mod hold;
pub mod ledger;
mod look;
pub mod minute;
mod model;
pub(crate) mod phrase;
pub mod plan;
pub mod policy;
mod red;
mod stage;
mod state;
mod step;
mod verdict;
pub(crate) mod words;

pub use action::{Action, Audience};
pub use allocation::allocation;
pub use clock::{DAY_MS, Jump, day_of};
pub use due::{Look, due, next_look_ms};
pub use error::TransitionError;
pub use event::{Actor, Approve, Event, LookEvent, Person, Scope, Start};
pub use evidence::Evidence;
pub use explain::{Missing, Next, explain};
pub use gate::{Family, Gate};
pub use hold::{Hold, HoldBy, Suspension, SuspensionCause};
pub use look::{Approval, Judged, Modes, TestPlan, Waiver};
pub use model::{Alias, ModelStatus};
pub use policy::Policy;
pub use red::{RedRule, RedVerdict};
pub use stage::Stage;
pub use state::{End, Past, Previous, Rollout, State, Test};
pub use step::step;
pub use verdict::{Comparator, Interval, Outcome, Severity, Verdict};
