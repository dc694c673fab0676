//! Alerts: what is watched at any time on every version that serves, whether a rollout is under way or not.
//!
//! A rule gives a [`Reading`] of a subject; [`Alert::watch`] turns readings into states and messages; an [`Incident`] is the clock by
//! which a person has to act. Everything is a function of recorded facts and a time that is passed in: storing, sending and asking
//! belong to the service.

mod delivery;
mod incident;
mod message;
mod operation;
mod performance;
mod reading;
mod rule;
mod service;
mod silence;
mod slack;
mod state;
mod today;

pub use delivery::{Answered, LEASE_MS, Settled, settle};
pub use incident::{Close, Incident, IncidentError, IncidentKind, contacts};
pub use message::{Message, Topic, of_alert, of_anchor, of_incident, of_retraining, of_rollout};
pub use operation::{Operation, operations};
pub use performance::{Outcomes, drift, expected_auc, performance};
pub use reading::{Figure, Finding, Reading};
pub use rule::{Family, Rule};
pub use service::{Hour, of_red, service};
pub use silence::{Silence, silence};
pub use slack::slack;
pub use state::{Alert, Change, Phase};
pub use today::{Today, today};
