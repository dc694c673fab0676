//! How a model gets from shadow to all leads, or back: the policy, the gates that are judged at looks, the state machine and the ledger.
//!
//! Everything here is a function of recorded facts and of a `now` that is passed in. Not here: where facts are stored, who may ask for
//! what, and how messages are sent.

mod gate;
pub mod policy;
mod stage;
mod verdict;

pub use gate::{Family, Gate};
pub use policy::Policy;
pub use stage::Stage;
pub use verdict::{Comparator, Interval, Outcome, Severity, Verdict};
